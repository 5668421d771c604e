"""The folder of a published city is ours, new or empty: files of strangers are not replaced."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

from citytwin.config import LoadedConfig
from citytwin.engine.request import work_dir
from citytwin.errors import ConfigError, StoreError
from citytwin.store.atomic import TEMPORARY_PREFIX
from citytwin.store.latest import LATEST, published_city
from citytwin.store.model_folder import DOCUMENT
from citytwin.store.unannounced_runs import refuse_closed_runs
from citytwin.wording import first_of


def require_own_folder(loaded: LoadedConfig) -> None:
    """Check, before anything is computed, that the city can be published where it shall be.

    Parameters
    ----------
    loaded
        The configuration.

    Raises
    ------
    ConfigError
        If a file stands in the way, the folder holds files but no published city, or it shall be
        given to anyone while it holds layers for known readers.
    StoreError
        If it shall be given to anyone, has lost its ``latest.json``, and holds closed layers.
    """
    marks = (loaded.city_dir / LATEST, work_dir(loaded))
    said = f"{loaded.file.name}: out"
    hint = "name another `out` or `city.id`, or move these files away"
    require_ours(loaded.city_dir, marks, (said, "published city", hint))
    require_no_other(loaded.city_dir, DOCUMENT, (said, "city model", hint))
    if loaded.config.publication == "static" and _was_served(loaded):
        msg = f"{said}: {loaded.city_dir} holds layers that were published for known readers only"
        raise ConfigError(
            msg, hint="name another `out`, keep `publication: served`, or remove the folder"
        )
    refuse_closed_runs(loaded.city_dir, loaded.config.publication)


def _was_served(loaded: LoadedConfig) -> bool:
    """Whether the folder was for known readers; one that is damaged is told when it is read."""
    try:
        before = published_city(loaded.city_dir)
    except StoreError:
        return False
    return before is not None and before.publication == "served"


def require_ours(folder: Path, marks: Sequence[Path], wording: tuple[str, str, str]) -> None:
    """Check that a folder is new, empty, or has been written by us.

    Parameters
    ----------
    folder
        The folder.
    marks
        Files and folders of which one stands where we have written.
    wording
        How the folder is called, what it should hold, and what to do where it holds other files.

    Raises
    ------
    ConfigError
        If a file stands in the way, or the folder holds files of others.
    """
    said, what, hint = wording
    for place in (folder, *folder.parents):
        if place.exists() and not place.is_dir():
            msg = f"{said}: {place} is no folder"
            raise ConfigError(msg, hint="name a folder; it is made when it does not exist")
    if not folder.is_dir() or any(mark.exists() for mark in marks):
        return
    strange = sorted(path.name for path in folder.iterdir())
    if strange:
        msg = f"{said}: {folder} holds files but no {what}: {first_of(strange)}"
        raise ConfigError(msg, hint=hint)


def require_no_other(folder: Path, mark: str, wording: tuple[str, str, str]) -> None:
    """Check that a folder does not hold what another command has made, whose store it would share.

    Parameters
    ----------
    folder
        The folder.
    mark
        Name of a file that the other command writes.
    wording
        How the folder is called, what the other command makes, and what to do.

    Raises
    ------
    ConfigError
        If it holds that file.
    """
    said, what, hint = wording
    if (folder / mark).exists():
        raise ConfigError(f"{said}: {folder} holds a {what}", hint=hint)


def takes_files(folder: Path) -> bool:
    """Whether files can be written there, in folders that are made for them where they are missing.

    It is tried by a file without a name where the system has such, so that nothing is left.

    Parameters
    ----------
    folder
        It need not exist.
    """
    there = next(one for one in (folder, *folder.parents) if one.exists())
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        return False
    try:
        with tempfile.TemporaryFile(prefix=TEMPORARY_PREFIX, dir=there):
            return True
    except OSError:  # a disk that is read-only, or no disk at all
        return False


def output_troubles(loaded: LoadedConfig) -> tuple[str, ...]:
    """Say which folders of a run would take no files here and now; nothing is left there.

    Parameters
    ----------
    loaded
        The configuration.
    """
    closed = [one for one in (loaded.city_dir, work_dir(loaded)) if not takes_files(one)]
    return tuple(
        f"out: {folder} takes no files from this user: make it writable, or name another `out`"
        for folder in closed
    )
