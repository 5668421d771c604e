"""Waves and flows with a known answer: dam break, plane wave, uniform flow, sheet of rain."""

from __future__ import annotations

import numpy as np
import pytest

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
from tests.physics.dam_breaks import ritter, stoker

F = np.float32
G = 9.80665

Numbers = dict[str, object]
SCHEMES: dict[str, Numbers] = {
    "inertial": {},
    "full, first order": {"scheme": Scheme.FULL, "order": 1},
    "full, second order": {"scheme": Scheme.FULL},
}
every_scheme = pytest.mark.parametrize("numbers", SCHEMES.values(), ids=SCHEMES)


def options_of(numbers: Numbers, **more: object) -> SolverOptions:
    """Options of a scheme."""
    return SolverOptions(**(numbers | more))  # type: ignore[arg-type]


def channel(
    terrain: np.ndarray,
    manning: float,
    cell_m: float,
    duration_s: float,
    forcing: Forcing,
    options: SolverOptions,
) -> Inundation:
    """A run with one roughness and no buildings."""
    return simulate_inundation(
        terrain.astype(F),
        np.zeros(terrain.shape, dtype=bool),
        np.full(terrain.shape, manning, dtype=F),
        cell_m,
        duration_s,
        forcing,
        options,
    )


@pytest.mark.parametrize(("right_m", "along"), [(0.2, 1), (0.2, 0), (0.0, 1)])
def test_a_dam_break_is_within_the_class_of_the_scheme(right_m: float, along: int) -> None:
    """L1 below 12 % of the depth: the local inertial equations have no advection.

    The waves reach 27 % (and the front on dry ground 53 %) of the way to the ends, as in the
    published case of 10 m after 6 s; the error is one of the waves, so it grows with them.
    """
    x = (np.arange(400) - 199.5) * 2.5
    shape = (3, 400) if along else (400, 3)
    start = np.broadcast_to(x if along else x[:, None], shape)
    depth = np.where(start < 0, 1.0, right_m).astype(F)
    forcing = Forcing(initial_depth_m=depth)
    result = channel(np.zeros(shape), 0.0, 2.5, 42.5, forcing, SolverOptions())
    expected = stoker(x, 42.5, 1.0, right_m) if right_m else ritter(x, 42.5, 1.0)
    got = result.final_depth_m if along else result.final_depth_m.T
    assert np.abs(got[1] - expected).sum() < 0.12 * expected.sum()
    np.testing.assert_array_equal(got[0], got[2])
    assert got.min() >= 0
    assert result.ledger.relative_error < 1e-7


def test_a_plane_wave_travels_at_its_speed() -> None:
    """Hunter et al. (2005), n 0.01, 0.4 m/s: profile within 5 mm, front within two cells.

    All of its water moves at that speed, at every moment.
    """
    rough, speed, cell, ny = 0.01, 0.4, 25.0, 3
    time = np.linspace(0, 3600, 1801)
    depth_at_inlet = (7 / 3 * rough**2 * speed**3 * time) ** (3 / 7)
    inflow = Inflow(
        np.arange(ny), np.zeros(ny, dtype=int), time, depth_at_inlet * speed * cell * ny
    )
    recording = Recording(depth_times_s=(1800.0, 3600.0))
    result = channel(
        np.zeros((ny, 80)),
        rough,
        cell,
        3600.0,
        Forcing(inflows=(inflow,)),
        SolverOptions(recording=recording),
    )
    x = (np.arange(80) + 0.5) * cell
    for until, depth in zip((1800, 3600), result.depth_series_m[:, 1], strict=True):
        power = np.maximum(speed * until - x, 0) * 7 / 3 * rough**2 * speed**2
        expected = power ** (3 / 7)
        wet = expected > 0
        assert np.sqrt(((depth - expected)[wet] ** 2).mean()) < 0.005
        assert abs(int((depth > 1e-3).sum()) - int(wet.sum())) <= 2
    for until, fast in zip((1800, 3600), result.speed_series_m_s[:, 1], strict=True):
        behind = (x > cell) & (x < speed * until - 6 * cell)
        np.testing.assert_allclose(fast[behind], speed, rtol=0.05)
        assert not fast[x > speed * until + 3 * cell].any()
    assert result.ledger.relative_error < 1e-7


