"""Nights without a run: told by the next one, for nobody was there to tell."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from citytwin.config import LoadedConfig
from citytwin.engine.locking import holding_folder
from citytwin.engine.request import work_dir
from citytwin.errors import BusyError, StoreError
from citytwin.nights.aftermath import tell_of_failure
from citytwin.nights.calendar import GRACE, night_of, nights, start_of
from citytwin.nights.journal import journal_dir, read_records
from citytwin.nights.processes import is_going_on
from citytwin.nights.record import RunRecord
from citytwin.store.atomic import write_text

log = logging.getLogger(__name__)
_LOOKED_AT = "missed.until"
"""File beside the records: the last night that was looked at, so that each is told once."""
_NAMED = 7
"""Nights that are told by their date; of more, the first and the last."""
_DAY = timedelta(days=1)


def tell_of_missed(loaded: LoadedConfig, now: datetime) -> None:
    """Do what `nights.on_failure` asks for if no run began in nights since the last look, once.

    Nights are counted from the first look on. None is told while a command holds the city: the next
    look does it.

    Parameters
    ----------
    loaded
        The configuration; without `nights.at` no run is expected.
    now
        Aware; a run that begins now has its record already, so that its night is not missed.
    """
    at, hook, folder = loaded.config.nights.at, loaded.config.nights.on_failure, journal_dir(loaded)
    if at is None or hook is None or not folder.is_dir():
        return
    zone = ZoneInfo(loaded.config.time_zone)
    last = night_of(now - GRACE, at, zone)
    if _is_looked_at(folder, last):
        return
    try:
        with holding_folder(work_dir(loaded), loaded.city_dir):
            if _is_looked_at(folder, last):
                return
            before = _looked_at(folder)
            found = nights(read_records(folder), at, zone, now, is_going_on)
            missed = [
                night.date
                for night in found
                if night.verdict == "missed" and before is not None and before < night.date <= last
            ]
            write_text(folder / _LOOKED_AT, f"{last.isoformat()}\n")
    except BusyError:
        return
    except (StoreError, OSError) as error:
        log.warning("that nights were missed cannot be told: %s", error)
        return
    if missed:
        tell_of_failure(
            loaded,
            RunRecord(
                city=loaded.config.city.id,
                begun=start_of(missed[-1], at, zone),
                classification=loaded.classification,
                process=0,
                outcome="missed",
                failures=(_said(missed),),
            ),
        )


def _looked_at(folder: Path) -> date | None:
    """The last night that was looked at; None where none was, or nobody knows."""
    try:
        return date.fromisoformat((folder / _LOOKED_AT).read_text("ascii").strip())
    except (OSError, ValueError):
        return None


def _is_looked_at(folder: Path, last: date) -> bool:
    """A later night than the next was looked at by a clock that was ahead: it does not count."""
    found = _looked_at(folder)
    return found is not None and last <= found <= last + _DAY


def _said(missed: Sequence[date]) -> str:
    number = f"{len(missed)} night{'s' if len(missed) > 1 else ''}"
    days = [day.isoformat() for day in missed]
    named = ", ".join(days) if len(days) <= _NAMED else f"{days[0]} to {days[-1]}"
    return (
        f"no run began in {number}: {named}; look whether the machine and the timer run, and make up "
        "for them with `citytwin backfill` where that matters"
    )
