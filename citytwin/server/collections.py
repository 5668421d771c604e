"""What there is, in the shape of OGC API (17-069r4 Features, 20-057 Tiles, 19-087 Coverages), for QGIS."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from citytwin.model.layer import LayerDocument
from citytwin.serve_config import ServeConfig
from citytwin.server.addresses import GEOJSON, base_of, link, said
from citytwin.server.city import ServedCity
from citytwin.server.coverages import COVERAGES_PREFIX, GEOTIFF
from citytwin.server.files import Asking
from citytwin.server.refusals import NotThereError
from citytwin.server.wmts import CAPABILITIES, XML

_SPEC = "http://www.opengis.net/spec"
_REL = "http://www.opengis.net/def/rel/ogc/1.0"
_LONLAT = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
_OPENAPI = "application/vnd.oai.openapi+json;version=3.1"


@dataclass(frozen=True)
class Door:
    """One landing page: clients of one standard list all collections, whatever they can read."""

    prefix: str
    kind: Literal["vector", "raster"]
    """Layers that lie behind it."""
    classes: tuple[str, ...]
    """Parts of the standard that are kept."""


FEATURES = Door(
    "/ogc",
    "vector",
    ("ogcapi-features-1/1.0/conf/core", "ogcapi-features-1/1.0/conf/geojson"),
)
TILES = Door(
    "/ogc/tiles",
    "raster",
    tuple(
        f"ogcapi-{part}"
        for part in (
            "common-1/1.0/conf/core",
            "common-2/1.0/conf/collections",
            "tiles-1/1.0/conf/core",
            "tiles-1/1.0/conf/tileset",
            "tiles-1/1.0/conf/tilesets-list",
            "tiles-1/1.0/conf/geodata-tilesets",
            "tiles-1/1.0/conf/png",
        )
    ),
)
COVERAGES = Door(
    COVERAGES_PREFIX,
    "raster",
    (
        "ogcapi-common-1/1.0/conf/core",
        "ogcapi-common-2/1.0/conf/collections",
        "ogcapi-coverages-1/1.0/conf/core",
        "ogcapi-coverages-1/1.0/conf/geotiff",
    ),
)


def collection_routes(config: ServeConfig, city: ServedCity, door: Door) -> APIRouter:
    """Return a landing page and its list of layers.

    Parameters
    ----------
    config
        How the city is served.
    city
        What is served.
    door
        To which of its layers.
    """
    routes = APIRouter(prefix=door.prefix, tags=["collections"])

    @routes.get("/")
    def landing(request: Request, _visitor: Asking) -> Response:
        """Say where everything lies."""
        base = base_of(request, config)
        here = base + door.prefix
        links = [
            link("self", f"{here}/"),
            link("conformance", f"{here}/conformance"),
            link("data", f"{here}/collections"),
            link("service-desc", f"{base}/openapi.json", _OPENAPI),
        ]
        if door is TILES:
            links.append(link(f"{_REL}/tiling-schemes", f"{base}/tileMatrixSets"))
            links.append(link("alternate", base + CAPABILITIES, XML))
        return said({"title": "citytwin", "description": city.latest().city.id, "links": links})

    @routes.get("/conformance")
    def conformance(_visitor: Asking) -> Response:
        """Say which parts of the standard are kept."""
        return said({"conformsTo": [f"{_SPEC}/{one}" for one in door.classes]})

    @routes.get("/collections")
    def collections(request: Request, visitor: Asking) -> Response:
        """List the layers that the reader may see."""
        base = base_of(request, config)
        shown = [city.layer(visitor, entry.id).document for entry in city.seen_by(visitor).layers]
        links = [link("self", f"{base}{door.prefix}/collections")]
        found = [_described(one, base, door) for one in shown if one.kind == door.kind]
        return said({"links": links, "collections": found})

    @routes.get("/collections/{layer}")
    def collection(layer: str, request: Request, visitor: Asking) -> Response:
        """Describe a layer."""
        document = city.layer(visitor, layer).document
        if document.kind != door.kind:
            raise NotThereError
        return said(_described(document, base_of(request, config), door))

    return routes


def _described(document: LayerDocument, base: str, door: Door) -> dict[str, Any]:
    here = f"{base}{door.prefix}/collections/{document.id}"
    found: dict[str, Any] = {
        "id": document.id,
        "title": f"{document.title.ja} / {document.title.en}",
        "description": f"{document.summary.ja} / {document.summary.en}",
        "citytwin:classification": document.classification,
        "crs": [_LONLAT],
        "links": [link("self", here)],
    }
    if document.kind == "vector":
        found["itemType"] = "feature"
        found["links"].append(link("items", f"{here}/items", GEOJSON))
    elif door is COVERAGES:
        found["dataType"] = "coverage"
        found["links"].append(link(f"{_REL}/coverage", f"{here}/coverage", GEOTIFF))
    else:
        found["dataType"] = "map"
        found["links"].append(link(f"{_REL}/tilesets-map", f"{base}/tiles/{document.id}/tiles"))
    if document.extent is not None:
        spatial = {"bbox": [document.extent.bounds], "crs": _LONLAT}
        found["extent"] = {"spatial": spatial}
    return found
