"""Cloud-optimised GeoTIFF: one field, one band, the same bytes for the same content."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import rasterio
from affine import Affine
from numpy.typing import NDArray
from rasterio._err import CPLE_BaseError
from rasterio.errors import RasterioError
from rasterio.shutil import copy

from citytwin.errors import GridMismatchError, StoreError
from citytwin.model.fields import Field
from citytwin.model.grid import GridSpec
from citytwin.model.layer import Classification, Coarsening
from citytwin.store.atomic import TEMPORARY_PREFIX, replacing
from citytwin.store.coarsen import pyramid
from citytwin.store.precision import STRIP_ROWS, on_disk
from citytwin.version import __version__

BLOCK = 512
"""Side of a block of the file [cells]."""
THREADS = 2
"""Of the compression; fixed, and without influence on the bytes."""
_PACKING_LEVEL = "4"
"""Of DEFLATE: the sixth takes up to twice as long for 1 to 4 % less bytes."""
Rgba = tuple[int, int, int, int]


@dataclass(frozen=True)
class CogLabels:
    """What the file says of itself; nothing of the run that wrote it."""

    description: str
    valid_time: datetime
    """Instant that the data describe (aware)."""
    fingerprint: str
    classification: Classification


def write_cog(
    path: Path,
    field: Field,
    grid: GridSpec,
    array: NDArray[Any],
    labels: CogLabels,
    coarsening: Coarsening = "average",
    colours: Mapping[int, Rgba] | None = None,
) -> None:
    """Write a field as a cloud-optimised GeoTIFF, and read it back.

    Parameters
    ----------
    path
        File.
    field
        Quantity: name, unit, precision, nodata.
    grid
        Where the array lies.
    array
        Shape (ny, nx); NaN where a float field has no data.
    labels
        Tags of the file.
    coarsening
        What the overviews of a float field say.
    colours
        Colour table of a field of classes.

    Raises
    ------
    GridMismatchError
        If the array does not fit the grid.
    StoreError
        If a value is infinite, the disk refuses, or the file does not read back the same.
    """
    if array.shape != grid.shape:
        msg = f"{field.name} does not fit the grid"
        raise GridMismatchError(msg, expected=str(grid.shape), got=str(array.shape))
    _refuse_infinite(field, array)
    values = on_disk(array, field)
    with (
        replacing(path) as temporary,
        tempfile.TemporaryDirectory(prefix=TEMPORARY_PREFIX, dir=path.parent) as scratch,
    ):
        try:
            source = _plain(Path(scratch), field, grid, values, labels, colours)
            own = field.dtype == "float32" and coarsening != "average"
            if own:
                source = _with_overviews(source, field, grid, array, coarsening)
            # PAM is off so that no .aux.xml with statistics appears beside the file
            with rasterio.Env(GDAL_PAM_ENABLED="NO"):
                copy(source, temporary, driver="COG", **_options(field, own_overviews=own))
            _check(temporary, values)
        except (RasterioError, CPLE_BaseError) as error:  # copying raises GDAL's own as they are
            msg = f"{path} cannot be written: {error}"
            raise StoreError(msg, hint="check the free space of the disk") from error


def _refuse_infinite(field: Field, array: NDArray[Any]) -> None:
    if field.dtype != "float32":
        return
    for row in range(0, array.shape[0], STRIP_ROWS):
        bad = np.argwhere(np.isinf(array[row : row + STRIP_ROWS]))
        if len(bad):
            place = (row + int(bad[0][0]), int(bad[0][1]))
            msg = f"{field.name} is {array[place]} at row {place[0]}, column {place[1]}"
            raise StoreError(msg, hint="cells without data are NaN, never infinite")


def _options(field: Field, *, own_overviews: bool) -> dict[str, str]:
    resampling = {"float32": "AVERAGE", "uint8": "MODE", "int32": "NEAREST"}[field.dtype]
    unrounded = field.dtype == "float32" and field.precision == 0
    return {
        "BLOCKSIZE": str(BLOCK),
        "COMPRESS": "DEFLATE",
        "LEVEL": _PACKING_LEVEL,
        "PREDICTOR": "3" if unrounded else "2",
        "BIGTIFF": "IF_SAFER",
        "STATISTICS": "YES",
        "NUM_THREADS": str(THREADS),
        "OVERVIEWS": "AUTO" if own_overviews else "IGNORE_EXISTING",
        "OVERVIEW_RESAMPLING": resampling,
    }


def _plain(
    scratch: Path,
    field: Field,
    grid: GridSpec,
    values: NDArray[Any],
    labels: CogLabels,
    colours: Mapping[int, Rgba] | None,
) -> Path:
    """Write the uncompressed file that the COG driver copies."""
    path = scratch / "full.tif"
    with rasterio.open(path, "w", **_profile(field, grid, values)) as file:
        file.write(values, 1)
        file.set_band_description(1, field.name)
        file.set_band_unit(1, field.unit)
        named = {"standard_name": field.standard_name} if field.standard_name else {}
        file.update_tags(1, long_name=field.title.en, **named)
        file.update_tags(
            TIFFTAG_SOFTWARE=f"citytwin {__version__}",
            TIFFTAG_DATETIME=labels.valid_time.astimezone(UTC).strftime("%Y:%m:%d %H:%M:%S"),
            TIFFTAG_IMAGEDESCRIPTION=labels.description,
            AREA_OR_POINT="Area",
            CITYTWIN_FINGERPRINT=labels.fingerprint,
            CITYTWIN_CLASSIFICATION=labels.classification,
        )
        if colours is not None:
            file.write_colormap(1, dict(colours))
    return path


def _profile(field: Field, grid: GridSpec, values: NDArray[Any]) -> dict[str, object]:
    ny, nx = values.shape
    return {
        "driver": "GTiff",
        "height": ny,
        "width": nx,
        "count": 1,
        "dtype": field.dtype,
        "nodata": field.nodata,
        "crs": grid.crs,
        "transform": grid.transform @ Affine.scale(grid.nx / nx, grid.ny / ny),
        "BIGTIFF": "IF_SAFER",
    }


def _with_overviews(
    full: Path, field: Field, grid: GridSpec, array: NDArray[Any], how: Coarsening
) -> Path:
    """Set overviews of our own beside the full file, by a VRT that names them.

    GDAL builds averages and modes but no maxima; a peak that fades when the map is zoomed out
    would hide the hazard.
    """
    virtual = full.with_suffix(".vrt")
    copy(full, virtual, driver="VRT")
    tree = ET.parse(virtual)
    band = tree.getroot().find("VRTRasterBand")
    if band is None:  # GDAL always writes one
        msg = f"{virtual} has no band"
        raise StoreError(msg)
    for number, level in enumerate(pyramid(array, how, BLOCK), start=1):
        name = f"level{number}.tif"
        with rasterio.open(full.with_name(name), "w", **_profile(field, grid, level)) as file:
            file.write(on_disk(level, field), 1)
        overview = ET.SubElement(band, "Overview")
        ET.SubElement(overview, "SourceFilename", relativeToVRT="1").text = name
        ET.SubElement(overview, "SourceBand").text = "1"
    tree.write(virtual, encoding="utf-8")
    return virtual


def _check(path: Path, values: NDArray[Any]) -> None:
    with rasterio.open(path) as file:
        for row in range(0, values.shape[0], BLOCK):
            part = values[row : row + BLOCK]
            window = rasterio.windows.Window(0, row, values.shape[1], part.shape[0])
            if not np.array_equal(file.read(1, window=window), part):
                msg = f"{path.name} does not read back the same, from row {row} on"
                raise StoreError(msg, hint="check the disk")
