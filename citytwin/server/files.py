"""The map page and the files of a published city, under the addresses that a folder would have."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from citytwin.security.sealed_folders import sealed_root
from citytwin.server.city import ServedCity
from citytwin.server.doors import Visitor, visitor_of
from citytwin.server.refusals import NotThereError
from citytwin.server.sealed_response import sealed_response
from citytwin.server.shell import PRIVATE
from citytwin.store.at_rest import read_bytes
from citytwin.store.latest import COLLECTION
from citytwin.viewer.export import viewer_files
from citytwin.viewer.site import media_type

Asking = Annotated[Visitor, Depends(visitor_of)]


def file_routes(city: ServedCity) -> APIRouter:
    """Return the routes of pages, documents and files.

    Parameters
    ----------
    city
        What is served.
    """
    routes = APIRouter(tags=["city"])
    page = viewer_files()

    @routes.get("/", response_class=FileResponse)
    def home(_visitor: Asking) -> Response:
        """Return the map page."""
        return _sent(page["index.html"])

    @routes.get("/latest.json")
    def latest(visitor: Asking) -> Response:
        """Return what stands published, as far as the reader may see it."""
        return _said(city.seen_by(visitor))

    @routes.get("/live.json")
    def live(visitor: Asking) -> Response:
        """Return the live values."""
        content = read_bytes(city.live(visitor))  # at once, for it is replaced every second
        return Response(content, media_type="application/json", headers=PRIVATE)

    @routes.get("/catalog.json")
    def catalog(visitor: Asking) -> Response:
        """Return the STAC catalogue, as far as the reader may see it."""
        return _said(city.catalog(visitor))

    @routes.get("/viewer/{path:path}", response_class=FileResponse)
    def viewer(path: str, _visitor: Asking) -> Response:
        """Return a file of the map page."""
        return _sent(_of_page(page, f"viewer/{path}"))

    @routes.get(f"/{{layer}}/{COLLECTION}")
    def collection(layer: str, visitor: Asking) -> Response:
        """Return the STAC collection of a layer."""
        return _said(city.collection(visitor, layer))

    @routes.head("/{layer}/{run}/{path:path}", include_in_schema=False)
    @routes.get("/{layer}/{run}/{path:path}", response_class=FileResponse)
    def file(layer: str, run: str, path: str, visitor: Asking, request: Request) -> Response:
        """Return a file of a layer, or a range of it."""
        found = city.file(visitor, layer, run, tuple(path.split("/")))
        if sealed_root(found) is None:
            return _sent(found)
        return sealed_response(found, request, media_type(found), PRIVATE)

    return routes


def _of_page(page: Mapping[str, Path], name: str) -> Path:
    if name not in page:
        raise NotThereError
    return page[name]


def _sent(path: Path) -> FileResponse:
    return FileResponse(path, media_type=media_type(path), headers=PRIVATE)


def _said(document: BaseModel) -> Response:
    text = document.model_dump_json(exclude_none=True, indent=1) + "\n"
    return Response(text, media_type="application/json", headers=PRIVATE)
