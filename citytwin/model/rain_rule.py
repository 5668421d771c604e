"""Rainfall intensity by duration and return period (IDF curves), as a city publishes it."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated

from pydantic import BeforeValidator, model_validator
from pydantic import Field as Bound

from citytwin.model.steps import Params
from citytwin.model.text import Text, both_languages


class IdfFormula(Params):
    """Intensity a / (t^n + b) [mm/h] over t minutes.

    Talbot's formula has n = 1, that of Sherman b = 0, that of Kuno and Ishiguro n = 0.5; with any
    n it is Cleveland's.
    """

    a: float = Bound(gt=0)
    b: float = Bound(default=0.0)
    n: float = Bound(default=1.0, gt=0, le=1)


class IdfPoint(Params):
    """Mean intensity over a duration; between points straight on a double logarithmic scale."""

    minutes: float = Bound(gt=0)
    mm_per_h: float = Bound(gt=0, le=1000)


class IdfCurve(Params):
    """Intensities that are reached once in so many years on average."""

    return_period_years: float = Bound(gt=0, le=100_000)
    """Mean time from one such rain to the next [years]."""
    formula: IdfFormula | None = None
    table: tuple[IdfPoint, ...] = ()

    @model_validator(mode="after")
    def _one(self) -> IdfCurve:
        if (self.formula is None) == (not self.table):
            msg = "give either a formula or a table"
            raise ValueError(msg)
        if any(b.minutes <= a.minutes for a, b in pairwise(self.table)):
            msg = "the durations of a table must rise"
            raise ValueError(msg)
        return self


class RainRule(Params):
    """IDF curves of a place, with their source."""

    name: str = Bound(min_length=1, max_length=64)
    title: Annotated[Text, BeforeValidator(both_languages)]
    source: str = Bound(min_length=1)
    """Document, law or data that the figures are from."""
    unverified: tuple[str, ...] = ()
    """What of it was not checked against its source."""
    curves: tuple[IdfCurve, ...] = Bound(min_length=1)

    @model_validator(mode="after")
    def _each_once(self) -> RainRule:
        years = [curve.return_period_years for curve in self.curves]
        if len(set(years)) != len(years):
            msg = f"a return period is given twice: {years}"
            raise ValueError(msg)
        return self

    def curve(self, return_period_years: float) -> IdfCurve:
        """Return the curve of a return period.

        Parameters
        ----------
        return_period_years
            One that the rule has: between two it would be a guess.

        Raises
        ------
        ValueError
            If it has none.
        """
        for curve in self.curves:
            if curve.return_period_years == return_period_years:
                return curve
        known = ", ".join(f"{curve.return_period_years:g}" for curve in self.curves)
        msg = f"{self.name} has no curve for {return_period_years:g} years; it has {known}"
        raise ValueError(msg)
