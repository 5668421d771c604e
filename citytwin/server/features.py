"""Features of vector layers in the shape of OGC API - Features 1.0 (OGC 17-069r4)."""

from __future__ import annotations

import json
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any

import geopandas as gpd
from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from citytwin.model.layer import LayerDocument
from citytwin.serve_config import ServeConfig
from citytwin.server.addresses import GEOJSON, base_of, link, said
from citytwin.server.boxes import Box, SaidBox, box_of
from citytwin.server.city import SeenLayer, ServedCity
from citytwin.server.files import Asking
from citytwin.server.refusals import NotThereError
from citytwin.store.at_rest import readable


def feature_routes(config: ServeConfig, city: ServedCity) -> APIRouter:
    """Return the routes of features; no answer holds more than `limits.features`.

    Parameters
    ----------
    config
        How the city is served.
    city
        What is served.
    """
    routes = APIRouter(prefix="/ogc", tags=["features"])

    @routes.get("/collections/{layer}/items")
    def items(
        layer: str,
        request: Request,
        visitor: Asking,
        bbox: SaidBox = None,
        limit: Annotated[int, Query(ge=1)] = 100,
        offset: Annotated[int, Query(ge=0, lt=10_000_000)] = 0,
    ) -> Response:
        """Return features of a layer, page by page."""
        seen = _vector(city, visitor, layer)
        frame = _features(seen)
        box = box_of(bbox)
        if box is not None:
            frame = frame.iloc[sorted(frame.sindex.query(_polygon(box), predicate="intersects"))]
        page = frame.iloc[offset : offset + min(limit, config.limits.features)]
        here = f"{base_of(request, config)}/ogc/collections/{layer}/items"
        links = [link("self", here, GEOJSON)]
        if offset + len(page) < len(frame):
            more = f"?offset={offset + len(page)}&limit={limit}"
            more += f"&bbox={bbox}" if box is not None else ""
            links.append(link("next", here + more, GEOJSON))
        found = json.loads(page.to_json(drop_id=True))["features"]
        answer = {
            "type": "FeatureCollection",
            "features": [_named(one, seen.document) for one in found],
            "numberMatched": len(frame),
            "numberReturned": len(page),
            "links": links,
        }
        return said(answer, GEOJSON)

    @routes.get("/collections/{layer}/items/{feature}")
    def item(layer: str, feature: str, request: Request, visitor: Asking) -> Response:
        """Return one feature of a layer."""
        seen = _vector(city, visitor, layer)
        frame = _features(seen)
        key = seen.document.id_column or ""
        if key not in frame.columns:
            raise NotThereError
        found = frame[frame[key].astype(str) == feature].iloc[:1]
        if not len(found):
            raise NotThereError
        (one,) = json.loads(found.to_json(drop_id=True))["features"]
        here = f"{base_of(request, config)}/ogc/collections/{layer}"
        links = [link("collection", here), link("self", f"{here}/items/{feature}", GEOJSON)]
        return said(_named(one, seen.document) | {"links": links}, GEOJSON)

    return routes


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
    times = frame.select_dtypes("datetimetz").columns
    texts = {name: frame[name].map(_text, na_action="ignore") for name in times}
    return frame.assign(**texts).drop(columns="bbox", errors="ignore")


def _text(moment: datetime) -> str:
    """In ISO 8601, which JSON has no form of its own for."""
    return moment.isoformat()


def _named(feature: dict[str, Any], document: LayerDocument) -> dict[str, Any]:
    name = feature["properties"].get(document.id_column)
    return feature if name is None else {**feature, "id": str(name)}


def _polygon(box: Box) -> Any:
    from shapely import box as box_of

    return box_of(*box)
