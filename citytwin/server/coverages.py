"""Values of raster layers in the shape of OGC API - Coverages (draft OGC 19-087): windows as GeoTIFF.

Without a size a window is cut out of the city's own grid, cell by cell; with one it is brought to
longitudes and latitudes by rio-tiler, each cell from the nearest.
"""

from __future__ import annotations

import math
import re
from typing import Annotated, Any

import numpy as np
from affine import Affine
from fastapi import APIRouter, HTTPException, Query
from numpy.typing import NDArray
from rasterio.crs import CRS
from rasterio.io import MemoryFile
from rasterio.transform import from_bounds
from rasterio.warp import transform_bounds
from rasterio.windows import Window
from starlette.responses import Response

from citytwin.server.boxes import Box, SaidBox, box_of, common
from citytwin.server.city import SeenLayer, ServedCity
from citytwin.server.few import Few
from citytwin.server.files import Asking
from citytwin.server.refusals import NotThereError
from citytwin.server.shell import PRIVATE
from citytwin.server.tiles import GeoTiffReader, raster_of

COVERAGES_PREFIX = "/ogc/coverages"
GEOTIFF = "image/tiff; application=geotiff"
MAX_CELLS = 4_000_000
"""In one answer: 16 MB before compression."""
_MAKING = Few(4)
"""Each takes some hundred megabytes."""
_LONLAT = CRS.from_string("OGC:CRS84")
_SIZE = re.compile(r"(Lon|Long|Lat)\((\d{1,5})\)")
Cut = tuple[NDArray[Any], CRS, Affine]


def coverage_routes(city: ServedCity) -> APIRouter:
    """Return the route of values.

    Parameters
    ----------
    city
        What is served.
    """
    routes = APIRouter(prefix=COVERAGES_PREFIX, tags=["coverages"])
    answers: dict[int | str, dict[str, Any]] = {
        200: {"content": {GEOTIFF: {}}},
        204: {"description": "Nothing there"},
        413: {"description": "More cells than one answer holds"},
        503: {"description": "Many ask for values now"},
    }

    @routes.get("/collections/{layer}/coverage", response_class=Response, responses=answers)
    def coverage(
        layer: str,
        visitor: Asking,
        bbox: SaidBox = None,
        scale_size: Annotated[str | None, Query(alias="scale-size", max_length=40)] = None,
        frame: Annotated[int, Query(ge=0, lt=10_000)] = 0,
    ) -> Response:
        """Return the values in a box of longitudes and latitudes."""
        seen = city.layer(visitor, layer)
        source = raster_of(seen, frame)
        whole, size = _whole(seen), _size_of(scale_size)
        box = box_of(bbox) or whole
        there = common(box, whole)
        if there is None:
            return Response(status_code=204, headers=PRIVATE)
        with _MAKING.one(), GeoTiffReader(input=source) as reader:
            if size is not None:
                cut: Cut | None = _resampled(reader, box, size)
            else:
                cut = _cells(reader.dataset, there)
            if cut is None:
                return Response(status_code=204, headers=PRIVATE)
            return Response(_geotiff(seen, reader, cut), media_type=GEOTIFF, headers=PRIVATE)

    return routes


def _whole(seen: SeenLayer) -> Box:
    extent = seen.document.extent
    if extent is None:
        raise NotThereError
    return extent.bounds


def _size_of(said: str | None) -> tuple[int, int] | None:
    """Columns and rows that are asked for."""
    if said is None:
        return None
    parts = [_SIZE.fullmatch(part) for part in said.split(",")]
    found = {part[1][:3]: int(part[2]) for part in parts if part}
    if len(parts) != 2 or found.keys() != {"Lon", "Lat"} or 0 in found.values():
        raise NotThereError
    return found["Lon"], found["Lat"]


def _resampled(reader: GeoTiffReader, box: Box, size: tuple[int, int]) -> Cut:
    _require_few(*size)
    width, height = size
    image = reader.part(box, dst_crs=_LONLAT, bounds_crs=_LONLAT, width=width, height=height)
    values = np.ma.filled(image.array[0], _nodata(reader))
    return values, _LONLAT, from_bounds(*box, width, height)


def _nodata(reader: GeoTiffReader) -> float:
    dataset: Any = reader.dataset
    return float(dataset.nodata)


def _cells(raster: Any, box: Box) -> Cut | None:
    """Cells of the city's grid that a box meets, as they are; None where it meets none."""
    window = raster.window(*transform_bounds(_LONLAT, raster.crs, *box))
    left, upper = max(0, math.floor(window.col_off)), max(0, math.floor(window.row_off))
    right = min(raster.width, math.ceil(window.col_off + window.width))
    lower = min(raster.height, math.ceil(window.row_off + window.height))
    if left >= right or upper >= lower:
        return None
    _require_few(right - left, lower - upper)
    cells = Window.from_slices((upper, lower), (left, right))
    return raster.read(1, window=cells), raster.crs, raster.window_transform(cells)


def _require_few(columns: int, rows: int) -> None:
    if columns * rows > MAX_CELLS:
        raise HTTPException(
            413,
            f"{columns} x {rows} cells are more than the {MAX_CELLS} of one answer: "
            "ask for a smaller bbox, or a scale-size",
        )


def _geotiff(seen: SeenLayer, reader: GeoTiffReader, cut: Cut) -> bytes:
    """The values as a file, in memory alone: those of a sealed layer may touch no disk."""
    values, crs, transform = cut
    rows, columns = values.shape
    with MemoryFile() as memory:
        with memory.open(
            driver="GTiff", height=rows, width=columns, count=1, dtype=values.dtype, crs=crs,
            transform=transform, nodata=_nodata(reader), compress="deflate",
        ) as file:  # fmt: skip
            file.write(values, 1)
            file.set_band_description(1, seen.document.id)
            file.units = [seen.document.unit]
        content: bytes = memory.read()
        return content
