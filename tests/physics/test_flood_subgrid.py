"""Coarse cells with tables of the fine ground: what they hold, carry, and show."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from citytwin.errors import ConfigError
from citytwin.kernels.inundation import (
    EdgeKind,
    Edges,
    Forcing,
    Inflow,
    Inundation,
    Lattice,
    RainField,
    RainSeries,
    Scheme,
    SolverOptions,
    simulate_inundation,
)
from citytwin.kernels.soils import GroundSinks, Soil, SoilKind
from citytwin.model.checkpoints import Watch
from tests.physics.flood_everything import CELL_M, Everything, differing, everything, options_of
from tests.physics.sewer_networks import TWO_MANHOLES, ponds, sewers
from tests.physics.test_flood_city import ALL_FREE, City, flood, wall_city
from tests.physics.test_flood_culverts import culvert
from tests.physics.test_flood_culverts import ponds as culvert_ponds
from tests.physics.test_flood_resuming import StopError, StopsAfter

F = np.float32


def finer(array: np.ndarray, cells: int) -> np.ndarray:
    """The same raster with level ground in each cell."""
    return np.repeat(np.repeat(array, cells, axis=0), cells, axis=1)


def finer_sinks(sinks: GroundSinks, cells: int) -> GroundSinks:
    """The same ground in smaller cells."""
    soil, drains = finer(sinks.soil, cells), finer(sinks.drain_m_s, cells)
    return GroundSinks(soil, sinks.soils, drains)


def wet_everything() -> Everything:
    """The flood in which everything happens: one roughness, water everywhere.

    Where a film is about as deep as the depth at which it begins to move, a rounding decides.
    """
    city = everything(culverts=False)
    forcing = replace(city.forcing, initial_depth_m=np.full(city.terrain.shape, 0.3, dtype=F))
    return replace(city, manning=np.full_like(city.manning, 0.03), forcing=forcing)


def test_level_ground_gives_the_plain_scheme() -> None:
    """With level beds the tables are depth, h^(5/3) / n and n^2: the two differ by rounding."""
    city, cells = wet_everything(), 2
    fine = replace(
        city.forcing,
        initial_depth_m=finer(city.forcing.initial_depth_m, cells),
        inflows=tuple(
            replace(i, rows=i.rows * cells + 1, cols=i.cols * cells) for i in city.forcing.inflows
        ),
        levees=tuple(
            replace(i, rows=i.rows * cells, cols=i.cols * cells) for i in city.forcing.levees
        ),
        stages=tuple(
            replace(i, rows=i.rows * cells, cols=i.cols * cells + 1) for i in city.forcing.stages
        ),
        sinks=finer_sinks(city.forcing.sinks, cells),
    )
    plain = city.run(replace(options_of(SolverOptions(dt_max_s=0.25)), recording=NOTHING))
    subgrid = simulate_inundation(
        *(finer(a, cells) for a in (city.terrain, city.blocked, city.manning)),
        CELL_M / cells,
        90.0,
        fine,
        replace(options_of(SolverOptions(dt_max_s=0.25, subgrid_cells=cells)), recording=NOTHING),
    )
    assert subgrid.steps == plain.steps
    for name, bound in (("max_depth_m", 2e-5), ("final_depth_m", 2e-5), ("max_speed_m_s", 1e-3)):
        one, other = finer(getattr(plain, name), cells), getattr(subgrid, name)
        np.testing.assert_allclose(other, one, rtol=0, atol=bound)
    one, other = plain.ledger, subgrid.ledger
    assert other.stored_m3 == pytest.approx(one.stored_m3, rel=1e-6)
    for kind in ("breached_m3", "infiltrated_m3", "drained_m3"):
        expected = getattr(one.exchanged, kind)
        assert getattr(other.exchanged, kind) == pytest.approx(expected, rel=1e-5), kind


NOTHING = SolverOptions().recording


def channel(across_m: float, cells: int, discharge: float = 1.5) -> tuple[float, float]:
    """Depth in a V-shaped channel 7.2 m wide that falls by 1 in 1000, and its uniform depth.

    Its middle lies `across_m` from that of a row of coarse cells. Uniform flow of depth y at the
    deepest line carries sum(h^(5/3)) sqrt(S) / n = 0.75 z y^(8/3) sqrt(S) / n through banks that
    rise by 1 in z: Manning's formula for each strip of water.
    """
    slope, n, z, shape = 1e-3, 0.03, 3.0, (30, 300)
    y, x = np.mgrid[: shape[0], : shape[1]] + 0.5
    bank = np.minimum(np.abs(y - 15.0 - across_m) / z, 1.2)
    rows = np.flatnonzero(bank[:, 0] < 0.4)
    inflow = Inflow(rows, np.full_like(rows, 2), np.array([0.0, 1e5]), np.full(2, discharge))
    flood = simulate_inundation(
        (2.0 - slope * x + bank).astype(F),
        np.zeros(shape, dtype=np.bool_),
        np.full(shape, n, dtype=F),
        1.0,
        2400.0,
        Forcing(inflows=(inflow,)),
        SolverOptions(
            edges=Edges(east=EdgeKind.NORMAL_DEPTH, min_slope=slope),
            subgrid_cells=cells,
            maxima_every_steps=50,
        ),
    )
    assert abs(flood.ledger.relative_error) < 1e-7
    deepest = flood.final_depth_m.max(axis=0)[100:200].mean() + bank.min()
    return float(deepest), (discharge * n / np.sqrt(slope) / 0.75 / z) ** 0.375


@pytest.mark.parametrize("across_m", [0.0, 1.0])
def test_a_channel_narrower_than_a_cell_carries_uniform_flow(across_m: float) -> None:
    """Its depth is that of Manning's formula within 3 %, so its discharge within 8 %."""
    depth, uniform = channel(across_m, cells=10)
    assert depth == pytest.approx(uniform, rel=0.03)


