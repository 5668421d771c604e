"""The journal of a city's runs: one small file each, written when it begins and when it ends."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from pydantic import ValidationError

from citytwin.config import LoadedConfig
from citytwin.errors import StoreError
from citytwin.nights.record import FeedAge, RunRecord, stamp_of
from citytwin.store.atomic import write_bytes, write_text
from citytwin.store.manifest import WORK

log = logging.getLogger(__name__)
JOURNAL = ".journal"
"""Folder beside the working stores; no city can have this name."""
ROOM = "room"
"""File that goes where the end of a run finds the disk full."""
_ROOM_BYTES = 1 << 16
KEPT = 1000
"""Records that stay of nights of the clock, and of nights that were made up for; the oldest go first."""
_MADE_UP_FOR = re.compile(rb'"night": *"')


def journal_dir(loaded: LoadedConfig) -> Path:
    """Folder of a city's journal.

    Parameters
    ----------
    loaded
        The configuration.
    """
    return loaded.path(loaded.config.out) / WORK / JOURNAL / loaded.config.city.id


def write_record(folder: Path, record: RunRecord) -> None:
    """Write a record, in place of what was written when its run began.

    Parameters
    ----------
    folder
        Of the journal; made when it does not exist.
    record
        Of a run.

    Raises
    ------
    StoreError
        If the disk refuses.
    """
    file = folder / f"{stamp_of(record.begun)}-{record.process}.json"
    text = record.model_dump_json(indent=1) + "\n"
    try:
        write_text(file, text)
    except StoreError:
        if not (folder / ROOM).exists():
            raise
        (folder / ROOM).unlink()
        write_text(file, text)


def keep_room(folder: Path) -> None:
    """Take the room that the end of a run needs on a disk that fills up meanwhile.

    Parameters
    ----------
    folder
        Of the journal; made when it does not exist.

    Raises
    ------
    StoreError
        If the disk refuses.
    """
    if not (folder / ROOM).exists():
        write_bytes(folder / ROOM, os.urandom(_ROOM_BYTES))  # which no disk packs


def read_records(folder: Path, since: datetime | None = None) -> tuple[RunRecord, ...]:
    """Read the journal, the oldest record first.

    Parameters
    ----------
    folder
        Of the journal; one that does not exist is empty.
    since
        Runs that began before are left out (aware, UTC).

    Returns
    -------
    tuple of RunRecord
        A file that is no record is told in the log and left alone.
    """
    found = []
    for file in sorted(folder.glob("*.json")):
        if since is not None and file.name < stamp_of(since):
            continue
        try:
            found.append(RunRecord.model_validate_json(file.read_bytes()))
        except (ValidationError, OSError) as error:
            said = error.errors()[0]["msg"] if isinstance(error, ValidationError) else error
            log.warning("journal: %s is no record of a run: %s", file, said)
    return tuple(found)


def feeds_last_read(records: Sequence[RunRecord], run_id: str = "") -> tuple[FeedAge, ...]:
    """Return the feeds as a run that read none of them would have found them.

    Parameters
    ----------
    records
        The oldest first.
    run_id
        Of the run that stands, if one does: what it has read counts. Else it is what was read last,
        which a clock that was ahead may belie.
    """
    read = [record for record in records if record.feeds]
    standing = [record for record in read if record.run_id == run_id]
    return (standing or read)[-1].feeds if read else ()


def forget_oldest(folder: Path) -> None:
    """Remove all but the newest records of either kind, lest years that are made up for displace last night.

    Parameters
    ----------
    folder
        Of the journal.
    """
    files = sorted(folder.glob("*.json"))
    if len(files) <= KEPT:
        return
    made_up = [file for file in files if _MADE_UP_FOR.search(file.read_bytes())]
    of_the_clock = sorted(set(files).difference(made_up))
    for file in (*made_up[:-KEPT], *of_the_clock[:-KEPT]):
        file.unlink(missing_ok=True)
