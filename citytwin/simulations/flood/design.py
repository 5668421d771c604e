"""Parameters of a design storm, and its rain."""

from __future__ import annotations

import numpy as np
from pydantic import Field as Bound
from pydantic import model_validator

from citytwin.kernels.design_storm import (
    alternating_blocks,
    formula_intensity,
    mean_intensity,
    table_intensity,
)
from citytwin.kernels.flood_forcing import RainSeries
from citytwin.model.rain_rule import IdfCurve
from citytwin.model.steps import Params
from citytwin.rules.named import NamedRainRule

_MINUTE_S = 60.0
_MOST_BLOCKS = 10_000


class DesignStorm(Params):
    """Rain of a return period, laid out around its peak (alternating block method)."""

    rule: NamedRainRule
    """IDF curves: a name that comes with the package, the path of a YAML file, or the curves."""
    return_period_years: float = Bound(gt=0)
    """One that the curves have [years]."""
    duration_minutes: float = Bound(gt=0, le=14_400)
    step_minutes: float = Bound(default=10.0, gt=0, le=1440)
    """Length of a block."""
    peak: float = Bound(default=0.5, ge=0, le=1)
    """Where the wettest block lies: 0 at the begin, 0.5 in the middle, 1 at the end [-]."""
    start_minutes: float = Bound(default=0.0, ge=0)
    """Begin of the storm, since the start of the run."""

    @model_validator(mode="after")
    def _whole_blocks(self) -> DesignStorm:
        blocks = self.duration_minutes / self.step_minutes
        if abs(blocks - round(blocks)) > 1e-6 * blocks or not 1 <= round(blocks) <= _MOST_BLOCKS:
            msg = f"{self.duration_minutes:g} min are no whole number of blocks of "
            msg += f"{self.step_minutes:g} min, at most {_MOST_BLOCKS}"
            raise ValueError(msg)
        self.rule.curve(self.return_period_years)
        return self


def design_rain(storm: DesignStorm) -> RainSeries:
    """Return the rain of a design storm.

    Parameters
    ----------
    storm
        Its parameters.

    Raises
    ------
    ConfigError
        If the curve says nothing about one of its durations.
    """
    count = round(storm.duration_minutes / storm.step_minutes)
    durations = storm.step_minutes * np.arange(1.0, count + 1.0)
    curve = storm.rule.curve(storm.return_period_years)
    depth_mm = _intensity(curve, durations) * durations / 60.0
    blocks = mean_intensity(alternating_blocks(depth_mm, storm.peak), storm.step_minutes)
    start = _MINUTE_S * (storm.start_minutes + durations - storm.step_minutes)
    return RainSeries(start, start + _MINUTE_S * storm.step_minutes, blocks)


def _intensity(curve: IdfCurve, minutes: np.ndarray) -> np.ndarray:
    if curve.formula is not None:
        return formula_intensity(minutes, curve.formula.a, curve.formula.b, curve.formula.n)
    return table_intensity(
        minutes,
        np.array([point.minutes for point in curve.table]),
        np.array([point.mm_per_h for point in curve.table]),
    )