@every_scheme
@pytest.mark.parametrize("downhill", ["east", "north"])
def test_flow_down_a_plane_takes_its_normal_depth_and_leaves_freely(
    downhill: str, numbers: Numbers
) -> None:
    """Steady inflow 0.5 m2/s, slope 1:500, n 0.03: h = (q n / sqrt S)^(3/5) up to the edge.

    In first order of the full scheme the bed is a stair of 4 % of the depth: that costs 1 % of the
    depth, at the edge 2 %, and what passes the faces is up to 5 % more than depth times speed of
    the cells between them.
    """
    off = 12 if numbers.get("order") == 1 else 1
    slope, rough, unit, cell = 0.002, 0.03, 0.5, 10.0
    ny, nx = 4, 60
    bed = np.broadcast_to(-slope * cell * np.arange(nx), (ny, nx))
    rows, cols = np.arange(ny), np.zeros(ny, dtype=int)
    edges = Edges(east=EdgeKind.NORMAL_DEPTH)
    if downhill == "north":
        bed, rows, cols = np.rot90(bed), np.full(ny, nx - 1), np.arange(ny)
        edges = Edges(north=EdgeKind.NORMAL_DEPTH)
    # Raised over two hours, so that no front runs ahead faster than the final flow.
    time, discharge = np.array([0.0, 7200.0, 1e5]), unit * ny * cell
    inflow = Inflow(rows, cols, time, np.array([0.0, discharge, discharge]))
    options = options_of(numbers, edges=edges)
    result = channel(bed, rough, cell, 10800.0, Forcing(inflows=(inflow,)), options)
    fields = (result.final_depth_m, result.max_speed_m_s, result.max_depth_speed_m2_s)
    depth, speed, product = (
        field if downhill == "east" else np.rot90(field, -1) for field in fields
    )
    normal = (unit * rough / np.sqrt(slope)) ** 0.6
    np.testing.assert_allclose(depth[:, 2:], normal, rtol=2e-3 * off)
    np.testing.assert_allclose(speed[:, 2:], unit / normal, rtol=5e-3 * off)
    np.testing.assert_allclose(product[:, 2:], unit, rtol=5e-3 * off)
    assert result.ledger.outflow.total_m3 > 0
    assert result.ledger.relative_error < 1e-7


def errors_on_a_plane(cell_m: float) -> tuple[float, float]:
    """Largest relative errors of depth, and of depth times speed, away from both ends."""
    slope, rough, unit, nx = 0.002, 0.03, 0.5, round(600 / cell_m)
    bed = np.broadcast_to(-slope * cell_m * np.arange(nx), (3, nx))
    time, discharge = np.array([0.0, 7200.0, 1e5]), unit * 3 * cell_m
    inflow = Inflow(
        np.arange(3), np.zeros(3, dtype=int), time, np.array([0.0, discharge, discharge])
    )
    options = options_of(SCHEMES["full, first order"], edges=Edges(east=EdgeKind.NORMAL_DEPTH))
    result = channel(bed, rough, cell_m, 10800.0, Forcing(inflows=(inflow,)), options)
    normal = (unit * rough / np.sqrt(slope)) ** 0.6
    inner = (1, slice(round(20 / cell_m), nx - round(60 / cell_m)))
    return (
        float(np.abs(result.final_depth_m[inner] / normal - 1).max()),
        float(np.abs(result.max_depth_speed_m2_s[inner] / unit - 1).max()),
    )


def test_the_error_of_the_first_order_on_a_plane_is_that_of_its_stairs() -> None:
    """Half the cells, half the error: what first order means (0.028 and 0.054 at 20 m)."""
    coarse, fine = errors_on_a_plane(20.0), errors_on_a_plane(10.0)
    for large, small in zip(coarse, fine, strict=True):
        assert 0.4 * large < small < 0.6 * large


@pytest.mark.parametrize("numbers", [{}, {"scheme": Scheme.FULL}], ids=["inertial", "full"])
def test_a_sheet_of_rain_grows_downhill_as_kinematic_theory_says(numbers: Numbers) -> None:
    """Steady rain on a plane: q = r x, so h = (r x n / sqrt S)^(3/5)."""
    slope, rough, cell, nx = 0.01, 0.05, 5.0, 80
    rain = RainSeries(np.array([0.0]), np.array([1e5]), np.array([100.0]))
    bed = np.broadcast_to(-slope * cell * np.arange(nx), (3, nx))
    edges = Edges(east=EdgeKind.NORMAL_DEPTH)
    options = options_of(numbers, edges=edges, dry_depth_m=1e-5)
    result = channel(bed, rough, cell, 3600.0, Forcing(rain=rain), options)
    x = (np.arange(nx) + 1) * cell
    expected = (100 / 3.6e6 * x * rough / np.sqrt(slope)) ** 0.6
    np.testing.assert_allclose(result.final_depth_m[1, 20:], expected[20:], rtol=0.02)
    assert result.ledger.relative_error < 1e-7


@every_scheme
@pytest.mark.parametrize(("to_east", "to_south"), [(0.01, 0.01), (0.003, 0.004), (0.004, 0.0)])
def test_uniform_flow_leaves_a_plane_at_any_angle_to_the_edge(
    to_east: float, to_south: float, numbers: Numbers
) -> None:
    """Of h^(5/3) sqrt(S) / n down the slope the share S_out / S crosses an edge.

    sqrt(S_out) / n would be 19 % more at 45 degrees. A tenth of a second drains nothing yet.
    """
    ny, nx, cell, manning, depth, time_s = 20, 30, 10.0, 0.05, 0.2, 0.1
    y, x = np.mgrid[0:ny, 0:nx] * cell
    free = EdgeKind.NORMAL_DEPTH
    options = options_of(numbers, edges=Edges(south=free, east=free, min_slope=1e-9))
    start = Forcing(initial_depth_m=np.full((ny, nx), depth, dtype=F))
    terrain = 50.0 - to_east * x - to_south * y
    left = channel(terrain, manning, cell, time_s, start, options).ledger.outflow
    down = depth ** (5 / 3) * np.hypot(to_east, to_south) ** 0.5 / manning
    angle = np.arctan2(to_south, to_east)
    assert left.east_m3 == pytest.approx(down * np.cos(angle) * ny * cell * time_s, rel=0.006)
    least = 1e-9 / np.sqrt(to_east) / manning * depth ** (5 / 3) * nx * cell * time_s
    expected = down * np.sin(angle) * nx * cell * time_s
    assert left.south_m3 == pytest.approx(expected, rel=0.006, abs=1.01 * least)


