"""Lines between the classes of a raster layer, as vector tiles.

Drawn in the picture they would be as wide as its pixels and vanish where these are small; as
vectors they are half a pixel wide on any screen and any paper.
"""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely
from affine import Affine
from numpy.typing import NDArray

from citytwin.model.grid import GridSpec
from citytwin.model.layer import Style
from citytwin.store.lonlat_box import lonlat_box
from citytwin.store.paint import NO_DATA, item_numbers
from citytwin.store.pmtiles import write_pmtiles
from citytwin.store.web_raster import MERCATOR, Warped


def write_class_outlines(
    path: Path, grid: GridSpec, layer: str, style: Style, warped: Warped, precision: float
) -> None:
    """Write the lines between the drawn classes of a raster layer.

    Parameters
    ----------
    path
        PMTiles file.
    grid
        Grid of the city.
    layer
        Id of the raster layer; the layer of the tiles is ``<id>_classes``.
    style
        Classes.
    warped
        Values on the grid of the picture.
    precision
        Step of the values.

    Raises
    ------
    StoreError
        If the file is not what it should be.
    """
    hidden = [number for number, item in enumerate(style.items) if item.transparent]
    numbers = item_numbers(style, warped.values, precision)
    numbers[np.isin(numbers, hidden)] = NO_DATA
    lines = class_outlines(numbers, warped.transform)
    frame = gpd.GeoDataFrame({"id": np.arange(len(lines))}, geometry=lines, crs=MERCATOR)
    bounds = grid.bounds
    corners = np.array([bounds.x_min, bounds.y_min, bounds.x_max, bounds.y_max])
    box = lonlat_box(corners, grid.crs)
    write_pmtiles(path, frame, f"{layer}_classes", f"{layer}: classes", box)


def class_outlines(numbers: NDArray[np.integer], transform: Affine) -> NDArray[np.object_]:
    """Return the edges between cells of different classes, joined to long lines.

    Parameters
    ----------
    numbers
        Class of each cell; shape (ny, nx), row 0 in the north; negative = not drawn.
    transform
        From column and row to coordinates.

    Returns
    -------
    array
        LineStrings; none where all cells are alike.
    """
    ny, nx = numbers.shape
    padded = np.full((ny + 2, nx + 2), NO_DATA, dtype=np.int16)
    padded[1:-1, 1:-1] = np.maximum(numbers, NO_DATA)
    level = _runs(padded[:-1, 1:-1] != padded[1:, 1:-1])
    upright = _runs((padded[1:-1, :-1] != padded[1:-1, 1:]).T)
    corners = np.concatenate([level, upright[:, :, ::-1]])
    if not len(corners):
        return np.empty(0, dtype=np.object_)
    x, y = transform @ (corners[..., 0].astype(np.float64), corners[..., 1].astype(np.float64))
    pieces = shapely.multilinestrings(shapely.linestrings(np.stack([x, y], axis=-1)))
    return np.asarray(shapely.get_parts(shapely.line_merge(pieces)), dtype=np.object_)


def _runs(edges: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Begin and end (column, row) of the unbroken runs in each row of edges."""
    closed = np.zeros((edges.shape[0], edges.shape[1] + 2), dtype=np.int8)
    closed[:, 1:-1] = edges
    change = np.diff(closed, axis=1)
    row, begin = np.nonzero(change > 0)
    _, end = np.nonzero(change < 0)
    return np.stack([np.stack([begin, row], axis=-1), np.stack([end, row], axis=-1)], axis=1)
