"""Map tiles of raster layers by TiTiler: a reader names a layer and a tile, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from io import BytesIO
from pathlib import Path as FilePath
from typing import Annotated, Any, Literal

import numpy as np
import rasterio
from attrs import define
from fastapi import Depends, FastAPI, Path, Query
from morecantile import Tile
from morecantile import tms as known_tms
from morecantile.defaults import TileMatrixSets
from numpy.typing import NDArray
from PIL import Image
from pydantic import BaseModel, ConfigDict
from rasterio.crs import CRS
from rasterio.transform import from_bounds
from rasterio.vrt import WarpedVRT
from rio_tiler.errors import PointOutsideBounds
from rio_tiler.io import Reader
from starlette.responses import Response
from titiler.core.dependencies import DefaultDependency
from titiler.core.factory import TilerFactory, TMSFactory

from citytwin.model.layer import Style
from citytwin.server.boxes import common
from citytwin.server.city import SeenLayer, ServedCity
from citytwin.server.doors import Visitor, visitor_of
from citytwin.server.files import Asking
from citytwin.server.refusals import NotThereError
from citytwin.server.shell import PRIVATE
from citytwin.store.at_rest import read_bytes
from citytwin.store.paint import painted
from citytwin.store.sealed_rasters import opener_for

TILE_SET = "WebMercatorQuad"
MAX_ZOOM = 24
PREFIX = "/tiles/{layer}"


class PointAnswer(BaseModel):
    """Value of a layer at a place."""

    model_config = ConfigDict(frozen=True)

    layer: str
    lon: float
    lat: float
    value: float | None
    """None where the layer has no data."""
    unit: str


def opened(name: str) -> AbstractContextManager[Any]:
    """Open a GeoTIFF, in clear or sealed.

    Parameters
    ----------
    name
        Path of the file.
    """
    found: AbstractContextManager[Any] = rasterio.open(
        name, driver="GTiff", **opener_for(FilePath(name))
    )
    return found


@define(kw_only=True)
class GeoTiffReader(Reader):
    """Opens what is a GeoTIFF; no other driver of GDAL is even asked, VRT least of all."""

    def __attrs_post_init__(self) -> None:
        self.dataset = self._ctx_stack.enter_context(opened(str(self.input)))
        super().__attrs_post_init__()


@define(kw_only=True)
class ClosedTiler(TilerFactory):
    """TiTiler's tile sets, TileJSON and tiles; routes by which a reader would say how, left out."""

    city: ServedCity

    def register_routes(self) -> None:
        """Register what may be asked for; information, statistics and parts are not."""
        self.tilesets()
        self.tile()
        self.tilejson()
        self.point()

    def tile(self) -> None:
        """Register tiles in the colours of the layer's own style."""
        city = self.city

        @self.router.get(
            "/tiles/{tileMatrixSetId}/{z}/{x}/{y}",
            response_class=Response,
            responses={200: {"content": {"image/png": {}}}, 204: {"description": "Nothing there"}},
        )
        def tile(
            layer: str,
            tileMatrixSetId: Literal["WebMercatorQuad"],
            z: Annotated[int, Path(ge=0, le=MAX_ZOOM)],
            x: Annotated[int, Path(ge=0, lt=2**MAX_ZOOM)],
            y: Annotated[int, Path(ge=0, lt=2**MAX_ZOOM)],
            visitor: Asking,
            frame: Annotated[int, Query(ge=0, lt=10_000)] = 0,
            tilesize: Literal["256", "512"] = "256",
        ) -> Response:
            """Return a tile of 256 or 512 pixels."""
            seen = city.layer(visitor, layer)
            source, grid = raster_of(seen, frame), known_tms.get(tileMatrixSetId)
            place, extent = Tile(x, y, z), seen.document.extent
            if extent is not None and common(grid.bounds(place), extent.bounds) is None:
                return Response(status_code=204, headers=PRIVATE)
            values = _values(source, grid.rasterio_crs, grid.xy_bounds(place), int(tilesize))
            png = _painted(values, style_of(seen), seen.document.precision)
            return Response(png, media_type="image/png", headers=PRIVATE)

    def point(self) -> None:
        """Register the value at a place."""
        city = self.city

        @self.router.get("/point/{lon},{lat}", response_model=PointAnswer)
        def point(
            layer: str,
            lon: Annotated[float, Path(ge=-180, le=180)],
            lat: Annotated[float, Path(ge=-90, le=90)],
            visitor: Asking,
            frame: Annotated[int, Query(ge=0, lt=10_000)] = 0,
        ) -> PointAnswer:
            """Return the value at a place."""
            seen = city.layer(visitor, layer)
            try:
                with GeoTiffReader(input=raster_of(seen, frame)) as reader:
                    found = reader.point(lon, lat).array
            except PointOutsideBounds:
                found = np.ma.array([0.0], mask=True)
            value = None if np.ma.getmaskarray(found)[0] else float(found[0])
            return PointAnswer(layer=layer, lon=lon, lat=lat, value=value, unit=seen.document.unit)


