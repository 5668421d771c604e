"""The lattice of a source: square cells in the city's CRS, onto which all its images are brought.

A cell is the mean of 64 points in it, each with the value of the image's cell that it falls into:
within the spacing of these points that is the mean over the area, so that rain is neither lost nor made.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from pyproj import CRS, Transformer
from pyproj.exceptions import ProjError

from citytwin.errors import SourceError
from citytwin.formats.rain.image import FloatArray, RainImage
from citytwin.model.steps import Params

_MOST_CELLS = 250_000
_POINTS = 8
"""Along each side of a cell."""
_EDGE_POINTS = 33
_KNOWN_SHARE = 0.5
"""A cell of which less is known is unknown."""


class RainParams(Params):
    """Which part of an image is read, and how finely."""

    area_deg: tuple[float, float, float, float] | None = None
    """West, south, east and north of what is read [degrees]; by default all of the image."""
    cell_m: float | None = Field(default=None, ge=10, le=100_000)
    """Size of the cells of the lattice [m]; by default about that of the image."""
    interval_min: float | None = Field(default=None, gt=0, le=1440)
    """Time before it that an image of an instant stands for, or that sums cover where the file does not
    say it [min]; by default the time between images."""


@dataclass(frozen=True)
class Lattice:
    """Square cells in the CRS of the city."""

    crs: str
    x_min_m: float
    y_max_m: float
    cell_m: float
    ny: int
    nx: int


def lattice_of(image: RainImage, params: RainParams, crs: str) -> Lattice:
    """Return the lattice of the images of a source, after the first of them.

    Parameters
    ----------
    image
        The first image.
    params
        What is read.
    crs
        CRS of the city, in metres.

    Raises
    ------
    SourceError
        If the image lies outside that CRS or the area, or would have too many cells.
    """
    if params.area_deg is not None:
        west, south, east, north = params.area_deg
        if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
            message = f"area {params.area_deg} is none: west, south, east, north in degrees"
            raise SourceError(message, source=image.file)
        x, y = _edge(west, south, east, north, CRS.from_epsg(4326), crs)
    else:
        ny, nx = image.rate.shape
        east, south = image.west + nx * image.dx, image.north - ny * image.dy
        x, y = _edge(image.west, south, east, image.north, image.crs, crs)
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        hint = "say which `area_deg` is wanted"
        raise SourceError(f"reaches beyond {crs}", source=image.file, hint=hint)
    cell_m = params.cell_m or _usual_cell_m(image, float(x.mean()), float(y.mean()), crs)
    x_min, y_max = math.floor(x.min() / cell_m) * cell_m, math.ceil(y.max() / cell_m) * cell_m
    nx, ny = math.ceil((x.max() - x_min) / cell_m), math.ceil((y_max - y.min()) / cell_m)
    if not 0 < nx * ny <= _MOST_CELLS:
        hint = "say a smaller `area_deg`, or larger cells"
        message = f"{ny} x {nx} cells of {cell_m:g} m are too many"
        raise SourceError(message, source=image.file, hint=hint)
    return Lattice(crs, x_min, y_max, cell_m, ny, nx)


def _edge(
    west: float, south: float, east: float, north: float, source: CRS, target: str
) -> tuple[FloatArray, FloatArray]:
    """Points along the edge of a box, in the CRS of the city."""
    along = np.linspace(0.0, 1.0, _EDGE_POINTS)
    x = np.concatenate(
        [west + along * (east - west)] * 2 + [np.full(_EDGE_POINTS, e) for e in (west, east)]
    )
    y = np.concatenate(
        [np.full(_EDGE_POINTS, e) for e in (south, north)] + [south + along * (north - south)] * 2
    )
    return _transformed(x, y, source, CRS.from_user_input(target))


def _transformed(
    x: FloatArray, y: FloatArray, source: CRS, target: CRS
) -> tuple[FloatArray, FloatArray]:
    try:
        transformer = Transformer.from_crs(source, target, always_xy=True)
        found_x, found_y = transformer.transform(x, y)
    except ProjError:
        return np.full(x.shape, np.inf), np.full(x.shape, np.inf)
    return np.asarray(found_x, dtype=np.float64), np.asarray(found_y, dtype=np.float64)


def _usual_cell_m(image: RainImage, x: float, y: float, crs: str) -> float:
    """Size of a cell of the image at a place in the city, in two digits [m]."""
    city = CRS.from_user_input(crs)
    here_x, here_y = _transformed(np.array([x]), np.array([y]), city, image.crs)
    corner = np.array([0.0, image.dx, 0.0]), np.array([0.0, 0.0, image.dy])
    east, north = _transformed(here_x[0] + corner[0], here_y[0] + corner[1], image.crs, city)
    sides = np.hypot(east[1:] - east[0], north[1:] - north[0])
    size = float(sides.min())
    if not (math.isfinite(size) and size > 0):
        raise SourceError(f"its cells have no size in {crs}", source=image.file)
    digits = 1 - math.floor(math.log10(size))
    return max(10.0, round(size, digits))


class Sampler:
    """Brings images onto a lattice; where each point falls is kept for images of the same raster."""

    def __init__(self, lattice: Lattice) -> None:
        self.lattice = lattice
        self._geometry: tuple[object, ...] = ()
        self._rows: NDArray[np.int64] = np.empty(0, dtype=np.int64)
        self._cols: NDArray[np.int64] = np.empty(0, dtype=np.int64)

    def on_lattice(self, image: RainImage) -> NDArray[np.float64]:
        """Return the rates of an image.

        Parameters
        ----------
        image
            Any image.

        Returns
        -------
        array
            Shape (ny, nx) of the lattice, row 0 in the north [mm/h], NaN where less than half of a
            cell is known.
        """
        if image.geometry != self._geometry:
            self._rows, self._cols = self._places(image)
            self._geometry = image.geometry
        inside = self._rows >= 0
        values = np.full(self._rows.shape, np.nan)
        values[inside] = image.rate[self._rows[inside], self._cols[inside]]
        shape = (self.lattice.ny, _POINTS, self.lattice.nx, _POINTS)
        points = values.reshape(shape).transpose(0, 2, 1, 3).reshape(*shape[::2], -1)
        known = np.isfinite(points)
        share = known.mean(axis=-1)
        total = np.where(known, points, 0.0).sum(axis=-1)
        mean = total / np.maximum(known.sum(axis=-1), 1)
        return np.where(share >= _KNOWN_SHARE, mean, np.nan)

    def _places(self, image: RainImage) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Row and column of the image that each point of the lattice falls into; -1 outside."""
        lattice, ny, nx = self.lattice, *image.rate.shape
        step_m = lattice.cell_m / _POINTS
        x = lattice.x_min_m + (np.arange(lattice.nx * _POINTS) + 0.5) * step_m
        y = lattice.y_max_m - (np.arange(lattice.ny * _POINTS) + 0.5) * step_m
        xx, yy = np.meshgrid(x, y)
        own_x, own_y = _transformed(
            xx.ravel(), yy.ravel(), CRS.from_user_input(lattice.crs), image.crs
        )
        if image.crs.is_geographic:
            own_x = image.west + np.mod(own_x - image.west, 360.0)
        with np.errstate(invalid="ignore"):
            col = np.floor((own_x - image.west) / image.dx)
            row = np.floor((image.north - own_y) / image.dy)
            inside = (row >= 0) & (row < ny) & (col >= 0) & (col < nx)
        rows = np.where(inside, row, -1.0).astype(np.int64)
        return rows, np.where(inside, col, -1.0).astype(np.int64)
