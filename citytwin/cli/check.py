"""``citytwin check CONFIG``."""

from __future__ import annotations

import sys
from itertools import chain
from pathlib import Path

import click

from citytwin.cli.object_storage import told_source
from citytwin.config import LoadedConfig, load
from citytwin.engine.report import Exit
from citytwin.errors import CityTwinError
from citytwin.live_config import LiveConfig


@click.command()
@click.argument("config", type=click.Path(path_type=Path))
def command(config: Path) -> None:
    """Check a configuration and look at its sources, without computing anything."""
    loaded = load(config)
    from citytwin.cli.left_out import told_left_out
    from citytwin.engine.bind import bind
    from citytwin.engine.first_look import contents, doubts
    from citytwin.engine.openness import require_public
    from citytwin.engine.output_folder import output_troubles, require_own_folder
    from citytwin.engine.plan import plan
    from citytwin.engine.sharing import refuse_shared_files
    from citytwin.engine.sources import files_of
    from citytwin.engine.web_hooks import addresses_in_trouble
    from citytwin.nights.readiness import nights_troubles

    city = bind(loaded)
    refuse_shared_files(city)
    require_own_folder(loaded)
    wrong = 0
    for source in city.sources:
        try:
            if source.config in loaded.remote_sources:
                here, said_of_it = told_source(loaded, source.config)
                click.echo(f"{'remote':<8} {source.config.name:<16} {said_of_it}")
                if not here:
                    continue
            _, files = files_of(loaded, source)
        except CityTwinError as error:
            click.echo(f"missing  {source.config.name:<16} {error}")
            wrong += 1
        else:
            mark = " (synthetic)" if source.config.synthetic else ""
            said = doubts(source.format, files)
            state = "doubtful" if said else "ok"
            click.echo(f"{state:<8} {source.config.name:<16} {len(files)} file(s){mark}")
            for text in said or contents(source.format, files):
                click.echo(f"         {text}")
            wrong += bool(said)
    wrong += _bucket_is_in_trouble(loaded)
    troubles = output_troubles(loaded), nights_troubles(loaded), addresses_in_trouble(loaded)
    for text in chain.from_iterable(troubles):
        click.echo(f"{'doubtful':<8} {text}")
        wrong += 1
    todo = plan(city)
    require_public(todo)
    if loaded.config.live is not None:
        from citytwin.live.openness import require_open_layers

        require_open_layers(loaded)
        wrong += _feeds_in_trouble(loaded.config.live, loaded)
    click.echo(f"layers:  {', '.join(recipe.id for recipe in todo.layers)}")
    for text in told_left_out(todo.left_out):
        click.echo(text)
    sys.exit(Exit.FAILED if wrong else Exit.DONE)


def _feeds_in_trouble(live: LiveConfig, loaded: LoadedConfig) -> int:
    """Look for the folders of feeds, and say which are not there; return how many."""
    from citytwin.transports.watching import require_folder

    wrong = 0
    for feed in live.feeds:
        if feed.folder is None:
            continue
        try:
            require_folder(loaded.path(feed.folder.path))
        except CityTwinError as error:
            click.echo(f"{'doubtful':<8} {feed.name:<16} {error}")
            wrong += 1
    return wrong


def _bucket_is_in_trouble(loaded: LoadedConfig) -> bool:
    """Ask the object storage that the city is uploaded to, if any, and say how it fares."""
    from citytwin.engine.uploading import published_place
    from citytwin.transports.buckets import Bucket

    place = published_place(loaded)
    if place is None:
        return False
    try:
        found = len(Bucket(place).listed())
    except CityTwinError as error:
        click.echo(f"refused  {'publish_to':<16} {error}")
        return True
    click.echo(f"{'ok':<8} {'publish_to':<16} {place.told}, {found} object(s)")
    return False
