"""``citytwin view DIR``."""

from __future__ import annotations

from pathlib import Path

import click

from citytwin.errors import StoreError

PORT = 8000


@click.command()
@click.argument("directory", type=click.Path(path_type=Path))
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    show_default=f"{PORT}, or a free one where that is taken",
)
def command(directory: Path, port: int | None) -> None:
    """Serve a published map on this computer only."""
    from citytwin.store.latest import published_city
    from citytwin.viewer.serve import serve

    latest = published_city(directory)
    if latest is None:
        msg = f"{directory} holds no published city"
        raise StoreError(msg, hint="give the folder that holds latest.json, such as out/demo")
    if latest.publication == "served":
        msg = f"{directory} holds layers that are {latest.classification}, not for anyone to see"
        raise StoreError(
            msg, hint="`citytwin serve` asks who looks; `citytwin export` writes what is public"
        )
    serve(
        directory,
        port=PORT if port is None else port,
        elsewhere=port is None,
        announce=lambda url: click.echo(f"{url}  (only this computer; Ctrl-C ends)"),
    )
