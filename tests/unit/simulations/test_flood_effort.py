"""What a flood is thought to cost before it runs."""

from __future__ import annotations

import pytest

from citytwin.engine.plan import Job
from citytwin.simulations.flood.effort import cost_of
from citytwin.simulations.flood.params import FloodParams
from citytwin.simulations.flood.step import SIMULATION


def test_a_run_of_three_hours_at_two_metres_by_hand() -> None:
    """0.6 x 2 m / 5.5 m/s a step, 49 500 steps, 270 million cells and steps in a second."""
    assert cost_of(FloodParams(duration_h=3), 2.0).seconds_per_megacell == pytest.approx(
        183.3, 1e-3
    )


def test_finer_cells_longer_runs_and_better_schemes_cost_more() -> None:
    """Half the cell is twice the steps; the full scheme has shorter and dearer steps."""

    def seconds(cell_m: float, **given: object) -> float:
        return cost_of(FloodParams.model_validate(given), cell_m).seconds_per_megacell

    usual = seconds(2.0)
    assert seconds(1.0) == pytest.approx(2 * usual)
    assert seconds(2.0, duration_h=6) == pytest.approx(2 * usual)
    assert seconds(2.0, courant=0.3) == pytest.approx(2 * usual)
    first, second = (seconds(2.0, scheme="full", order=order) for order in (1, 2))
    # 7.5 / 0.45 against 5.5 / 0.6 steps, 150 and 54 against 270 million in a second.
    assert first == pytest.approx(usual * 20 / 11 * 270 / 150)
    assert second == pytest.approx(usual * 20 / 11 * 270 / 54)


def test_moments_that_are_kept_take_memory() -> None:
    """Depth and speed, eight bytes per cell and moment."""
    start = "2026-07-01T00:00:00+09:00"
    plain, kept = (
        cost_of(FloodParams.model_validate({"start": start, **more}), 2.0).bytes_per_cell
        for more in ({}, {"frame_minutes": 30})
    )
    assert kept - plain == 8 * 6


def test_the_plan_reckons_with_the_parameters() -> None:
    """A job of a plan costs what its own parameters and cells cost."""
    params = FloodParams.model_validate({"scheme": "full", "duration_h": 1})
    assert Job(SIMULATION, params, (), ()).cost(5.0) == cost_of(params, 5.0)
