"""Raster layers for the map page: a picture and its values in Web Mercator."""

from __future__ import annotations

import gzip
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from affine import Affine
from numpy.typing import NDArray
from PIL import Image
from rasterio.crs import CRS
from rasterio.enums import Resampling
from rasterio.warp import reproject

from citytwin.kernels.value_steps import count_steps
from citytwin.model import crs as crs_of
from citytwin.model.fields import Field
from citytwin.model.grid import GridSpec
from citytwin.model.layer import ImageAsset, RasterView, Style, ValuesAsset
from citytwin.model.notes import Note
from citytwin.store.atomic import replacing, write_bytes
from citytwin.store.coarsen import coarsened
from citytwin.store.paint import NO_DATA, item_numbers, painted
from citytwin.store.precision import flat_floats

MERCATOR = "EPSG:3857"
MAX_SIDE = 4096
"""Largest picture that every browser's graphics card takes [pixels]."""
VALUES_NODATA = 65535
_PACKING_LEVEL = 4
"""Of values and pictures: the sixth takes two to four times as long for 5 % less to 2 % more bytes."""
EDGE_RGB = (68, 68, 68)
"""Lines between classes whose colours differ little."""
Float32 = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Warped:
    """A field on a Web Mercator grid."""

    values: Float32
    """Shape (ny, nx), row 0 in the north, NaN where there is no data."""
    transform: Affine
    factor: int
    """How many cells of the city's grid were joined per side; 1 = none."""

    @property
    def mercator_bounds(self) -> tuple[float, float, float, float]:
        """Outer edges: xmin, ymin, xmax, ymax [m]."""
        ny, nx = self.values.shape
        x, y, step_x, step_y = (
            self.transform.c,
            self.transform.f,
            self.transform.a,
            self.transform.e,
        )
        return x, y + ny * step_y, x + nx * step_x, y

    @property
    def lonlat_bounds(self) -> tuple[float, float, float, float]:
        """Outer edges: west, south, east, north [degrees]."""
        x_min, y_min, x_max, y_max = self.mercator_bounds
        lon, lat = crs_of.transform(
            np.array([x_min, x_max]), np.array([y_min, y_max]), MERCATOR, "EPSG:4326"
        )
        return float(lon[0]), float(lat[0]), float(lon[1]), float(lat[1])


