"""Steady flows of SWASHES on the cells of its files, and how they converge."""

from __future__ import annotations

import numpy as np
import pytest

from tests.physics.full_runs import l1
from tests.real.swashes_cases import (
    BUMP,
    CHANNEL_JUMP,
    JUMP,
    RAIN,
    SAMPLES,
    SHOOTING,
    SLOW,
    UNDULATING,
    Channel,
)

pytestmark = [
    pytest.mark.validation,
    pytest.mark.timeout(3600),
    pytest.mark.skipif(not SAMPLES.is_dir(), reason="needs flood/analytic/ in CITYTWIN_SAMPLES"),
]


@pytest.mark.parametrize(
    ("channel", "first", "second", "rmse_m"),
    [
        (BUMP, 0.0015, 0.0002, 0.001),
        (JUMP, 0.008, 0.004, 0.010),
        (SLOW, 0.008, 0.004, 0.010),
        (SHOOTING, 0.06, 0.004, 0.020),
        (CHANNEL_JUMP, 0.010, 0.004, 0.010),
        (RAIN, 0.005, 0.003, 0.004),
        (UNDULATING, 0.006, 0.006, 0.008),
    ],
    ids=lambda value: value.name if isinstance(value, Channel) else None,
)
def test_steady_flow(bars, channel: Channel, first: float, second: float, rmse_m: float) -> None:
    """L1 of the depth in first and second order, RMSE in second; the bed of the files of
    MacDonald's channels is itself only good to 1 to 3 cm, which is their last part of a percent.
    """
    case = bars(f"SWASHES {channel.name}")
    for order, gate, name in ((1, first, "first"), (2, second, "second")):
        depth, published, _ = channel.settled(order, 1)
        case.below(f"L1 of the depth, {name} order", l1(depth, published.depth), gate)
        if order == 2:
            rmse = float(np.sqrt(((depth - published.depth) ** 2).mean()))
            case.below("RMSE of the depth, second order, m", rmse, rmse_m)


@pytest.mark.parametrize(
    ("channel", "order", "least"),
    [(BUMP, 1, 0.9), (BUMP, 2, 1.7), (JUMP, 2, 0.4), (SHOOTING, 1, 0.9), (CHANNEL_JUMP, 1, 0.8)],
    ids=lambda value: value.name if isinstance(value, Channel) else None,
)
def test_steady_flow_converges(bars, channel: Channel, order: int, least: float) -> None:
    """With its order where the flow is smooth; a jump is smeared over the same few cells."""
    errors = []
    for every in (4, 2, 1):
        depth, published, _ = channel.settled(order, every)
        errors.append(l1(depth, published.depth))
    got = float(np.log2(errors[0] / errors[-1])) / 2
    name = {1: "first", 2: "second"}[order]
    bars(f"SWASHES {channel.name}").above(f"convergence of L1, {name} order", got, least)
