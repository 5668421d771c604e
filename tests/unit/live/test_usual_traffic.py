"""What a silent detector usually measures: days of the same kind, the same time on the clocks."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from citytwin.live.usual_traffic import usual_traffic
from citytwin.model.tables import Flag
from citytwin.store.observations import (
    ObservationLookup,
    ObservationReader,
    ObservationStore,
    Observed,
    raw_ref_of,
)

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 10, 30, 8, 0, tzinfo=BERLIN)
"""A Friday; clocks went back five days before."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def speeds(thing: str, told: list[tuple[datetime, float]], flag: Flag = Flag.GOOD) -> Observed:
    """Speeds of a detector [km/h]."""
    moments = [(at.astimezone(UTC) - EPOCH) // timedelta(microseconds=1) for at, _ in told]
    n = len(told)
    return Observed(
        "loops", [thing] * n, ["vehicle_speed"] * n, ["km/h"] * n, moments, moments,
        [value for _, value in told], [flag] * n, np.zeros(n, np.int32), raw_ref_of(b"x"),
    )  # fmt: skip


def at(days: int, hour: int, minute: int = 0) -> datetime:
    """So many days before, by the clocks of that day."""
    day = NOW.date() - timedelta(days=days)
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=BERLIN)


@pytest.fixture
def lookup(tmp_path: Path) -> Iterator[ObservationLookup]:
    """Four weeks of three detectors."""
    workdays = [d for d in range(1, 29) if at(d, 8).weekday() < 5]
    weekends = [d for d in range(1, 29) if at(d, 8).weekday() >= 5]
    assert (len(workdays), len(weekends)) == (20, 8)
    with ObservationStore.open(tmp_path / "obs") as store:
        # Ten jammed days of 12 and ten free ones of 40: the median lies between the two.
        jam = [(at(d, 8, m), 12.0) for d in workdays[:10] for m in (0, 10, 20)]
        free = [(at(d, 7, 45), 40.0) for d in workdays[10:]]
        night = [(at(d, 3), 60.0) for d in workdays]
        week_end = [(at(d, 8), 55.0) for d in weekends]
        store.append(speeds("a", jam + free + night + week_end))
        store.append(speeds("a", [(at(workdays[12], 8, 5), 1.0)], Flag.SUSPECT))
        store.append(speeds("b", [(at(1, 8), 30.0), (at(2, 8), 30.0), (at(2, 8, 5), 31.0)]))
        store.append(speeds("old", [(at(d, 8), 30.0) for d in range(29, 60)]))
        store.commit()
    with ObservationReader(tmp_path / "obs") as reader:
        yield reader


def test_the_median_of_days_of_the_same_kind(lookup: ObservationLookup) -> None:
    """Each day counts once, however much it says; two days make nothing usual, nor do old ones."""
    silent = [(thing, "vehicle_speed") for thing in ("a", "b", "old", "nobody")]
    assert usual_traffic(lookup, silent, NOW, BERLIN) == {("a", "vehicle_speed"): 26.0}
    saturday = NOW + timedelta(days=1)
    assert usual_traffic(lookup, silent, saturday, BERLIN) == {("a", "vehicle_speed"): 55.0}
    night = NOW.replace(hour=3)
    assert usual_traffic(lookup, silent, night, BERLIN) == {("a", "vehicle_speed"): 60.0}
    assert usual_traffic(lookup, silent, NOW.replace(hour=12), BERLIN) == {}
    assert usual_traffic(lookup, [], NOW, BERLIN) == {}
