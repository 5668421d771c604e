"""Keeps the journal while a run goes on, and does what is to follow it."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from citytwin.config import LoadedConfig
from citytwin.engine.report import Exit, RunReport
from citytwin.engine.request import request_key
from citytwin.errors import BusyError, CityTwinError, StoreError
from citytwin.model.layer import is_within
from citytwin.nights.aftermath import follow_up
from citytwin.nights.journal import (
    feeds_last_read,
    forget_oldest,
    journal_dir,
    keep_room,
    read_records,
    write_record,
)
from citytwin.nights.killed import tell_of_killed
from citytwin.nights.missed import tell_of_missed
from citytwin.nights.processes import started_ticks, this_system
from citytwin.nights.record import FeedAge, RunRecord
from citytwin.store.manifest import FinishedRun
from citytwin.store.private_folder import private_folder

log = logging.getLogger(__name__)
_STOPPED = (
    "ended by a signal before it was done: Ctrl-C, a time limit, or the machine shut down; the next "
    "run goes on from there"
)


class Entry:
    """The record of the run that goes on.

    Parameters
    ----------
    record
        As the run began.
    """

    def __init__(self, record: RunRecord) -> None:
        self.record = record

    def standing(self, finished: FinishedRun, losses: tuple[str, ...]) -> None:
        """Say that there was nothing to do.

        Parameters
        ----------
        finished
            The run that stands.
        losses
            Of that run.
        """
        code = Exit.LOSSES if losses else Exit.DONE
        self._change(
            outcome="nothing to do",
            exit_code=code,
            run_id=finished.run_id,
            losses=self._tellable(losses),
        )

    def ended(self, report: RunReport | None) -> None:
        """Say how the run ended.

        Parameters
        ----------
        report
            Of the run; None where it was stopped.
        """
        if report is None:
            self._stopped()
            return
        newest = sorted(report.newest_observations.items())
        self._change(
            outcome="failed" if report.failures else "done",
            exit_code=report.exit_code,
            run_id=report.run_id,
            standing_parts=sum(row.standing for row in report.rows),
            made_parts=sum(row.parts - row.standing for row in report.rows),
            published=tuple(report.published),
            unchanged=tuple(report.unchanged),
            no_longer=tuple(report.no_longer),
            losses=self._tellable(report.losses),
            failures=self._tellable(report.failures),
            healed=self._tellable(report.healed),
            feeds=tuple(FeedAge(source=source, newest=moment) for source, moment in newest),
        )

    def refused(self, error: BaseException) -> None:
        """Say what ended the run before it could report.

        Parameters
        ----------
        error
            What was raised.
        """
        if isinstance(error, BusyError):
            told = self._tellable([str(error)])
            self._change(outcome="busy", exit_code=Exit.TRY_LATER, failures=told)
        elif isinstance(error, KeyboardInterrupt):
            self._stopped()
        else:
            known = isinstance(error, CityTwinError | OSError)
            text = str(error) if known else f"{type(error).__name__}: {error}"
            told = self._tellable([text])
            self._change(outcome="failed", exit_code=Exit.FAILED, failures=told)

    def _stopped(self) -> None:
        self._change(outcome="stopped", exit_code=Exit.FAILED, failures=(_STOPPED,))

    def _tellable(self, texts: Sequence[str]) -> tuple[str, ...]:
        """What a file in clear may say: of restricted data only how much there is to say."""
        if not texts or is_within(self.record.classification, "internal"):
            return tuple(texts)
        number = f"{len(texts)} message{'s' if len(texts) > 1 else ''}"
        return (f"{number} about {self.record.classification} data: told where the run started",)

    def _change(self, **values: Any) -> None:
        self.record = self.record.model_copy(update=values)


@contextmanager
def recorded(
    loaded: LoadedConfig, now: Callable[[], datetime] = lambda: datetime.now(UTC)
) -> Iterator[Entry]:
    """Keep the journal of a city while the block runs it.

    A journal that cannot be written is told in the log, and the run goes on. What is to follow a
    night does not follow one that is made up for: figures and reports are of the newest.

    Parameters
    ----------
    loaded
        The configuration.
    now
        Clock.
    """
    folder = journal_dir(loaded)
    if loaded.past is None:
        tell_of_killed(loaded)
    entry = Entry(
        RunRecord(
            city=loaded.config.city.id,
            begun=now(),
            process=os.getpid(),
            started_ticks=started_ticks(os.getpid()),
            system=this_system(),
            night=loaded.past.date if loaded.past else None,
            request=request_key(loaded) if loaded.past else "",
            classification=loaded.classification,
        )
    )
    _prepared(loaded, folder)
    _written(folder, entry.record)
    if loaded.past is None:
        tell_of_missed(loaded, entry.record.begun)
    try:
        yield entry
    except BaseException as error:  # Ctrl-C and faults of ours end a night too; raised again
        entry.refused(error)
        raise
    finally:
        record = entry.record
        if not record.feeds and record.outcome != "done":  # how late they are then is still told
            feeds = feeds_last_read(read_records(folder), record.run_id)
            record = record.model_copy(update={"feeds": feeds})
        record = record.model_copy(update={"ended": now()})
        _written(folder, record)
        if loaded.past is None:
            tell_of_killed(loaded)  # one that held the city when this run began, and was waited for
            follow_up(loaded, record)


def _prepared(loaded: LoadedConfig, folder: Path) -> None:
    """What is said of internal data is for those who may enter the city."""
    if not loaded.private:
        return
    try:
        private_folder(folder)
    except StoreError as error:
        log.warning("the journal of runs cannot be closed: %s", error)


def _written(folder: Path, record: RunRecord) -> None:
    try:
        write_record(folder, record)
        if record.ended is None:
            keep_room(folder)
        forget_oldest(folder)
    except (StoreError, OSError) as error:
        log.warning("the journal of runs cannot be kept: %s", error)