def tile_routes(app: FastAPI, city: ServedCity) -> None:
    """Add the routes of tiles to an application.

    Parameters
    ----------
    app
        The application.
    city
        What is served.
    """

    def path_of(
        layer: str,
        visitor: Annotated[Visitor, Depends(visitor_of)],
        frame: Annotated[int, Query(ge=0, lt=10_000)] = 0,
    ) -> str:
        return raster_of(city.layer(visitor, layer), frame)

    supported = TileMatrixSets({TILE_SET: known_tms.get(TILE_SET)})
    tiler = ClosedTiler(
        city=city,
        reader=GeoTiffReader,
        path_dependency=path_of,
        layer_dependency=DefaultDependency,
        dataset_dependency=DefaultDependency,
        tile_dependency=DefaultDependency,
        render_dependency=DefaultDependency,
        process_dependency=_nothing,
        colormap_dependency=_nothing,
        supported_tms=supported,
        router_prefix=PREFIX,
        add_preview=False,
        add_part=False,
        add_viewer=False,
    )
    app.include_router(tiler.router, prefix=PREFIX, tags=["tiles"])
    sets = TMSFactory(supported_tms=supported)
    app.include_router(sets.router, tags=["tiles"], dependencies=[Depends(visitor_of)])


def raster_of(seen: SeenLayer, frame: int) -> str:
    """Return the GeoTIFF of a layer that was given to a reader.

    Parameters
    ----------
    seen
        The layer.
    frame
        Number of the moment or direction; 0 where it has none.

    Raises
    ------
    NotThereError
        If it is no raster or has no such frame.
    """
    document = seen.document
    if document.kind != "raster" or frame >= max(1, len(document.frames)):
        raise NotThereError
    name = document.frames[frame].data if document.frames else f"{document.id}.tif"
    path = seen.folder / name
    if not path.is_file():
        raise NotThereError
    return str(path)


def style_of(seen: SeenLayer) -> Style:
    """Return the style of a layer that was given to a reader.

    Parameters
    ----------
    seen
        The layer.
    """
    return Style.model_validate_json(read_bytes(seen.folder / seen.document.style))


def _values(source: str, crs: CRS, bounds: Sequence[float], size: int) -> NDArray[np.float64]:
    """Values of a layer in the pixels of a tile, each from the nearest cell; NaN for no data.

    The pixels are known, so PROJ is asked once; rio-tiler, which finds out what suits a raster
    best, gives the same ones in twice the time.
    """
    there = from_bounds(*bounds, size, size)
    with (
        opened(source) as raster,
        WarpedVRT(raster, crs=crs, transform=there, width=size, height=size) as warped,
    ):
        found = warped.read(1, masked=True)
    return np.ma.filled(found.astype(np.float64), np.nan)


def _painted(values: NDArray[np.float64], style: Style, precision: float) -> bytes:
    """Colour a tile as the map page does, as PNG."""
    png = BytesIO()
    Image.fromarray(painted(style, values, precision)).save(png, "PNG", compress_level=3)
    return png.getvalue()


def _nothing() -> None:
    """Let no parameter of a reader reach the image."""
