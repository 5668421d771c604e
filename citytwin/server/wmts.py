"""Raster layers that a reader may see, as OGC WMTS 1.0.0 (07-057r7) by address: one document for all."""

from __future__ import annotations

import math
from xml.etree import ElementTree as ET

from fastapi import APIRouter
from morecantile import tms as known_tms
from starlette.requests import Request
from starlette.responses import Response

from citytwin.model.layer import Extent, LayerDocument
from citytwin.serve_config import ServeConfig
from citytwin.server.addresses import base_of
from citytwin.server.city import ServedCity
from citytwin.server.files import Asking
from citytwin.server.shell import PRIVATE
from citytwin.server.tiles import MAX_ZOOM, TILE_SET

CAPABILITIES = "/ogc/wmts/1.0.0/WMTSCapabilities.xml"
XML = "application/xml"
_NAMESPACES = {
    "xmlns": "http://www.opengis.net/wmts/1.0",
    "xmlns:ows": "http://www.opengis.net/ows/1.1",
    "xmlns:xlink": "http://www.w3.org/1999/xlink",
}
_GRID = known_tms.get(TILE_SET)


def wmts_routes(config: ServeConfig, city: ServedCity) -> APIRouter:
    """Return the route of the capabilities document; tiles are those of all readers.

    Parameters
    ----------
    config
        How the city is served.
    city
        What is served.
    """
    routes = APIRouter(tags=["tiles"])

    @routes.get(CAPABILITIES, response_class=Response)
    def capabilities(request: Request, visitor: Asking) -> Response:
        """List the raster layers that the reader may see."""
        base = base_of(request, config)
        shown = [city.layer(visitor, entry.id).document for entry in city.seen_by(visitor).layers]
        root = ET.Element("Capabilities", _NAMESPACES | {"version": "1.0.0"})
        service = ET.SubElement(root, "ows:ServiceIdentification")
        _add(service, "ows:Title", city.latest().city.title.en)
        _add(service, "ows:ServiceType", "OGC WMTS")
        _add(service, "ows:ServiceTypeVersion", "1.0.0")
        contents, finest = ET.SubElement(root, "Contents"), set()
        for document in shown:
            if document.kind == "raster" and document.extent is not None:
                finest.add(_finest(document.extent))
                _add_layer(contents, document, document.extent, base)
        for zoom in sorted(finest):
            _add_tile_set(contents, zoom)
        ET.SubElement(root, "ServiceMetadataURL", {"xlink:href": base + CAPABILITIES})
        text = ET.tostring(root, encoding="UTF-8", xml_declaration=True)
        return Response(text, media_type=XML, headers=PRIVATE)

    return routes


def _add(parent: ET.Element, name: str, text: str) -> None:
    ET.SubElement(parent, name).text = text


def _add_layer(contents: ET.Element, document: LayerDocument, extent: Extent, base: str) -> None:
    west, south, east, north = extent.bounds
    layer = ET.SubElement(contents, "Layer")
    _add(layer, "ows:Title", f"{document.title.ja} / {document.title.en}")
    _add(layer, "ows:Abstract", f"{document.summary.ja} / {document.summary.en}")
    box = ET.SubElement(layer, "ows:WGS84BoundingBox")
    _add(box, "ows:LowerCorner", f"{west} {south}")
    _add(box, "ows:UpperCorner", f"{east} {north}")
    _add(layer, "ows:Identifier", document.id)
    style = ET.SubElement(layer, "Style", isDefault="true")
    _add(style, "ows:Identifier", "default")
    _add(layer, "Format", "image/png")
    link = ET.SubElement(layer, "TileMatrixSetLink")
    _add(link, "TileMatrixSet", _name(_finest(extent)))
    _add_limits(link, extent)
    tiles = f"{base}/tiles/{document.id}/tiles/{TILE_SET}"
    template = tiles + "/{TileMatrix}/{TileCol}/{TileRow}"
    ET.SubElement(layer, "ResourceURL", format="image/png", resourceType="tile", template=template)


def _name(finest: int) -> str:
    return f"{TILE_SET}-{finest}"


def _add_limits(link: ET.Element, extent: Extent) -> None:
    """Add which tiles hold data."""
    west, south, east, north = extent.bounds
    limits = ET.SubElement(link, "TileMatrixSetLimits")
    for zoom in range(_finest(extent) + 1):
        first, last = _GRID.tile(west, north, zoom), _GRID.tile(east, south, zoom)
        of_zoom = ET.SubElement(limits, "TileMatrixLimits")
        _add(of_zoom, "TileMatrix", str(zoom))
        _add(of_zoom, "MinTileRow", str(first.y))
        _add(of_zoom, "MaxTileRow", str(last.y))
        _add(of_zoom, "MinTileCol", str(first.x))
        _add(of_zoom, "MaxTileCol", str(last.x))


def _finest(extent: Extent) -> int:
    """Zoom at which a pixel is no larger than a cell; many clients begin with it."""
    _, south, _, north = extent.bounds
    stretched = 1.0 / math.cos(math.radians((south + north) / 2))
    return min(_GRID.zoom_for_res(abs(extent.transform[0]) * stretched), MAX_ZOOM)


def _add_tile_set(contents: ET.Element, finest: int) -> None:
    tiles = ET.SubElement(contents, "TileMatrixSet")
    _add(tiles, "ows:Identifier", _name(finest))
    _add(tiles, "ows:SupportedCRS", "urn:ogc:def:crs:EPSG::3857")
    _add(tiles, "WellKnownScaleSet", "urn:ogc:def:wkss:OGC:1.0:GoogleMapsCompatible")
    for zoom in range(finest + 1):
        matrix, element = _GRID.matrix(zoom), ET.SubElement(tiles, "TileMatrix")
        _add(element, "ows:Identifier", str(zoom))
        _add(element, "ScaleDenominator", repr(matrix.scaleDenominator))
        _add(element, "TopLeftCorner", " ".join(map(repr, matrix.pointOfOrigin)))
        _add(element, "TileWidth", str(matrix.tileWidth))
        _add(element, "TileHeight", str(matrix.tileHeight))
        _add(element, "MatrixWidth", str(matrix.matrixWidth))
        _add(element, "MatrixHeight", str(matrix.matrixHeight))
