"""Readings in columns: the same readings, judged by the range of their property and by their producer."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citytwin.formats.observations import Reading
from citytwin.formats.reading_columns import ReadingColumns
from citytwin.model import properties as p
from citytwin.model.tables import Flag, QualityTest

T = 1_700_000_000
RANGE, DOUBTED = int(QualityTest.GROSS_RANGE), int(QualityTest.DOUBTED)
VALUES = st.none() | st.floats(-1e30, 1e30)
READINGS = st.builds(
    lambda thing, observed, start, length, value, flag: Reading(
        thing, observed, start, start + length, value, flag
    ),
    st.sampled_from(["a", "b", "urn:x:1", "風"]),
    st.sampled_from(p.ALL),
    st.integers(-T, T),
    st.integers(0, 86_400),
    VALUES,
    st.none() | st.sampled_from(Flag),
)


@given(st.lists(READINGS, max_size=12))
def test_columns_hold_the_readings(readings: list[Reading]) -> None:
    """One by one they come out as they went in, and so do some of them."""
    columns = ReadingColumns.of(readings)
    assert list(columns) == readings
    assert list(columns[1:3]) == readings[1:3]
    assert columns.urns("s").to_pylist() == [
        name for r in readings for name in ReadingColumns.of([r]).urns("s").to_pylist()
    ]
    assert columns.properties.to_pylist() == [r.observed.name for r in readings]
    assert columns.units.to_pylist() == [r.observed.unit for r in readings]


@pytest.mark.parametrize(
    ("value", "said", "flag", "tests"),
    [
        (100.0, None, Flag.GOOD, 0),
        (100.5, None, Flag.BAD, RANGE),
        (-0.1, None, Flag.BAD, RANGE),
        (None, None, Flag.MISSING, 0),
        (3.0, Flag.GOOD, Flag.GOOD, 0),
        (3.0, Flag.NOT_EVALUATED, Flag.NOT_EVALUATED, DOUBTED),
        (3.0, Flag.SUSPECT, Flag.SUSPECT, DOUBTED),
        (3.0, Flag.BAD, Flag.BAD, DOUBTED),
        (3.0, Flag.MISSING, Flag.MISSING, 0),
        (300.0, Flag.SUSPECT, Flag.BAD, RANGE),
        (300.0, Flag.MISSING, Flag.MISSING, 0),
    ],
)
def test_judgement(value: float | None, said: Flag | None, flag: Flag, tests: int) -> None:
    """Wind of 0 to 100 m/s; a value that its producer calls missing is none."""
    columns = ReadingColumns.of([Reading("s", p.WIND_SPEED, T, T, value, said)])
    assert (columns.flag.tolist(), columns.tests.tolist()) == ([flag], [tests])
    (result,) = columns.result.tolist()
    assert result == value if flag is not Flag.MISSING else result != result
