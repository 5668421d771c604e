"""Brings a backup back: into empty places only, after all of it was verified."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from citytwin.errors import ConfigError, StoreError, hint_of
from citytwin.store.atomic import move_folder, temporary_beside
from citytwin.store.backup.copying import copied
from citytwin.store.backup.document import BackupDocument, KeptFile
from citytwin.store.backup.places import PUBLISHED, Places
from citytwin.store.backup.verifying import verified
from citytwin.store.staging import is_sealed


def restore(folder: Path, places: Places) -> BackupDocument:
    """Verify a backup, copy it beside its places, and move it into them.

    Parameters
    ----------
    folder
        Of the backup.
    places
        Of the city; the caller holds it.

    Returns
    -------
    BackupDocument
        What was restored.

    Raises
    ------
    ConfigError
        If the backup is of another city, sealed where the city is not, or holds a part that has no
        place.
    StoreError
        If the backup is damaged, something stands in a place, or the disk refuses; then nothing
        was restored.
    """
    document = verified(folder)
    _require_alike(document, places)
    parts = {
        part: (place, [file for file in document.files if file.path.startswith(f"{part}/")])
        for part, place in places.parts()
    }
    for place, _ in parts.values():
        _require_empty(place)
    stages: list[tuple[Path, Path]] = []
    try:
        with ExitStack() as begun:  # what was begun goes, unless all of it succeeds
            for part, (place, files) in parts.items():
                if files:
                    stage = temporary_beside(place.with_name("restored"))
                    begun.callback(shutil.rmtree, stage, ignore_errors=True)
                    stages.append((stage, place))
                    _fill(stage, folder, part, files, private=places.is_private(part))
            for stage, place in stages:
                if place.is_dir():
                    place.rmdir()
                move_folder(stage, place)
                begun.callback(shutil.rmtree, place, ignore_errors=True)
            begun.pop_all()
    except StoreError:
        raise
    except OSError as error:
        msg = f"the backup cannot be restored: {error}"
        raise StoreError(msg, hint=hint_of(error)) from error
    return document


def _require_alike(document: BackupDocument, places: Places) -> None:
    """Refuse what would end up with another city, in clear, or nowhere."""
    if document.city != places.city:
        msg = f"the backup is of {document.city}, the configuration of {places.city}"
        raise ConfigError(msg, hint="name the configuration of that city; the backup holds it")
    published = any(file.path.startswith(f"{PUBLISHED}/") for file in document.files)
    if published and document.sealed != is_sealed(places.published):
        lies = "sealed" if document.sealed else "in clear"
        msg = f"the backup holds published layers {lies}, and {places.published} is not so"
        raise ConfigError(msg, hint="restore with the configuration that the backup holds")
    homeless = {file.path.split("/")[0] for file in document.files if "/" in file.path}
    homeless -= {part for part, _ in places.parts()}
    if homeless:
        msg = f"the backup holds {', '.join(sorted(homeless))}, which have no place"
        raise ConfigError(msg, hint="name the server's configuration: --serve FILE")


def _require_empty(place: Path) -> None:
    if place.is_symlink() or (place.exists() and not place.is_dir()):
        msg = f"{place} is no folder"
    elif place.is_dir() and any(place.iterdir()):
        msg = f"{place} is not empty"
    else:
        return
    hint = "move it away: a backup is restored into empty places only"
    raise StoreError(msg, hint=hint)


def _fill(
    stage: Path, folder: Path, part: str, files: Sequence[KeptFile], *, private: bool
) -> None:
    """Copy the files of a part, each compared once more with the list on its way."""
    stage.parent.mkdir(parents=True, exist_ok=True)
    stage.mkdir(mode=0o700 if private else 0o777)
    for file in files:
        target = stage / file.path.removeprefix(f"{part}/")
        if copied(folder / file.path, target) != (file.size, file.sha256):
            msg = f"{folder / file.path} changed while it was restored"
            raise StoreError(msg, hint="check the disk; nothing was restored")
