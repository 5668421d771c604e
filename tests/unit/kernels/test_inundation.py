"""What the flood run refuses, records and accounts for."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest

from citytwin.errors import CityTwinError, ConfigError, GridMismatchError, StepError
from citytwin.kernels.inundation import (
    EdgeKind,
    Edges,
    EdgeVolumes,
    Forcing,
    Inflow,
    Inundation,
    RainSeries,
    Recording,
    Scheme,
    SolverOptions,
    VolumeLedger,
    simulate_inundation,
)
from citytwin.model.checkpoints import Watch

F = np.float32
SHAPE = (5, 8)
TUB_RAIN = RainSeries(np.array([0.0]), np.array([1e4]), np.array([360.0]))


def run(
    forcing: Forcing, options: SolverOptions | None = None, duration_s: float = 1000.0
) -> Inundation:
    """A flat tub with cells of 2 m."""
    return simulate_inundation(
        np.full(SHAPE, -3.0, dtype=F),
        np.zeros(SHAPE, dtype=bool),
        np.full(SHAPE, 0.03, dtype=F),
        2.0,
        duration_s,
        forcing,
        options or SolverOptions(dt_max_s=2.0),
    )


def point(row: int, col: int) -> Inflow:
    """A steady inflow at one cell."""
    return Inflow(np.array([row]), np.array([col]), np.array([0.0, 1e5]), np.array([0.1, 0.1]))


@pytest.mark.parametrize("scheme", Scheme)
def test_rain_fills_a_tub_in_known_time(scheme: Scheme) -> None:
    """360 mm/h is 0.1 mm/s: 0.1 m after 1000 s, 5 cm after 500 s, 8 cm after 800 s."""
    recording = Recording(depth_thresholds_m=(0.08, 0.2))
    options = SolverOptions(scheme=scheme, dt_max_s=2.0, recording=recording)
    result = run(Forcing(rain=TUB_RAIN), options)
    np.testing.assert_allclose(result.final_depth_m, 0.1, rtol=1e-6)
    np.testing.assert_array_equal(result.max_depth_m, result.final_depth_m)
    np.testing.assert_allclose(result.arrival_s, 500, atol=2.01)
    np.testing.assert_allclose(result.first_time_s[0], 800, atol=2.01)
    assert np.isnan(result.first_time_s[1]).all()
    np.testing.assert_array_equal(result.max_speed_m_s, 0)
    assert result.ledger.rain_m3 == pytest.approx(0.1 * 40 * 4)
    assert result.ledger.relative_error < 1e-7


@pytest.mark.parametrize(("run_off", "depth"), [(True, 0.1 * 40 / 32), (False, 0.1)])
def test_the_rain_of_roofs_runs_off_or_is_gone(run_off: bool, depth: float) -> None:
    """0.1 m on 40 cells, 8 of them a house: on the 32 others stands all of it, or their own."""
    blocked = np.zeros(SHAPE, dtype=bool)
    blocked[1:3, 2:6] = True
    level, rough = np.full(SHAPE, -3.0, dtype=F), np.full(SHAPE, 0.03, dtype=F)
    options = SolverOptions(dt_max_s=2.0, roofs_run_off=run_off)
    result = simulate_inundation(
        level, blocked, rough, 2.0, 1000.0, Forcing(rain=TUB_RAIN), options
    )
    assert np.nanmean(result.final_depth_m) == pytest.approx(depth, rel=1e-4)
    assert result.ledger.rain_m3 == pytest.approx(depth * 32 * 4)
    assert result.ledger.relative_error < 1e-7


def test_drains_below_the_rain_rate_take_their_part() -> None:
    """Rain 360, drains 90 mm/h: three quarters stay; what is drained is booked."""
    result = run(Forcing(rain=TUB_RAIN, drainage_mm_per_h=90.0))
    np.testing.assert_allclose(result.final_depth_m, 0.075, rtol=1e-4)
    assert result.ledger.drained_m3 == pytest.approx(0.025 * 160, rel=1e-4)
    assert result.ledger.relative_error < 1e-7


def test_drains_above_the_rain_rate_leave_a_film_at_most() -> None:
    """Drains never take more than has fallen."""
    result = run(Forcing(rain=TUB_RAIN, drainage_mm_per_h=3600.0))
    assert (result.final_depth_m >= 0).all()
    assert result.final_depth_m.max() < 1e-6
    assert result.ledger.drained_m3 == pytest.approx(result.ledger.rain_m3, rel=1e-5)
    assert result.ledger.relative_error < 1e-7


def test_series_are_taken_at_the_times_asked_for() -> None:
    """Gauges and depth fields at exact times, the start included; they agree with each other."""
    times = (0.0, 12.34, 500.0, 1000.0)
    recording = Recording(
        gauge_cells=((0, 0), (4, 7)), gauge_times_s=times, depth_times_s=times[1:]
    )
    result = run(Forcing(rain=TUB_RAIN), SolverOptions(dt_max_s=3.0, recording=recording))
    np.testing.assert_array_equal(result.gauges.time_s, times)
    expected = np.outer(times, [1e-4, 1e-4])
    np.testing.assert_allclose(result.gauges.depth_m, expected, rtol=1e-5)
    assert result.depth_series_m.shape == (3, *SHAPE)
    np.testing.assert_array_equal(result.depth_series_m[:, 4, 7], result.gauges.depth_m[1:, 1])
    np.testing.assert_array_equal(result.depth_series_m[-1], result.final_depth_m)
    np.testing.assert_array_equal(result.speed_series_m_s, np.zeros((3, *SHAPE)))


def test_without_series_the_arrays_are_empty() -> None:
    """Shapes still say the size of the grid."""
    result = run(Forcing(), duration_s=10.0)
    assert result.depth_series_m.shape == result.speed_series_m_s.shape == (0, *SHAPE)
    assert result.gauges.depth_m.shape == (0, 0)
    assert result.first_time_s.shape == (0, *SHAPE)
    assert result.ledger.relative_error == 0
    assert (result.final_depth_m == 0).all()


def test_progress_rises_to_one() -> None:
    """Every call is later than the one before; the last is the end."""
    seen: list[tuple[float, float]] = []
    simulate_inundation(
        np.zeros(SHAPE, dtype=F),
        np.zeros(SHAPE, dtype=bool),
        np.full(SHAPE, 0.03, dtype=F),
        2.0,
        60.0,
        Forcing(inflows=(point(1, 1),)),
        SolverOptions(),
        Watch(progress=lambda *told: seen.append(told)),
    )
    assert all(a < b for (a, _), (b, _) in pairwise(seen))
    assert seen[-1] == (60.0, 60.0)


def test_buildings_and_outside_are_nan_and_inputs_stay() -> None:
    """Results say where water cannot be; the given arrays are not changed."""
    terrain = np.full(SHAPE, 12.5, dtype=F)
    terrain[:, 0] = np.nan
    blocked = np.zeros(SHAPE, dtype=bool)
    blocked[2, 3:5] = True
    blocked[0, 0] = True
    manning = np.where(blocked, np.nan, 0.02).astype(F)
    depth = np.full(SHAPE, 0.5, dtype=F)
    copies = [a.copy() for a in (terrain, blocked, manning, depth)]
    recording = Recording(gauge_cells=((2, 3), (2, 2)), gauge_times_s=(5.0,))
    result = simulate_inundation(
        terrain,
        blocked,
        manning,
        2.0,
        5.0,
        Forcing(initial_depth_m=depth, rain=TUB_RAIN),
        SolverOptions(recording=recording),
    )
    closed = blocked | np.isnan(terrain)
    for field in (result.max_depth_m, result.max_speed_m_s, result.final_depth_m):
        np.testing.assert_array_equal(np.isnan(field), closed)
    assert np.isnan(result.arrival_s[closed]).all()
    assert (result.arrival_s[~closed] == 0).all()
    np.testing.assert_array_equal(np.isnan(result.gauges.depth_m), [[True, False]])
    # Rain falls on 35 cells inside, two of them roofs; the initial depth lies on 33.
    assert result.ledger.rain_m3 == pytest.approx(35 * 4 * 5e-4)
    assert result.ledger.initial_m3 == pytest.approx(33 * 4 * 0.5)
    assert result.ledger.relative_error < 1e-7
    for a, b in zip((terrain, blocked, manning, depth), copies, strict=True):
        np.testing.assert_array_equal(a, b)


def test_the_account_says_what_was_made_or_lost() -> None:
    """Arithmetic of the ledger by hand."""
    ledger = VolumeLedger(10, 20, 30, 5, EdgeVolumes(1, 2, 3, 4), 45.6)
    assert ledger.moved_m3 == 60
    assert ledger.error_m3 == pytest.approx(0.6)
    assert ledger.relative_error == pytest.approx(0.01)


def test_looking_seldom_can_only_lower_the_maxima() -> None:
    """The final state is the same; no maximum is larger."""
    forcing = Forcing(inflows=(point(2, 2),))
    often = run(forcing, SolverOptions(), 100.0)
    seldom = run(forcing, SolverOptions(maxima_every_steps=7), 100.0)
    np.testing.assert_array_equal(often.final_depth_m, seldom.final_depth_m)
    assert (seldom.max_speed_m_s <= often.max_speed_m_s).all()
    assert (seldom.arrival_s >= often.arrival_s).all()


@pytest.mark.parametrize(
    "build",
    [
        lambda: SolverOptions(courant=0.7),
        lambda: SolverOptions(courant=0.0),
        lambda: SolverOptions(scheme=Scheme.FULL, courant=0.5),
        lambda: SolverOptions(scheme=Scheme.FULL, order=3),
        lambda: SolverOptions(centre_weight=0.4),
        lambda: SolverOptions(centre_weight=1.1),
        lambda: SolverOptions(dt_max_s=0.0),
        lambda: SolverOptions(dry_depth_m=0.0),
        lambda: SolverOptions(froude_max=0.0),
        lambda: SolverOptions(maxima_every_steps=0),
        lambda: Edges(north=EdgeKind.NORMAL_DEPTH, min_slope=0.0),
        lambda: Recording(arrival_depth_m=0.0),
        lambda: Recording(depth_thresholds_m=(0.5, float("nan"))),
        lambda: Recording(gauge_times_s=(5.0, 4.0)),
        lambda: Recording(depth_times_s=(-1.0,)),
    ],
)
def test_options_outside_their_range_are_refused(build: Callable[[], object]) -> None:
    """Every number of the scheme has a range; the message names it."""
    with pytest.raises(ConfigError):
        build()


@pytest.mark.parametrize(
    ("forcing", "error"),
    [
        (Forcing(inflows=(point(5, 0),)), ConfigError),
        (Forcing(inflows=(point(0, -1),)), ConfigError),
        (Forcing(inflows=(point(2, 3),)), ConfigError),
        (Forcing(initial_depth_m=np.zeros((3, 3), dtype=F)), GridMismatchError),
        (Forcing(initial_depth_m=np.full(SHAPE, -1, dtype=F)), ConfigError),
        (Forcing(initial_depth_m=np.full(SHAPE, np.nan, dtype=F)), ConfigError),
    ],
)
def test_forcing_that_does_not_fit_is_refused(forcing: Forcing, error: type[CityTwinError]) -> None:
    """Inflows outside or on a building, initial depths of another shape or below zero."""
    blocked = np.zeros(SHAPE, dtype=bool)
    blocked[2, 3] = True
    flat, rough = np.zeros(SHAPE, dtype=F), np.full(SHAPE, 0.03, dtype=F)
    with pytest.raises(error):
        simulate_inundation(flat, blocked, rough, 2.0, 10.0, forcing, SolverOptions())


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"terrain": np.full(SHAPE, np.nan)}, ConfigError),
        ({"terrain": np.full(SHAPE, 1e6)}, ConfigError),
        ({"terrain": np.zeros(5)}, GridMismatchError),
        ({"blocked": np.zeros((5, 7), dtype=bool)}, GridMismatchError),
        ({"blocked": np.zeros(SHAPE)}, GridMismatchError),
        ({"manning": np.full(SHAPE, -0.1)}, ConfigError),
        ({"manning": np.full(SHAPE, np.nan)}, ConfigError),
        ({"cell": 0.0}, ConfigError),
        ({"duration": float("nan")}, ConfigError),
        ({"gauge": (5, 0)}, ConfigError),
        ({"times": (11.0,)}, ConfigError),
    ],
)
def test_inputs_that_cannot_be_run_are_refused(
    change: dict[str, object], error: type[CityTwinError]
) -> None:
    """Rasters, sizes and output times are checked before the first step."""
    given: dict[str, object] = {
        "terrain": np.zeros(SHAPE),
        "blocked": np.zeros(SHAPE, dtype=bool),
        "manning": np.full(SHAPE, 0.03),
        "cell": 2.0,
        "duration": 10.0,
        "gauge": (0, 0),
        "times": (1.0,),
    } | change
    recording = Recording(gauge_cells=(given["gauge"],), gauge_times_s=given["times"])  # type: ignore[arg-type]
    with pytest.raises(error):
        simulate_inundation(
            given["terrain"],  # type: ignore[arg-type]
            given["blocked"],  # type: ignore[arg-type]
            given["manning"],  # type: ignore[arg-type]
            given["cell"],  # type: ignore[arg-type]
            given["duration"],  # type: ignore[arg-type]
            Forcing(),
            SolverOptions(recording=recording),
        )


def test_a_run_that_leaves_the_numbers_stops_with_a_reason() -> None:
    """Water deeper than any sea is told as such, not written as a result."""
    flood = Inflow(np.array([0]), np.array([0]), np.array([0.0, 1e3]), np.array([1e38, 1e38]))
    with pytest.raises(StepError, match="depth"):
        run(Forcing(inflows=(flood,)), duration_s=1e3)