def street_town(seed: int = 4) -> City:
    """Blocks 23 x 37 m with streets of 4 and 6 m that fall by 1 in 500, at no multiple of 5 m."""
    y, x = np.mgrid[:60, :140]
    rough = np.random.default_rng(seed).normal(0, 0.01, y.shape)
    blocked = (y % 27 >= 4) & (x % 43 >= 6)
    terrain = (4 - 0.002 * x + rough).astype(F)
    depth = np.zeros(y.shape, dtype=F)
    return City(
        terrain, blocked, np.full(y.shape, 0.03, F), depth, (1, 1), Edges(east=EdgeKind.CRITICAL)
    )


@cache
def through_streets(cells: int) -> Inundation:
    """3 m3/s that enter the town in the west, until the flow is steady."""
    town = street_town()
    rows = np.arange(60)
    inflow = Inflow(rows, np.ones_like(rows), np.array([0.0, 1e5]), np.full(2, 3.0))
    return simulate_inundation(
        town.terrain,
        town.blocked,
        town.manning,
        1.0,
        1200.0,
        Forcing(inflows=(inflow,)),
        SolverOptions(edges=town.edges, subgrid_cells=cells, maxima_every_steps=8),
    )


def test_streets_between_blocks_carry_what_they_carry_in_fine_cells() -> None:
    """Water levels in the streets are those of cells of 1 m, and no water is in the houses."""
    fine, coarse, town = through_streets(1), through_streets(5), street_town()
    streets = ~town.blocked & (np.arange(140) > 10) & (np.arange(140) < 130)
    error = (coarse.final_depth_m - fine.final_depth_m)[streets]
    assert fine.final_depth_m[streets].mean() > 0.25
    assert np.sqrt((error**2).mean()) < 0.02
    assert np.isnan(coarse.final_depth_m[town.blocked]).all()
    assert abs(coarse.ledger.relative_error) < 1e-7


def test_a_wall_inside_a_cell_holds_the_water_back() -> None:
    """A wall one fine cell thick, inside coarse cells, is as high as it is.

    What of its cell lies before it counts as behind it.
    """
    terrain = np.zeros((8, 24), dtype=F)
    terrain[:, 9] = 1.0
    depth = np.where(np.arange(24) < 8, 0.9, 0.0).astype(F)[None].repeat(8, axis=0)
    ground = (terrain, np.zeros(terrain.shape, dtype=np.bool_), np.full(terrain.shape, 0.03, F))
    options = SolverOptions(subgrid_cells=4)
    below = simulate_inundation(*ground, 1.0, 60.0, Forcing(initial_depth_m=depth), options)
    assert below.max_depth_m[:, 8:].max() == 0.0
    high = np.where(depth > 0, F(1.3), F(0.0))
    above = simulate_inundation(*ground, 1.0, 60.0, Forcing(initial_depth_m=high), options)
    assert above.final_depth_m[:, 12:].min() > 0.1


