"""Values as feeds write them -> the unit of their property; depths and counts become rates."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from citytwin.formats.units import Conversion, UnitError, conversion
from citytwin.model import properties as p
from citytwin.model.properties import ObservedProperty
from citytwin.wording import nearest

_COUNT = frozenset({"{count}", "{vehicles}", "vehicles", "count"})
"""Spellings of a number of things in an interval; UCUM writes such remarks in braces."""
_NAMED = {observed.name: observed for observed in p.ALL}


@dataclass(frozen=True)
class Measure:
    """How values in one unit become values of a property."""

    observed: ObservedProperty
    change: Conversion
    summed: bool
    """Whether a value is the sum over its interval, while the property is a rate per hour."""

    def of(self, value: float, duration_s: float) -> float:
        """Return a value in the unit of the property.

        Parameters
        ----------
        value
            As written.
        duration_s
            Length of its interval [s].

        Raises
        ------
        UnitError
            If it is a sum over an interval of no length, or too large.
        """
        changed = self.change(value)
        if self.summed and duration_s <= 0:
            msg = f"a sum for {self.observed.name} needs the interval that it covers"
            raise UnitError(msg, hint="say the interval in the parameters of the source")
        if self.summed:
            changed *= 3600.0 / duration_s
        if not math.isfinite(changed):
            msg = f"{value:g} is too large for {self.observed.name}"
            raise UnitError(msg)
        return changed


@cache
def measure(unit: str, observed: ObservedProperty) -> Measure:
    """Return how values in a unit become values of a property.

    Parameters
    ----------
    unit
        As written in a feed; for rain also a depth, for traffic also a count (``{count}``).
    observed
        The property.

    Raises
    ------
    UnitError
        If the unit is unknown or measures something else.
    """
    if observed.unit == "/h" and unit.strip() in _COUNT:
        return Measure(observed, Conversion(1.0, 0.0), summed=True)
    try:
        return Measure(observed, conversion(unit, observed.unit), summed=False)
    except UnitError:
        if observed.unit != "mm/h":
            raise
    return Measure(observed, conversion(unit, "mm"), summed=True)


def property_named(name: str) -> ObservedProperty | None:
    """Return the property of a name; None where the twin keeps no such property.

    Parameters
    ----------
    name
        As in :mod:`citytwin.model.properties`.
    """
    return _NAMED.get(name)


class GivenQuantity(BaseModel):
    """What values are that do not say it themselves, from the configuration."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    property: str = Field(min_length=1, max_length=80)
    """Name of an observed property, such as ``rainfall_rate``."""
    unit: str = Field(min_length=1, max_length=40)
    """Unit of the values, such as ``mm/h``; ``mm`` for depths of rain in their interval, ``{count}``
    for vehicles counted in it."""

    @model_validator(mode="after")
    def _known(self) -> Self:
        observed = property_named(self.property)
        if observed is None:
            msg = f"there is no property {self.property!r}{nearest(self.property, list(_NAMED))}"
            raise ValueError(msg)
        measure(self.unit, observed)
        return self

    def measured(self) -> Measure:
        """How its values become values of the property."""
        return measure(self.unit, _NAMED[self.property])
