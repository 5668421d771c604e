"""Parameters of all simulations of irradiation."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import AwareDatetime, model_validator
from pydantic import Field as Bound

from citytwin.model.foliage import Trees
from citytwin.model.local_days import SunDay
from citytwin.model.steps import Params

Observed = Literal["radiation", "sunshine", "clouds"]
"""What tells how bright the sky was."""


class LightParams(Params):
    """The air, and how finely time and sky are divided."""

    step_minutes: float = Bound(default=30.0, gt=0, le=60)
    """Longest interval between sun positions; each stands for the interval around it."""
    sun_spacing_deg: float = Bound(default=2.0, ge=0.1, le=10)
    """Suns that stand closer together cast their shadows from one place; the light of the open
    does not depend on it."""
    directions: int = Bound(default=256, ge=16, le=4096)
    """Parts of the sky, of equal solid angle."""
    min_altitude_deg: float = Bound(default=5.0, gt=0, lt=45)
    """Shadows of lower light are taken from here: it bounds how far a tile must see."""
    linke_turbidity: float | None = Bound(default=None, ge=1, le=10)
    """Haze of the air; None = its climate at the place and month (SoDa, by pvlib)
    [1]."""
    elevation_m: float = Bound(default=0.0, ge=-500, le=6000)
    """Height of the city above the sea, for the mass of air above it [m]."""
    albedo: float = Bound(default=0.2, ge=0, le=1)
    """Share of the light that the ground before a slope reflects, as if it lay in the open: 0.2 is
    that of dry ground and cities (Liu and Jordan 1963, Solar Energy 7(2), 53-74)
    [1]."""
    trees: Trees = Trees()
    """How trees count, where the city has any; light of the sky passes their crowns as that of the
    sun."""


class PlaneParams(LightParams):
    """What the light is counted on."""

    plane: Literal["surface", "level"] = "surface"
    """A square metre of the surface on its own slope, or a level square metre there."""


class IrradiationParams(PlaneParams):
    """A span of days."""

    first_day: SunDay
    """Local day at the city."""
    last_day: SunDay | None = None
    """Included; None = one day only."""

    @property
    def last(self) -> SunDay:
        """Last day of the span."""
        return self.last_day or self.first_day

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.last < self.first_day:
            msg = f"last_day {self.last_day} lies before first_day {self.first_day}"
            raise ValueError(msg)
        return self


class ProbableParams(IrradiationParams):
    """A span of days, and what was observed of its sky."""

    observed: Observed = "radiation"
    """Measured global radiation is best; time of sunshine and cloud cover are made into it by
    formulas for averages."""
    min_coverage: float = Bound(default=0.9, gt=0, le=1)
    """Share of the light of the span for which there must be observations; where there are none,
    the sky is taken to be as clear as on average in the rest
    [1]."""


class IrradianceNowParams(PlaneParams):
    """A moment, and what was observed of its sky."""

    observed: Observed = "radiation"
    """Measured global radiation is best; time of sunshine and cloud cover are made into it by
    formulas for averages."""
    moment: AwareDatetime | None = None
    """The last observation that had ended by then; None = by the time of the run."""


class RoofParams(LightParams):
    """A year of light on the planes of roofs, as solar modules lie on them."""

    year: int = Bound(ge=1900, le=2200)
    """Calendar year at the city."""
    observed: Observed | None = None
    """What tells how bright the sky was; None = only the clear sky is computed."""
    min_coverage: float = Bound(default=0.9, gt=0, le=1)
    """As of the simulation ``irradiation_probable``
    [1]."""
    flat_below_deg: float = Bound(default=10.0, ge=0, le=30)
    """Roofs that lean less are flat."""
    rack_tilt_deg: float = Bound(default=0.0, ge=0, le=60)
    """Tilt of racks on flat roofs; 0 = modules lie level."""
    rack_aspect_deg: float = Bound(default=180.0, ge=0, lt=360)
    """Where racks face, clockwise from true north."""
