"""Parameters of the water outside: levels through time, levees with their breaches, edges."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Annotated, Literal

from pydantic import BeforeValidator, model_validator
from pydantic import Field as Bound

from citytwin.kernels.flood_options import EdgeKind
from citytwin.model.steps import Params
from citytwin.model.text import Text, both_languages

Place = tuple[float, float]
"""Easting and northing in the city's CRS [m]."""


class StagePoint(Params):
    """Water level at a time; linear in between, constant before the first and after the last."""

    minutes: float
    """Since the start of the run."""
    level_m: float = Bound(ge=-500, le=9000)
    """Above the city's vertical datum."""


def _rising(stage: tuple[StagePoint, ...]) -> None:
    times = [point.minutes for point in stage]
    if sorted(set(times)) != times:
        msg = "the times of a stage must rise"
        raise ValueError(msg)


class BreachParams(Params):
    """A place where a levee breaks."""

    x: float
    """Easting of its middle [m]; the nearest place of the levee counts."""
    y: float
    """Northing [m]."""
    width_m: float = Bound(gt=0, le=2000)
    """Width in the end."""
    start_minutes: float | None = Bound(default=None, ge=0)
    """When it opens, since the start of the run ..."""
    start_level_m: float | None = None
    """... or as soon as the water outside reaches this level here."""
    sill_m: float | None = None
    """Level of its floor; None = that of the ground behind the levee."""
    first_share: float = Bound(default=0.5, ge=0, le=1)
    """Share of the width that opens at once. 0.5 and one hour are the rule of the Japanese manual
    for inundation maps (2015)."""
    growth_minutes: float = Bound(default=60.0, ge=0, le=10_000)
    """Time until the breach has its width."""
    name: Annotated[Text | None, BeforeValidator(both_languages)] = None

    @model_validator(mode="after")
    def _one_start(self) -> BreachParams:
        if (self.start_minutes is None) == (self.start_level_m is None):
            msg = "give either start_minutes or start_level_m"
            raise ValueError(msg)
        return self


class LeveeParams(Params):
    """A levee at the water outside; its line goes with the water on the side away from the land."""

    line: tuple[Place, ...] = Bound(min_length=2)
    """The crest from end to end, in the city's CRS [m]."""
    land: Literal["left", "right"]
    """On which side of the line, seen along it, the land lies."""
    crest_m: tuple[float, ...] = ()
    """Level of the crest at each place of the line, or one for all; empty = the highest ground
    within a cell of the line."""
    toe_m: float = Bound(default=20.0, gt=0, le=500)
    """Water arrives in the lowest open cell within this distance of the crest on the land side."""
    stage: tuple[StagePoint, ...] = Bound(min_length=1)
    """Level of the water outside, at the first place of the line; or the path of a CSV file with columns
    minutes (or time) and level_m."""
    water_slope: float = Bound(default=0.0, ge=-0.1, le=0.1)
    """Fall of that water along the line [m/m]."""
    river_slope: float | None = Bound(default=None, gt=0, lt=1)
    """Slope of the river bed [m/m], by which a side weir takes less (Kuriki et al. 1996); None =
    the weir formula counts in full."""
    storage_m2: float | None = Bound(default=None, gt=0)
    """Area of a water body outside that falls by what it loses; None = a river that does not."""
    breaches: tuple[BreachParams, ...] = ()
    name: Annotated[Text | None, BeforeValidator(both_languages)] = None

    @model_validator(mode="after")
    def _consistent(self) -> LeveeParams:
        _rising(self.stage)
        if len(self.crest_m) not in {0, 1, len(self.line)}:
            msg = f"crest_m has {len(self.crest_m)} levels for {len(self.line)} places of the line"
            raise ValueError(msg)
        if any(a == b for a, b in pairwise(self.line)):
            msg = "two places of the line that follow each other are the same"
            raise ValueError(msg)
        if not all(math.isfinite(c) for place in self.line for c in place):
            msg = "a place of the line is not a number"
            raise ValueError(msg)
        return self


class LevelParams(Params):
    """Water whose level is given: a tide at an edge of the area, a river or lake in it."""

    edge: Literal["north", "south", "west", "east"] | None = None
    """All open cells along this edge ..."""
    outline: tuple[Place, ...] = ()
    """... or those with their centre in this polygon, in the city's CRS [m]."""
    stage: tuple[StagePoint, ...] = Bound(min_length=1)
    """The level; or the path of a CSV file with columns minutes (or time) and level_m."""
    name: Annotated[Text | None, BeforeValidator(both_languages)] = None

    @model_validator(mode="after")
    def _one_place(self) -> LevelParams:
        _rising(self.stage)
        if (self.edge is None) == (not self.outline):
            msg = "give either edge or outline"
            raise ValueError(msg)
        if self.outline and len(self.outline) < 3:
            msg = f"an outline needs three places or more, got {len(self.outline)}"
            raise ValueError(msg)
        return self


class InitialWater(Params):
    """Water that stands at the start: a river, a pond, a flooded quarter."""

    level_m: float = Bound(ge=-500, le=9000)
    """Its level; ground below it is under water."""
    outline: tuple[Place, ...] = Bound(min_length=3)
    """Polygon within which it stands, in the city's CRS [m]."""


class EdgeSides(Params):
    """What happens at the sides of the area."""

    north: EdgeKind = EdgeKind.NORMAL_DEPTH
    south: EdgeKind = EdgeKind.NORMAL_DEPTH
    west: EdgeKind = EdgeKind.NORMAL_DEPTH
    east: EdgeKind = EdgeKind.NORMAL_DEPTH

    @property
    def kinds(self) -> tuple[EdgeKind, EdgeKind, EdgeKind, EdgeKind]:
        """Kinds of north, south, west and east."""
        return self.north, self.south, self.west, self.east


def all_sides(given: object) -> object:
    """One kind stands for that of all sides.

    Parameters
    ----------
    given
        As in the configuration.

    Raises
    ------
    ValueError
        If it is a word that is no kind.
    """
    given = given.value if isinstance(given, EdgeKind) else given
    if not isinstance(given, str):
        return given
    kinds = [kind.value for kind in EdgeKind]
    if given not in kinds:
        msg = f"must be {', '.join(kinds)}, or one of them for each of north, south, west and east"
        raise ValueError(msg)
    return dict.fromkeys(EdgeSides.model_fields, given)
