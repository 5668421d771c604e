"""Which file of a published folder answers a request path, and with which headers."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlsplit

MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".csv": "text/csv; charset=utf-8",
    ".geojson": "application/geo+json",
    ".gpkg": "application/geopackage+sqlite3",
    ".gz": "application/gzip",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".md": "text/markdown; charset=utf-8",
    ".parquet": "application/vnd.apache.parquet",
    ".pdf": "application/pdf",
    ".pmtiles": "application/vnd.pmtiles",
    ".png": "image/png",
    ".qgs": "application/x-qgis-project",
    ".qml": "application/xml",
    ".sld": "application/vnd.ogc.sld+xml",
    ".svg": "image/svg+xml",
    ".tif": "image/tiff; application=geotiff; profile=cloud-optimized",
    ".ttf": "font/ttf",
    ".txt": "text/plain; charset=utf-8",
    ".vrt": "application/xml",
    ".woff2": "font/woff2",
}
"""By suffix; anything else is sent as bytes to save, never guessed by the browser."""

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; worker-src 'self'; style-src 'self'; "
    "img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""The page may load from its own origin only; pictures also from memory (MapLibre's icons)."""

SECURITY_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


def media_type(path: Path) -> str:
    """Return the media type of a file by its suffix.

    Parameters
    ----------
    path
        File name.
    """
    return MEDIA_TYPES.get(path.suffix.lower(), "application/octet-stream")


def find_file(root: Path, target: str) -> Path | None:
    """Return the file that a request target names, or None when there is none to give.

    Folders are not listed, names that begin with a dot (unfinished files among them) are not
    given, and no path leads out of `root`, through links neither.

    Parameters
    ----------
    root
        Published folder, resolved.
    target
        Request target, such as ``/flood/20260101T000000Z/layer.json?x=1``.
    """
    try:
        path = unquote(urlsplit(target).path, errors="strict")
    except (UnicodeDecodeError, ValueError):
        return None
    if not path.startswith("/") or any(sign in path for sign in "\\\0:"):
        return None
    parts = (path + "index.html" if path == "/" else path)[1:].split("/")
    if any(part == "" or part.startswith(".") for part in parts):
        return None
    try:
        found = root.joinpath(*parts).resolve(strict=True)
    except (OSError, RuntimeError):
        return None
    return found if found.is_relative_to(root) and found.is_file() else None
