"""Delft through the whole pipeline, beside an independent laser survey (AHN3)."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
import rasterio

from tests.real.city_runs import facts_of, folder_of, run_pipeline

pytestmark = [pytest.mark.validation, pytest.mark.timeout(3600)]
CASE = "Delft, cells of 1 m, beside AHN3"


@pytest.fixture(scope="module")
def delft(samples: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The published city of Delft."""
    os.environ["CITYTWIN_SAMPLES"] = str(samples)
    city, code, said = run_pipeline("delft", tmp_path_factory.mktemp("delft"), 3000)
    assert code == 0, said
    return city


def test_roofs_agree_with_the_survey(bars, delft: Path) -> None:
    """LOD1 roofs (90th percentile) lie above the mean of the laser points."""
    facts, case = facts_of(delft, "surface_accuracy"), bars(CASE)
    case.above("roofs above the mean of their points, m", facts["roof_bias"], 1.0)
    case.below("roofs above the mean of their points, m", facts["roof_bias"], 2.5)
    case.below("RMSE of roofs, m", facts["roof_rmse"], 3.0)


def survey_over(surface: np.ndarray, west_north: tuple[float, float], file: Path) -> np.ndarray:
    """Means of the four cells of the survey that make one of ours; one alone lies aside."""
    with rasterio.open(file) as theirs:
        col, row = ~theirs.transform * west_north
        fine = theirs.read(1, masked=True).filled(np.nan)[round(row) :, round(col) :]
    ny, nx = (min(a, b // 2) for a, b in zip(surface.shape, fine.shape, strict=True))
    four = fine[: 2 * ny, : 2 * nx].reshape(ny, 2, nx, 2)
    known = ~np.isnan(four)
    count = np.where(known.any((1, 3)), known.sum((1, 3)), np.nan)
    return np.where(known, four, 0.0).sum((1, 3)) / count


def test_it_is_neither_shifted_nor_mirrored(bars, delft: Path, samples: Path) -> None:
    """Moving or mirroring our surface makes it fit the survey worse."""
    layer = folder_of(delft, "surface_height") / "surface_height.tif"
    with rasterio.open(layer) as ours:
        surface = ours.read(1, masked=True).filled(np.nan)
        corner = ours.bounds.left, ours.bounds.top
    survey = samples / "buildings/delft/lidar/ahn3_dsm_max_0.5m.tif"
    reference = survey_over(surface, corner, survey)
    surface = surface[: reference.shape[0], : reference.shape[1]]

    def misfit(moved: np.ndarray) -> float:
        return float(np.nanmedian(np.abs(moved - reference)))

    here, case = misfit(surface), bars(CASE)
    shifts = [(dy, dx) for dy in (-3, 0, 3) for dx in (-3, 0, 3) if (dy, dx) != (0, 0)]
    others = [misfit(np.roll(surface, shift, axis=(0, 1))) for shift in shifts]
    others += [misfit(surface[::-1]), misfit(surface[:, ::-1]), misfit(surface[::-1, ::-1])]
    case.below("misfit over the least of 11 moved or mirrored", here / min(others), 1)
    for axis, name in ((0, "north"), (1, "east")):
        before, after = (misfit(np.roll(surface, step, axis=axis)) for step in (-1, 1))
        # Lowest point of the parabola through the misfits one cell before, here, one cell after.
        off = abs((before - after) / (before - 2 * here + after) / 2)
        case.below(f"cells off to the {name}", off, 0.3)
