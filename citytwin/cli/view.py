"""``citytwin view DIR``."""

from __future__ import annotations

from pathlib import Path

import click

from citytwin.errors import StoreError


@click.command()
@click.argument("directory", type=click.Path(path_type=Path))
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True)
def command(directory: Path, port: int) -> None:
    """Serve a published map on this computer only."""
    from citytwin.viewer.serve import serve

    if not (directory / "latest.json").is_file():
        msg = f"{directory} holds no published city"
        raise StoreError(msg, hint="give the folder that holds latest.json, such as out/demo")
    serve(
        directory,
        port=port,
        announce=lambda url: click.echo(f"{url}  (only this computer; Ctrl-C ends)"),
    )
