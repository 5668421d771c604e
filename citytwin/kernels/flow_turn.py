"""A town turned until most of its walls run along the cells of its flow.

Walls aslant to the cells stand as stairs, which brake the wind along them and close narrow streets.
Of a town whose streets have one main direction this is most of the error. The direction is that of
the fourth harmonic of the gradients of height (Bigun & Granlund 1987, of a cross, not a line).
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from citytwin.kernels.flow_setup import Town

Plane = NDArray[np.float32]
Places = tuple[NDArray[np.float64], NDArray[np.float64]]
"""Rows and columns, middles of cells whole."""

CLEAREST = 0.1
"""From this share of the gradients in one direction on a town is turned [-]."""
LEAST_RAD = math.radians(5.0)
"""Walls so near to the axes stay: their stairs are few."""
_SMOOTH_CELLS = 1.5
"""What the stairs of the raster are smoothed by, to see the walls that they mean."""
_STRAIGHT_CELLS = 0.6
"""The same, to draw them anew: most of the stairs go, walls of one cell stay."""
_WALL = 0.5
"""Smoothed share of building at which a straight wall stands."""
_PARTS = 4
"""Samples along each axis of a cell."""


class Turn(NamedTuple):
    """How a raster lies in the one that was turned about its middle."""

    angle_rad: float
    """Of the axes of the turned raster against the others, anticlockwise."""
    shape: tuple[int, int]
    """Rows and columns of the raster."""
    turned: tuple[int, int]
    """Those of the turned one, which holds all of it."""

    def there(self, y: NDArray[np.float64], x: NDArray[np.float64]) -> Places:
        """Rows and columns in the raster of places in the turned one.

        Parameters
        ----------
        y, x
            Rows and columns there, of any shape, middles of cells whole [cells].
        """
        return _moved(y, x, (self.turned, self.shape), self.angle_rad)

    def places_of(self, y: NDArray[np.float64], x: NDArray[np.float64]) -> Places:
        """Rows and columns in the turned raster of places in the other.

        Parameters
        ----------
        y, x
            Rows and columns there, of any shape, middles of cells whole [cells].
        """
        return _moved(y, x, (self.shape, self.turned), -self.angle_rad)

    def places(self) -> Places:
        """Rows and columns in the turned raster of the cells of the other, shape (ny, nx) each."""
        y, x = np.mgrid[: self.shape[0], : self.shape[1]].astype(np.float64)
        return self.places_of(y, x)

    def vector_back(self, u: Plane, v: Plane) -> tuple[Plane, Plane]:
        """Turn a velocity along x and towards the south of the turned raster to the axes of the other.

        Parameters
        ----------
        u, v
            Any shape [m/s, or any unit].
        """
        c, s = np.float32(math.cos(self.angle_rad)), np.float32(math.sin(self.angle_rad))
        return c * u + s * v, c * v - s * u


def _moved(
    y: NDArray[np.float64],
    x: NDArray[np.float64],
    shapes: tuple[tuple[int, int], tuple[int, int]],
    angle_rad: float,
) -> Places:
    """Rows and columns in a raster whose axes are turned back by an angle, about the middles."""
    (ny, nx), (rows, cols) = shapes
    east, south = x - 0.5 * (nx - 1), y - 0.5 * (ny - 1)
    c, s = math.cos(angle_rad), math.sin(angle_rad)
    # Anticlockwise on the map, where y counts southwards.
    along, down = c * east + s * south, c * south - s * east
    return down + 0.5 * (rows - 1), along + 0.5 * (cols - 1)


def turn_of(town: Town) -> Turn:
    """Find how to turn a town; not at all where its walls have no main direction.

    Parameters
    ----------
    town
        The place, arrays of shape (ny, nx) [m].
    """
    height = np.where(town.built, np.minimum(town.top_m - town.ground_m, _ordinary(town)), 0)
    smooth = ndimage.gaussian_filter(height.astype(np.float64), _SMOOTH_CELLS)
    south, east = np.gradient(smooth)
    size = east**2 + south**2
    cross = np.sum(size * np.exp(4j * np.arctan2(-south, east)))
    shape = (town.top_m.shape[0], town.top_m.shape[1])
    angle = float(np.angle(cross)) / 4
    if abs(cross) < CLEAREST * size.sum() or abs(angle) < LEAST_RAD or not size.any():
        return Turn(0.0, shape, shape)
    c, s = abs(math.cos(angle)), abs(math.sin(angle))
    ny, nx = shape
    return Turn(angle, shape, (math.ceil(ny * c + nx * s), math.ceil(nx * c + ny * s)))


def _ordinary(town: Town) -> float:
    """Height above which a building counts no more than others [m]."""
    heights = (town.top_m - town.ground_m)[town.built]
    return float(np.quantile(heights, 0.9)) if heights.size else 0.0


def turned(town: Town, turn: Turn) -> Town:
    """Draw a town on the turned raster; open ground is put into the corners.

    Walls stand where the smoothed share of building is one half, which is where straight walls that
    were drawn as stairs stood; a cell is built where half of it is.

    Parameters
    ----------
    town
        The place, arrays of shape (ny, nx) [m].
    turn
        How, from `turn_of`.
    """
    if turn.angle_rad == 0.0:
        return town
    ny, nx = turn.turned
    at = (np.arange(_PARTS) + 0.5) / _PARTS - 0.5
    y, x = (np.arange(n)[:, None] + at for n in (ny, nx))
    fine = turn.there(*np.meshgrid(y.ravel(), x.ravel(), indexing="ij"))
    middle = turn.there(*np.mgrid[:ny, :nx].astype(np.float64))
    ground = ndimage.map_coordinates(town.ground_m, middle, order=1, mode="nearest")
    above = _heights(town, fine, (ny, nx))
    crowns = [
        None if crown is None else _crown(crown, middle)
        for crown in (town.crown_top_m, town.crown_base_m)
    ]
    top = (ground + above).astype(np.float32)
    return Town(top, ground.astype(np.float32), crowns[0], crowns[1], town.leaf_drag)


def _heights(town: Town, fine: Places, shape: tuple[int, int]) -> Plane:
    """Heights of buildings over ground, from samples of the raster; 0 on open ground."""
    built = town.built
    if not built.any():
        return np.zeros(shape, dtype=np.float32)
    share = ndimage.gaussian_filter(built.astype(np.float32), _STRAIGHT_CELLS)
    nearest = ndimage.distance_transform_edt(~built, return_distances=False, return_indices=True)
    height = (town.top_m - town.ground_m)[tuple(nearest)]
    inside = _blocks(ndimage.map_coordinates(share, fine, order=1, mode="constant") > _WALL, shape)
    heights = _blocks(ndimage.map_coordinates(height, fine, order=0, mode="nearest"), shape)
    samples = inside.sum(axis=0)
    mean = (inside * heights).sum(axis=0) / np.maximum(samples, 1)
    return np.where(2 * samples >= len(inside), mean, 0).astype(np.float32)


def _crown(crown: Plane, middle: Places) -> Plane:
    """A surface of crowns: the nearest cell of the raster; NaN where there is none."""
    out = ndimage.map_coordinates(crown, middle, order=0, mode="constant", cval=np.nan)
    return np.asarray(out, dtype=np.float32)


def _blocks(samples: NDArray[Any], shape: tuple[int, int]) -> NDArray[Any]:
    """Samples of each cell, shape (n, ny, nx)."""
    ny, nx = shape
    parts = samples.reshape(ny, _PARTS, nx, _PARTS).transpose(1, 3, 0, 2)
    return np.ascontiguousarray(parts.reshape(-1, ny, nx))


def at_places(values: Plane, places: Places) -> Plane:
    """Values at places, bilinear between the cells that have one; NaN where none has.

    Parameters
    ----------
    values
        Shape (ny, nx) [m/s, or any unit].
    places
        Rows and columns, of any shape, middles of cells whole [cells].
    """
    y, x = places
    row, col = np.floor(y).astype(np.intp), np.floor(x).astype(np.intp)
    total, weight = np.zeros(y.shape), np.zeros(y.shape)
    for j in (0, 1):
        for i in (0, 1):
            share = np.abs(1 - j - (y - row)) * np.abs(1 - i - (x - col))
            inside = (row + j >= 0) & (row + j < values.shape[0])
            inside &= (col + i >= 0) & (col + i < values.shape[1])
            near = values[
                np.clip(row + j, 0, values.shape[0] - 1), np.clip(col + i, 0, values.shape[1] - 1)
            ]
            known = inside & np.isfinite(near) & (share > 1e-6)
            total += np.where(known, share * np.where(known, near, 0), 0)
            weight += np.where(known, share, 0)
    out = np.where(weight > 0, total / np.maximum(weight, 1e-9), np.nan)
    return out.astype(np.float32)
