"""What a standard asks of the wind where people walk and sit: classes by how often it is strong."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray
from pydantic import BeforeValidator, model_validator
from pydantic import Field as Bound

from citytwin.model.steps import Params
from citytwin.model.text import Text, both_languages

Speeds: TypeAlias = NDArray[np.float32]
BothLanguages = Annotated[Text, BeforeValidator(both_languages)]


class WindLimit(Params):
    """A speed, and how often it may be exceeded."""

    speed_m_s: float = Bound(gt=0, le=100)
    """Speed, as the rule understands it."""
    share: float = Bound(ge=0, le=1)
    """Largest share of the times (or days) on which it is exceeded."""


class WindClass(Params):
    """A class of places, such as those fit for sitting."""

    name: str = Bound(min_length=1, max_length=16)
    label: BothLanguages
    limits: tuple[WindLimit, ...] = ()
    """All of them must hold; none for the last class, of all other places."""


class WindSpeedMeant(Params):
    """What a rule understands by a speed, as a multiple of the mean."""

    kind: Literal["mean", "gust", "mean_or_gust_equivalent"] = "mean"
    gust_factor: float = Bound(default=1.0, ge=1, le=5)
    """Gust over mean, as a ratio; used by ``gust`` where no turbulence is known."""
    peak_factor: float = Bound(default=3.5, ge=0, le=10)
    """Standard deviations by which a gust exceeds the mean, as a ratio."""
    divisor: float = Bound(default=1.85, ge=1, le=5)
    """What the gust is divided by to be compared with means, as a ratio."""

    def over_mean(self, turbulence: float, gust_factor: float | None) -> float:
        """Return the speed that is meant over the mean speed.

        Parameters
        ----------
        turbulence
            Turbulence intensity where people walk, as a share of the mean speed.
        gust_factor
            In the place of that of the rule; None = that of the rule.
        """
        if self.kind == "gust":
            return gust_factor or self.gust_factor
        if self.kind == "mean":
            return 1.0
        return max(1.0, (1.0 + self.peak_factor * turbulence) / self.divisor)

    def of_gust(self, speed: Speeds, gust: Speeds) -> Speeds:
        """Return the speed that is meant where mean and gust are known.

        Parameters
        ----------
        speed, gust
            Mean speed and gust by `peak_factor`, shape (...), float32, in one unit.

        Returns
        -------
        numpy.ndarray
            Shape (...), float32, in that unit.
        """
        if self.kind == "gust":
            return gust
        if self.kind == "mean":
            return speed
        equivalent: Speeds = np.maximum(speed, gust / np.float32(self.divisor))
        return equivalent


class WindRule(Params):
    """Classes of comfort, and of danger where the rule has any, with their source."""

    name: str = Bound(min_length=1, max_length=64)
    title: BothLanguages
    source: str = Bound(min_length=1)
    """Document that the figures are from."""
    unverified: tuple[BothLanguages, ...] = ()
    """What of it was not checked against its source; it is said on the map."""
    height_m: float = Bound(gt=0, le=20)
    """Height above the ground at which speeds are meant."""
    averaging_minutes: float | None = Bound(default=None, gt=0)
    """Time over which the rule takes means; None where it does not say."""
    each: Literal["time", "day"] = "time"
    """Shares of the times, or of the days by the strongest wind of each."""
    speed: WindSpeedMeant = WindSpeedMeant()
    comfort: tuple[WindClass, ...] = Bound(min_length=2, max_length=8)
    """From the calmest places to the windiest."""
    danger: tuple[WindClass, ...] = Bound(default=(), max_length=8)
    """From no danger to the greatest."""

    @model_validator(mode="after")
    def _in_order(self) -> WindRule:
        for kind, classes in (("comfort", self.comfort), ("danger", self.danger)):
            if classes and classes[-1].limits:
                msg = (
                    f"{kind}: the last class, {classes[-1].name}, is of all other places: no limits"
                )
                raise ValueError(msg)
            bare = [one.name for one in classes[:-1] if not one.limits]
            if bare:
                msg = (
                    f"{kind}: class {bare[0]} has no limits, so no class after it would be reached"
                )
                raise ValueError(msg)
        return self

    @property
    def limits(self) -> tuple[WindLimit, ...]:
        """Every limit of every class."""
        return tuple(limit for one in (*self.comfort, *self.danger) for limit in one.limits)
