"""Parameters that say over which days the sun is counted, and which suns count."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Self

from pydantic import Field as Bound
from pydantic import model_validator

from citytwin.errors import StepError
from citytwin.model.local_days import Sampled, SunDay, midnight, sampled
from citytwin.model.steps import Params
from citytwin.model.text import Text, text


class SunDays(Params):
    """A day or a span of days, and the suns that count on them."""

    date: SunDay | None = None
    """Local day at the city."""
    until: SunDay | None = None
    """Last day of a span that begins with `date`: the hours are the mean of its days."""
    max_days: int = Bound(default=26, ge=1, le=366)
    """Of a longer span, this many days are computed, evenly spread."""
    step_minutes: float = Bound(default=10.0, gt=0, le=60)
    """Interval between sun positions; each stands for the interval around it."""
    min_altitude_deg: float = Bound(default=3.0, gt=0, lt=90)
    """Lower suns do not count: their direct radiation stays below the 120 W/m2 that the WMO asks
    of sunshine, and their shadows have no end."""
    refraction: bool = True
    """Whether the atmosphere lifts the sun (physics) or not (rules)."""
    horizon_deg: tuple[Annotated[float, Bound(ge=-90, lt=90)], ...] = ()
    """Altitudes of the horizon of mountains beyond the city, at equal steps of azimuth from true
    north over east, as PVGIS and `citytwin.kernels.far_horizon` give them; lower suns do not
    count."""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.until is not None and (self.date is None or self.until < self.date):
            msg = f"until {self.until} needs a `date` that is not after it, got {self.date}"
            raise ValueError(msg)
        return self

    def taken(self, time_zone: str, step: str) -> Sampled:
        """Return the instants that stand for the days.

        Parameters
        ----------
        time_zone
            IANA name of the zone in which the days are meant.
        step
            Name of the step, for the message.

        Raises
        ------
        StepError
            If no date is given.
        """
        if self.date is None:
            msg = "neither a date nor sun positions are given"
            raise StepError(msg, step=step, hint="give `date: 2026-12-22`")
        last = self.until or self.date
        return sampled(self.date, last, self.max_days, self.step_minutes, time_zone)

    def begin(self, time_zone: str) -> datetime | None:
        """Return the instant at which the first day begins, in UTC; None without a date.

        Parameters
        ----------
        time_zone
            IANA name.
        """
        return None if self.date is None else midnight(self.date, time_zone)

    @property
    def wording(self) -> Text:
        """The days in words, as they stand before "possible sunlight"."""
        if self.date is None:
            return text("指定された太陽位置", "for the suns given")
        ja = f"{self.date.year}年{self.date.month}月{self.date.day}日"
        if self.until is None:
            return text(ja, f"on {self.date.isoformat()}")
        last = self.until
        ja += f"から{last.year}年{last.month}月{last.day}日までの1日平均"
        return text(ja, f"per day from {self.date.isoformat()} to {last.isoformat()}")
