"""``citytwin seal CONFIG``."""

from __future__ import annotations

from pathlib import Path

import click

from citytwin.config import load


@click.command()
@click.argument("config", type=click.Path(path_type=Path))
def command(config: Path) -> None:
    """Seal the observations that a city keeps in clear, once a source or feed is restricted.

    Stop its `citytwin sync` first. Safe to repeat: after a kill it goes on, or begins anew.
    """
    loaded = load(config)
    from citytwin.engine.sealing_city import seal_city

    gone = seal_city(loaded)
    if not gone:
        click.echo("nothing lies in clear")
        return
    click.echo(f"sealed: {gone} files, which lie in clear no more")
    click.echo("what a disk keeps of removed files, and copies elsewhere, are yours to destroy")