@every_scheme
def test_a_sudden_breach_on_dry_ground_makes_no_heap(numbers: Numbers) -> None:
    """The largest depth of the first seconds does not come from the length of the first step.

    12.5 m/s of water on each cell: at its stable step the full scheme in second order has 1.2 m
    more on a cell at the end of a step than at its begin.
    """
    rel = 0.15 if numbers == SCHEMES["full, second order"] else 0.05
    time = np.array([0.0, 1e4])
    inflow = Inflow(np.full(5, 20), np.arange(18, 23), time, np.array([250.0, 250.0]))
    peaks = []
    for longest in (10.0, 0.01):
        result = channel(
            np.zeros((41, 43)),
            0.03,
            2.0,
            10.0,
            Forcing(inflows=(inflow,)),
            options_of(numbers, dt_max_s=longest),
        )
        peaks.append(result.max_depth_m.max())
    assert peaks[0] == pytest.approx(peaks[1], rel=rel)


def test_a_fall_over_a_step_is_no_faster_than_critical() -> None:
    """A basin that empties over a 6 m step keeps every speed below that of its depth."""
    bed = np.zeros((7, 30))
    bed[:, :10] = 6.0
    depth = np.zeros((7, 30), dtype=F)
    depth[:, :10] = 1.5
    result = channel(bed, 0.02, 2.0, 60.0, Forcing(initial_depth_m=depth), SolverOptions())
    assert result.max_speed_m_s.max() <= np.sqrt(2 * G * 1.5)
    assert result.final_depth_m.min() >= 0
    assert result.ledger.relative_error < 1e-7


def test_a_deep_pool_elsewhere_does_not_brake_the_street() -> None:
    """A walled pool of 25 m makes the steps nine times shorter; the street flood stays."""
    blocked = np.zeros((24, 40), dtype=bool)
    blocked[:, 30] = True
    # A street that bends four times.
    blocked[3:, 6:9] = blocked[:-3, 15:18] = blocked[3:, 24:27] = True
    depth = np.zeros((24, 40), dtype=F)
    inflow = Inflow(
        np.array([20, 21]), np.array([1, 1]), np.array([0.0, 1e4]), np.array([6.0, 6.0])
    )
    results = []
    for pool_m in (0.0, 25.0):
        depth[:, 31:] = pool_m
        results.append(
            simulate_inundation(
                np.zeros(depth.shape, dtype=F),
                blocked,
                np.full(depth.shape, 0.02, dtype=F),
                2.0,
                120.0,
                Forcing(inflows=(inflow,), initial_depth_m=depth.copy()),
                SolverOptions(),
            )
        )
    alone, beside = (r.max_depth_m[:, :30] for r in results)
    assert results[1].steps > 3 * results[0].steps
    np.testing.assert_allclose(beside, alone, atol=0.015)


@pytest.mark.parametrize(("order", "rtol"), [(1, 0.02), (2, 0.005)])
def test_full_flow_between_an_inflow_and_a_given_level_is_uniform(order: int, rtol: float) -> None:
    """A canal of 1:1000 whose end is held at the normal depth has it from the first cell on.

    Water meets no wall where it enters or leaves; what leaves at the held level is booked there.
    """
    slope, rough, unit, cell, nx = 1e-3, 0.03, 1.0, 10.0, 40
    normal = (unit * rough / np.sqrt(slope)) ** 0.6
    bed = np.broadcast_to(-slope * cell * np.arange(nx), (2, nx))
    always = np.array([0.0, 1e5])
    inflow = Inflow(np.arange(2), np.zeros(2, dtype=int), always, np.full(2, unit * cell * 2))
    end = StageSeries(np.zeros(1), np.array([bed[0, -1] + normal]))
    forcing = Forcing(
        inflows=(inflow,),
        initial_depth_m=np.full(bed.shape, normal, dtype=F),
        stages=(StageCells(np.arange(2), np.full(2, nx - 1), end),),
    )
    options = SolverOptions(scheme=Scheme.FULL, order=order)
    result = channel(bed, rough, cell, 3600.0, forcing, options)
    np.testing.assert_allclose(result.final_depth_m, normal, rtol=rtol)
    ledger = result.ledger
    assert ledger.outflow.total_m3 == 0
    assert ledger.exchanged.level_out_m3 == pytest.approx(ledger.inflow_m3, rel=0.05)
    assert ledger.relative_error < 1e-7
