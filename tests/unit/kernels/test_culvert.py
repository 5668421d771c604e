"""Discharge of culverts: a published example, hand computation, and what every culvert must do."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from citytwin.kernels.culvert import Barrel, culvert_discharge, inlet_discharge
from citytwin.kernels.culvert_inlets import INLET_NAMES, INLETS

FOOT_M, CFS = 0.3048, 0.3048**3


def test_example_of_the_design_chart():
    """HDS-5, chart 10: a box 7 ft wide and 5 ft high has HW/D 2.31 at 500 cubic feet a second."""
    flow = inlet_discharge(2.31 * 5 * FOOT_M, 7 * FOOT_M, 5 * FOOT_M, 0.02)
    assert flow == pytest.approx(500 * CFS, rel=0.01)


def test_a_free_inlet_is_a_weir():
    """(0.9 / 1.5 / 0.515) ** (1 / 0.667) = 1.2574; times 3 m2 times sqrt(1.5 m) / 1.811."""
    assert inlet_discharge(0.9, 2.0, 1.5, 0.0) == pytest.approx(2.551, abs=0.001)


def test_a_full_barrel_between_two_ponds():
    """R 3/7 m; 1.5 + 2 g 0.013^2 50 / 0.3231 = 2.013 velocity heads in 1 m: 3.1215 m/s, 3 m2."""
    flow = culvert_discharge(5.0, 4.0, 1.0, 1.0, Barrel(2.0, 1.5, 50.0, 0.013))
    assert flow == pytest.approx(9.364, abs=0.002)


def test_a_short_barrel_that_runs_part_full():
    """Without friction 2 m wide under 0.9 m: 0.6 m deep, drop 0.3 m over 1.5 velocity heads.

    V = sqrt(2 g 0.3 / 1.5) = 1.9806 m/s, times 1.2 m2: less than the 2.551 of the inlet.
    """
    flow = culvert_discharge(0.9, 0.0, 0.0, 0.0, Barrel(2.0, 1.5, 10.0, 0.0))
    assert flow == pytest.approx(2.3767, abs=0.001)


@pytest.mark.parametrize(
    ("first", "second", "levels"),
    [(3.0, 3.0, (1.0, 1.0)), (0.9, 0.2, (1.0, 0.0)), (1.4, 0.2, (1.0, 1.5)), (0.0, 0.0, (0, 0))],
)
def test_no_flow(first, second, levels):
    """Level water, water below the inlet, water below the outlet, no water."""
    assert culvert_discharge(first, second, *levels, Barrel(1.0, 1.0, 20.0, 0.013)) == 0.0


SIZES = st.tuples(st.floats(0.3, 5.0), st.floats(0.3, 3.0), st.floats(2.0, 200.0))
LEVELS = st.floats(-2.0, 2.0)


@given(st.floats(-2.0, 8.0), st.floats(-2.0, 8.0), LEVELS, LEVELS, SIZES)
def test_the_same_from_both_sides_and_downhill(first, second, one, other, size):
    """Turned around the discharge turns around; it goes to the lower level and grows with the head."""
    flow = culvert_discharge(first, second, one, other, Barrel(*size, 0.013))
    assert culvert_discharge(second, first, other, one, Barrel(*size, 0.013)) == -flow
    assert flow * (first - second) >= 0.0
    if first > second:
        assert (
            culvert_discharge(first + 0.1, second, one, other, Barrel(*size, 0.013))
            >= flow * 0.999999
        )


@pytest.mark.parametrize(
    ("inlet", "head_ft"),
    [("box_wingwalls_30_to_75", 3.5), ("box_wingwalls_15", 3.8), ("box_wingwalls_parallel", 4.1)],
)
def test_example_of_the_chart_for_wingwalls(inlet, head_ft):
    """HDS-5, chart 8: a box 5 ft wide and 2 ft high, 75 cubic feet a second, read to 2.5 %."""
    number = INLET_NAMES.index(inlet)
    flow = inlet_discharge(head_ft * FOOT_M, 5 * FOOT_M, 2 * FOOT_M, 0.02, number)
    assert flow == pytest.approx(75 * CFS, rel=0.025)


def test_a_pipe_by_hand():
    """Half full at the inlet, drowned, and full from pond to pond; diameters of 1 m and 3 ft.

    Critical at 0.5 m: 0.3927 m2, 0.7706 m3/s, head 0.6964 m; and 0.0098 (1.811 0.7706 / 0.7854)^2.
    Drowned, 66 cubic feet a second: 0.0553 (66 / 7.0686 / sqrt(3))^2 + 0.54 = 2.147 diameters.
    Full: 1 + 0.9 + 2 g 0.024^2 20 / 0.25^(4/3) = 3.335 velocity heads in 0.5 m: 1.7149 m/s.
    """
    smooth, rough = map(INLET_NAMES.index, ("pipe_concrete_headwall", "pipe_metal_projecting"))
    assert inlet_discharge(0.7273, 1.0, 1.0, 0.0, smooth) == pytest.approx(0.7706, abs=1e-4)
    drowned = inlet_discharge(2.147 * 3 * FOOT_M, 3 * FOOT_M, 3 * FOOT_M, 0.0, rough)
    assert drowned == pytest.approx(66 * CFS, rel=1e-3)
    full = culvert_discharge(5.0, 4.5, 1.0, 1.0, Barrel(1.0, 1.0, 20.0, 0.024, rough))
    assert full == pytest.approx(1.3469, abs=1e-3)


@pytest.mark.parametrize("inlet", range(len(INLETS)))
@pytest.mark.parametrize("slope", [-0.1, 0.0, 0.1])
def test_no_inlet_jumps_or_falls(inlet, slope):
    """From free to drowned, up to five times its height, in steps of a five-hundredth of it."""
    heads = np.linspace(0.3, 5.0, 2351)
    flows = np.array([inlet_discharge(head, 1.0, 1.0, slope, inlet) for head in heads])
    assert (np.diff(flows) >= 0).all()
    assert np.diff(flows).max() < 0.01
