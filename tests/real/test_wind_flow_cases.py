"""The flow against wind-tunnel measurements of the AIJ benchmark (CC BY 4.0): one setting for all."""

from __future__ import annotations

import numpy as np
import pytest

from citytwin.kernels.wind_scores import anomaly_r, wind_scores
from tests.real.wind_cases import (
    SAMPLES,
    block_velocity,
    cube_ratios,
    town_ratios,
)

pytestmark = pytest.mark.skipif(
    not SAMPLES.is_dir(), reason="needs wind cases in the folder CITYTWIN_SAMPLES"
)


def test_block():
    """Case A, velocity along the wind in three planes (signed), over that at roof height."""
    least = {"vertical_y0": (0.95, 0.12), "horizontal_0p125b": (0.90, 0.18)}
    least["horizontal_1p25b"] = (0.90, 0.16)
    for plane, (measured, modelled) in block_velocity(1.0).items():
        scores = wind_scores(measured, modelled)
        assert scores.r > least[plane][0], plane
        assert scores.rmse < least[plane][1], plane


@pytest.mark.parametrize(
    ("middle", "least_r", "most_rmse"), [("0H", 0.85, 0.12), ("1H", 0.85, 0.12), ("2H", 0.80, 0.14)]
)
def test_cubes(middle, least_r, most_rmse):
    """Case C, wind along the rows: far above the codes of the day, with the tall cube too."""
    measured, modelled = cube_ratios(middle, 2.5)
    scores = wind_scores(measured, modelled)
    assert scores.r > least_r
    assert scores.rmse < most_rmse
    assert scores.fac2 > 0.99


@pytest.fixture(scope="module")
def town():
    """Measured and modelled ratios of case E, shape (4, 79) each."""
    both = [town_ratios(side, 2.5) for side in "NESW"]
    return np.array([one[0] for one in both]), np.array([one[1] for one in both])


def test_town(town):
    """Case E, four directions together: at the level that the study before it reached."""
    scores = wind_scores(*town)
    assert scores.r > 0.64
    assert scores.rmse < 0.165
    assert scores.fac2 > 0.90
    assert scores.hits > 0.50
    assert abs(scores.fractional_bias) < 0.15


def test_town_changes_with_the_direction(town):
    """What a direction changes is met too: a map of windy places alone would score 0."""
    assert anomaly_r(*town) > 0.50
