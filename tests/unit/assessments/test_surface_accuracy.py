"""Accuracy of roofs: bias and RMSE by building, and a warning when the model cannot be trusted."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from citytwin.assessments.surface_accuracy import ASSESSMENT, SurfaceAccuracyParams
from citytwin.model import fields as f
from citytwin.model import tables as t
from citytwin.model.building_numbers import NO_BUILDING, building_numbers
from citytwin.model.grid import GridSpec
from citytwin.model.steps import Assessed, CityState
from citytwin.store.tables import conform

GRID = GridSpec("EPSG:28992", -80.0, -40.0, 2.0, 6, 9)
INDEX = np.full(GRID.shape, -1, dtype=np.int32)
INDEX[1:3, 1:3] = 0
INDEX[1:3, 5:7] = 1
INDEX[4, 4] = 2


def run(difference: np.ndarray) -> tuple[Assessed, pd.DataFrame]:
    """Assess a model that differs from the survey by this much."""
    buildings = gpd.GeoDataFrame(
        {"building_id": ["a", "b", "c"]},
        geometry=[shapely.Point(-70 + n, -45).buffer(1) for n in range(3)],
        crs=GRID.crs,
    )
    survey = np.random.default_rng(4).normal(20.0, 3.0, GRID.shape)
    fields = {
        f.BUILDING_NUMBER: np.append(building_numbers(pd.Series(list("abc"))), NO_BUILDING)[INDEX],
        f.SURFACE_HEIGHT: np.float32(np.nan_to_num(difference) + survey),
        f.REFERENCE_SURFACE: np.float32(np.where(np.isnan(difference), np.nan, survey)),
    }
    assessed = ASSESSMENT.run(
        CityState(GRID, fields, {t.BUILDINGS: buildings}), SurfaceAccuracyParams()
    )
    return assessed, conform(t.SURFACE_ACCURACY, assessed.frame, GRID.crs)


def test_bias_and_rmse_of_each_roof() -> None:
    """Open ground does not count, unknown cells do not, a roof without survey has no figure."""
    difference = np.full(GRID.shape, 50.0)
    difference[1:3, 1:3] = [[1.0, -1.0], [2.0, 2.0]]
    difference[1:3, 5:7] = [[3.0, np.nan], [3.0, np.nan]]
    difference[4, 4] = np.nan
    assessed, made = run(difference)
    assert made["cells"].tolist() == [4, 2, 0]
    np.testing.assert_allclose(made["bias_m"], [1.0, 3.0, np.nan], atol=1e-5)
    np.testing.assert_allclose(made["rmse_m"], [np.sqrt(2.5), 3.0, np.nan], atol=1e-5)
    facts = {fact.name: fact.value for fact in assessed.facts}
    assert facts["roof_bias"] == pytest.approx(10 / 6, abs=1e-5)
    assert facts["roof_median"] == pytest.approx(2.0, abs=1e-5)
    assert facts["roof_rmse"] == pytest.approx(np.sqrt(28 / 6), abs=1e-5)
    assert assessed.notes == ()


@pytest.mark.parametrize(("bias", "said"), [(2.4, ()), (2.6, ("+2.6",)), (-7.0, ("-7.0",))])
def test_a_model_that_cannot_be_trusted_says_so(bias: float, said: tuple[str, ...]) -> None:
    """From the limit on, in both directions, as a loss that passes on to the layers."""
    assessed, _ = run(np.full(GRID.shape, bias))
    assert len(assessed.notes) == len(said)
    for note, number in zip(assessed.notes, said, strict=True):
        assert note.severity == "loss"
        assert number in note.en
        assert number in note.ja
    assert ASSESSMENT.concerns == (t.BUILDINGS,)


def test_without_any_roof_surveyed_nothing_is_said() -> None:
    """No figure is better than a wrong one."""
    assessed, made = run(np.full(GRID.shape, np.nan))
    assert assessed.facts == ()
    assert assessed.notes == ()
    assert made["bias_m"].isna().all()
