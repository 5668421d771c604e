"""Rules that cannot work are refused when they are read."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from tests.unit.alerts.sample_rules import rain_rule

STEP = {"level": 3, "raise_at": 20, "clear_at": 10}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"watch": {"property": "rain"}}, "no observed property"),
        (
            {"watch": {"property": "rainfall_rate", "statistic": "mean", "window_minutes": 5}},
            "emptier",
        ),
        ({"thresholds": [STEP | {"clear_at": 20}]}, "leave a gap"),
        ({"thresholds": [STEP, STEP]}, "levels must rise"),
        ({"thresholds": [STEP, {"level": 4, "raise_at": 5, "clear_at": 10}]}, "make two rules"),
        ({"thresholds": [STEP, {"level": 4, "raise_at": 15, "clear_at": 12}]}, "raise_at of a"),
        ({"thresholds": [STEP, {"level": 4, "raise_at": 25, "clear_at": 5}]}, "clear_at of a"),
        ({"thresholds": []}, "at least 1"),
        ({"thresholds": [STEP | {"level": 6}]}, "level"),
        ({"thresholds": [STEP | {"raise_at": float("nan")}]}, "finite"),
        ({"id": "a b"}, "pattern"),
        ({"levels": 3}, "Extra inputs"),
    ],
)
def test_what_is_wrong_is_named(changes: dict[str, object], said: str) -> None:
    """A message per mistake."""
    with pytest.raises(ValidationError, match=said):
        rain_rule(**changes)


def test_a_plain_title_stands_for_both_languages() -> None:
    """As everywhere in configurations."""
    assert rain_rule(title="Regen").title.ja == "Regen"
