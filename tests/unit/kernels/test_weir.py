"""The weir formula against hand computation."""

from __future__ import annotations

import math

import pytest

from citytwin.kernels.weir import side_weir_factor, weir_discharge

G = 9.80665


@pytest.mark.parametrize(
    ("outside", "inside", "crest", "expected"),
    [
        # Head 1 m, free: 0.35 sqrt(2 g) = 1.5500
        (3.0, 1.0, 2.0, 1.5500),
        # Head 4 m: eight times as much.
        (6.0, 2.0, 2.0, 12.400),
        # Drowned: 0.91 x 0.9 x sqrt(2 g 0.1) = 1.14699
        (3.0, 2.9, 2.0, 1.14699),
        # The other way round.
        (2.9, 3.0, 2.0, -1.14699),
        # At rest, and below the crest.
        (3.0, 3.0, 2.0, 0.0),
        (1.9, 0.0, 2.0, 0.0),
    ],
)
def test_by_hand(outside: float, inside: float, crest: float, expected: float) -> None:
    """Free, drowned, backwards, none."""
    assert weir_discharge(outside, inside, crest) == pytest.approx(expected, rel=1e-4, abs=1e-12)


def test_free_and_drowned_flow_meet_at_two_thirds() -> None:
    """0.91 x 2/3 x sqrt(1/3) = 0.3503 against 0.35."""
    just_free = weir_discharge(1.0, 2 / 3 - 1e-9, 0.0)
    just_drowned = weir_discharge(1.0, 2 / 3 + 1e-9, 0.0)
    assert just_free == pytest.approx(0.35 * math.sqrt(2 * G), rel=1e-6)
    assert just_drowned == pytest.approx(just_free, rel=1.1e-3)


@pytest.mark.parametrize(
    ("slope", "breached", "expected"),
    [
        # log10(1000) = 3: (0.14 + 0.57) cos(48 - 45 degrees)
        (1e-3, True, 0.71 * math.cos(math.radians(3))),
        # Between 1/1580 and 1/33600 the direction does not count.
        (1e-4, True, 0.90),
        (1e-5, True, 1.0),
        # Over the crest: cos(155 - 114 degrees)
        (1e-3, False, math.cos(math.radians(41))),
        (5e-5, False, 1.0),
        # So steep that no water leaves the river.
        (0.02, False, 0.0),
    ],
)
def test_factor_of_side_weirs(slope: float, breached: bool, expected: float) -> None:
    """The table of the manual, computed by hand."""
    assert side_weir_factor(slope, breached=breached) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("slope", [1 / 1580, 1 / 33600])
def test_the_factor_has_no_jump_at_the_limits_of_the_table(slope: float) -> None:
    """To the figures that the table gives."""
    steeper, flatter = (side_weir_factor(slope * f, breached=True) for f in (1.001, 0.999))
    assert steeper == pytest.approx(flatter, abs=2e-3)
