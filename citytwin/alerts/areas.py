"""The warned area: from cells of a grid to polygons as CAP writes them."""

from __future__ import annotations

import numpy as np
import rasterio.features
import shapely
from affine import Affine
from numpy.typing import NDArray

from citytwin.alerts.sender import Ring
from citytwin.model.crs import transform
from citytwin.model.grid import GridSpec

MOST_POLYGONS = 20
MOST_CORNERS = 100
"""Of one polygon: receivers draw them on telephones."""
_MOST_EDGES = 4000
"""Of cells, around all that is warned: what has more is looked at in coarser blocks at once."""
_WGS84 = "EPSG:4326"
_STEP_DEG = 1e-6
"""Corners are written to a millionth of a degree, a tenth of a metre."""


def polygons_of(mask: NDArray[np.bool_], grid: GridSpec) -> tuple[Ring, ...]:
    """Return polygons that hold all cells of a mask.

    Islands and corners are joined, on ever coarser blocks of cells, until few enough are left; no
    warned cell is ever left out. CAP knows no holes: what lies within is warned too.

    Parameters
    ----------
    mask
        Shape (ny, nx), row 0 in the north; true where people are warned.
    grid
        Where the cells lie.

    Returns
    -------
    tuple of rings
        Closed, latitude first, counter-clockwise; none where no cell is warned.
    """
    if not mask.any():
        return ()
    factor = 1
    while True:
        coarse = _coarser(mask, factor)
        if _edges(coarse) <= _MOST_EDGES:
            outlines = _outlines(coarse, grid, factor)
            corners = [len(ring.coords) for ring in outlines]
            if len(corners) <= MOST_POLYGONS and max(corners) <= MOST_CORNERS:
                return tuple(_in_degrees(ring, grid.crs) for ring in outlines)
        factor *= 2


def whole(grid: GridSpec) -> tuple[Ring, ...]:
    """Return the outline of a city's whole grid.

    Parameters
    ----------
    grid
        Grid of the city.
    """
    box = grid.bounds
    square = shapely.box(box.x_min, box.y_min, box.x_max, box.y_max)
    return (_in_degrees(square.exterior, grid.crs),)


def _coarser(mask: NDArray[np.bool_], factor: int) -> NDArray[np.bool_]:
    """Blocks of cells, true where one of their cells is."""
    ny, nx = (-(-size // factor) for size in mask.shape)
    padded = np.zeros((ny * factor, nx * factor), dtype=np.bool_)
    padded[: mask.shape[0], : mask.shape[1]] = mask
    return np.asarray(padded.reshape(ny, factor, nx, factor).any(axis=(1, 3)), dtype=np.bool_)


def _edges(mask: NDArray[np.bool_]) -> int:
    padded = np.pad(mask, 1)
    return sum(int(np.count_nonzero(np.diff(padded, axis=axis))) for axis in (0, 1))


def _outlines(mask: NDArray[np.bool_], grid: GridSpec, factor: int) -> list[shapely.LinearRing]:
    """Outer rings, simplified by less than they were widened, so that they hold the cells."""
    parts = rasterio.features.shapes(
        mask.astype(np.uint8),
        mask=mask,
        connectivity=4,
        transform=grid.transform @ Affine.scale(factor),
    )
    blocks = shapely.union_all([shapely.geometry.shape(outline) for outline, _ in parts])
    reach_m = 0.5 * grid.cell_m * factor
    wide = shapely.buffer(blocks, reach_m, join_style="mitre")
    plain = shapely.simplify(wide, 0.7 * reach_m, preserve_topology=True)
    solid = [shapely.Polygon(part.exterior) for part in shapely.get_parts(plain)]
    joined = shapely.get_parts(shapely.union_all(solid))
    return [shapely.geometry.polygon.orient(part, 1.0).exterior for part in joined]


def _in_degrees(ring: shapely.LinearRing, crs: str) -> Ring:
    x, y = np.asarray(ring.coords, dtype=np.float64)[:, :2].T
    longitude, latitude = transform(x, y, crs, _WGS84)
    degrees = shapely.set_precision(
        shapely.Polygon(np.stack([longitude, latitude], axis=-1)), _STEP_DEG
    )
    largest = max(shapely.get_parts(degrees), key=shapely.area)
    corners = shapely.geometry.polygon.orient(largest, 1.0).exterior.coords
    return tuple((round(lat, 6), round(lon, 6)) for lon, lat in corners)
