"""The format ``geotiff_terrain``: elevation rasters of ground or surface, and heights of trees."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import rasterio
from numpy.typing import NDArray
from pyproj import CRS
from pyproj.exceptions import CRSError
from rasterio.errors import RasterioError
from rasterio.io import MemoryFile

from citytwin.errors import CityTwinError, SourceError
from citytwin.formats.city.batch import read_files
from citytwin.formats.city.ledger import Ledger
from citytwin.formats.city.outliers import Z_MAX_M, Z_MIN_M
from citytwin.kernels.implausible_ground import STEEPEST, sunk_level, typical_rise_m
from citytwin.kernels.lone_heights import group_cells
from citytwin.model import crs as crs_of
from citytwin.model.height_words import names_metres
from citytwin.model.raster import Raster, RasterRole
from citytwin.model.steps import Dataset, Decoded, Format, Params
from citytwin.model.text import text
from citytwin.transports.files import path_or_content

Float32Array = NDArray[np.float32]

_MAX_CELLS = 400_000_000
_ALIGNED = 1e-3


class TerrainRasterParams(Params):
    """What the raster shows."""

    role: RasterRole = "terrain_raster"
    """``terrain_raster`` for the bare ground, ``surface_raster`` with buildings and trees,
    ``canopy_raster`` for heights of trees above the ground."""


@dataclass(frozen=True)
class _Geometry:
    crs: str
    x_min: float
    y_max: float
    cell_x_m: float
    cell_y_m: float
    south_up: bool


def horizontal_epsg(wkt: str, path: Path) -> str:
    """Return the horizontal EPSG code of a raster's CRS; a vertical part is dropped.

    Parameters
    ----------
    wkt
        The CRS.
    path
        The file, for messages.

    Raises
    ------
    SourceError
        If it has none.
    """
    try:
        crs = CRS.from_wkt(wkt)
    except CRSError as error:
        raise SourceError("has an unreadable CRS", source=path.name) from error
    part = crs.sub_crs_list[0] if crs.is_compound else crs
    code = part.to_epsg(min_confidence=70)
    if code is None:
        raise SourceError(
            f"is in {part.name!r}, which has no EPSG code",
            source=path.name,
            hint="assign an EPSG code to the raster, for instance with gdal_edit -a_srs",
        )
    return f"EPSG:{code}"


def _crs(raster: rasterio.DatasetReader, path: Path, given: str | None) -> str:
    if raster.crs is None and given is None:
        raise SourceError(
            "names no coordinate reference system",
            source=path.name,
            hint=crs_of.GIVE_CRS,
        )
    try:
        code = horizontal_epsg(raster.crs.to_wkt(), path) if raster.crs is not None else str(given)
        return crs_of.require_metric(code)
    except SourceError:
        raise
    except CityTwinError as error:
        hint = "warp the raster to the CRS of the city, for instance with gdalwarp -t_srs"
        raise SourceError(error.message, source=path.name, hint=hint) from error


def _geometry(raster: rasterio.DatasetReader, path: Path, given: str | None) -> _Geometry:
    a, b, c, d, e, f = tuple(raster.transform)[:6]
    if b != 0 or d != 0 or a <= 0 or e == 0 or not np.isfinite([a, c, e, f]).all():
        raise SourceError(
            f"is not north-up: its transform is ({a:g}, {b:g}, {c:g}, {d:g}, {e:g}, {f:g})",
            source=path.name,
            hint="warp the raster to a north-up grid, for instance with gdalwarp",
        )
    cells = raster.width * raster.height
    if cells > _MAX_CELLS:
        raise SourceError(
            f"has {cells} cells, more than {_MAX_CELLS}",
            source=path.name,
            hint="cut it to the city",
        )
    top = f + e * raster.height if e > 0 else f
    return _Geometry(_crs(raster, path, given), c, top, a, abs(e), e > 0)


def _values(raster: rasterio.DatasetReader, path: Path, ledger: Ledger) -> Float32Array:
    kind = np.dtype(raster.dtypes[0]).kind
    if kind not in "fiu":
        raise SourceError(f"holds {raster.dtypes[0]} values, no heights", source=path.name)
    unit = raster.units[0] or ""
    if names_metres(unit) and raster.crs is not None:
        heights = crs_of.height_unit(raster.crs.to_wkt())
        unit = "" if heights.metres == 1.0 else heights.name
    if not names_metres(unit):
        raise SourceError(
            f"gives heights in {unit!r}", source=path.name, hint="convert it to metres"
        )
    values = raster.read(1).astype(np.float64) * raster.scales[0] + raster.offsets[0]
    values[raster.read_masks(1) == 0] = np.nan
    with np.errstate(invalid="ignore"):
        absurd = ~np.isnan(values) & ~((values >= Z_MIN_M) & (values <= Z_MAX_M))
    if absurd.any():
        count, example = int(absurd.sum()), float(values[absurd][0])
        values[absurd] = np.nan
        ledger.note(
            "loss",
            f"{path.name} の {count} セルは標高としてあり得ない値（例 {example:g}）のため欠測とします",
            f"{count} cells of {path.name} hold impossible heights such as {example:g} and count "
            "as missing",
        )
    if np.isnan(values).all():
        msg, hint = "holds no height at all", "give a raster with data"
        if absurd.any():
            msg = (
                f"holds no height that can be one: {example:g} is not {Z_MIN_M:g} to {Z_MAX_M:g} m"
            )
            hint = "give heights in metres, not centimetres or millimetres"
        raise SourceError(msg, source=path.name, hint=hint)
    if raster.count > 1:
        ledger.note(
            "info",
            f"{path.name} の 2 番目以降のバンドは使いません",
            f"bands other than the first of {path.name} are not used",
        )
    return np.asarray(values, dtype=np.float32)


@contextmanager
def open_geotiff(path: Path) -> Iterator[rasterio.DatasetReader]:
    """Open a GeoTIFF and nothing else: no file beside it, no other driver that could open something.

    Parameters
    ----------
    path
        The file.

    Raises
    ------
    SourceError
        If it lies in an archive, and cannot be read or is too large to be held in memory.
    RasterioError
        If it is damaged.
    """
    content = path_or_content(path)
    with (
        rasterio.Env(GDAL_DISABLE_READDIR_ON_OPEN="EMPTY_DIR", GDAL_PAM_ENABLED="NO"),
        MemoryFile(content) if isinstance(content, bytes) else nullcontext(path) as source,
        rasterio.open(source, driver="GTiff") as raster,
    ):
        yield raster


def _require_ground(ground_m: Float32Array, cell_m: float, path: Path, ledger: Ledger) -> None:
    """Refuse ground in another unit; tell of a level far below all around it, as codes for no data are."""
    rise_m = typical_rise_m(ground_m)
    if rise_m > STEEPEST * cell_m:
        msg = f"rises or falls by {rise_m:g} m from cell to cell (median), on cells of {cell_m:g} m"
        hint = "give heights in metres, not centimetres or millimetres"
        raise SourceError(msg, source=path.name, hint=hint)
    sunk = sunk_level(ground_m)
    if sunk is None or sunk.number <= group_cells(cell_m):  # a pit, told where the ground is used
        return
    ledger.note(
        "loss",
        f"{path.name} には標高がちょうど {sunk.level_m:g} m のセルが {sunk.number} 個あり、周囲はすべて "
        f"{sunk.below_m:.0f} m 以上高くなっています。欠測値の符号であれば NoData にしてください",
        f"The ground of {path.name} is at exactly {sunk.level_m:g} m in {sunk.number} cells, and all around them at "
        f"least {sunk.below_m:.0f} m higher. If that is a code for no data, mark it: "
        f"gdal_edit.py -a_nodata {sunk.level_m:g} FILE",
    )


def _read_one(path: Path, given: str | None, role: RasterRole, ledger: Ledger) -> Raster:
    try:
        with open_geotiff(path) as raster:
            place = _geometry(raster, path, given)
            values = _values(raster, path, ledger)
            if role == "terrain_raster":
                _require_ground(values, min(place.cell_x_m, place.cell_y_m), path, ledger)
    except (RasterioError, OSError, ValueError) as error:
        if isinstance(error, SourceError):
            raise
        msg = f"cannot be read as GeoTIFF: {str(error)[:200]}"
        raise SourceError(msg, source=path.name, hint="fetch the file again") from error
    return Raster(
        values=np.ascontiguousarray(values[::-1]) if place.south_up else values,
        crs=place.crs,
        x_min=place.x_min,
        y_max=place.y_max,
        cell_x_m=place.cell_x_m,
        cell_y_m=place.cell_y_m,
        source=path.name,
    )


def _mosaic(rasters: Sequence[Raster], name: str) -> Raster:
    """Join rasters of one grid; where two have a value, the first file's counts."""
    first = rasters[0]
    if len(rasters) == 1:
        return first
    rows, cols = _offsets(rasters)
    row0, col0 = min(rows), min(cols)
    ny = max(row + r.values.shape[0] for row, r in zip(rows, rasters, strict=True)) - row0
    nx = max(col + r.values.shape[1] for col, r in zip(cols, rasters, strict=True)) - col0
    if ny * nx > _MAX_CELLS:
        raise SourceError(
            f"the files of source {name} together span {ny * nx} cells",
            source=first.source,
            hint="leave out files far from the city",
        )
    values = np.full((ny, nx), np.nan, dtype=np.float32)
    for row, col, raster in zip(rows, cols, rasters, strict=True):
        height, width = raster.values.shape
        window = values[row - row0 : row - row0 + height, col - col0 : col - col0 + width]
        np.copyto(window, raster.values, where=np.isnan(window))
    return Raster(
        values=values,
        crs=first.crs,
        x_min=first.x_min + col0 * first.cell_x_m,
        y_max=first.y_max - row0 * first.cell_y_m,
        cell_x_m=first.cell_x_m,
        cell_y_m=first.cell_y_m,
        source=f"{first.source} and {len(rasters) - 1} more",
    )


