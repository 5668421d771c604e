"""How far a run is, in words."""

from __future__ import annotations

from itertools import count

from citytwin.cli.pace import Pace


def test_rate_and_rest_count_from_the_first_call_on() -> None:
    """Gone on at 1 h of 3; after 10 s of the wall at 1 h 20 min: 120 x, 50 s left."""
    ticks = count(0, 10)
    pace = Pace(lambda: float(next(ticks)))
    assert pace.said("flood", 3600.0, 10800.0) == "1:00:00 of 3:00:00"
    assert pace.said("flood", 4800.0, 10800.0) == (
        "1:20:00 of 3:00:00, 120 x real time, 0:00:50 left"
    )
    assert pace.said("other", 0.0, 60.0) == "0:00:00 of 0:01:00"


def test_directions_are_counted_as_such() -> None:
    """A tenth of a direction in 10 s: 36 an hour; 14.9 are left, at 100 s each."""
    ticks = count(0, 10)
    pace = Pace(lambda: float(next(ticks)))
    assert pace.said("wind_flow", 1.0, 16.0, "directions") == "1.0 of 16 directions"
    assert pace.said("wind_flow", 1.1, 16.0, "directions") == (
        "1.1 of 16 directions, 36 an hour, 0:24:50 left"
    )


def test_cases_are_counted_as_such() -> None:
    """A quarter of a case in 10 s: 90 an hour; 2.75 are left, at 40 s each."""
    ticks = count(0, 10)
    pace = Pace(lambda: float(next(ticks)))
    assert pace.said("flood", 9.0, 12.0, "cases") == "9.0 of 12 cases"
    said = pace.said("flood", 9.25, 12.0, "cases")
    assert said.endswith("of 12 cases, 90 an hour, 0:01:50 left")
