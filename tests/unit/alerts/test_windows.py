"""Windows of series, computed by hand."""

from __future__ import annotations

import pytest

from citytwin.alerts.rule import Watch
from citytwin.alerts.windows import Sample, reading
from tests.unit.alerts.sample_rules import minutes

GAUGE = [Sample(minutes(-t), v) for t, v in ((12, 90.0), (9, 4.0), (6, 10.0), (3, 2.0), (-1, 99.0))]
"""Oldest first; the last lies a minute in the future."""


def watch(**given: object) -> Watch:
    """A watch on rain."""
    return Watch.model_validate(
        {"property": "rainfall_rate", "window_minutes": 10, "max_age_minutes": 10} | given
    )


@pytest.mark.parametrize(
    ("statistic", "value"),
    [("last", 2.0), ("mean", 16 / 3), ("max", 10.0), ("min", 2.0), ("sum", 16.0), ("rise", -2.0)],
)
def test_statistics_of_the_last_ten_minutes(statistic: str, value: float) -> None:
    """4, 10 and 2 lie within; 90 is too old, 99 not yet measured."""
    found = reading(watch(statistic=statistic), {"a": list(reversed(GAUGE))}, minutes(0))
    assert found.value == pytest.approx(value, abs=1e-12)
    assert found.newest == minutes(-3)
    assert found.complete


@pytest.mark.parametrize(
    ("across", "value"), [("max", 7.0), ("min", 1.0), ("mean", 11 / 3), ("median", 3.0)]
)
def test_several_things(across: str, value: float) -> None:
    """Values of three gauges."""
    series = {name: [Sample(minutes(0), v)] for name, v in (("a", 7.0), ("b", 1.0), ("c", 3.0))}
    assert reading(watch(across=across), series, minutes(0)).value == pytest.approx(value)


@pytest.mark.parametrize(("fresh", "complete"), [(4, False), (5, True)])
def test_silent_things_are_missed(fresh: int, complete: bool) -> None:
    """Half of ten gauges must speak; old values and infinite ones are no speech."""
    series = {f"g{k}": [Sample(minutes(0 if k < fresh else -11), 1.0)] for k in range(9)}
    series["g9"] = [Sample(minutes(0), float("inf"))]
    found = reading(watch(), series, minutes(0))
    assert (found.value, found.complete) == (1.0, complete)


@pytest.mark.parametrize("series", [{}, {"a": []}, {"a": [Sample(minutes(-10.1), 5.0)]}])
def test_nothing_young_enough_is_no_value(series: dict[str, list[Sample]]) -> None:
    """No things, no values, or none within the greatest age."""
    found = reading(watch(), series, minutes(0))
    assert found.value is None
    assert not found.complete
