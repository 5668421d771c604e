"""``citytwin check CONFIG``."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from citytwin.config import load
from citytwin.errors import CityTwinError


@click.command()
@click.argument("config", type=click.Path(path_type=Path))
def command(config: Path) -> None:
    """Check a configuration and the presence of its sources, without computing anything."""
    loaded = load(config)
    from citytwin.engine.bind import bind
    from citytwin.engine.openness import require_public
    from citytwin.engine.output_folder import require_own_folder
    from citytwin.engine.plan import plan
    from citytwin.engine.sharing import refuse_shared_files
    from citytwin.engine.sources import files_of

    city = bind(loaded)
    refuse_shared_files(city)
    require_own_folder(loaded)
    missing = 0
    for source in city.sources:
        try:
            _, files = files_of(loaded, source)
        except CityTwinError as error:
            click.echo(f"missing  {source.config.name:<16} {error}")
            missing += 1
        else:
            mark = " (synthetic)" if source.config.synthetic else ""
            click.echo(f"ok       {source.config.name:<16} {len(files)} file(s){mark}")
    todo = plan(city)
    require_public(todo)
    click.echo(f"layers:  {', '.join(recipe.id for recipe in todo.layers)}")
    for text in todo.left_out:
        click.echo(f"left out: {text}")
    sys.exit(1 if missing else 0)
