"""Parameters that say over which days the sun is counted, and which suns count."""

from __future__ import annotations

from datetime import date as Day
from typing import Annotated, Self

from pydantic import Field as Bound
from pydantic import model_validator

from citytwin.model.steps import Params


class SunDays(Params):
    """A day or a span of days, and the suns that count on them."""

    date: Day | None = None
    """Local day at the city."""
    until: Day | None = None
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
