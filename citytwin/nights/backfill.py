"""Nights that are made up for: which, what each could know, and what of them stands already."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from citytwin.config import LoadedConfig, PastNight
from citytwin.engine.locking import holding, holding_folder
from citytwin.engine.request import read_latest, request_key, work_dir
from citytwin.errors import BusyError, ConfigError
from citytwin.nights.calendar import start_of
from citytwin.nights.journal import KEPT
from citytwin.nights.record import RunRecord
from citytwin.store.latest import ITEM
from citytwin.store.private_folder import private_folder

log = logging.getLogger(__name__)
_NOT_COPIED = shutil.ignore_patterns("lock", "staging", "checkpoints", "dask", ".tmp-*")


def past_nights(
    loaded: LoadedConfig, first: date, last: date, now: datetime
) -> tuple[LoadedConfig, ...]:
    """Return the configuration of each night of a range.

    Parameters
    ----------
    loaded
        The configuration as it is today.
    first, last
        Local days, both among them. A night knows what was observed until its `nights.at`;
        without that, until the end of the day.
    now
        Aware.

    Raises
    ------
    ConfigError
        If the range is empty, or longer than the journal can tell of, a night of it has not begun
        yet, or nothing is published that the nights could be added to.
    """
    if first > last:
        msg = f"the first night, {first}, comes after the last, {last}"
        raise ConfigError(msg, hint="give the earlier day first")
    number = (last - first).days + 1
    if number > KEPT:
        msg = f"{first} to {last} are {number} nights, more than {KEPT} at once"
        raise ConfigError(msg, hint="check the years, or divide the range")
    zone = ZoneInfo(loaded.config.time_zone)
    newest = _night(loaded, last, zone).begin
    if newest > now:
        begin, here = newest.astimezone(zone), now.astimezone(zone)
        msg = (
            f"the night of {last} begins at {begin:%Y-%m-%d %H:%M}, and it is {here:%Y-%m-%d %H:%M}"
        )
        raise ConfigError(msg, hint="only nights that have begun can be made up for")
    if read_latest(loaded.city_dir) is None:
        msg = f"nothing is published in {loaded.city_dir}, so there are no nights to make up for"
        raise ConfigError(msg, hint="run `citytwin run` first")
    days = [first + timedelta(days=k) for k in range(number)]
    return tuple(loaded.model_copy(update={"past": _night(loaded, day, zone)}) for day in days)


def _night(loaded: LoadedConfig, day: date, zone: ZoneInfo) -> PastNight:
    at = loaded.config.nights.at
    own = day if at is not None else day + timedelta(days=1)
    return PastNight(
        date=day,
        begin=start_of(own, at, zone),
        next_night=start_of(own + timedelta(days=1), at, zone),
    )


def done_before(night: LoadedConfig, records: Sequence[RunRecord]) -> RunRecord | None:
    """Return the record of a run that made up for a night with the same inputs, and still stands.

    Parameters
    ----------
    night
        Configuration of the night.
    records
        Of the journal, the oldest first.
    """
    if night.past is None:
        return None
    own = [record for record in records if record.night == night.past.date and record.stands]
    if not own or own[-1].request != request_key(night):
        return None
    last = own[-1]
    items = (night.city_dir / layer / last.run_id / ITEM for layer in last.published)
    return last if all(item.is_file() for item in items) else None


def prepare_store(night: LoadedConfig) -> None:
    """Give past nights a working store: a copy of the city's, so that only what differs is made.

    Parameters
    ----------
    night
        Configuration of a night.

    Raises
    ------
    BusyError
        If another run holds the city.
    """
    here = night.model_copy(update={"past": None})
    store, own = work_dir(here), work_dir(night)
    if own.exists() or not store.exists():
        return
    aside = own.with_name(f"{own.name}.new")
    with holding(here):
        if own.exists():  # another range made it meanwhile
            return
        shutil.rmtree(aside, ignore_errors=True)  # left by a kill
        if night.private:
            private_folder(store)  # the copy ends with its mode
            private_folder(aside)
        shutil.copytree(store, aside, ignore=_NOT_COPIED, dirs_exist_ok=True)
        aside.rename(own)


def remove_store(nights: Iterable[LoadedConfig]) -> None:
    """Remove the working store of past nights, when all of a range stand.

    One that another range is made up for in stays.

    Parameters
    ----------
    nights
        Their configurations.
    """
    for store, out in {(work_dir(night), night.city_dir) for night in nights if night.past}:
        aside = store.with_name(f"{store.name}.old")
        try:
            with holding_folder(store, out):
                shutil.rmtree(aside, ignore_errors=True)  # left by a kill
                store.rename(aside)  # whoever comes meanwhile makes a store of their own
                shutil.rmtree(aside, ignore_errors=True)
        except BusyError:
            log.info("%s stays: another command makes up for nights in it", store)
