"""Levees, breaches and given levels: hand computation, limits, and the account of the water."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from citytwin.errors import ConfigError
from citytwin.kernels.flood_levee import Breach, Levee, levee_at
from citytwin.kernels.flood_stage import StageCells, StageSeries
from citytwin.kernels.inundation import (
    EdgeKind,
    Edges,
    Forcing,
    Inflow,
    Inundation,
    RainSeries,
    Recording,
    Scheme,
    SolverOptions,
    simulate_inundation,
)
from citytwin.kernels.soils import GroundSinks, Soil, SoilKind

G = 9.80665
CELL_M = 5.0
RIVER = StageSeries(np.array([0.0]), np.array([4.0]))


def levee(cells: int = 8, **more: object) -> Levee:
    """A levee of one segment of 5 m per cell along the north edge, crest 6 m, river at 4 m."""
    along = CELL_M * np.arange(cells)
    given = {
        "rows": np.zeros(cells, dtype=np.int64),
        "cols": np.arange(cells),
        "from_m": along,
        "to_m": along + CELL_M,
        "crest_m": np.full(cells, 6.0),
        "above_m": np.zeros(cells),
        "stage": RIVER,
        **more,
    }
    return Levee(**given)


def flood(forcing: Forcing, duration_s: float, shape: tuple[int, int] = (8, 8), **options: object):
    """A flat closed box at level 1 m."""
    terrain = np.full(shape, 1.0, dtype=np.float32)
    blocked = np.zeros(shape, dtype=np.bool_)
    manning = np.full(shape, 0.03, dtype=np.float32)
    return simulate_inundation(
        terrain, blocked, manning, CELL_M, duration_s, forcing, SolverOptions(**options)
    )


def test_width_of_a_breach_by_hand() -> None:
    """Half at once, the rest within an hour; nothing before."""
    breach = Breach(20.0, 600.0, 80.0, 0.5, 3600.0, 1.0)
    widths = [breach.width_at(t) for t in (599.0, 600.0, 2400.0, 4200.0, 9000.0)]
    assert widths == [0.0, 40.0, 60.0, 80.0, 80.0]


def test_a_breach_spreads_over_the_segments() -> None:
    """12 m around 20 m: 1 m of the third segment, all of the next two, 1 m of the sixth."""
    now = levee_at(levee(breaches=(Breach(20.0, 0.0, 12.0, 1.0, 0.0, 1.0),)), 0.0, 0.0)
    np.testing.assert_allclose(now.breach_m, [0, 0, 1, 5, 5, 1, 0, 0])
    np.testing.assert_allclose(now.intact_m, [5, 5, 4, 0, 0, 4, 5, 5])
    np.testing.assert_allclose(now.sill_m, [6, 6, 1, 1, 1, 1, 6, 6])


def test_free_flow_through_a_breach_brings_the_volume_of_the_formula() -> None:
    """Head 3 m through 10 m for 60 s, into a field so wide that it drowns nothing."""
    opened = levee(breaches=(Breach(20.0, 0.0, 10.0, 1.0, 0.0, 1.0),))
    forcing = Forcing(levees=(replace(opened, crest_m=np.full(8, 9.0)),))
    terrain = np.full((60, 60), -4.0, dtype=np.float32)
    dry, rough = np.zeros((60, 60), dtype=bool), np.full((60, 60), 0.03, dtype=np.float32)
    result = simulate_inundation(terrain, dry, rough, CELL_M, 60.0, forcing, SolverOptions())
    expected = 10.0 * 0.35 * 3.0 * np.sqrt(2 * G * 3.0) * 60.0
    assert result.ledger.exchanged.breached_m3 == pytest.approx(expected, rel=1e-5)
    assert result.ledger.relative_error < 1e-7


def test_overtopping_brings_the_volume_of_the_formula() -> None:
    """Half a metre over a crest of 40 m for 30 s; the factor halves it."""
    forcing = Forcing(levees=(levee(crest_m=np.full(8, 3.5), overtopping_factor=0.5),))
    terrain = np.full((60, 8), -4.0, dtype=np.float32)
    dry, rough = np.zeros((60, 8), dtype=bool), np.full((60, 8), 0.03, dtype=np.float32)
    result = simulate_inundation(terrain, dry, rough, CELL_M, 30.0, forcing, SolverOptions())
    expected = 0.5 * 40.0 * 0.35 * 0.5 * np.sqrt(2 * G * 0.5) * 30.0
    assert result.ledger.exchanged.overtopped_m3 == pytest.approx(expected, rel=1e-5)
    assert result.ledger.exchanged.breached_m3 == 0


def test_a_closed_box_fills_to_the_river_and_no_higher() -> None:
    """Drowned flow ends at the level outside, without a drop too much on the way."""
    forcing = Forcing(levees=(levee(breaches=(Breach(20.0, 0.0, 30.0, 1.0, 0.0, 1.0),)),))
    result = flood(forcing, 1200.0)
    np.testing.assert_allclose(result.final_depth_m, 3.0, atol=2e-3)
    # Waves that the box throws back stand above the river for a while, and some water returns.
    kinds = result.ledger.exchanged
    assert kinds.breached_m3 - kinds.returned_m3 == pytest.approx(1600 * 3.0, rel=1e-3)
    assert result.ledger.relative_error < 1e-7


def test_water_goes_back_when_the_river_falls() -> None:
    """The river falls below the sill: the box keeps what lies below the sill."""
    river = StageSeries(np.array([0.0, 600.0, 700.0]), np.array([4.0, 4.0, 0.0]))
    breach = Breach(20.0, 0.0, 30.0, 1.0, 0.0, 2.0)
    result = flood(Forcing(levees=(levee(stage=river, breaches=(breach,)),)), 6000.0)
    assert result.final_depth_m.mean() == pytest.approx(1.0, abs=0.03)
    assert result.ledger.exchanged.returned_m3 > 2500
    assert result.ledger.relative_error < 1e-7
    assert result.final_depth_m.min() >= 0


def test_a_pond_outside_falls_by_what_it_gives() -> None:
    """A pond as large as the box: both end at the mean of 4 m and 1 m."""
    breach = Breach(20.0, 0.0, 30.0, 1.0, 0.0, 1.0)
    forcing = Forcing(levees=(levee(breaches=(breach,), storage_m2=1600.0),))
    result = flood(forcing, 3000.0)
    np.testing.assert_allclose(result.final_depth_m, 1.5, atol=5e-3)


def test_a_tide_fills_and_empties_a_channel() -> None:
    """The level is held at the edge; the channel follows a slow tide, and the account closes."""
    tide = StageSeries(np.array([0.0, 1800.0, 3600.0]), np.array([1.0, 1.5, 1.0]))
    cells = StageCells(np.arange(4), np.zeros(4, dtype=np.int64), tide)
    recording = Recording(gauge_cells=((2, 15),), gauge_times_s=(1800.0,))
    result = flood(Forcing(stages=(cells,)), 3600.0, (4, 16), recording=recording)
    assert result.gauges.depth_m[0, 0] == pytest.approx(0.5, abs=0.03)
    assert result.final_depth_m[:, 0].max() == 0.0
    assert result.ledger.exchanged.level_in_m3 > 0.45 * 64 * 25
    assert result.ledger.exchanged.level_out_m3 > 0
    assert result.ledger.relative_error < 1e-7


def everything(seed: int, scheme: Scheme = Scheme.INERTIAL) -> Inundation:
    """All forcings at once in a city of blocks."""
    rng = np.random.default_rng(seed)
    ny, nx = 40, 48
    rows, cols = np.mgrid[:ny, :nx]
    blocked = (rows % 9 >= 4) & (cols % 10 >= 4)
    terrain = (1 + 0.004 * rows + rng.normal(0, 0.03, (ny, nx))).astype(np.float32)
    terrain[30:, 40:] = np.nan
    depth = np.where(rng.random((ny, nx)) < 0.2, 0.3, 0.0).astype(np.float32)
    outside = StageSeries(np.array([0.0, 200.0, 400.0]), np.array([2.0, 3.2, 0.5]))
    along = CELL_M * np.arange(20.0)
    breach = Breach(50.0, 30.0, 20.0, 0.5, 120.0, 1.2)
    wall = Levee(
        np.zeros(20, dtype=np.int64),
        np.repeat(np.arange(10), 2),
        along,
        along + CELL_M,
        np.full(20, 3.0),
        0.001 * along,
        outside,
        (breach,),
    )
    tide = StageSeries(np.array([0.0, 100.0, 300.0]), np.array([1.0, 1.6, 0.9]))
    sea = StageCells(np.arange(0, 4), np.full(4, nx - 1), tide)
    pipe = Inflow(np.array([20]), np.array([2]), np.array([0.0, 300.0]), np.array([0.5, 0.2]))
    rain = RainSeries(np.array([0.0]), np.array([300.0]), np.array([90.0]))
    soils = (
        Soil(SoilKind.SEALED),
        Soil(SoilKind.CONSTANT, 2e-6),
        Soil(SoilKind.HORTON, 2e-5, 2e-6, 1e-3),
        Soil(SoilKind.GREEN_AMPT, last_m_s=2e-6, suction_m=0.05),
    )
    drains = np.where(cols < 20, 4e-6, 0.0).astype(np.float32)
    sinks = GroundSinks((rows % 4).astype(np.uint8), soils, drains)
    forcing = Forcing(rain, (pipe,), 15.0, depth, (wall,), (sea,), sinks)
    edges = Edges(EdgeKind.CLOSED, EdgeKind.NORMAL_DEPTH, EdgeKind.CRITICAL, EdgeKind.CLOSED)
    manning = np.full((ny, nx), 0.04, dtype=np.float32)
    options = SolverOptions(edges=edges, scheme=scheme)
    return simulate_inundation(terrain, blocked, manning, CELL_M, 600.0, forcing, options)


@pytest.mark.parametrize("scheme", list(Scheme))
def test_no_drop_is_made_or_lost_with_all_forcings_on(scheme: Scheme) -> None:
    """Every kind moves water, the account closes to 1e-7, no depth is negative."""
    result = everything(7, scheme)
    ledger = result.ledger
    kinds = ledger.exchanged
    for volume in (
        ledger.rain_m3,
        ledger.inflow_m3,
        ledger.drained_m3,
        ledger.outflow.total_m3,
        kinds.breached_m3,
        kinds.overtopped_m3,
        kinds.returned_m3,
        kinds.level_in_m3,
        kinds.level_out_m3,
        kinds.infiltrated_m3,
        kinds.drained_m3,
    ):
        assert volume > 0.5
    assert ledger.relative_error < 1e-7
    assert np.nanmin(result.final_depth_m) >= 0


def test_the_same_run_gives_the_same_bits() -> None:
    """Exchange included."""
    first, second = everything(9), everything(9)
    assert first.final_depth_m.tobytes() == second.final_depth_m.tobytes()
    assert first.ledger == second.ledger


def test_when_a_level_is_reached() -> None:
    """By linear interpolation; at once, in between, never."""
    stage = StageSeries(np.array([0.0, 100.0]), np.array([1.0, 3.0]))
    assert stage.first_at(0.5) == 0.0
    assert stage.first_at(2.0) == pytest.approx(50.0)
    assert stage.first_at(3.1) is None
    before = StageSeries(np.array([-100.0, 100.0]), np.array([0.0, 2.0]))
    assert before.first_at(1.5) == pytest.approx(50.0)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: StageSeries(np.array([0.0, 0.0]), np.array([1.0, 2.0])),
        lambda: StageSeries(np.array([0.0]), np.array([np.nan])),
        lambda: StageSeries(np.array([0.0, 1.0]), np.array([1.0])),
        lambda: Breach(0.0, 0.0, 0.0, 0.5, 1.0, 0.0),
        lambda: Breach(0.0, 0.0, 5.0, 1.5, 1.0, 0.0),
        lambda: levee(storage_m2=0.0),
        lambda: levee(crest_m=np.full(8, np.nan)),
        lambda: levee(to_m=np.zeros(8)),
        lambda: levee(crest_m=np.zeros(7)),
        lambda: flood(Forcing(levees=(levee(cells=9),)), 1.0),
        lambda: flood(Forcing(stages=(StageCells(np.array([-1]), np.array([0]), RIVER),)), 1.0),
    ],
)
def test_what_makes_no_sense_is_refused(wrong: object) -> None:
    """With a message, before anything is computed."""
    with pytest.raises(ConfigError):
        wrong()
