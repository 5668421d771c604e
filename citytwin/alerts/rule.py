"""A rule: which series is watched, at which thresholds which level is reached, and who is told what."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from citytwin.model import properties
from citytwin.model.text import Text, both_languages, text
from citytwin.model.warning_levels import WarningLevel

_NAMES = tuple(observed.name for observed in properties.ALL)
Minutes = Annotated[float, Field(ge=0, le=14 * 24 * 60, allow_inf_nan=False)]
_NOTHING = text("", "")


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Statistic(StrEnum):
    """What is made of the values of one thing within the window."""

    LAST = "last"
    MEAN = "mean"
    MAX = "max"
    MIN = "min"
    SUM = "sum"
    RISE = "rise"
    """Last minus first; negative for a fall."""


class Across(StrEnum):
    """What is made of the statistics of several things."""

    MAX = "max"
    MIN = "min"
    MEAN = "mean"
    MEDIAN = "median"


class Category(StrEnum):
    """Category of an event in CAP 1.2."""

    GEO = "Geo"
    MET = "Met"
    SAFETY = "Safety"
    TRANSPORT = "Transport"
    INFRA = "Infra"
    ENV = "Env"
    HEALTH = "Health"
    OTHER = "Other"


class Certainty(StrEnum):
    """Certainty of an event in CAP 1.2."""

    OBSERVED = "Observed"
    LIKELY = "Likely"
    POSSIBLE = "Possible"
    UNLIKELY = "Unlikely"


class Watch(_Section):
    """A windowed series: a property, of some things, within the last minutes."""

    property: str
    """Observed property, such as ``rainfall_rate``; thresholds are in its unit."""
    things: str = "*"
    """Pattern of the names of things, with ``*`` and ``?``."""
    statistic: Statistic = Statistic.LAST
    window_minutes: Annotated[float, Field(gt=0, le=14 * 24 * 60)] = 10.0
    across: Across = Across.MAX
    max_age_minutes: Annotated[float, Field(gt=0, le=14 * 24 * 60)] = 15.0
    """Without a good value as young as this, a thing has none."""
    min_share: Annotated[float, Field(ge=0, le=1)] = 0.5
    """Share of the things that must have a value before the rest may speak for all [0 to 1]."""
    doubted: bool = False
    """Whether suspect values count: those beyond what the month knows or doubted by their producer, and
    those that their own series speaks against (spikes, changes that are too fast, sensors that are
    stuck, another unit)."""

    @field_validator("property")
    @classmethod
    def _known_property(cls, value: str) -> str:
        if value not in _NAMES:
            msg = f"is no observed property; known are {', '.join(_NAMES)}"
            raise ValueError(msg)
        return value

    @model_validator(mode="after")
    def _window_holds_a_value(self) -> Self:
        if self.max_age_minutes > self.window_minutes and self.statistic is not Statistic.LAST:
            msg = (
                f"max_age_minutes ({self.max_age_minutes:g}) is longer than window_minutes "
                f"({self.window_minutes:g}): a window may not be emptier than its data may be old"
            )
            raise ValueError(msg)
        return self


class Threshold(_Section):
    """Where a level begins and where it ends; the gap between the two keeps it from flapping."""

    level: WarningLevel
    raise_at: Annotated[float, Field(allow_inf_nan=False)]
    clear_at: Annotated[float, Field(allow_inf_nan=False)]
    """Below `raise_at` for a rule on large values, above it for one on small ones."""
    raise_after_minutes: Minutes = 0.0
    """How long the value must be at `raise_at` or beyond without a break."""
    clear_after_minutes: Minutes = 10.0
    """How long it must be back at `clear_at` or further without a break."""

    @model_validator(mode="after")
    def _has_a_gap(self) -> Self:
        if self.raise_at == self.clear_at:
            msg = (
                f"raise_at and clear_at are both {self.raise_at:g}: a value that trembles there "
                "would raise and clear without end; leave a gap between them"
            )
            raise ValueError(msg)
        return self

    @property
    def upward(self) -> bool:
        """Whether large values raise."""
        return self.raise_at > self.clear_at

    def raised_by(self, value: float) -> bool:
        """Whether a value is at the raising threshold or beyond."""
        return value >= self.raise_at if self.upward else value <= self.raise_at

    def cleared_by(self, value: float) -> bool:
        """Whether a value is back at the clearing threshold or further."""
        return value <= self.clear_at if self.upward else value >= self.clear_at

    @property
    def raise_after(self) -> timedelta:
        """Minimum duration before it is raised."""
        return timedelta(minutes=self.raise_after_minutes)

    @property
    def clear_after(self) -> timedelta:
        """Minimum duration before it is cleared."""
        return timedelta(minutes=self.clear_after_minutes)


class AlertRule(_Section):
    """What is watched, when it is worth an alert, and what is said then."""

    id: str = Field(pattern=r"^[a-z0-9_]{1,64}$")
    title: Text
    """Event, as people read it."""
    watch: Watch
    thresholds: tuple[Threshold, ...] = Field(min_length=1, max_length=5)
    """One per level, the lowest level first."""
    category: Category = Category.MET
    certainty: Certainty = Certainty.OBSERVED
    instruction: Text = _NOTHING
    """What people are asked to do."""
    area: str = ""
    """Layer whose cells are warned, such as ``flood_depth_max``; empty: the whole city."""
    area_from: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.05
    """Value of that layer from which a cell is warned, in its unit."""
    expires_minutes: Annotated[float, Field(ge=5, le=24 * 60)] = 60.0
    """How long a message holds; the alert is said again before it ends."""
    max_gap_minutes: Annotated[float, Field(gt=0, le=24 * 60)] = 10.0
    """Pauses between two evaluations that are longer than this begin every duration anew."""

    @field_validator("title", "instruction", mode="before")
    @classmethod
    def _both_languages(cls, value: object) -> object:
        return both_languages(value)

    @model_validator(mode="after")
    def _levels_rise(self) -> Self:
        levels = [step.level for step in self.thresholds]
        if sorted(set(levels)) != levels:
            msg = f"levels must rise and stand once each, got {', '.join(map(str, levels))}"
            raise ValueError(msg)
        if len({step.upward for step in self.thresholds}) > 1:
            msg = "some thresholds raise on large values and some on small ones: make two rules"
            raise ValueError(msg)
        sign = 1.0 if self.thresholds[0].upward else -1.0
        for name in ("raise_at", "clear_at"):
            marks = [sign * getattr(step, name) for step in self.thresholds]
            if sorted(marks) != marks:
                msg = f"{name} of a higher level must lie at or beyond that of a lower one"
                raise ValueError(msg)
        return self

    @property
    def expires_after(self) -> timedelta:
        """How long a message holds."""
        return timedelta(minutes=self.expires_minutes)

    @property
    def max_gap(self) -> timedelta:
        """Longest pause between two evaluations that counts as none."""
        return timedelta(minutes=self.max_gap_minutes)
