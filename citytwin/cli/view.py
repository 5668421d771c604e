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
    from citytwin.viewer.serve import serve

    if not (directory / "latest.json").is_file():
        msg = f"{directory} holds no published city"
        raise StoreError(msg, hint="give the folder that holds latest.json, such as out/demo")
    serve(
        directory,
        port=PORT if port is None else port,
        elsewhere=port is None,
        announce=lambda url: click.echo(f"{url}  (only this computer; Ctrl-C ends)"),
    )
