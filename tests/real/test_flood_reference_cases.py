"""The flood solver against published series and analytic profiles (CITYTWIN_SAMPLES/flood)."""

from __future__ import annotations

import numpy as np
import pytest

from citytwin.kernels.inundation import (
    Forcing,
    Inflow,
    Recording,
    Scheme,
    SolverOptions,
    simulate_inundation,
)
from tests.real.plain_case import NEAR_THE_INLET, SAMPLES, F, flat, misfits, plain_series, table

pytestmark = pytest.mark.skipif(
    not SAMPLES.is_dir(), reason="CITYTWIN_SAMPLES does not name a folder with flood/"
)


@pytest.mark.parametrize("scheme", [Scheme.INERTIAL, Scheme.FULL])
def test_a_flood_spreads_over_a_plain_as_lisflood_fp_has_it(scheme: Scheme) -> None:
    """The first 45 minutes around the inlet, within what peers reach at 5 m: 8 mm and 100 s.

    That holds at three gauges, against LISFLOOD-FP at 1 m and its full equations at 5 m. The whole
    plain stands in `tests/validation`.
    """
    series = plain_series(scheme, NEAR_THE_INLET)
    for reference in ("acc_1m", "dg2_5m"):
        for misfit in misfits(series, reference):
            assert misfit.rmse_mm < 8
            assert abs(misfit.late_s) < 100
    assert series.volume_error < 1e-7


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
