"""Broken sensors are seen in the state: stuck, jumping, in another unit, unlike their neighbours."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from citytwin.model.tables import Flag, QualityTest
from citytwin.store.observations import ObservationReader, ObservationStore, Thing
from tests.unit.store.observations.rows import Clock, at, levels


def temperatures(
    folder: Path, series: dict[str, Sequence[float]], *, step: float = 10.0
) -> ObservationReader:
    """Sensors a kilometre apart, that report every so many minutes."""
    clock = Clock(1e5)
    with ObservationStore.open(folder, clock=clock) as store:
        for place, (thing, values) in enumerate(series.items()):
            store.things([Thing(thing, "air", None, "station", 139.7 + 0.01 * place, 35.7)])
            rows = levels(
                [(thing, step * k, value) for k, value in enumerate(values)], source="air"
            )
            n = len(values)
            changed = {"observed": ["air_temperature"] * n, "unit": ["Cel"] * n}
            store.append(type(rows)(**{**rows.__dict__, **changed}))
        store.commit()
        store.compact()
    return ObservationReader(folder)


def found(reader: ObservationReader, minute: float) -> dict[str, tuple[Flag, QualityTest]]:
    """Flag and tests of each thing, without those that say when it arrived."""
    frame = reader.state(at(minute)).frame
    return {
        row.thing: (Flag(row.flag), QualityTest(row.tests) & ~QualityTest.LATE)
        for row in frame.itertuples()
    }


def test_a_healthy_sensor(tmp_path: Path) -> None:
    """Moves, but not too fast."""
    values = [20.0 + 0.1 * (k % 3) for k in range(60)]
    reader = temperatures(tmp_path, {"a": values})
    assert found(reader, 595) == {"a": (Flag.GOOD, QualityTest(0))}


def test_a_stuck_sensor(tmp_path: Path) -> None:
    """After six hours, not after five; all rows of that time are looked at."""
    reader = temperatures(tmp_path, {"a": [19.0, *[20.0] * 60]})
    assert found(reader, 10 + 300)["a"] == (Flag.GOOD, QualityTest(0))
    assert found(reader, 10 + 370)["a"] == (Flag.SUSPECT, QualityTest.FLAT_LINE)


@pytest.mark.parametrize(
    ("values", "tests"),
    [
        ([20.0] * 3 + [20.1, 60.0], QualityTest.RATE_OF_CHANGE),
        (
            [20.0, 20.1, 20.2, 20.1, 20.0, 20.1, 68.1, 68.2],
            QualityTest.UNIT_MISTAKEN,
        ),
    ],
)
def test_a_sensor_that_jumps(tmp_path: Path, values: list[float], tests: QualityTest) -> None:
    """By 40 degrees in ten minutes; to Fahrenheit."""
    reader = temperatures(tmp_path, {"a": values})
    flag, seen = found(reader, 10.0 * len(values))["a"]
    assert flag is Flag.SUSPECT
    assert seen & tests


def test_a_sensor_unlike_its_neighbours(tmp_path: Path) -> None:
    """One of five, drifting slowly."""
    series = {f"s{k}": [20.0 + 0.1 * k + 0.01 * i for i in range(30)] for k in range(5)}
    series["s2"] = [20.0 + 0.5 * i for i in range(30)]
    state = found(temperatures(tmp_path, series), 295)
    assert state["s2"] == (Flag.SUSPECT, QualityTest.NEIGHBOUR)
    assert [state[f"s{k}"][0] for k in (0, 1, 3, 4)] == [Flag.GOOD] * 4


def test_a_history_with_a_spike(tmp_path: Path) -> None:
    """Each value is judged as if it were the latest, spikes once the next one is there."""
    values = [20.0 + 0.1 * (k % 3) for k in range(30)]
    values[10] = 55.0
    values[20:] = [1.8 * v + 32.0 for v in values[20:]]
    reader = temperatures(tmp_path, {"a": values})
    frame = reader.history("a", "air_temperature", at(-1), at(300)).frame
    tests = frame["tests"].to_numpy()
    spikes = tests & int(QualityTest.SPIKE)
    assert spikes.nonzero()[0].tolist() == [10]
    mistaken = (tests & int(QualityTest.UNIT_MISTAKEN)).nonzero()[0]
    assert mistaken[0] == 21  # one value may be anything, two are a level
    suspect = frame["flag"] == Flag.SUSPECT
    assert suspect[[10, 21]].all()
    assert not suspect[:10].any()


def arriving(
    folder: Path, late_minutes: Sequence[float], *, step: float = 10.0
) -> ObservationReader:
    """A gauge whose rows arrive one by one, so many minutes after they were observed."""
    clock = Clock()
    with ObservationStore.open(folder, clock=clock) as store:
        for k, late in enumerate(late_minutes):
            clock.set(step * k + late)
            store.append(levels([("a", step * k, 1.0 + 0.1 * (k % 3))]))
            store.commit()
    return ObservationReader(folder)


@pytest.mark.parametrize(
    ("late", "step", "suspect"),
    [
        ([540.2, 541.0, 539.5, 540.0, 543.0, 540.1], 10.0, True),  # UTC that was read as Japan time
        ([300.1] * 6, 60.0, True),  # New York's winter read as UTC
        ([0.3] * 6, 10.0, False),
        ([560.0] * 6, 10.0, False),  # late, but by no whole hours
        ([540.0, 540.0, 540.0, 0.5, 0.5, 0.5], 10.0, False),  # set right meanwhile
        ([120.0] * 6, 60.0, False),  # hourly values that somebody checks for two hours
        ([900.0] * 6, 10.0, False),  # no zone is 15 hours off
        ([540.0] * 3, 10.0, False),  # too few to tell
    ],
)
def test_a_clock_that_is_off_by_a_time_zone(
    tmp_path: Path, late: Sequence[float], step: float, suspect: bool
) -> None:
    """Whole hours late, row after row; the history says it of the rows from which it shows."""
    reader = arriving(tmp_path, late, step=step)
    last = step * (len(late) - 1)
    (row,) = reader.state(at(last + 1)).frame.itertuples()
    want = QualityTest.CLOCK_SKEW if suspect else QualityTest(0)
    assert QualityTest(row.tests) & QualityTest.CLOCK_SKEW == want
    assert row.flag == (Flag.SUSPECT if suspect else Flag.GOOD)
    frame = reader.history("a", "water_level", at(-1), at(last)).frame
    shows = (frame["tests"] & int(QualityTest.CLOCK_SKEW)) != 0
    assert shows.tolist() == [suspect and k >= 3 for k in range(len(late))]


def test_rows_that_come_together_say_nothing_of_a_clock(tmp_path: Path) -> None:
    """A logger emptied nine hours later is late, and right."""
    clock = Clock(545.0)
    with ObservationStore.open(tmp_path, clock=clock) as store:
        store.append(levels([("a", k / 6.0, 1.0 + 0.1 * (k % 3)) for k in range(30)]))
        store.commit()
    (row,) = ObservationReader(tmp_path).state(at(6)).frame.itertuples()
    assert (row.flag, row.tests) == (Flag.GOOD, QualityTest.LATE)
