"""Surveyed surface: means of its cells, the first survey wins, never coarser than the grid."""

from __future__ import annotations

import numpy as np
import pytest

from citytwin.errors import StepError
from citytwin.grids.reference_surface import GRIDDER
from citytwin.model import fields as f
from citytwin.model.grid import GridSpec
from citytwin.model.raster import Raster
from citytwin.model.steps import GridTask, NoParams

GRID = GridSpec("EPSG:28992", -200.0, -100.0, 2.0, 9, 14)


def run(*rasters: Raster) -> np.ndarray:
    """Run the gridder on the whole grid."""
    task = GridTask(GRID, GRID.whole, {}, {"surface_raster": rasters}, {})
    return GRIDDER.run(task, NoParams()).fields[f.REFERENCE_SURFACE]


def test_means_of_known_cells_and_the_first_survey() -> None:
    """Four cells of 1 m make one of 2 m; unknown cells are taken from the next survey."""
    fine = np.random.default_rng(3).normal(20.0, 4.0, (18, 28)).astype(np.float32)
    fine[0, 0] = np.nan
    fine[4:6, 6:8] = np.nan
    later = np.full(GRID.shape, 3.0, dtype=np.float32)
    made = run(
        Raster(fine, GRID.crs, GRID.x_min, GRID.y_max, 1.0, 1.0, "survey.tif"),
        Raster(later, GRID.crs, GRID.x_min, GRID.y_max, 2.0, 2.0, "older.tif"),
    )
    blocks = fine.astype(np.float64).reshape(9, 2, 14, 2).swapaxes(1, 2).reshape(9, 14, 4)
    count = (~np.isnan(blocks)).sum(axis=-1)
    expected = np.where(count > 0, np.nansum(blocks, axis=-1) / np.maximum(count, 1), 3.0)
    np.testing.assert_allclose(made, expected, rtol=1e-6)
    assert made[2, 3] == 3.0


def test_beyond_the_survey_nothing_is_known() -> None:
    """Nothing is filled or extended."""
    half = np.full((9, 7), 5.0, dtype=np.float32)
    made = run(Raster(half, GRID.crs, GRID.x_min, GRID.y_max, 2.0, 2.0, "half.tif"))
    assert (made[:, :7] == 5.0).all()
    assert np.isnan(made[:, 7:]).all()


def test_a_coarse_survey_is_refused_by_name() -> None:
    """It cannot say what a roof is."""
    coarse = Raster(
        np.zeros((4, 4), dtype=np.float32), GRID.crs, GRID.x_min, GRID.y_max, 2.0, 2.5, "coarse.tif"
    )
    with pytest.raises(StepError, match=r"coarse\.tif has cells of 2\.5 m, the grid of 2\.0 m"):
        run(coarse)
