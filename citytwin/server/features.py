"""Vector layers in the shape of OGC API - Features 1.0 (OGC 17-069r4), for QGIS and others."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any

import geopandas as gpd
from fastapi import APIRouter, Query
from starlette.responses import Response

from citytwin.model.layer import LayerDocument
from citytwin.server.city import SeenLayer, ServedCity
from citytwin.server.files import Asking
from citytwin.server.refusals import NotThereError
from citytwin.server.settings import ServeConfig
from citytwin.server.shell import PRIVATE
from citytwin.store.at_rest import readable

_GEOJSON = "application/geo+json"
_LONLAT = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
_CLASSES = tuple(
    f"http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/{name}" for name in ("core", "geojson")
)
Box = tuple[float, float, float, float]


def feature_routes(config: ServeConfig, city: ServedCity) -> APIRouter:
    """Return the routes of collections and features.

    Parameters
    ----------
    config
        How the city is served.
    city
        What is served.
    """
    routes = APIRouter(prefix="/ogc", tags=["features"])
    base = f"{config.public_url}/ogc"

    @routes.get("/")
    def landing(_visitor: Asking) -> Response:
        """Say where everything lies."""
        links = [
            _link("self", f"{base}/"),
            _link("conformance", f"{base}/conformance"),
            _link("data", f"{base}/collections"),
            _link("service-desc", f"{config.public_url}/openapi.json"),
        ]
        return _said({"title": "citytwin", "description": city.latest().city.id, "links": links})

    @routes.get("/conformance")
    def conformance(_visitor: Asking) -> Response:
        """Say which parts of the standard are kept."""
        return _said({"conformsTo": _CLASSES})

    @routes.get("/collections")
    def collections(visitor: Asking) -> Response:
        """List the vector layers that the reader may see."""
        shown = [city.layer(visitor, entry.id).document for entry in city.seen_by(visitor).layers]
        found = [_collection(one, base) for one in shown if one.kind == "vector"]
        links = [_link("self", f"{base}/collections")]
        return _said({"links": links, "collections": found})

    @routes.get("/collections/{layer}")
    def collection(layer: str, visitor: Asking) -> Response:
        """Describe a layer."""
        return _said(_collection(_vector(city, visitor, layer).document, base))

    _item_routes(routes, city, base, config.limits.features)
    return routes


def _item_routes(routes: APIRouter, city: ServedCity, base: str, most: int) -> None:
    """Add the routes of features; no answer holds more than `most`."""

    @routes.get("/collections/{layer}/items")
    def items(
        layer: str,
        visitor: Asking,
        bbox: Annotated[str | None, Query(max_length=200)] = None,
        limit: Annotated[int, Query(ge=1)] = 100,
        offset: Annotated[int, Query(ge=0, lt=10_000_000)] = 0,
    ) -> Response:
        """Return features of a layer, page by page."""
        seen = _vector(city, visitor, layer)
        frame = _features(seen)
        box = _box(bbox)
        if box is not None:
            frame = frame.iloc[sorted(frame.sindex.query(_polygon(box), predicate="intersects"))]
        page = frame.iloc[offset : offset + min(limit, most)]
        here = f"{base}/collections/{layer}/items"
        links = [_link("self", here, _GEOJSON)]
        if offset + len(page) < len(frame):
            more = f"?offset={offset + len(page)}&limit={limit}"
            more += f"&bbox={bbox}" if box is not None else ""
            links.append(_link("next", here + more, _GEOJSON))
        found = json.loads(page.to_json(drop_id=True))["features"]
        said = {
            "type": "FeatureCollection",
            "features": [_named(one, seen.document) for one in found],
            "numberMatched": len(frame),
            "numberReturned": len(page),
            "links": links,
        }
        return _said(said, _GEOJSON)

    @routes.get("/collections/{layer}/items/{feature}")
    def item(layer: str, feature: str, visitor: Asking) -> Response:
        """Return one feature of a layer."""
        seen = _vector(city, visitor, layer)
        frame = _features(seen)
        key = seen.document.id_column or ""
        if key not in frame.columns:
            raise NotThereError
        found = frame[frame[key].astype(str) == feature].iloc[:1]
        if not len(found):
            raise NotThereError
        (said,) = json.loads(found.to_json(drop_id=True))["features"]
        here = f"{base}/collections/{layer}"
        links = [_link("collection", here), _link("self", f"{here}/items/{feature}", _GEOJSON)]
        return _said(_named(said, seen.document) | {"links": links}, _GEOJSON)


def _vector(city: ServedCity, visitor: Asking, layer: str) -> SeenLayer:
    seen = city.layer(visitor, layer)
    if seen.document.kind != "vector":
        raise NotThereError
    return seen


def _features(seen: SeenLayer) -> gpd.GeoDataFrame:
    path = seen.folder / f"{seen.document.id}.parquet"
    try:
        return _read(path, path.stat().st_mtime_ns)
    except OSError as error:
        raise NotThereError from error


@lru_cache(maxsize=4)
def _read(path: Path, _written_ns: int) -> gpd.GeoDataFrame:
    """Features in longitude and latitude; a few layers stay in memory."""
    frame = gpd.read_parquet(readable(path)).to_crs("OGC:CRS84")
    return frame.drop(columns=[name for name in ("bbox",) if name in frame.columns])


def _named(feature: dict[str, Any], document: LayerDocument) -> dict[str, Any]:
    name = feature["properties"].get(document.id_column)
    return feature if name is None else {**feature, "id": str(name)}


def _collection(document: LayerDocument, base: str) -> dict[str, Any]:
    here = f"{base}/collections/{document.id}"
    described: dict[str, Any] = {
        "id": document.id,
        "title": f"{document.title.ja} / {document.title.en}",
        "description": f"{document.summary.ja} / {document.summary.en}",
        "crs": [_LONLAT],
        "itemType": "feature",
        "citytwin:classification": document.classification,
        "links": [_link("self", here), _link("items", f"{here}/items", _GEOJSON)],
    }
    if document.extent is not None:
        spatial = {"bbox": [document.extent.bounds], "crs": _LONLAT}
        described["extent"] = {"spatial": spatial}
    return described


def _box(said: str | None) -> Box | None:
    """Read a bounding box; one that is none is not there."""
    if said is None:
        return None
    try:
        values = [float(part) for part in said.split(",")]
    except ValueError as error:
        raise NotThereError from error
    if len(values) == 6:  # with heights, which do not count here
        values = [*values[:2], *values[3:5]]
    sound = len(values) == 4 and all(abs(value) <= 360 for value in values)
    if not sound or values[0] > values[2] or values[1] > values[3]:
        raise NotThereError
    return values[0], values[1], values[2], values[3]


def _polygon(box: Box) -> Any:
    from shapely import box as box_of

    return box_of(*box)


def _link(rel: str, href: str, kind: str = "application/json") -> dict[str, str]:
    return {"rel": rel, "href": href, "type": kind}


def _said(document: dict[str, Any], kind: str = "application/json") -> Response:
    text = json.dumps(document, ensure_ascii=False, allow_nan=False)
    return Response(text, media_type=kind, headers=PRIVATE)
