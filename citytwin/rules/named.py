"""The rules that parameters may name: on sunlight, on wind, and the rain of places.

In parameters a rule is its name, the path of a file, or the rule itself; the whole of it goes into
the fingerprint of what is made with it.
"""

from __future__ import annotations

from typing import Annotated, TypeAlias

from pydantic import BeforeValidator

from citytwin.model.rain_rule import RainRule
from citytwin.model.sun_rule import SunRule
from citytwin.model.wind_rule import WindRule
from citytwin.rules import rain, sun, wind
from citytwin.rules.files import RuleFiles

SUN_RULES = RuleFiles(sun.__name__, SunRule, "rule on sunlight")
RAIN_RULES = RuleFiles(rain.__name__, RainRule, "rainfall rule")
WIND_RULES = RuleFiles(wind.__name__, WindRule, "rule on wind")

NamedSunRule: TypeAlias = Annotated[SunRule, BeforeValidator(SUN_RULES.given)]
NamedRainRule: TypeAlias = Annotated[RainRule, BeforeValidator(RAIN_RULES.given)]
