"""Runs that were killed: they could tell nobody themselves."""

from __future__ import annotations

import logging

from citytwin.config import LoadedConfig
from citytwin.engine.locking import holding_folder
from citytwin.engine.report import Exit
from citytwin.engine.request import work_dir
from citytwin.errors import BusyError, StoreError
from citytwin.nights.aftermath import follow_up
from citytwin.nights.journal import is_going_on, journal_dir, read_records, write_record

log = logging.getLogger(__name__)
_GONE = (
    "its process is gone without a word: killed, out of memory, or the machine went down; what it "
    "had made stands, and the next run goes on from there"
)


def tell_of_killed(loaded: LoadedConfig) -> None:
    """Write down that runs were killed, and do what is to follow the newest, once.

    While a command holds the city nothing is said: on a disk that machines share the process may
    live on another one.

    Parameters
    ----------
    loaded
        The configuration.
    """
    folder = journal_dir(loaded)
    gone = [
        record
        for record in read_records(folder)
        if record.outcome == "running" and not is_going_on(record)
    ]
    if not gone:
        return
    told = [
        record.model_copy(
            update={"outcome": "killed", "exit_code": Exit.FAILED, "failures": (_GONE,)}
        )
        for record in gone
    ]
    try:
        with holding_folder(work_dir(loaded), loaded.city_dir):
            for record in told:
                write_record(folder, record)
    except BusyError:
        return
    except (StoreError, OSError) as error:
        log.warning("the journal of runs cannot be kept: %s", error)
    if told[-1].night is None:
        follow_up(loaded, told[-1])
