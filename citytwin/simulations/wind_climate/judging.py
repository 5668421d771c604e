"""From speed ratios and a climate to classes of comfort, with how sure they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from citytwin.kernels.wind_climate import RATIO_STEP, Sector, exceedance_table
from citytwin.model.wind_rule import WindClass

FloatArray = NDArray[np.float64]
ERRORS = 15
"""Errors of the method that are tried: the middles of so many equal parts of a normal distribution."""
HIGHEST = 5.0
"""Greatest speed ratio of the tables; a larger one counts as this."""


@dataclass(frozen=True, eq=False)
class Judged:
    """Classes of cells."""

    number: NDArray[np.uint8]
    """Shape (ny, nx): 0 for the first class, ...; the number of classes where none is likely."""
    probability: FloatArray
    """Shape (ny, nx), 0 to 1: least probability of the class, given the error of the method. Errors
    between two that leave it as it is do so too; of those beyond the outermost nothing is claimed."""


class Judge:
    """Judges the cells of a block; tables of the climate are made once for each speed.

    Parameters
    ----------
    ratio
        Shape (n_dir, ny, nx), NaN where unknown.
    error
        Standard deviation of the ratios.
    """

    def __init__(self, ratio: NDArray[np.float32], error: float) -> None:
        self._steps = np.rint(np.nan_to_num(ratio) / RATIO_STEP).astype(np.int32)
        share = (np.arange(ERRORS) + 0.5) / ERRORS
        off = np.rint(ndtri(share) * error / RATIO_STEP).astype(np.int32)
        self._off = off.tolist() if error else [0]

    def classes(
        self,
        climates: Sequence[tuple[Sector, ...]],
        over_mean: float,
        classes: Sequence[WindClass],
    ) -> Judged:
        """Judge by one list of classes; of several climates, such as seasons, the windiest counts.

        Parameters
        ----------
        climates
            In the open at the height of the rule, at least one.
        over_mean
            Speed that the rule means over the mean speed, as a ratio.
        classes
            From the calmest to the windiest; the last is of all other places.
        """
        speeds = dict.fromkeys(limit.speed_m_s for one in classes for limit in one.limits)
        tables = [
            {speed: exceedance_table(sectors, speed / over_mean, HIGHEST) for speed in speeds}
            for sectors in climates
        ]
        tried = [
            np.max([self._numbers(off, one, classes) for one in tables], axis=0)
            for off in self._off
        ]
        best = tried[len(tried) // 2]
        same = np.sum([one == best for one in tried], axis=0)
        probability = (same - 1.0) / len(tried) if len(tried) > 1 else np.ones(best.shape)
        number = np.where(probability >= 0.5, best, len(classes)).astype(np.uint8)
        return Judged(number, probability)

    def _numbers(
        self, off: int, tables: dict[float, FloatArray], classes: Sequence[WindClass]
    ) -> NDArray[np.uint8]:
        """Class of each cell if every ratio is off by some steps of the tables."""
        shape = self._steps.shape[1:]
        share = {speed: np.zeros(shape) for speed in tables}
        highest = round(HIGHEST / RATIO_STEP)
        for place, steps in enumerate(self._steps):
            local = np.clip(steps + off, 0, highest)
            for speed, table in tables.items():
                share[speed] += table[place][local]
        number = np.full(shape, len(classes) - 1, dtype=np.uint8)
        for place in range(len(classes) - 2, -1, -1):
            holds = np.ones(number.shape, dtype=np.bool_)
            for limit in classes[place].limits:
                holds &= share[limit.speed_m_s] <= limit.share
            number[holds] = place
        return number
