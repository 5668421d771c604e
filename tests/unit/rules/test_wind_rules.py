"""Rules on wind as files: sources, order of classes, and classes worked by hand."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from pydantic import ValidationError

from citytwin.kernels.wind_climate import Sector
from citytwin.model.wind_rule import WindRule, WindSpeedMeant
from citytwin.rules.named import WIND_RULES
from citytwin.simulations.wind_climate.judging import Judge

HERE = np.ones((1, 1, 1), dtype=np.float32)
NONE = np.empty(0)


def class_of(name: str, scale: float, shape: float = 2.0, kind: str = "comfort") -> str:
    """Class of a place with the speed of the reference wind, one sector, no calms."""
    rule = WIND_RULES.named(name)
    sector = Sector(1.0, NONE, scale, shape, fits=True)
    classes = rule.comfort if kind == "comfort" else rule.danger
    judged = Judge(HERE, 0.0).classes([(sector,)], rule.speed.over_mean(0.25, None), classes)
    assert judged.probability[0, 0] == 1.0
    return classes[int(judged.number[0, 0])].name


def test_every_rule_says_its_source_and_what_was_not_checked() -> None:
    """In both languages, and named as its file."""
    assert len(WIND_RULES.names()) == 5
    for name in WIND_RULES.names():
        rule = WIND_RULES.named(name)
        assert rule.name == name
        assert rule.source
        assert rule.unverified, "no standard was at hand: the file must say so"
        assert all(line.ja.strip() and line.en.strip() for line in rule.unverified)


@pytest.mark.parametrize("name", WIND_RULES.names())
def test_windier_places_are_in_later_classes(name: str) -> None:
    """From one class to the next no limit becomes stricter; calm is the first, storm the last."""
    rule = WIND_RULES.named(name)
    for classes in (rule.comfort, rule.danger):
        for calmer, windier in pairwise(classes[:-1]):
            for one, other in zip(calmer.limits, windier.limits, strict=True):
                assert (one.speed_m_s, one.share) <= (other.speed_m_s, other.share)
    assert class_of(name, 0.1) == rule.comfort[0].name
    assert class_of(name, 40.0) == rule.comfort[-1].name


@pytest.mark.parametrize(("scale", "expected"), [(5.0, "E"), (2.5, "A"), (3.0, "C")])
def test_nen_8100_by_hand(scale: float, expected: str) -> None:
    """Weibull k = 2: above 5 m/s in 36.8, 1.83 and 6.22 % of the time."""
    assert class_of("nen_8100", scale) == expected


def test_danger_by_hand() -> None:
    """NEN: c = 5.0 exceeds 15 m/s in exp(-9) = 0.012 % of the time, 6.0 in 0.19, 6.5 in 0.49 %."""
    assert class_of("nen_8100", 5.0, kind="danger") == "none"
    assert class_of("nen_8100", 6.0, kind="danger") == "limited"
    assert class_of("nen_8100", 6.5, kind="danger") == "danger"


def test_the_speed_exceeded_in_one_twentieth_of_the_time() -> None:
    """City of London: c sqrt(ln 20) times (1 + 3.5 / 4) / 1.85 is 2.5, 4, 6, 8 m/s at the limits."""
    over_mean = (1 + 3.5 * 0.25) / 1.85
    for speed, below, above in (
        (2.5, "sit_often", "sit"),
        (4.0, "sit", "standing"),
        (6.0, "standing", "walking"),
        (8.0, "walking", "poor"),
    ):
        scale = speed / over_mean / math.sqrt(math.log(20))
        assert class_of("city_of_london", 0.999 * scale) == below
        assert class_of("city_of_london", 1.001 * scale) == above


def test_the_worse_of_two_cumulative_frequencies() -> None:
    """Wind Engineering Institute: the 55 % speed is c (-ln .45)^(1/k), the 95 % speed c (ln 20)^(1/k).

    k = 2, c = 1.6: 1.43 and 2.77 m/s, of which the first alone is beyond area A; k = 1, c = 1.2:
    0.96 and 3.59 m/s, of which the second is.
    """
    assert class_of("wind_engineering_institute", 1.3) == "A"
    assert class_of("wind_engineering_institute", 1.6) == "B"
    assert class_of("wind_engineering_institute", 1.2, shape=1.0) == "B"
    assert class_of("wind_engineering_institute", 2.2) == "C"
    assert class_of("wind_engineering_institute", 2.7) == "D"


def test_gusts_by_their_factor() -> None:
    """Murakami with 2.5: 10 m/s of gust are 4 m/s of mean; c = 2.5 exceeds them on 7.7 % of days."""
    assert math.exp(-((4 / 2.5) ** 2)) == pytest.approx(0.0773, abs=1e-4)
    assert class_of("murakami", 2.5) == "1"
    assert class_of("murakami", 3.0) == "2", "16.9 %"
    assert class_of("murakami", 3.5) == "3", "27.1 %"
    assert class_of("murakami", 4.2) == "4", "40.4 %"
    assert WindSpeedMeant(kind="gust", gust_factor=2.5).over_mean(0.3, 2.0) == 2.0


def test_the_error_of_the_method_makes_classes_unsure() -> None:
    """Far from a limit the class stands; with a large error none is likely."""
    rule = WIND_RULES.named("lawson_lddc")
    sector = Sector(1.0, NONE, 4.0, 2.0, fits=True)
    surely = Judge(np.full((1, 1, 1), 0.2, np.float32), 0.1).classes([(sector,)], 1.0, rule.comfort)
    assert surely.number[0, 0] == 0
    assert surely.probability[0, 0] == pytest.approx(14 / 15), "never certain"
    hardly = Judge(HERE, 1.5).classes([(sector,)], 1.0, rule.comfort)
    assert hardly.number[0, 0] == len(rule.comfort)
    assert hardly.probability[0, 0] < 0.5


def test_rules_whose_classes_cannot_be_reached_are_refused() -> None:
    """The last class takes the rest; no other may."""
    given = WIND_RULES.named("nen_8100").model_dump()
    turned = given | {"comfort": given["comfort"][::-1]}
    with pytest.raises(ValidationError, match="the last class, A"):
        WindRule.model_validate(turned)
    bare = given | {"danger": [given["danger"][2], *given["danger"][1:]]}
    with pytest.raises(ValidationError, match="class danger has no limits"):
        WindRule.model_validate(bare)
