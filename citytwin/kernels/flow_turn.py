"""A town turned until most of its walls run along the cells of its flow.

Walls aslant to the cells stand as stairs, which brake the wind along them and close narrow streets.
Of a town whose streets have one main direction this is most of the error. The direction is that of
the fourth harmonic of the gradients of height (Bigun & Granlund 1987, of a cross, not a line).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from citytwin.kernels.coverage_raster import SIDE
from citytwin.kernels.flow_setup import Town

Plane = NDArray[np.float32]
Parts = NDArray[np.int32]
Places = tuple[NDArray[np.float64], NDArray[np.float64]]
"""Rows and columns, middles of cells whole."""

CLEAREST = 0.1
"""From this share of the gradients in one direction on a town is turned [-]."""
LEAST_RAD = math.radians(5.0)
"""Walls so near to the axes stay: their stairs are few."""
_SMOOTH_CELLS = 1.0
"""What the stairs of the raster are smoothed by, to see the walls that they mean."""
_STRAIGHT_CELLS = 0.6
"""The same, to draw them anew: most of the stairs go, walls of one cell stay."""
_WALL = 0.5
"""Smoothed share of building at which a straight wall stands."""
_BESIDE_CELLS = 1.5
"""How far the middles of cells lie apart that one wall can pass between: along the diagonal."""
_MOST_BESIDE = 0.75
"""Share of a cell that walls beside its middle can have at most: a corner leaves a quarter open."""
_PARTS = 5
"""Samples along each axis of a cell: an odd number, ..."""
_ASIDE = 0.01
"""... and a little aside, so that of the cells with a wall through their middles those on one of
its sides are built, not both or some [cells]."""
_BAND_ROWS = 256
"""Rows of the turned raster that are sampled at once, so that memory stays bounded."""


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


def turn_of(town: Town, parts: Parts | None = None) -> Turn:
    """Find how to turn a town; not at all where its walls have no main direction.

    Gradients are those of a Gaussian (Canny 1986): they keep their direction, which differences of
    neighbours bend towards the diagonal by up to a degree.

    Parameters
    ----------
    town
        The place, arrays of shape (ny, nx) [m].
    parts
        Parts of each cell under footprints, one bit each as `cover_samples` marks them, shape
        (ny, nx); None = not known.
    """
    built, shape = town.built, (town.top_m.shape[0], town.top_m.shape[1])
    if not built.any():
        return Turn(0.0, shape, shape)
    height, away = _heights_beside(town)
    share = built if parts is None else _shares(_of_known_height(parts, built, away))
    # A tower counts no more than what is as high as most.
    relief = np.minimum(height, np.quantile(height[built], 0.9)).astype(np.float64) * share
    south, east = (
        ndimage.gaussian_filter(relief, _SMOOTH_CELLS, order) for order in ((1, 0), (0, 1))
    )
    size = east**2 + south**2
    cross = np.sum(size * np.exp(4j * np.arctan2(-south, east)))
    angle = float(np.angle(cross)) / 4
    if abs(cross) < CLEAREST * size.sum() or abs(angle) < LEAST_RAD:
        return Turn(0.0, shape, shape)
    c, s = abs(math.cos(angle)), abs(math.sin(angle))
    ny, nx = shape
    return Turn(angle, shape, (math.ceil(ny * c + nx * s), math.ceil(nx * c + ny * s)))


def _heights_beside(town: Town) -> tuple[Plane, NDArray[np.float64]]:
    """Height of the nearest building over its ground [m], and how far that is [cells]."""
    away, nearest = ndimage.distance_transform_edt(~town.built, return_indices=True)
    return (town.top_m - town.ground_m)[tuple(nearest)], away


def _shares(parts: Parts) -> NDArray[np.float64]:
    """Share of each cell that is marked."""
    share: NDArray[np.float64] = np.bitwise_count(parts) / SIDE**2
    return share


def turned(town: Town, turn: Turn, parts: Parts | None = None) -> Town:
    """Draw a town on the turned raster; open ground is put into the corners.

    A cell is built where half of it is. What stands is told by the parts of the cells under
    footprints; without them the raster is smoothed, and walls stand where the share of building is
    one half, which is where straight walls that were drawn as stairs stood.

    Parameters
    ----------
    town
        The place, arrays of shape (ny, nx) [m].
    turn
        How, from `turn_of`.
    parts
        Parts of each cell under footprints, one bit each as `cover_samples` marks them, shape
        (ny, nx); None = not known.
    """
    if turn.angle_rad == 0.0:
        return town
    middle = turn.there(*np.mgrid[: turn.turned[0], : turn.turned[1]].astype(np.float64))
    ground = ndimage.map_coordinates(town.ground_m, middle, order=1, mode="nearest")
    above = _heights(town, turn, parts)
    crowns = [
        None if crown is None else _crown(crown, middle)
        for crown in (town.crown_top_m, town.crown_base_m)
    ]
    top = (ground + above).astype(np.float32)
    return Town(top, ground.astype(np.float32), crowns[0], crowns[1], town.leaf_drag)


def _heights(town: Town, turn: Turn, parts: Parts | None) -> Plane:
    """Heights of buildings over ground on the turned raster, from samples; 0 on open ground."""
    built, made = town.built, np.zeros(turn.turned, dtype=np.float32)
    if not built.any():
        return made
    height, away = _heights_beside(town)
    stands = _smoothed(built) if parts is None else _under(_of_known_height(parts, built, away))
    at, nx = (np.arange(_PARTS) + 0.5) / _PARTS - 0.5 + _ASIDE, turn.turned[1]
    x = (np.arange(nx)[:, None] + at).ravel()
    for first in range(0, len(made), _BAND_ROWS):
        band = made[first : first + _BAND_ROWS]
        y = (np.arange(first, first + len(band))[:, None] + at).ravel()
        places = turn.there(*np.meshgrid(y, x, indexing="ij"))
        inside = _blocks(stands(places), band.shape)
        near = ndimage.map_coordinates(height, places, order=0, mode="nearest")
        samples = inside.sum(axis=0)
        mean = (inside * _blocks(near, band.shape)).sum(axis=0) / np.maximum(samples, 1)
        band[:] = np.where(2 * samples >= len(inside), mean, 0)
    return made


def _smoothed(built: NDArray[np.bool_]) -> Callable[[Places], NDArray[np.bool_]]:
    """Whether the smoothed share of building is above one half at places."""
    share = ndimage.gaussian_filter(built.astype(np.float32), _STRAIGHT_CELLS)

    def stands(places: Places) -> NDArray[np.bool_]:
        found: Plane = ndimage.map_coordinates(share, places, order=1, mode="constant")
        return np.asarray(found > _WALL)

    return stands


def _under(parts: Parts) -> Callable[[Places], NDArray[np.bool_]]:
    """Whether the part of a cell at places is marked."""
    ny, nx = parts.shape

    def stands(places: Places) -> NDArray[np.bool_]:
        row, col = (np.floor(SIDE * (one + 0.5)).astype(np.int32) for one in places)
        within = (row >= 0) & (row < SIDE * ny) & (col >= 0) & (col < SIDE * nx)
        row, col = np.where(within, row, 0), np.where(within, col, 0)
        bit = SIDE * (row % SIDE) + col % SIDE
        return np.asarray(within & ((parts[row // SIDE, col // SIDE] >> bit) & 1 == 1))

    return stands


def _of_known_height(parts: Parts, built: NDArray[np.bool_], away: NDArray[np.float64]) -> Parts:
    """Parts under what stands in the cell, or in one beside it whose height it then has.

    Far from any no height is known; and what covers the middle of a cell in which nothing stands is
    too low to be in the way.
    """
    low = ~built & (_shares(parts) > _MOST_BESIDE)
    unknown = (parts < 0) | (away > _BESIDE_CELLS) | low
    return np.where(unknown, np.int32(0), parts)


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
