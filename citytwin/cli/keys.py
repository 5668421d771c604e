"""``citytwin keys``: make, list, rotate and destroy the keys of restricted data."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from citytwin.cli.asking_options import asks, inquiry
from citytwin.errors import CityTwinError, ConfigError, KeyAccessError, SealError

if TYPE_CHECKING:
    from citytwin.security.key_files import FileKeys
    from citytwin.store.sealed_keys import SealedFolder

_PLACES = click.argument(
    "places", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True),
    metavar="PLACE...",
)  # fmt: skip


@click.group()
def command() -> None:
    """Make, list, rotate and destroy the keys that restricted data are sealed with.

    A PLACE is a configuration, or a folder such as its `out`, or one of backups.
    """


@command.command()
@click.argument("name")
@click.option(
    "--folder", type=click.Path(path_type=Path), metavar="DIR",
    help="Folder of the keys; default $CITYTWIN_KEYS.",
)  # fmt: skip
def create(name: str, folder: Path | None) -> None:
    """Make a key, in a file that only its owner reads."""
    from citytwin.security.key_files import FileKeys, write_new_key
    from citytwin.security.key_ring import checked_key_id

    path = write_new_key(folder or _files().folder, checked_key_id(name))
    click.echo(f"{path}  {FileKeys(path.parent).check(name)}")
    click.echo("keep a copy elsewhere: without it nothing that it seals can ever be read again")


@command.command(name="list")
@_PLACES
def show(places: tuple[Path, ...]) -> None:
    """Say which sealed folders need which key, and whether it is here and the right one."""
    from citytwin.security.key_ring import open_ring
    from citytwin.security.sealed_folders import read_wrapped, unwrap

    ring = open_ring()
    for found in _sealed(places):
        try:
            unwrap(read_wrapped(found.root), ring)
            state = "here"
        except KeyAccessError as error:  # the others are told as well
            state = error.message
        click.echo(f"{found.root}: {found.key}: {state}")


@command.command()
@_PLACES
@click.option("--to", "name", required=True, metavar="NAME", help="Name of the new key.")
def rotate(places: tuple[Path, ...], name: str) -> None:
    """Wrap the keys of sealed folders by another key; the sealed files stay as they are.

    So do copies of sealed folders, such as those in backups: these need the key that they were made with.
    """
    from citytwin.security.key_ring import checked_key_id, open_ring
    from citytwin.store.sealed_keys import rewrap

    ring, folders = open_ring(), _sealed(places)
    for found in folders:
        if found.is_copy:
            click.echo(f"{found.root}: a copy, which needs {found.key} for good")
            continue
        changed = rewrap(found.root, checked_key_id(name), ring)
        click.echo(f"{found.root}: {f'{found.key} -> {name}' if changed else f'{name} already'}")
    if not all(found.is_copy for found in folders):
        click.echo(f"let `encryption.key` of the configuration say {name}")
        click.echo(
            "a unit of systemd asks for the key by its name: say `citytwin install-timer` again"
        )
        click.echo(
            f"give {name} to `serve`, `sync` and workers of a cluster now: they go on while they run, "
            "and processes that they start need it"
        )
        click.echo("backups from before need the old key: keep it as long as them")


@command.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@asks
def read(file: Path) -> None:
    """Write the content of a sealed file to the standard output, if the policy gives it.

    A file of a published layer is asked for as that layer, a segment of observations as the table
    `observations`, `live.json` as the table `live`, and any other as the table `sealed_files`.
    """
    from citytwin.store.asked_for import resource_of_file
    from citytwin.store.at_rest import open_file

    path = file.resolve()
    found = resource_of_file(path)
    if found is not None:
        with inquiry() as asked:
            asked.require(found, str(path))
    with open_file(path) as content:
        shutil.copyfileobj(content, sys.stdout.buffer)


@command.command()
@click.argument("name")
@_PLACES
@click.option(
    "--even-if-needed", is_flag=True,
    help="Also where something is sealed with it, which then can never be read again.",
)  # fmt: skip
def destroy(name: str, places: tuple[Path, ...], *, even_if_needed: bool) -> None:
    """Destroy a key that nothing below the PLACEs needs."""
    from citytwin.security.key_files import destroy_key

    folders = [found for found in _sealed(places) if found.key == name]
    needed = [found.root for found in folders]
    if needed and not even_if_needed:
        msg = f"key {name!r} is needed by {', '.join(map(str, needed))}"
        other = "copies need it as long as they stay"
        if not any(found.is_copy for found in folders):
            other = "`citytwin keys rotate` brings them to another"
        raise SealError(msg, hint=f"{other}; --even-if-needed gives them up")
    path = destroy_key(_files().folder, name)
    click.echo(f"destroyed: {path}")
    for root in needed:
        click.echo(f"cannot be read any more: {root}")
    click.echo("copies of the key, such as backups, are yours to destroy")


def _files() -> FileKeys:
    """Key files of this user."""
    from citytwin.security.key_files import FileKeys
    from citytwin.security.key_ring import KEYS, keys_folder

    folder = keys_folder()
    if folder is None:
        msg = "no folder of keys is named"
        raise ConfigError(msg, hint=f"set {KEYS}, or name one with --folder")
    return FileKeys(folder)


def _sealed(places: Sequence[Path]) -> list[SealedFolder]:
    """Sealed folders below places, each once."""
    from citytwin.config import load
    from citytwin.store.sealed_keys import sealed_folders

    found: dict[Path, SealedFolder] = {}
    for place in places:
        if place.is_file():
            loaded = load(place)
            place = loaded.path(loaded.config.out)
        found.update({one.root.resolve(): one for one in sealed_folders(place.resolve())})
    if not found:
        said = ", ".join(map(str, places))
        msg = f"nothing is sealed below {said}"
        raise CityTwinError(msg, hint="name a configuration, or the folder its `out` names")
    return list(found.values())
