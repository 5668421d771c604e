"""Solar potential of roofs, computed by hand."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from citytwin.assessments.roof_solar import ASSESSMENT, RoofSolarParams
from citytwin.layers.roof_solar import CLASS_COLUMN, with_classes
from citytwin.model import fields as f
from citytwin.model import tables as t
from citytwin.model.building_numbers import NO_BUILDING, building_numbers
from citytwin.model.grid import GridSpec
from citytwin.model.steps import Assessed, CityState
from citytwin.store.tables import conform

GRID = GridSpec("EPSG:6677", -44000.0, -94000.0, 2.0, 4, 8)
NAN = np.nan
NAMES = ("gable", "flat", "small", "unseen")


def city(observed: bool = True) -> CityState:
    """A gable (8 cells: 4 south, 4 north), a flat roof of 4 cells, a small one, and one unseen."""
    shape = GRID.shape

    def field(value: float) -> np.ndarray:
        return np.full(shape, value, dtype=np.float32)

    index, plane = np.full(shape, -1, dtype=np.int32), np.full(shape, -1, dtype=np.int32)
    slope, aspect, area, tilt = field(NAN), field(NAN), field(NAN), field(NAN)
    light, share = field(NAN), field(NAN)
    for rows, cols, owner, number, values in (
        (slice(0, 1), slice(0, 4), 0, 0, (30.0, 180.0, 5.0, 30.0, 1500.0, 1.0)),
        (slice(1, 2), slice(0, 4), 0, 1, (30.0, 20.0, 5.0, 30.0, 900.0, 1.0)),
        (slice(2, 4), slice(0, 2), 1, 0, (2.0, NAN, 4.0, 10.0, 1300.0, 0.9)),
        (slice(3, 4), slice(5, 7), 2, 0, (30.0, 180.0, 4.9, 30.0, 1500.0, 1.0)),
    ):
        index[rows, cols], plane[rows, cols] = owner, number
        for array, value in zip((slope, aspect, area, tilt, light, share), values, strict=True):
            array[rows, cols] = value
    share[0, 3] = 0.5  # the last cell of the southern plane lies in shadow
    cells = np.append(building_numbers(pd.Series(NAMES)), NO_BUILDING)[index]
    fields = {
        f.BUILDING_NUMBER: cells, f.ROOF_PLANE: plane, f.ROOF_SLOPE: slope, f.ROOF_ASPECT: aspect,
        f.ROOF_AREA: area, f.MODULE_TILT: tilt, f.ROOF_LIGHT_SHARE: share,
        f.ROOF_IRRADIATION_POSSIBLE: 2.0 * light,
        f.ROOF_IRRADIATION_PROBABLE: light if observed else field(NAN),
    }  # fmt: skip
    buildings = gpd.GeoDataFrame(
        {
            "building_id": list(NAMES),
            "usage": [None] * 4,
            "lod": ["2", "2", "2", "1"],
            "height_m": [8.0] * 4,
        },
        geometry=[shapely.box(-44000 + n, -94010, -43999 + n, -94000) for n in range(4)],
        crs=GRID.crs,
    )
    return CityState(GRID, fields, {t.BUILDINGS: buildings})


def run(observed: bool = True, **params: float) -> tuple[Assessed, pd.DataFrame]:
    """Assess the roofs; the table is indexed by building."""
    given = {"obstructed_share": 0.0, "setback_share": 0.0} | params
    assessed = ASSESSMENT.run(city(observed), RoofSolarParams.model_validate(given))
    return assessed, conform(t.ROOF_SOLAR, assessed.frame, GRID.crs).set_index("building_id")


def test_by_hand() -> None:
    """South: 3 cells x 5 m2 x 0.98 = 14.7 m2 of modules at 20 % = 2.94 kWp; x 1500 x 0.75."""
    _, made = run()
    gable, flat = made.loc["gable"], made.loc["flat"]
    assert gable["roof_area_m2"] == pytest.approx(40.0)
    assert gable["roof_planes"] == 2
    assert gable["roof_irradiation_kwh_m2"] == pytest.approx(1200.0)
    assert gable["usable_area_m2"] == pytest.approx(15.0)
    assert gable["usable_planes"] == 1
    assert gable["module_area_m2"] == pytest.approx(14.7)
    assert gable["module_irradiation_kwh_m2"] == pytest.approx(1500.0)
    assert gable["irradiated_kwh"] == pytest.approx(14.7 * 1500.0)
    assert gable["capacity_kwp"] == pytest.approx(2.94)
    assert gable["yield_kwh"] == pytest.approx(2.94 * 1500.0 * 0.75)
    assert gable["mounting"] == "pitched"
    # Racks: 16 m2 x 0.7 = 11.2 m2, 2.24 kWp.
    assert flat["mounting"] == "racked"
    assert flat["capacity_kwp"] == pytest.approx(2.24)
    assert flat["yield_kwh"] == pytest.approx(2.24 * 1300.0 * 0.75)
    assert set(made["sky"]) == {"observed"}


def test_small_planes_and_roofs_that_nobody_saw() -> None:
    """9.8 m2 are less than 10; a building without cells has no figures, and is counted."""
    assessed, made = run()
    assert made.loc["small", "capacity_kwp"] == 0.0
    assert made.loc["small", "usable_planes"] == 0
    assert pd.isna(made.loc["small", "mounting"])
    assert pd.isna(made.loc["small", "module_irradiation_kwh_m2"])
    assert made.loc["unseen"].drop(["usage", "lod", "height_m", "geometry", "sky"]).isna().all()
    facts = {fact.name: fact.value for fact in assessed.facts}
    assert facts["buildings_not_assessed"] == 1.0
    assert facts["capacity"] == pytest.approx((2.94 + 2.24) / 1000)
    assert facts["usable_area"] == pytest.approx(31.0)


def test_each_rule_does_what_it_says() -> None:
    """One rule loosened or tightened at a time."""
    assert run(north_deg=0.0)[1].loc["gable", "usable_area_m2"] == pytest.approx(35.0)
    assert run(min_light_share=0.4)[1].loc["gable", "usable_area_m2"] == pytest.approx(20.0)
    assert run(max_slope_deg=29.0)[1].loc["gable", "usable_area_m2"] == 0.0
    assert run(min_area_m2=15.5)[1].loc["gable", "usable_area_m2"] == 0.0
    assert run(min_irradiation_kwh_m2=1400.0)[1].loc["flat", "usable_area_m2"] == 0.0
    assert run(min_area_m2=9.0)[1].loc["small", "usable_area_m2"] == pytest.approx(9.8)
    less = run(obstructed_share=0.2, setback_share=0.5)[1].loc["gable"]
    assert less["module_area_m2"] == pytest.approx(14.7 * 0.4)
    assert less["usable_area_m2"] == pytest.approx(15.0)


def test_a_clear_sky_is_told_to_be_an_upper_bound() -> None:
    """Without observations the possible irradiation counts, and each row and the layer say so."""
    assessed, made = run(observed=False)
    assert made.loc["gable", "yield_kwh"] == pytest.approx(2.94 * 3000.0 * 0.75)
    assert set(made["sky"]) == {"clear"}
    assert [note.severity for note in assessed.notes] == ["info", "fallback"]


def test_blocks_are_told_to_be_flat_for_want_of_a_shape() -> None:
    """Of the roofs that were seen two are blocks; the one nobody saw does not count."""
    state = city()
    buildings = state.table(t.BUILDINGS).assign(lod=["2", "1", "0", "1"])
    assessed = ASSESSMENT.run(replace(state, tables={t.BUILDINGS: buildings}), RoofSolarParams())
    assert "shape of 2 roofs" in assessed.notes[-1].en
    assert assessed.notes[-1].severity == "fallback"


def test_classes_of_the_map() -> None:
    """None usable, under 4, from 4, 10, 50 and 250 kWp on; unknown stays unknown."""
    rows = gpd.GeoDataFrame({"capacity_kwp": [0.0, 3.9, 4.0, 10.0, 50.0, 250.0, NAN]})
    classes = with_classes(rows)[CLASS_COLUMN]
    assert classes.tolist()[:6] == [0, 1, 2, 3, 4, 5]
    assert pd.isna(classes.iloc[6])
