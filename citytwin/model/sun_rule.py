"""What a law or standard asks of sunlight, as parameters: which sun counts, where, how much.

The rules themselves are files (:mod:`citytwin.rules.sun`); nothing here or in the assessments knows
one of them by name.
"""

from __future__ import annotations

import math
from datetime import date
from itertools import pairwise
from typing import Annotated, Literal, Self, TypeAlias

from pydantic import AfterValidator, model_validator
from pydantic import Field as Bound

from citytwin.model.steps import Params
from citytwin.model.text import Text

_COMMON_YEAR = 2023


def _of_every_year(day: str) -> str:
    """Return a day, if no year lacks it."""
    date.fromisoformat(f"{_COMMON_YEAR}-{day}")
    return day


MonthDay: TypeAlias = Annotated[str, Bound(pattern=r"^\d\d-\d\d$"), AfterValidator(_of_every_year)]
"""Such as ``03-21``; a day of every year."""
Hours: TypeAlias = Annotated[float, Bound(gt=0, le=24)]


class CountedSun(Params):
    """Which positions of the sun a rule counts."""

    days: tuple[MonthDay, ...] = Bound(min_length=1)
    """Days that the rule names; of several, each must hold."""
    time_basis: Literal["true_solar", "civil"]
    """True solar time, in which the sun is due south at 12, or the clock of the place."""
    begin_h: float = Bound(default=0.0, ge=0, lt=24)
    """First hour of the day that counts [h]."""
    end_h: float = Bound(default=24.0, gt=0, le=24)
    """Last hour of the day that counts [h]."""
    min_altitude_deg: float = Bound(default=0.0, ge=0, lt=90)
    """Lower suns do not count."""
    declination_deg: float | None = Bound(default=None, ge=-23.5, le=23.5)
    """Fixed by the rule or its practice; None = as the sun has it on the day."""
    refraction: bool = False
    """Whether the air lifts the sun."""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.end_h <= self.begin_h:
            msg = f"end_h {self.end_h:g} must come after begin_h {self.begin_h:g}"
            raise ValueError(msg)
        return self

    @property
    def hour_angles_rad(self) -> tuple[float, float]:
        """Begin and end as angles from true solar noon [rad]."""
        begin, end = (math.pi / 12.0 * (hour - 12.0) for hour in (self.begin_h, self.end_h))
        return max(begin, -math.pi + 1e-6), min(end, math.pi - 1e-6)


class LevelPlane(Params):
    """The sun is looked for on a level plane, at the heights that the limits name."""

    kind: Literal["plane"] = "plane"
    above: Literal["mean_ground", "ground"] = "ground"
    """Mean ground of the site, or the ground of each place."""


class WindowPoint(Params):
    """The sun is looked for at a point of the facade that stands for a window."""

    kind: Literal["window"] = "window"
    above_floor_m: float = Bound(gt=0, le=10)
    """Height of the point above the floor of its storey."""
    every_storey: bool = True
    """Whether each storey has its points, or the lowest one alone."""


class Regulated(Params):
    """Buildings that a rule speaks of: those that reach one of the limits given."""

    height_above_m: float | None = Bound(default=None, gt=0)
    eaves_above_m: float | None = Bound(default=None, gt=0)
    storeys_from: int | None = Bound(default=None, ge=1)

    @model_validator(mode="after")
    def _something(self) -> Self:
        if self.height_above_m is self.eaves_above_m is self.storeys_from is None:
            msg = "give height_above_m, eaves_above_m or storeys_from"
            raise ValueError(msg)
        return self


class ShadeOption(Params):
    """One of the pairs of limits among which a municipality chooses."""

    option: int = Bound(ge=1)
    near_h: Hours
    """Hours of shade that may not be reached between the two lines [h]."""
    far_h: Hours
    """Hours of shade that may not be reached beyond the outer line [h]."""