def warp(view: RasterView, grid: GridSpec, array: NDArray[np.generic]) -> Warped:
    """Bring a field into Web Mercator, each pixel the nearest cell.

    A city too large for one picture is made coarser first, by the rule of its view.

    Parameters
    ----------
    view
        Field and rule.
    grid
        Where the array lies.
    array
        Shape (ny, nx).
    """
    values = _as_float(view.field, array)
    factor = 1
    while True:
        coarse = _coarse(view, values, factor)
        target, height, width = _mercator_grid(grid, coarse.shape, factor)
        if max(width, height) <= MAX_SIDE:
            break
        factor = max(factor + 1, -(-max(width, height) * factor // MAX_SIDE))
    warped = np.full((height, width), np.nan, dtype=np.float32)
    reproject(
        coarse,
        warped,
        src_transform=grid.transform @ Affine.scale(factor),
        src_crs=CRS.from_string(grid.crs),
        src_nodata=np.nan,
        dst_transform=target,
        dst_crs=CRS.from_string(MERCATOR),
        dst_nodata=np.nan,
        resampling=Resampling.nearest,
        num_threads=1,
        tolerance=0.0,
    )
    return Warped(warped, target, factor)


def _mercator_grid(grid: GridSpec, shape: tuple[int, int], factor: int) -> tuple[Affine, int, int]:
    """Return the smallest grid around the city whose pixels are as large as its cells.

    Web Mercator stretches by 1 / cos(latitude); the pixel is the cell stretched so in the middle
    of the city.
    """
    side = grid.cell_m * factor
    cols, rows = np.arange(shape[1] + 1), np.arange(shape[0] + 1)
    edge_cols = np.concatenate([cols, cols, np.zeros_like(rows), np.full_like(rows, shape[1])])
    edge_rows = np.concatenate([np.zeros_like(cols), np.full_like(cols, shape[0]), rows, rows])
    x, y = crs_of.transform(
        grid.x_min + edge_cols * side, grid.y_max - edge_rows * side, grid.crs, MERCATOR
    )
    pixel = side / float(np.cos(np.radians(grid.lonlat[1])))
    col0, col1 = int(np.floor(x.min() / pixel)), int(np.ceil(x.max() / pixel))
    row0, row1 = int(np.floor(-y.max() / pixel)), int(np.ceil(-y.min() / pixel))
    transform = Affine(pixel, 0.0, col0 * pixel, 0.0, -pixel, -row0 * pixel)
    return transform, row1 - row0, col1 - col0


def _as_float(field: Field, array: NDArray[np.generic]) -> Float32:
    values = np.asarray(array, dtype=np.float32)
    if field.dtype == "float32":
        return values
    return np.where(values == field.nodata, np.float32(np.nan), values)


def _coarse(view: RasterView, values: Float32, factor: int) -> Float32:
    if view.field.dtype == "float32":
        return coarsened(values, factor, view.coarsening)
    return values[::factor, ::factor]  # no class lies between two classes


def write_image(
    path: Path, view: RasterView, warped: Warped, style: Style, *, edges: bool = False
) -> tuple[ImageAsset, Image.Image]:
    """Write the picture of a raster layer, and return it as well.

    Parameters
    ----------
    path
        PNG file.
    view
        Field: its precision is that of the classes.
    warped
        Values of the pixels.
    style
        Their colours.
    edges
        Draw a dark line of one pixel between classes, in the higher one.
    """
    picture = _picture(style, warped.values, view.field.precision, edges=edges)
    with replacing(path) as temporary:
        picture.save(temporary, format="PNG", compress_level=_PACKING_LEVEL)
    return ImageAsset(href=path.name, bounds=warped.lonlat_bounds), picture


def _picture(style: Style, values: Float32, precision: float, *, edges: bool) -> Image.Image:
    """Classes as a picture of few colours, which is small; a ramp in full colour."""
    if style.kind == "ramp":
        return Image.fromarray(painted(style, values, precision))
    numbers = item_numbers(style, values, precision)
    between = _edges(numbers, [item.transparent for item in style.items]) if edges else None
    numbers[numbers == NO_DATA] = len(style.items)
    if between is not None:
        numbers[between] = len(style.items) + 1
    picture = Image.fromarray(numbers.astype(np.uint8))
    colours = [part for item in style.items for part in item.rgb]
    picture.putpalette([*colours, 0, 0, 0, *(EDGE_RGB if edges else ())])
    opaque = [0 if item.transparent else 255 for item in style.items]
    picture.info["transparency"] = bytes([*opaque, 0, *((255,) if edges else ())])
    return picture


def _edges(numbers: NDArray[np.int16], hidden: list[bool]) -> NDArray[np.bool_]:
    """Pixels beside one of a lower class; the rim of what is drawn is no edge between classes."""
    drawn = np.where(np.array([*hidden, True])[numbers], np.int16(NO_DATA), numbers)
    edge = np.zeros(numbers.shape, dtype=np.bool_)
    for axis in (0, 1):
        for one, other in ((drawn, edge), (np.flip(drawn, axis), np.flip(edge, axis))):
            before = np.take(one, range(one.shape[axis] - 1), axis)
            after = np.take(one, range(1, one.shape[axis]), axis)
            rises = (before != NO_DATA) & (after > before)
            other[
                (slice(1, None), slice(None)) if axis == 0 else (slice(None), slice(1, None))
            ] |= rises
    return edge


def write_values(path: Path, view: RasterView, warped: Warped) -> ValuesAsset:
    """Write the values that the page shows on a click.

    Parameters
    ----------
    path
        Gzip file of little-endian uint16, row 0 in the north.
    view
        Field: its precision is the step, or ten, a hundred, ... times it where the range is large.
    warped
        Values of the pixels.
    """
    values = warped.values
    low, high = (float(end.reduce(values, axis=None)) for end in (np.fmin, np.fmax))
    if math.isnan(low):  # nothing is known anywhere
        low = high = 0.0
    scale, offset = _packing(low, high, view.field.precision or 1.0)
    steps = np.empty(values.size, dtype=np.uint16)
    count_steps(flat_floats(values), scale, offset, VALUES_NODATA, steps)
    packed = gzip.compress(steps.astype("<u2", copy=False).tobytes(), _PACKING_LEVEL, mtime=0)
    write_bytes(path, packed)
    ny, nx = warped.values.shape
    return ValuesAsset(
        href=path.name,
        scale=scale,
        offset=offset,
        nodata=VALUES_NODATA,
        width=nx,
        height=ny,
        mercator_bounds=warped.mercator_bounds,
    )


def _packing(low: float, high: float, precision: float) -> tuple[float, float]:
    """Return the step and the offset that bring [low, high] into 0 to 65534."""
    scale = precision
    while True:
        offset = 0.0 if low >= 0 and high / scale <= VALUES_NODATA - 1 else None
        if offset is None:
            offset = float(np.floor(low / scale)) * scale
        if (high - offset) / scale <= VALUES_NODATA - 1:
            return scale, offset
        scale *= 10


def notes_of(view: RasterView, grid: GridSpec, warped: Warped, values: ValuesAsset) -> list[Note]:
    """Say where the page shows less than the GeoTIFF holds.

    Parameters
    ----------
    view, grid
        The field and its grid.
    warped, values
        What the page gets of it.
    """
    notes = []
    unit = view.field.unit
    if warped.factor > 1:
        metres = f"{grid.cell_m * warped.factor:g}"
        rule = {
            "average": ("平均値", "mean"),
            "max": ("最大値", "largest value"),
            "min": ("最小値", "smallest value"),
        }[view.coarsening if view.field.dtype == "float32" else "average"]
        if view.field.dtype != "float32":
            rule = ("北西端の値", "value at the north-west corner")
        notes.append(
            Note(
                severity="info",
                ja=f"地図画面は {metres} m 単位の{rule[0]}です。元の解像度は GeoTIFF にあります",
                en=f"The map page shows the {rule[1]} per {metres} m; the GeoTIFF has every cell",
            )
        )
    if view.field.precision and values.scale > view.field.precision * 1.5:
        notes.append(
            Note(
                severity="info",
                ja=f"地図画面の値は {values.scale:g} {unit} 単位に丸めています",
                en=f"Values on the map page are rounded to {values.scale:g} {unit}",
            )
        )
    return notes
