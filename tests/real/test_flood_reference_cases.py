"""The flood solver against published series and analytic profiles (CITYTWIN_SAMPLES/flood)."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from citytwin.kernels.inundation import (
    EdgeKind,
    Edges,
    Forcing,
    Inflow,
    Inundation,
    Recording,
    Scheme,
    SolverOptions,
    simulate_inundation,
)

F = np.float32
SAMPLES = Path(os.environ.get("CITYTWIN_SAMPLES", "")) / "flood"

pytestmark = pytest.mark.skipif(
    not os.environ.get("CITYTWIN_SAMPLES") or not SAMPLES.is_dir(),
    reason="CITYTWIN_SAMPLES does not name a folder with flood/",
)


# The plain in full takes 100 s of processor time, on a busy machine many times as long.
patiently = pytest.mark.timeout(1800)


def flat(
    shape: tuple[int, int],
    manning: float,
    cell_m: float,
    duration_s: float,
    forcing: Forcing,
    options: SolverOptions,
) -> Inundation:
    """A run on a flat bed at 0 m without buildings."""
    return simulate_inundation(
        np.zeros(shape, dtype=F),
        np.zeros(shape, dtype=bool),
        np.full(shape, manning, dtype=F),
        cell_m,
        duration_s,
        forcing,
        options,
    )


def table(name: str) -> np.ndarray:
    """Numbers of a CSV file below its header."""
    return np.genfromtxt(SAMPLES / name, delimiter=",", skip_header=1)


@dataclass(frozen=True)
class PlainSeries:
    """Depth at the six gauges of the plain."""

    time_s: np.ndarray
    depth_m: np.ndarray
    volume_error: float


def first_time(time_s: np.ndarray, depth_m: np.ndarray) -> float:
    """Time at which a series first reaches 2 cm, by straight lines between its points."""
    k = int(np.argmax(depth_m >= 0.02))
    share = (0.02 - depth_m[k - 1]) / (depth_m[k] - depth_m[k - 1])
    return float(time_s[k - 1] + share * (time_s[k] - time_s[k - 1]))


def plain_series(scheme: Scheme) -> PlainSeries:
    """Test 4 of the Environment Agency benchmark (Neelz and Pender 2013) at 5 m, 5 hours.

    A plain of 1000 x 2000 m, n 0.05, up to 20 m3/s through 20 m in the middle of the west side;
    the other sides are free. A gauge stands on the corner of four cells: their mean.
    """
    cell, ny, nx = 5.0, 400, 200
    hydrograph = table("ea4/ea4_hydrograph.csv")
    rows = np.arange(198, 202)
    inflow = Inflow(rows, np.zeros_like(rows), hydrograph[:, 0], 20 * hydrograph[:, 1])
    gauges = [(50, 1000), (100, 1000), (200, 1000), (300, 1000), (400, 1000), (300, 1300)]
    cells = tuple(
        (int((2000 - y) / cell) - down, int(x / cell) - left)
        for x, y in gauges
        for down in (1, 0)
        for left in (1, 0)
    )
    times = tuple(float(t) for t in range(0, 18001, 20))
    free = EdgeKind.CRITICAL
    options = SolverOptions(
        scheme=scheme,
        edges=Edges(north=free, south=free, east=free),
        recording=Recording(gauge_cells=cells, gauge_times_s=times),
    )
    result = flat((ny, nx), 0.05, cell, 18000.0, Forcing(inflows=(inflow,)), options)
    depth = result.gauges.depth_m.reshape(len(times), 6, 4).mean(axis=2)
    return PlainSeries(np.array(times), depth, result.ledger.relative_error)


@pytest.fixture(scope="module")
def plain() -> PlainSeries:
    """The plain by the inertial equations."""
    return plain_series(Scheme.INERTIAL)


@pytest.fixture(scope="module")
def plain_in_full() -> PlainSeries:
    """The plain by the full equations in second order."""
    return plain_series(Scheme.FULL)


def follows(plain: PlainSeries, reference: str, peak_mm: tuple[float, ...], rmse_mm: float) -> None:
    """Check peak, series and arrival at the six gauges."""
    published = table(f"ea4/ref_lisflood_fp8_{reference}.csv")
    for k in range(6):
        expected = published[:, k + 1]
        got = np.interp(published[:, 0], plain.time_s, plain.depth_m[:, k])
        assert abs(plain.depth_m[:, k].max() - expected.max()) < peak_mm[k] / 1000
        assert np.sqrt(((got - expected) ** 2).mean()) < rmse_mm / 1000
        late = first_time(plain.time_s, plain.depth_m[:, k])
        assert abs(late - first_time(published[:, 0], expected)) < 100


@pytest.mark.parametrize(
    ("reference", "peak_mm", "rmse_mm"),
    [
        # Both at 1 m and 5 m; the second solves the full equations, which differ at the inlet.
        ("acc_1m", (1.5, 1.5, 1.5, 1.5, 1.5, 1.5), 4.0),
        ("dg2_5m", (5.0, 3.0, 3.0, 3.0, 3.0, 3.0), 5.0),
    ],
)
def test_a_flood_over_a_plain_follows_lisflood_fp(
    plain: PlainSeries, reference: str, peak_mm: tuple[float, ...], rmse_mm: float
) -> None:
    """Peak, series and arrival at six gauges within millimetres and 100 s."""
    follows(plain, reference, peak_mm, rmse_mm)


@patiently
@pytest.mark.parametrize(
    ("reference", "peak_mm", "rmse_mm"),
    [
        # The second solves the same equations: the gauge near the inlet is as close as the others.
        ("acc_1m", (3.0, 1.5, 1.5, 1.5, 1.5, 1.5), 4.0),
        ("dg2_5m", (3.0, 3.0, 3.0, 3.0, 3.0, 3.0), 4.0),
    ],
)
def test_a_flood_over_a_plain_by_the_full_equations_follows_lisflood_fp(
    plain_in_full: PlainSeries, reference: str, peak_mm: tuple[float, ...], rmse_mm: float
) -> None:
    """The same of the full scheme (peaks within 1.9 mm and series within 3.6 mm of DG2)."""
    follows(plain_in_full, reference, peak_mm, rmse_mm)


@patiently
def test_the_flood_over_the_plain_keeps_its_volume(
    plain: PlainSeries, plain_in_full: PlainSeries
) -> None:
    """285 000 m3 enter, part leaves over three sides: the account closes to 1e-7."""
    assert plain.volume_error < 1e-7
    assert plain_in_full.volume_error < 1e-7


@pytest.mark.parametrize(("manning", "speed", "gate_m"), [(0.03, 1.0, 0.035), (0.01, 0.4, 0.005)])
def test_a_plane_wave_follows_hunter(manning: float, speed: float, gate_m: float) -> None:
    """Profile over wet cells within the limit of the inertial model, front within two cells."""
    profile = table(f"analytic/hunter2005_plane_n{manning}_u{speed}.csv")
    cell, ny, nx = 25.0, 3, 200
    time = np.linspace(0, 3600, 3601)
    at_inlet = (7 / 3 * manning**2 * speed**3 * time) ** (3 / 7)
    rows = np.arange(ny)
    inflow = Inflow(rows, np.zeros_like(rows), time, at_inlet * speed * cell * ny)
    until = (600.0, 1800.0, 3600.0)
    options = SolverOptions(recording=Recording(depth_times_s=until))
    result = flat((ny, nx), manning, cell, 3600.0, Forcing(inflows=(inflow,)), options)
    for at, depth in zip(until, result.depth_series_m[:, 1], strict=True):
        expected = profile[profile[:, 0] == at]
        index = np.round(expected[:, 1] / cell - 0.5).astype(int)
        wet = expected[:, 2] > 0
        error = depth[index] - expected[:, 2]
        assert np.sqrt((error[wet] ** 2).mean()) < gate_m
        assert abs(int((depth > 1e-3).sum()) - int(wet.sum())) <= 2
    assert result.ledger.relative_error < 1e-7


@pytest.mark.parametrize(
    ("name", "right_m"), [("stoker_wet_L10_n400", 0.001), ("ritter_dry_L10_n400", 0.0)]
)
def test_a_dam_break_of_millimetres_is_within_its_class(name: str, right_m: float) -> None:
    """SWASHES profiles after 6 s: L1 below 12 %, which is the class of schemes without advection."""
    profile = np.genfromtxt(SAMPLES / f"analytic/{name}.txt")
    depth = np.where(profile[:, 0] < 5, 0.005, right_m).astype(F)
    forcing = Forcing(initial_depth_m=np.repeat(depth[None], 3, axis=0))
    result = flat((3, depth.size), 0.0, 0.025, 6.0, forcing, SolverOptions(dry_depth_m=1e-5))
    error = np.abs(result.final_depth_m[1] - profile[:, 1]).sum()
    assert error < 0.12 * profile[:, 1].sum()
    assert result.final_depth_m.min() >= 0
    assert result.ledger.relative_error < 1e-7


def test_a_lake_with_an_island_stays_at_rest() -> None:
    """SWASHES lake at rest over an emerged bump: no level changes, hardly any flow."""
    profile = np.genfromtxt(SAMPLES / "analytic/lake_at_rest_emerged_L25_n200.txt")
    bed = np.repeat(profile[None, :, 3], 3, axis=0).astype(F)
    depth = np.repeat(profile[None, :, 1], 3, axis=0).astype(F)
    result = simulate_inundation(
        bed,
        np.zeros(bed.shape, dtype=bool),
        np.zeros(bed.shape, dtype=F),
        0.125,
        30.0,
        Forcing(initial_depth_m=depth),
        SolverOptions(),
    )
    assert result.max_depth_speed_m2_s.max() < 1e-6
    np.testing.assert_allclose(result.final_depth_m, depth, atol=1e-6)
