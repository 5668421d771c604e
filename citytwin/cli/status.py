"""``citytwin status CONFIG``."""

from __future__ import annotations

from pathlib import Path

import click

from citytwin.config import load
from citytwin.engine.request import carried_out, read_latest


@click.command()
@click.argument("config", type=click.Path(path_type=Path))
def command(config: Path) -> None:
    """Say what stands published, and whether it is up to date."""
    loaded = load(config)
    latest = read_latest(loaded.city_dir)
    if latest is None:
        click.echo(f"{loaded.config.city.id}: nothing is published yet")
        return
    state = "up to date" if carried_out(loaded) else "inputs or code changed since"
    click.echo(f"{latest.city.id}: run {latest.run_id}, {state}")
    for layer in latest.layers:
        click.echo(f"  {layer.id:<24} {layer.run_id}")
