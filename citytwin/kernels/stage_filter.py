"""The level of water at a gauge, how fast it changes, and where it will be: a Kalman filter.

Level and trend under white noise of the trend's change (integrated random walk; Harvey, 1989, section 2.3;
Kalman, 1960). The noise is one of continuous time, so that a gap of two steps is as uncertain as two gaps of
one. How much noise there is comes from the record itself: the likelihood of its one-step errors, with the
variance of the measurement concentrated out (Harvey, 1989, section 3.4).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

_RATIOS = np.logspace(-12.0, 0.0, 25)
"""Of the noise of the trend to that of the measurement [s-3]."""
_VAGUE = 1e6
"""Variance of what is not known at the begin, in that of the measurement."""
_LEAST_M = 0.002
"""Standard deviation of a measurement at least: gauges say centimetres [m]."""


@dataclass(frozen=True)
class StageState:
    """Level and trend at a time, with their covariance."""

    time_s: float
    level_m: float
    trend_m_s: float
    level_var_m2: float
    covariance_m2_s: float
    trend_var_m2_s2: float

    def after(self, seconds: float, noise_m2_s3: float) -> StageState:
        """Return the state after a time in which nothing was measured.

        Parameters
        ----------
        seconds
            >= 0 [s].
        noise_m2_s3
            Of the change of the trend [m2/s3].
        """
        t, q = seconds, noise_m2_s3
        p11, p12, p22 = self.level_var_m2, self.covariance_m2_s, self.trend_var_m2_s2
        return StageState(
            self.time_s + t,
            self.level_m + t * self.trend_m_s,
            self.trend_m_s,
            p11 + 2.0 * t * p12 + t * t * p22 + q * t**3 / 3.0,
            p12 + t * p22 + q * t * t / 2.0,
            p22 + q * t,
        )

    def told(self, level_m: float, variance_m2: float) -> StageState:
        """Return the state that knows a measurement as well.

        Parameters
        ----------
        level_m
            Measured at its time [m].
        variance_m2
            Of the measurement [m2].
        """
        error, total = level_m - self.level_m, self.level_var_m2 + variance_m2
        first, second = self.level_var_m2 / total, self.covariance_m2_s / total
        return StageState(
            self.time_s,
            self.level_m + first * error,
            self.trend_m_s + second * error,
            (1.0 - first) * self.level_var_m2,
            (1.0 - first) * self.covariance_m2_s,
            self.trend_var_m2_s2 - second * self.covariance_m2_s,
        )


@dataclass(frozen=True, eq=False)
class FilteredStage:
    """A record, filtered."""

    states: tuple[StageState, ...]
    """After each measurement."""
    errors: FloatArray
    """Shape (n - 2,): one-step errors over their standard deviations [-], but the first two."""
    noise_m2_s3: float
    variance_m2: float
    """Of a measurement [m2]."""

    def forecast(self, times_s: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return levels to come, and how uncertain they are.

        Parameters
        ----------
        times_s
            Shape (m,): not before the last measurement [s].

        Returns
        -------
        levels, deviations : ndarray
            Shape (m,) each: mean and standard deviation [m]; the latter grows with time.
        """
        last = self.states[-1]
        ahead = [last.after(float(t) - last.time_s, self.noise_m2_s3) for t in times_s]
        levels = np.array([state.level_m for state in ahead])
        return levels, np.sqrt([state.level_var_m2 for state in ahead])


def filtered(
    times_s: FloatArray,
    levels_m: FloatArray,
    noise_m2_s3: float | None = None,
    variance_m2: float | None = None,
) -> FilteredStage:
    """Filter a record of levels.

    Parameters
    ----------
    times_s
        Shape (n,): rising [s]; gaps of any length.
    levels_m
        Shape (n,): measured [m]; n >= 1, finite.
    noise_m2_s3
        Of the change of the trend [m2/s3]; None: what the record makes most likely.
    variance_m2
        Of a measurement [m2]; None: likewise, but never less than that of 2 mm.

    Raises
    ------
    ValueError
        If there is nothing, times do not rise, or a level is not finite.
    """
    if not len(times_s) or (np.diff(times_s) <= 0.0).any() or not np.isfinite(levels_m).all():
        msg = "a record of levels needs rising times and finite levels"
        raise ValueError(msg)
    if noise_m2_s3 is None or variance_m2 is None:
        ratio, spread = _most_likely(times_s, levels_m)
        variance_m2 = max(spread, _LEAST_M**2) if variance_m2 is None else variance_m2
        noise_m2_s3 = ratio * variance_m2 if noise_m2_s3 is None else noise_m2_s3
    states, errors, totals = _passed(times_s, levels_m, noise_m2_s3, variance_m2)
    return FilteredStage(tuple(states), errors[2:] / np.sqrt(totals[2:]), noise_m2_s3, variance_m2)


def _most_likely(times_s: FloatArray, levels_m: FloatArray) -> tuple[float, float]:
    """Ratio of the noises [s-3], and the variance of a measurement [m2]."""
    if len(times_s) < 5:
        return float(_RATIOS[len(_RATIOS) // 2]), _LEAST_M**2
    best = (-np.inf, 0.0, 0.0)
    for ratio in _RATIOS.tolist():
        _, errors, totals = _passed(times_s, levels_m, ratio, 1.0)
        errors, totals = errors[2:], totals[2:]
        spread = float(np.mean(errors**2 / totals))
        if spread <= 0.0:
            return ratio, _LEAST_M**2
        likelihood = -0.5 * (len(errors) * np.log(spread) + float(np.log(totals).sum()))
        best = max(best, (likelihood, ratio, spread))
    return best[1], best[2]


def _passed(
    times_s: FloatArray, levels_m: FloatArray, noise: float, variance: float
) -> tuple[list[StageState], FloatArray, FloatArray]:
    """States after each measurement, one-step errors, and their variances."""
    vague = _VAGUE * variance
    state = StageState(float(times_s[0]), float(levels_m[0]), 0.0, variance, 0.0, vague)
    states, errors, totals = [state], [0.0], [vague]
    for time_s, level_m in zip(times_s[1:].tolist(), levels_m[1:].tolist(), strict=True):
        ahead = state.after(time_s - state.time_s, noise)
        errors.append(level_m - ahead.level_m)
        totals.append(ahead.level_var_m2 + variance)
        state = ahead.told(level_m, variance)
        states.append(state)
    return states, np.array(errors), np.array(totals)
