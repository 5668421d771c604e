"""``citytwin upload CONFIG``."""

from __future__ import annotations

from pathlib import Path

import click

from citytwin.config import load


@click.command()
@click.argument("config", type=click.Path(path_type=Path))
def command(config: Path) -> None:
    """Bring the object storage of a city to what stands published; `run` does it by itself.

    Safe to repeat: what is there is not sent again, and an upload that was stopped goes on.
    """
    loaded = load(config)
    from citytwin.cli.object_storage import told_upload
    from citytwin.engine.uploading import upload_city

    click.echo(told_upload(loaded, upload_city(loaded)))
