"""``citytwin serve DIR``."""

from __future__ import annotations

import os
from pathlib import Path

import click

from citytwin.errors import ConfigError

CLOSED = {
    "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR",
    "GDAL_PAM_ENABLED": "NO",
    "GDAL_SKIP": "WMS WMTS WCS HTTP STACIT STACTA EEDA EEDAI DAAS PLMOSAIC GTI DERIVED",
    "CPL_VSIL_CURL_ALLOWED_EXTENSIONS": ".none",
    "GDAL_HTTP_PROXY": "127.0.0.1:9",
    "PROJ_NETWORK": "OFF",
}
"""GDAL of a server opens files that it is given, follows none of them, and asks no other machine."""


@click.command()
@click.argument("directory", type=click.Path(path_type=Path))
@click.option(
    "--config", "file", type=click.Path(path_type=Path), required=True, help="How it is served."
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Interface.")
@click.option("--port", type=click.IntRange(1, 65535), default=8443, show_default=True)
@click.option("--workers", type=click.IntRange(1, 64), default=1, show_default=True)
@click.option("--insecure-local", is_flag=True, help="Plain HTTP, for this computer alone.")
def command(
    directory: Path, file: Path, host: str, port: int, workers: int, *, insecure_local: bool
) -> None:
    """Serve a city to known readers: each sees what the policy says."""
    from citytwin.serve_config import load_serve, require_secure

    require_secure(load_serve(file), host, insecure_local=insecure_local)
    os.environ.update(CLOSED)  # before GDAL is loaded
    try:
        from citytwin.server.running import serve
    except ModuleNotFoundError as error:
        msg = f"the server needs the package {error.name}"
        raise ConfigError(msg, hint="pip install 'citytwin[server]'") from error
    serve(directory, file, (host, port), workers)
