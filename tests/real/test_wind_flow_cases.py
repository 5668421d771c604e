"""The flow against a wind-tunnel measurement of the AIJ benchmark (CC BY 4.0).

One case of five; `tests/validation` has them all.
"""

from __future__ import annotations

import pytest

from citytwin.kernels.wind_scores import wind_scores
from tests.real.wind_cases import SAMPLES, cube_ratios

pytestmark = pytest.mark.skipif(
    not SAMPLES.is_dir(), reason="needs wind cases in the folder CITYTWIN_SAMPLES"
)


def test_cubes_around_an_open_place():
    """Case C without the middle cube, wind along the rows: far above the codes of the day."""
    scores = wind_scores(*cube_ratios("0H", 2.5))
    assert scores.r > 0.85
    assert scores.rmse < 0.12
    assert scores.fac2 > 0.99
