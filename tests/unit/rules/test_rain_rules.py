"""IDF curves as files: those of the package, those of a user, and what is none."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from citytwin.errors import ConfigError
from citytwin.rules.named import RAIN_RULES
from citytwin.simulations.flood.design import DesignStorm, design_rain
from citytwin.simulations.flood.params import FloodParams


def test_every_rule_of_the_package_has_a_source() -> None:
    """The name in the file is that of the file."""
    assert RAIN_RULES.names()
    for name in RAIN_RULES.names():
        rule = RAIN_RULES.named(name)
        assert rule.name == name
        assert rule.source


def storm(**more: object) -> DesignStorm:
    """An hour of Noboribetsu, once in seven years."""
    given = {"rule": "jp_noboribetsu", "return_period_years": 7, "duration_minutes": 60, **more}
    return DesignStorm.model_validate(given)


def test_the_hour_of_the_plan() -> None:
    """49.1 mm over 60 minutes, of which 16.5 mm in the wettest ten; it begins when it is told."""
    rain = design_rain(storm(start_minutes=30))
    assert rain.depth_until_m(1800.0) == 0
    assert rain.depth_until_m(5400.0) * 1000 == pytest.approx(49.09, abs=0.01)
    assert rain.mm_per_h.max() == pytest.approx(6 * 16.5306, abs=1e-3)
    assert rain.start_s[0] == 1800.0


def test_a_file_of_the_user(tmp_path: Path) -> None:
    """A table of two durations; the whole of it is in the parameters."""
    file = tmp_path / "mine.yaml"
    file.write_text(
        "name: mine\ntitle: Mine\nsource: my own\ncurves:\n"
        "  - {return_period_years: 2, table: [{minutes: 10, mm_per_h: 60}, {minutes: 60, mm_per_h: 20}]}\n"
    )
    given = storm(rule=str(file), return_period_years=2)
    assert given.model_dump()["rule"]["source"] == "my own"
    assert design_rain(given).depth_until_m(3600.0) * 1000 == pytest.approx(20.0)


def test_what_is_no_rule_is_refused(tmp_path: Path) -> None:
    """An unknown name, a missing file, a curve without figures."""
    with pytest.raises(ValidationError, match="no rainfall rule"):
        storm(rule="jp_atlantis")
    with pytest.raises(ConfigError, match="cannot be read"):
        RAIN_RULES.from_file(tmp_path / "none.yaml")
    bad = tmp_path / "bad.yaml"
    bad.write_text("name: b\ntitle: B\nsource: s\ncurves: [{return_period_years: 2}]\n")
    with pytest.raises(ConfigError, match="either a formula or a table"):
        RAIN_RULES.from_file(bad)


@pytest.mark.parametrize(
    "wrong",
    [
        {"return_period_years": 8},
        {"duration_minutes": 65},
        {"step_minutes": 0},
        {"peak": 1.5},
    ],
)
def test_storms_that_make_no_sense_are_refused(wrong: dict[str, object]) -> None:
    """A return period between curves would be a guess."""
    with pytest.raises(ValidationError):
        storm(**wrong)


def test_rain_is_given_once() -> None:
    """By hand or as a design storm."""
    by_hand = [{"start_minutes": 0, "end_minutes": 10, "mm_per_h": 60}]
    with pytest.raises(ValidationError, match="give one of rain, design_storm and rain_images"):
        FloodParams(rain=by_hand, design_storm=storm())
