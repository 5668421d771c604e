"""Water at rest stays at rest, whatever lies under it."""

from __future__ import annotations

import numpy as np
import pytest

from citytwin.kernels.inundation import (
    Forcing,
    Inundation,
    Scheme,
    SolverOptions,
    simulate_inundation,
)

F = np.float32
SHAPE = (23, 31)
OPTIONS = {
    "inertial": SolverOptions(),
    "full, first order": SolverOptions(scheme=Scheme.FULL, order=1),
    "full, second order": SolverOptions(scheme=Scheme.FULL),
}
every_scheme = pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)


def rest(
    bed: np.ndarray, level_m: float, manning: float, options: SolverOptions
) -> tuple[np.ndarray, Inundation]:
    """A lake over a bed, with islands and a house, left alone for ten minutes."""
    blocked = np.zeros(SHAPE, dtype=bool)
    blocked[4:7, 20:26] = True
    depth = np.maximum(F(level_m) - bed, 0).astype(F)
    result = simulate_inundation(
        bed,
        blocked,
        np.full(SHAPE, manning, dtype=F),
        3.0,
        600.0,
        Forcing(initial_depth_m=depth),
        options,
    )
    return np.where(blocked, F(np.nan), depth), result


@every_scheme
@pytest.mark.parametrize("manning", [0.0, 0.03])
def test_a_lake_whose_levels_are_exact_does_not_move_at_all(
    manning: float, options: SolverOptions
) -> None:
    """Bed in steps of 1/256 m: no speed, no bit of depth changes, without friction too."""
    rng = np.random.default_rng(3)
    bed = (rng.integers(-512, 400, SHAPE) / 256).astype(F)
    depth, result = rest(bed, 0.5, manning, options)
    np.testing.assert_array_equal(result.final_depth_m, depth)
    np.testing.assert_array_equal(result.max_depth_m, depth)
    assert np.nanmax(result.max_speed_m_s) == 0


@every_scheme
def test_a_lake_on_any_bed_moves_by_rounding_only(options: SolverOptions) -> None:
    """At 40 m above the sea the depths are rounded; speed stays below 0.1 mm/s, level too."""
    rng = np.random.default_rng(4)
    bed = rng.uniform(38, 40.5, SHAPE).astype(F)
    depth, result = rest(bed, 40.0, 0.0, options)
    assert np.nanmax(result.max_speed_m_s) < 1e-4
    np.testing.assert_allclose(result.final_depth_m, depth, atol=1e-5)


@every_scheme
def test_a_tilted_lake_comes_to_rest_level(options: SolverOptions) -> None:
    """Friction takes the sloshing; the level that is left is the mean."""
    bed = np.zeros(SHAPE, dtype=F)
    rows = np.arange(SHAPE[0])[:, None] * np.ones(SHAPE[1])
    depth = (1 + 0.02 * (rows - rows.mean())).astype(F)
    result = simulate_inundation(
        bed,
        np.zeros(SHAPE, dtype=bool),
        np.full(SHAPE, 0.1, dtype=F),
        3.0,
        3600.0,
        Forcing(initial_depth_m=depth),
        options,
    )
    np.testing.assert_allclose(result.final_depth_m, 1.0, atol=2e-4)
    assert result.ledger.relative_error < 1e-7
