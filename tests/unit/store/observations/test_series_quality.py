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