def _offsets(rasters: Sequence[Raster]) -> tuple[list[int], list[int]]:
    """Rows and columns from the first raster to each, which must fall on its grid."""
    first = rasters[0]
    rows, cols = [], []
    for raster in rasters:
        same = raster.crs == first.crs and np.allclose(
            [raster.cell_x_m, raster.cell_y_m], [first.cell_x_m, first.cell_y_m], rtol=1e-9
        )
        row = (first.y_max - raster.y_max) / first.cell_y_m
        col = (raster.x_min - first.x_min) / first.cell_x_m
        if not same or max(abs(row - round(row)), abs(col - round(col))) > _ALIGNED:
            raise SourceError(
                f"does not lie on the grid of {first.source} (CRS, cell size or offset differ)",
                source=raster.source,
                hint="make it a source of its own",
            )
        rows.append(round(row))
        cols.append(round(col))
    return rows, cols


def read(dataset: Dataset, params: TerrainRasterParams) -> Decoded:
    """Read elevation rasters; several files of one source are joined.

    Parameters
    ----------
    dataset
        The files.
    params
        What the raster shows.

    Raises
    ------
    SourceError
        If no file can be used, or the files do not lie on one grid.
    """
    ledger = Ledger()
    found = read_files(
        dataset, lambda path, own: _read_one(path, dataset.source_crs, params.role, own), ledger
    )
    rasters = [raster for _, raster in found]
    return Decoded(
        rasters={params.role: _mosaic(rasters, dataset.name)} if rasters else {},
        rejects=ledger.all_rejects(),
        notes=tuple(ledger.notes),
    )


FORMAT = Format(
    name="geotiff_terrain",
    title=text("標高ラスタ（GeoTIFF）", "Elevation raster (GeoTIFF)"),
    patterns=("*.tif", "*.tiff"),
    produces=("terrain_raster", "surface_raster", "canopy_raster"),
    params=TerrainRasterParams,
    read=read,
)
