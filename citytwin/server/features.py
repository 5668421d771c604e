"""Features of vector layers in the shape of OGC API - Features 1.0 (OGC 17-069r4)."""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import geopandas as gpd
from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from citytwin.errors import KeyAccessError
from citytwin.model.layer import LayerDocument
from citytwin.serve_config import ServeConfig
from citytwin.server.addresses import GEOJSON, base_of, link, said
from citytwin.server.boxes import Box, SaidBox, box_of
from citytwin.server.city import SeenLayer, ServedCity
from citytwin.server.few import Few
from citytwin.server.files import Asking
from citytwin.server.refusals import NotThereError
from citytwin.store.at_rest import readable

_KEPT = 4
"""Layers in memory."""


def feature_routes(config: ServeConfig, city: ServedCity) -> APIRouter:
    """Return the routes of features; no answer holds more than `limits.features`.

    Parameters
    ----------
    config
        How the city is served.
    city
        What is served.
    """
    routes, kept = APIRouter(prefix="/ogc", tags=["features"]), KeptFeatures()

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
        frame = kept.of(seen)
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
        frame = kept.of(seen)
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


class KeptFeatures:
    """Features of a few layers in memory, in longitude and latitude; one layer is read at a time."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[Path, int], gpd.GeoDataFrame] = OrderedDict()
        self._lock, self._reading = threading.Lock(), Few(1)

    def of(self, seen: SeenLayer) -> gpd.GeoDataFrame:
        """Return the features of a layer that was given to a reader.

        Parameters
        ----------
        seen
            The layer.

        Raises
        ------
        NotThereError
            If they are not there.
        KeyAccessError
            If they are sealed, and their key is not there.
        HTTPException
            If many wait for layers to be read.
        """
        path = seen.folder / f"{seen.document.id}.parquet"
        try:
            key = path, path.stat().st_mtime_ns
            found = self._at_hand(key)
            if found is not None:
                return found
            with self._reading.one():
                found = self._at_hand(key)  # as whoever was waited for may have read it
                return self._keep(key, _read(path)) if found is None else found
        except KeyAccessError:
            raise
        except OSError as error:
            raise NotThereError from error

    def _at_hand(self, key: tuple[Path, int]) -> gpd.GeoDataFrame | None:
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
            return self._kept.get(key)

    def _keep(self, key: tuple[Path, int], frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        with self._lock:
            self._kept[key] = frame
            if len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return frame


def _read(path: Path) -> gpd.GeoDataFrame:
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
