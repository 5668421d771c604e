"""Links in answers; those of a signed address carry its signed part on."""

from __future__ import annotations

import json
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from citytwin.serve_config import ServeConfig
from citytwin.server.shell import PRIVATE

GEOJSON, JSON = "application/geo+json", "application/json"


def base_of(request: Request, config: ServeConfig) -> str:
    """Return what the addresses in an answer begin with, without a slash at its end.

    Parameters
    ----------
    request
        That is answered.
    config
        Says under which address readers know the server.
    """
    return config.public_url + str(request.scope.get("root_path", ""))


def link(rel: str, href: str, kind: str = JSON) -> dict[str, str]:
    """Return a link as OGC API has them.

    Parameters
    ----------
    rel
        What it leads to.
    href
        Absolute.
    kind
        Media type.
    """
    return {"rel": rel, "href": href, "type": kind}


def said(document: dict[str, Any], kind: str = JSON) -> Response:
    """Return an answer in JSON, for this reader alone.

    Parameters
    ----------
    document
        Its content.
    kind
        Media type.
    """
    text = json.dumps(document, ensure_ascii=False, allow_nan=False)
    return Response(text, media_type=kind, headers=PRIVATE)