class ShadeRow(Params):
    """Zones of one kind, which buildings are regulated in them, and the limits."""

    row: str = Bound(pattern=r"^[a-z0-9_]+$")
    zones: tuple[str, ...] = Bound(min_length=1)
    """Names of the zones, as city models write them."""
    regulated: Regulated
    planes_m: tuple[Annotated[float, Bound(ge=0, le=20)], ...] = Bound(min_length=1)
    """Heights of the plane above mean ground among which a municipality chooses [m]."""
    options: tuple[ShadeOption, ...] = Bound(min_length=1)


class ShadeLimits(Params):
    """Hours for which a building may shade the land around its site."""

    kind: Literal["shade"] = "shade"
    near_line_m: float = Bound(ge=0)
    """Distance from the boundary of the site from which shade counts."""
    far_line_m: float = Bound(gt=0)
    """Distance from which the second limit holds."""
    rows: tuple[ShadeRow, ...] = Bound(min_length=1)
    exempt_zones: tuple[str, ...] = ()
    """Zones in which shade is not limited."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.far_line_m <= self.near_line_m:
            msg = f"far_line_m {self.far_line_m:g} must exceed near_line_m {self.near_line_m:g}"
            raise ValueError(msg)
        names = [row.row for row in self.rows]
        if len(set(names)) < len(names):
            msg = f"rows are named twice: {names}"
            raise ValueError(msg)
        return self


class LitArea(Params):
    """Share of an open space that must have sun for some hours."""

    kind: Literal["area"] = "area"
    hours: Hours
    """Hours of sun that a place needs to count [h]."""
    share: float = Bound(gt=0, le=1)
    """Share of the area that must have them [1]."""


class LitLevel(Params):
    """A grade of sunlight, or what one kind of building or place needs."""

    level: str = Bound(pattern=r"^[a-z0-9_]+$")
    title: Text
    hours: Hours
    """Hours of sun at least [h]."""


class LitHours(Params):
    """Hours of sun that a point must have."""

    kind: Literal["hours"] = "hours"
    levels: tuple[LitLevel, ...] = Bound(min_length=1)
    """From the least to the most hours."""

    @model_validator(mode="after")
    def _rising(self) -> Self:
        if any(after.hours <= before.hours for before, after in pairwise(self.levels)):
            msg = f"hours of levels must rise, got {[level.hours for level in self.levels]}"
            raise ValueError(msg)
        return self


class SunRule(Params):
    """What a law or standard asks of sunlight."""

    name: str = Bound(pattern=r"^[a-z0-9_]+$")
    title: Text
    source: str = Bound(min_length=1)
    """Law or standard, with its year and clause."""
    unverified: tuple[Text, ...]
    """What has not been checked against the text of the source; empty only where all was."""
    sun: CountedSun
    receiver: Annotated[LevelPlane | WindowPoint, Bound(discriminator="kind")]
    casters: Literal["all", "own"]
    """Whether all that stands there casts shadows, or the building in question alone."""
    limits: Annotated[ShadeLimits | LitArea | LitHours, Bound(discriminator="kind")]

    @model_validator(mode="after")
    def _belongs_together(self) -> Self:
        wanted = "window" if isinstance(self.limits, LitHours) else "plane"
        if self.receiver.kind != wanted:
            msg = f"limits of kind {self.limits.kind} need a receiver of kind {wanted}"
            raise ValueError(msg)
        shade = isinstance(self.limits, ShadeLimits)
        if shade != (self.casters == "own"):
            msg = f"limits of kind {self.limits.kind} need casters: {'own' if shade else 'all'}"
            raise ValueError(msg)
        if isinstance(self.receiver, LevelPlane) and shade != (
            self.receiver.above == "mean_ground"
        ):
            above = "mean_ground" if shade else "ground"
            msg = f"limits of kind {self.limits.kind} need a receiver above: {above}"
            raise ValueError(msg)
        if shade:
            fixed = self.sun.declination_deg is not None and self.sun.time_basis == "true_solar"
            if not fixed or self.sun.refraction:
                msg = "limits of shade need a fixed declination, true solar time and no refraction"
                raise ValueError(msg)
        return self