def test_a_wall_across_the_corners_of_cells_holds_too() -> None:
    """A levee that runs aslant through coarse cells leaves no face open that it crosses."""
    y, x = np.mgrid[:40, :40]
    crest = np.abs(x - y - 3) <= 1  # two fine cells thick, closed over the sides of cells
    terrain = np.where(crest, 2.0, 0.0).astype(F)
    wet = x - y - 3 > 10  # whole cells beyond it
    depth = np.where(wet & ~crest, F(1.0), F(0.0))
    flood = simulate_inundation(
        terrain,
        np.zeros(terrain.shape, dtype=np.bool_),
        np.full(terrain.shape, 0.03, F),
        1.0,
        60.0,
        Forcing(initial_depth_m=depth),
        SolverOptions(subgrid_cells=8),
    )
    assert flood.max_depth_m[x - y - 3 < -10].max() == 0.0
    assert flood.final_depth_m[x - y - 3 > 12].mean() > 0.5


def test_a_lake_lies_still() -> None:
    """On rough ground with houses, and beside land that it does not reach."""
    rng = np.random.default_rng(1)
    terrain = rng.uniform(0.0, 1.5, (33, 41)).astype(F) + F(1000.0)
    blocked = rng.random(terrain.shape) < 0.2
    depth = np.where(blocked, 0, np.maximum(F(1000.8) - terrain, 0)).astype(F)
    flood = simulate_inundation(
        terrain,
        blocked,
        np.full(terrain.shape, 0.03, F),
        2.0,
        120.0,
        Forcing(initial_depth_m=depth),
        SolverOptions(subgrid_cells=5),
    )
    still = np.where(blocked, np.nan, depth)
    np.testing.assert_allclose(flood.final_depth_m, still, rtol=0, atol=2e-4)
    assert np.nanmax(flood.max_depth_speed_m2_s) < 2e-4


@pytest.mark.parametrize("cells", [3, 5])
def test_no_water_is_made_or_lost_among_walls(cells: int) -> None:
    """Nor is a depth below zero, where coarse cells cut houses and the edge of the map."""
    made = flood(wall_city(edges=ALL_FREE), subgrid_cells=cells, maxima_every_steps=4)
    assert abs(made.ledger.relative_error) < 1e-7
    assert np.nanmin(made.final_depth_m) >= 0.0
    assert (made.max_depth_m >= made.final_depth_m)[~np.isnan(made.max_depth_m)].all()
    assert made.ledger.drained_m3 > 0


def gridded(city: Everything) -> Everything:
    """The same with rain that differs from place to place."""
    rates = np.random.default_rng(2).uniform(20, 200, (2, 3, 4)).astype(F)
    lattice = Lattice(-2.5, -1.25, 12.75)
    rain = RainField(np.array([0.0, 40.0]), np.array([40.0, 80.0]), rates, lattice)
    return replace(city, forcing=replace(city.forcing, rain=rain))


