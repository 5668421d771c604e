"""What passes a manhole: hand computations, one sign for each direction, no jump between regimes."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from citytwin.kernels.sewer_inlet import Inlets, inlet_discharge_m3_s

INLETS = Inlets(0.6, 0.54, 0.167)


def passes(level: float, head: float, crest: float) -> float:
    """Of one manhole."""
    return float(
        inlet_discharge_m3_s(np.array([level]), np.array([head]), np.array([crest]), INLETS)[0]
    )


@pytest.mark.parametrize(
    ("level", "head", "crest", "expected"),
    [
        # 2/3 x 0.54 x pi x 0.6 x sqrt(2 x 9.80665) x 0.02^1.5
        (0.02, -2.0, 0.0, 0.0085001),
        # 0.167 x pi x 0.09 x sqrt(2 x 9.80665 x 0.5)
        (0.5, -2.0, 0.0, 0.1478674),
        # the same under 0.5 m between level and head
        (1.5, 1.0, 0.0, 0.1478674),
        # and back
        (1.0, 1.5, 0.0, -0.1478674),
        (0.0, 10.5, 10.0, -0.1478674),
        (0.0, -1.0, 0.0, 0.0),
        (9.9, 9.8, 10.0, 0.0),
        (10.5, 10.5, 10.0, 0.0),
    ],
)
def test_by_hand(level: float, head: float, crest: float, expected: float) -> None:
    """Weir at shallow water, orifice at deep; nothing passes below the rim."""
    assert passes(level, head, crest) == pytest.approx(expected, rel=1e-5, abs=1e-12)


@given(st.floats(-5.0, 5.0), st.floats(-5.0, 5.0), st.floats(-1.0, 1.0), st.floats(0.0, 1e-4))
def test_from_high_to_low_and_without_jumps(
    level: float, head: float, crest: float, more: float
) -> None:
    """Water goes to the lower side, and a little more level changes the discharge little."""
    flow = passes(level, head, crest)
    assert flow >= 0.0 if level >= head else flow <= 0.0
    steepest = INLETS.orifice * math.pi * 0.09 * math.sqrt(2 * 9.80665 * 1e-4)
    assert abs(passes(level + more, head, crest) - flow) <= 1.01 * steepest
