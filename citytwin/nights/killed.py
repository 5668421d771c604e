"""Runs that were killed: they could tell nobody themselves."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from citytwin.config import LoadedConfig
from citytwin.engine.locking import holding_folder
from citytwin.engine.report import Exit
from citytwin.engine.request import work_dir
from citytwin.errors import BusyError, StoreError
from citytwin.nights.aftermath import follow_up, tell_of_failure
from citytwin.nights.calendar import from_the_future
from citytwin.nights.journal import (
    feeds_last_read,
    journal_dir,
    read_records,
    write_record,
)
from citytwin.nights.processes import is_going_on, this_system
from citytwin.nights.record import RunRecord

log = logging.getLogger(__name__)
_LONGEST = timedelta(hours=12)
"""Of a run on another system, such as a pod, whose process cannot be looked for here."""
_GONE = (
    "its process is gone without a word: killed, out of memory, or the machine went down; what it "
    "had made stands, and the next run goes on from there"
)


def tell_of_killed(loaded: LoadedConfig) -> None:
    """Write down that runs were killed, and do what is to follow the newest, once.

    Of a run on another system that is said after half a day, and of none while a command holds the
    city. Nights that were made up for are written down and not told.

    Parameters
    ----------
    loaded
        The configuration.
    """
    folder = journal_dir(loaded)
    if not _gone(folder):
        return
    try:
        with holding_folder(work_dir(loaded), loaded.city_dir):
            killed = [_as_killed(record, read_records(folder)) for record in _gone(folder)]
            for record in killed:
                write_record(folder, record)
    except BusyError:
        return
    except (StoreError, OSError) as error:
        log.warning("the journal of runs cannot be kept: %s", error)
        return
    records, now = read_records(folder), datetime.now(UTC)
    future = from_the_future(records, now)
    newest = max((r.begun for r in records if not r.night and r not in future), default=None)
    for record in [one for one in killed if one.night is None][-1:]:
        if record.begun == newest:
            follow_up(loaded, record)
        else:  # figures and reports are of the newest run
            tell_of_failure(loaded, record)


def _as_killed(record: RunRecord, records: Sequence[RunRecord]) -> RunRecord:
    feeds = feeds_last_read([one for one in records if one.begun < record.begun])
    update = {"outcome": "killed", "exit_code": Exit.FAILED, "failures": (_GONE,), "feeds": feeds}
    return record.model_copy(update=update)


def _gone(folder: Path) -> list[RunRecord]:
    """Records without an end whose process does not live."""
    now = datetime.now(UTC)
    dead = {
        (record.begun, record.process)
        for record in read_records(folder)
        if record.outcome == "running"
        and not is_going_on(record)
        and (record.system in ("", this_system()) or now - record.begun > _LONGEST)
    }
    if not dead:
        return []
    # A run may have written its end, and ended, after its record was read.
    return [
        record
        for record in read_records(folder)
        if record.outcome == "running" and (record.begun, record.process) in dead
    ]
