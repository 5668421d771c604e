"""The flow against the wind tunnels of the AIJ benchmark (CC BY 4.0): one setting for all."""

from __future__ import annotations

import numpy as np
import pytest

from citytwin.kernels.wind_scores import anomaly_r, wind_scores
from tests.real.wind_cases import SAMPLES, block_gusts, block_velocity, cube_ratios, town_ratios

pytestmark = [
    pytest.mark.validation,
    pytest.mark.timeout(3600),
    pytest.mark.skipif(not SAMPLES.is_dir(), reason="needs wind/ in CITYTWIN_SAMPLES"),
]


def test_block(bars):
    """Case A, velocity along the wind in three planes (signed), over that at roof height."""
    limits = {"vertical_y0": (0.95, 0.12), "horizontal_0p125b": (0.90, 0.18)}
    limits["horizontal_1p25b"] = (0.90, 0.16)
    case = bars("AIJ A, one block, cells of 1 m")
    for plane, (measured, modelled) in block_velocity(1.0).items():
        scores = wind_scores(measured, modelled)
        case.above(f"r, {plane}", scores.r, limits[plane][0])
        case.below(f"RMSE, {plane}", scores.rmse, limits[plane][1])


def test_gusts_of_a_block(bars):
    """Case A, gusts by the turbulence of the flow, over the mean wind at roof height."""
    case = bars("AIJ A, gusts around one block, cells of 1 m")
    for plane, (measured, modelled) in block_gusts(1.0).items():
        scores = wind_scores(measured, modelled)
        case.above(f"r, {plane}", scores.r, 0.85)
        case.below(f"RMSE, {plane}", scores.rmse, 0.22)
        case.above(f"FAC2, {plane}", scores.fac2, 0.99)


@pytest.mark.parametrize(
    ("middle", "least_r", "most_rmse"), [("0H", 0.85, 0.12), ("1H", 0.85, 0.12), ("2H", 0.80, 0.14)]
)
def test_cubes(bars, middle, least_r, most_rmse):
    """Case C, wind along the rows: far above the codes of the day, with the tall cube too."""
    scores = wind_scores(*cube_ratios(middle, 2.5))
    case = bars(f"AIJ C, nine cubes, middle {middle}, cells of 2.5 m")
    case.above("r", scores.r, least_r)
    case.below("RMSE", scores.rmse, most_rmse)
    case.above("FAC2", scores.fac2, 0.99)


def test_town(bars):
    """Case E, four directions together, nothing fitted on its probes.

    What a direction changes is met too: a map of windy places alone would score 0 for anomalies.
    """
    both = [town_ratios(side, 2.5) for side in "NESW"]
    measured, modelled = (np.array([one[k] for one in both]) for k in (0, 1))
    scores = wind_scores(measured, modelled)
    case = bars("AIJ E, a quarter of Niigata, N E S W, cells of 2.5 m")
    case.above("r", scores.r, 0.72)
    case.below("RMSE", scores.rmse, 0.137)
    case.above("FAC2", scores.fac2, 0.93)
    case.above("hits", scores.hits, 0.55)
    case.below("size of the fractional bias", abs(scores.fractional_bias), 0.10)
    case.above("r of what a direction changes", anomaly_r(measured, modelled), 0.65)
