"""``citytwin backup CONFIG FOLDER``."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from citytwin.config import load

_MB = 1e6


@click.command()
@click.argument("config", type=click.Path(path_type=Path))
@click.argument("folder", type=click.Path(path_type=Path))
@click.option(
    "--serve", "serve", type=click.Path(path_type=Path), metavar="FILE",
    help="Configuration of the city's server, whose chain of decisions is kept too.",
)  # fmt: skip
def command(config: Path, folder: Path, serve: Path | None) -> None:
    """Copy what a city cannot make anew into a new folder in FOLDER, while all goes on."""
    loaded = load(config)
    from citytwin.nights.backup_places import places_of, refuse_vault_among_runs
    from citytwin.serve_config import load_serve
    from citytwin.store.backup import back_up
    from citytwin.store.observations.postgres_place import noted_place

    refuse_vault_among_runs(loaded, folder)
    audit = load_serve(serve).audit if serve else None
    places = places_of(loaded, *((audit.folder, audit.anchors) if audit else ()))
    done = back_up(places, config, folder, datetime.now(UTC))
    click.echo(f"backup: {done.folder}")
    beside = f", the rest is that of {done.before.name}" if done.before else ""
    click.echo(
        f"{done.files} files, {done.size / _MB:.1f} MB; written: {done.written / _MB:.1f} MB{beside}"
    )
    database = noted_place(places.observations)
    if database is not None:
        click.echo(
            f"not in it: observations, which PostgreSQL at {database.host} holds (schema "
            f"{database.namespace}): take a dump of it first"
        )
    click.echo("not in it: the working store, which a run makes anew; sources; keys and secrets")
