"""``citytwin prune CONFIG``."""

from __future__ import annotations

from pathlib import Path

import click

from citytwin.config import load


@click.command()
@click.argument("config", type=click.Path(path_type=Path))
@click.option(
    "--keep", type=click.IntRange(min=1), required=True, metavar="N",
    help="Runs of each layer that stay, the published one among them.",
)  # fmt: skip
def command(config: Path, keep: int) -> None:
    """Remove old runs of a published city; what the map shows stays."""
    loaded = load(config)
    from citytwin.engine.locking import holding
    from citytwin.store.prune import prune

    with holding(loaded):
        removed = prune(loaded.city_dir, keep)
    for folder in removed:
        click.echo(f"removed: {folder.relative_to(loaded.city_dir).as_posix()}")
    if not removed:
        click.echo("nothing to remove")