def test_a_run_goes_on_with_every_bit_under_gridded_rain() -> None:
    """And the account of the water closes."""
    city = gridded(everything())
    options = options_of(SolverOptions(steps_kept=5, maxima_every_steps=3, subgrid_cells=3))
    whole = city.run(options)
    assert abs(whole.ledger.relative_error) < 1e-7
    assert whole.ledger.rain_m3 > 0
    keeps = StopsAfter(whole.steps // 2)
    with pytest.raises(StopError):
        city.run(options, watch=Watch(None, keeps))
    assert not differing(city.run(options, watch=Watch(None, keeps)), whole)


def test_uniform_images_are_a_uniform_rain() -> None:
    """To the rounding of sums over cells."""
    city = everything(culverts=False)
    series = RainSeries(np.array([0.0]), np.array([80.0]), np.array([120.0]))
    rates = np.full((1, 3, 4), 120.0, dtype=F)
    field = RainField(series.start_s, series.end_s, rates, Lattice(-2.5, -1.25, 12.75))
    options = options_of(SolverOptions(subgrid_cells=4))
    one, other = (
        replace(city, forcing=replace(city.forcing, rain=rain)).run(options)
        for rain in (series, field)
    )
    assert other.ledger.rain_m3 == pytest.approx(one.ledger.rain_m3, rel=1e-12)
    assert other.ledger.stored_m3 == pytest.approx(one.ledger.stored_m3, rel=1e-4)


def test_sewers_below_coarse_cells(tmp_path: Path) -> None:
    """The ground is level, so what passes is what passes below small cells."""
    floods = []
    for number in (1, 2):
        with sewers(TWO_MANHOLES, tmp_path, ("A", "B")) as (given, _network):
            floods.append(ponds(1.0, 0.2, 120.0, given, SolverOptions(subgrid_cells=number)))
    fine, coarse = (flood.ledger for flood in floods)
    assert coarse.sewers.out_m3 == pytest.approx(fine.sewers.out_m3, rel=0.02)
    assert coarse.sewers.out_m3 > 5.0
    assert coarse.relative_error < 1e-7


def test_the_full_equations_have_no_tables() -> None:
    """Said at once."""
    with pytest.raises(ConfigError, match="subgrid_cells"):
        SolverOptions(scheme=Scheme.FULL, subgrid_cells=2)


def test_a_culvert_joins_coarse_cells() -> None:
    """Ponds on level ground: what passes is what passes between small cells (see `test_flood_culverts`)."""
    wide = culvert(cols=np.array([[3, 9]]))
    ledgers = [
        culvert_ponds(3.0, 2.0, 300.0, wide, options=SolverOptions(subgrid_cells=number)).ledger
        for number in (1, 2)
    ]
    assert ledgers[1].culverts_m3 == pytest.approx(ledgers[0].culverts_m3, rel=0.02)
    assert ledgers[1].relative_error < 1e-7
    within = culvert(cols=np.array([[4, 5]]))
    assert (
        culvert_ponds(
            3.0, 2.0, 5.0, within, options=SolverOptions(subgrid_cells=2)
        ).ledger.culverts_m3
        == 0.0
    )


def test_ground_takes_where_it_is_wet() -> None:
    """Steps of 0.1 m in a closed cell, flooded to 0.25 m: three of four columns take 36 mm/h."""
    terrain = np.repeat(0.1 * np.arange(4, dtype=F)[None], 4, axis=0)
    rate = 36.0 * 1.0 / 3.6e6
    given = Forcing(
        initial_depth_m=np.maximum(F(0.25) - terrain, F(0.0)),
        sinks=GroundSinks(
            np.zeros(terrain.shape, dtype=np.uint8) + 1,
            (Soil(SoilKind.SEALED), Soil(SoilKind.CONSTANT, rate)),
            np.where(terrain < 0.05, F(rate), F(0.0)).astype(F),
        ),
    )
    ground = (terrain, np.zeros(terrain.shape, dtype=bool), np.full(terrain.shape, 0.03, dtype=F))
    flood = simulate_inundation(*ground, 1.0, 60.0, given, SolverOptions(subgrid_cells=4))
    taken = flood.ledger.exchanged
    assert taken.infiltrated_m3 == pytest.approx(rate * 60.0 * 12, rel=1e-4)
    assert taken.drained_m3 == pytest.approx(rate * 60.0 * 4, rel=1e-4)
    assert flood.ledger.relative_error < 1e-7


@pytest.mark.parametrize("cells", [1, 4])
def test_drains_take_of_the_rain_on_dry_ground_as_well(cells: int) -> None:
    """Half of the rate of the rain, everywhere: half of the rain, however the ground lies."""
    terrain = np.random.default_rng(3).uniform(0.0, 0.5, (16, 20)).astype(F)
    rain = RainSeries(np.array([0.0]), np.array([600.0]), np.array([60.0]))
    given = Forcing(rain=rain, drainage_mm_per_h=30.0)
    ground = (terrain, np.zeros(terrain.shape, dtype=bool), np.full(terrain.shape, 0.03, dtype=F))
    ledger = simulate_inundation(
        *ground, 1.0, 600.0, given, SolverOptions(subgrid_cells=cells)
    ).ledger
    assert ledger.drained_m3 == pytest.approx(0.5 * ledger.rain_m3, rel=0.02)
    assert ledger.relative_error < 1e-7
