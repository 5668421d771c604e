"""What feeds send, checked: every fault has its reason, and nothing is guessed."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pytest

from citytwin.model.tables import Flag, QualityTest
from citytwin.store.observations import Checked, RawRows, checked
from citytwin.store.observations.moments import microseconds_of_texts
from tests.unit.store.observations.rows import REF, us

ARRIVAL = datetime(2026, 9, 1, 0, 10, tzinfo=UTC)
SENT = "2026-09-01T00:00:00Z"


def intake(
    result: list[float | None] | None = None,
    *,
    thing: str | None = "urn:ct:1",
    observed: str | None = "air_temperature",
    unit: str | None = "Cel",
    time: str | None = SENT,
    zone: str | None = None,
) -> Checked:
    """Rows that differ in their result only."""
    values = [20.0] if result is None else result
    n = len(values)
    times = pa.array([time] * n, pa.string())
    raw = RawRows(
        "feed", pa.array([thing] * n, pa.string()), pa.array([observed] * n, pa.string()),
        pa.array([unit] * n, pa.string()), times, times, pa.array(values, pa.float64()), REF, zone,
    )  # fmt: skip
    return checked(raw, ARRIVAL)


def reason(done: Checked) -> tuple[str, str]:
    """Of the only row, which was set aside."""
    assert len(done.rows) == 0
    (letter,) = done.letters
    assert (letter.source, letter.record, letter.raw_ref) == ("feed", "0", REF)
    return letter.reason, letter.message


def test_good_bad_and_missing_are_kept() -> None:
    """Outside the range with flag 4, null with flag 9."""
    rows = intake([20.0, 99.0, None]).rows
    assert list(rows.flag) == [Flag.GOOD, Flag.BAD, Flag.MISSING]
    assert list(rows.tests) == [0, QualityTest.GROSS_RANGE, 0]
    np.testing.assert_array_equal(rows.results, [20.0, 99.0, np.nan])


def test_what_the_sensors_of_a_source_can_measure() -> None:
    """Narrower than what the property can be; a wider range changes nothing."""
    times = pa.array([SENT] * 3)
    for ranges, flags in (({"air_temperature": (-30.0, 45.0)}, [1, 4, 4]),
                          ({"air_temperature": (-300.0, 450.0)}, [1, 1, 4]), ({}, [1, 1, 4])):  # fmt: skip
        raw = RawRows(
            "feed", pa.array(["a"] * 3), pa.array(["air_temperature"] * 3), pa.array(["Cel"] * 3),
            times, times, pa.array([20.0, 50.0, 99.0]), REF, ranges=ranges,
        )  # fmt: skip
        assert list(checked(raw, ARRIVAL).rows.flag) == flags


def test_units_are_converted_and_the_raw_value_kept() -> None:
    """68 degrees Fahrenheit are 20 degrees Celsius."""
    rows = intake([68.0, None], unit="°F").rows
    assert rows.results[0] == pytest.approx(20.0, abs=1e-12)
    assert list(rows.tests) == [QualityTest.UNIT_CONVERTED, 0]
    assert list(rows.unit) == ["Cel", "Cel"] or rows.unit.to_pylist() == ["Cel", "Cel"]
    assert np.asarray(rows.raw_value)[0] == 68.0
    assert rows.raw_unit.to_pylist() == ["°F", None]


@pytest.mark.parametrize(
    ("row", "code", "words"),
    [
        ({"unit": "furlong"}, "unit", "'furlong' is not known"),
        ({"unit": "m/s"}, "unit", "measures speed, not temperature"),
        ({"unit": None}, "unit", "unit"),
        ({"observed": "mood"}, "property", "property 'mood' is not known"),
        ({"observed": None}, "property", "property None is not known"),
        ({"thing": None}, "thing", "names no thing"),
        ({"time": "yesterday"}, "time", "'yesterday' is no time"),
        ({"time": None}, "time", "is no time"),
        ({"time": "2026-02-30T00:00:00Z"}, "time", "is no time"),
        ({"time": "2026-09-01T00:00:00"}, "zone", "has no zone, and the feed declares none"),
        ({"time": "2026-09-01T00:16:00Z"}, "future", "360 s in the future"),
        ({"time": "2026-09-01T09:10:00Z"}, "future", "9 h, as if its local time"),
        ({"result": [float("inf")]}, "number", "infinite"),
    ],
)
def test_rows_that_are_set_aside(row: dict[str, str], code: str, words: str) -> None:
    """With a reason that names the value met."""
    found, message = reason(intake(**row))
    assert found == code
    assert words in message


def test_a_little_ahead_is_taken() -> None:
    """Clocks differ by seconds."""
    assert len(intake(time="2026-09-01T00:15:00Z").rows) == 1


@pytest.mark.parametrize(
    ("text", "zone", "want"),
    [
        ("2026-09-01T09:00:00+09:00", None, datetime(2026, 9, 1, tzinfo=UTC)),
        ("2026-09-01T09:00:00+0900", None, datetime(2026, 9, 1, tzinfo=UTC)),
        ("2026-09-01 09:00", "Asia/Tokyo", datetime(2026, 9, 1, tzinfo=UTC)),
        ("2026-08-31T24:00:00", "Asia/Tokyo", datetime(2026, 8, 31, 15, tzinfo=UTC)),
        ("2026-08-31T24:00", "UTC", datetime(2026, 9, 1, tzinfo=UTC)),
        ("2026-09-01T00:00:00.25Z", None, datetime(2026, 9, 1, 0, 0, 0, 250000, tzinfo=UTC)),
        # In summer time, and of the hour that comes twice the first.
        ("2026-10-25T02:30:00", "Europe/Paris", datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
    ],
)
def test_times(text: str, zone: str | None, want: datetime) -> None:
    """As ISO 8601, the zone and the clocks of the place say."""
    time_us, faults = microseconds_of_texts(pa.array([text]), zone)
    assert not any(fault.any() for fault in faults.values())
    assert time_us.tolist() == [us(want)]


def test_a_local_time_that_never_was() -> None:
    """Clocks went from 2:00 to 3:00."""
    _, faults = microseconds_of_texts(pa.array(["2026-03-29T02:30:00"]), "Europe/Paris")
    assert faults["time"].tolist() == [True]
