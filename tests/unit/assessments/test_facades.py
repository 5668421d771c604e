"""Sun on walls: rows, storeys, true azimuths and hours on cities of a few boxes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pvlib
import pytest
import shapely

from citytwin.assessments.facades import ASSESSMENT, FacadesParams
from citytwin.errors import StepError
from citytwin.model import fields as f
from citytwin.model import tables as t
from citytwin.model.grid import GridSpec
from citytwin.model.steps import CityState
from citytwin.store.tables import conform

GRID = GridSpec("EPSG:6677", -44000.0, -94000.0, 2.0, 100, 120)
"""240 m x 200 m west of the central meridian: true north lies 0.28 degrees off."""
DAY: dict[str, Any] = {"date": "2026-12-22"}
X, Y = -43900.0, -94100.0


def city(
    boxes: list[tuple[float, ...]], terrain: float = 5.0, **columns: list[float | None]
) -> CityState:
    """Buildings as boxes (west, south, east, north from the middle, height over level ground)."""
    number = len(boxes)
    roof = [terrain + box[4] for box in boxes]
    buildings = gpd.GeoDataFrame(
        {
            "building_id": [f"b{n}" for n in range(number)],
            "roof_z_m": pd.array(columns.get("roof_z_m", roof), dtype="Float64").astype(float),
            "height_m": [box[4] for box in boxes],
        },
        geometry=[shapely.box(X + b[0], Y + b[1], X + b[2], Y + b[3]) for b in boxes],
        crs=GRID.crs,
    )
    ground = np.full(GRID.shape, terrain, dtype=np.float32)
    return CityState(GRID, {f.TERRAIN: ground}, {t.BUILDINGS: buildings}, "Asia/Tokyo")


def facades(state: CityState, **params: Any) -> pd.DataFrame:
    """Table of the walls."""
    made = ASSESSMENT.run(state, FacadesParams.model_validate(DAY | params))
    return conform(t.FACADES, made.frame, GRID.crs)


def facing(frame: pd.DataFrame, azimuth_deg: float, building: str = "b0") -> pd.DataFrame:
    """Walls of a building that face a way, within a degree."""
    off = (frame["azimuth_deg"] - azimuth_deg + 180.0) % 360.0 - 180.0
    return frame[(off.abs() < 1.0) & (frame["building_id"] == building)]


def suns_of_the_day() -> tuple[np.ndarray, np.ndarray]:
    """True azimuth and altitude over 3 degrees every 10 minutes, by pvlib's own interface."""
    begin = datetime(2026, 12, 21, 15, 5, tzinfo=UTC)  # 22 December, 00:05 in Tokyo
    times = pd.DatetimeIndex([begin + timedelta(minutes=10 * k) for k in range(144)])
    longitude, latitude = GRID.lonlat
    sun = pvlib.solarposition.get_solarposition(times, latitude, longitude, 0.0)
    up = sun["apparent_elevation"].to_numpy() >= 3.0
    return sun["azimuth"].to_numpy()[up], sun["apparent_elevation"].to_numpy()[up]


def test_a_house_alone() -> None:
    """Each wall has the suns before it, of true north; storeys are those below the roof."""
    frame = facades(city([(-6, -4, 6, 4, 8.0)]))
    azimuth, _ = suns_of_the_day()
    lean = GRID.convergence_deg
    assert abs(lean) > 0.2
    assert len(frame) == 2 * 1 + 2 * 2
    assert frame["storeys"].tolist() == [3] * 6  # middles at 1.5, 4.5 and 7.5 m
    for bearing in (0.0, 90.0, 180.0, 270.0):
        walls = facing(frame, bearing)
        np.testing.assert_allclose(walls["azimuth_deg"], (bearing + lean) % 360.0, atol=1e-9)
        before = np.cos(np.radians(azimuth - bearing - lean)) > 0
        for hours in walls["storey_hours"]:
            np.testing.assert_allclose(hours, before.sum() / 6.0, atol=1e-9)
    np.testing.assert_allclose(facing(frame, 0.0)["sunlit_hours_lowest"], 0.0)
    assert facing(frame, 180.0)["length_m"].tolist() == [6.0, 6.0]
    assert frame["base_z_m"].tolist() == [5.0] * 6
    assert frame["top_z_m"].tolist() == [13.0] * 6


def test_a_tower_behind_a_long_block() -> None:
    """The block opposite shades storeys below its height minus gap tan(altitude) / cos(azimuth)."""
    frame = facades(city([(-5, 10, 5, 20, 60.0), (-110, -20, 110, 0, 24.0)]))
    wall = facing(frame, 180.0).iloc[0]
    azimuth, altitude = suns_of_the_day()
    lean = GRID.convergence_deg
    before = -np.cos(np.radians(azimuth - lean))
    shadow = 24.0 - 9.95 / before * np.tan(np.radians(altitude))
    reaches = 9.95 * np.abs(np.tan(np.radians(azimuth - lean - 180.0))) < 105.0
    middles = 3.0 * np.arange(20) + 1.5
    lit = (before > 0) & ((middles[:, None] >= shadow) | ~reaches)
    np.testing.assert_allclose(wall["storey_hours"], lit.sum(axis=1) / 6.0, atol=1 / 6 + 1e-9)
    assert np.abs(wall["storey_hours"] - lit.sum(axis=1) / 6.0).mean() < 0.02
    assert wall["sunlit_hours_lowest"] == wall["storey_hours"][0]
    assert wall["sunlit_hours_highest"] == wall["storey_hours"][-1]
    assert wall["sunlit_hours_mean"] == pytest.approx(np.mean(wall["storey_hours"]))


def test_walls_between_buildings_have_no_sun_and_are_marked() -> None:
    """A low house leans on a high one: of the common wall only the storeys above it are lit."""
    frame = facades(city([(-6, -4, 6, 4, 12.0), (6, -4, 12, 4, 6.0)]))
    high, low = facing(frame, 90.0, "b0"), facing(frame, 270.0, "b1")
    assert high["covered_storeys"].tolist() == [2]
    assert high["storey_hours"].iloc[0][:2] == [0.0, 0.0]
    assert min(high["storey_hours"].iloc[0][2:]) > 3.0
    assert np.isnan(high["sunlit_hours_lowest"].iloc[0])
    assert low["covered_storeys"].tolist() == [2]
    assert (
        low[["sunlit_hours_lowest", "sunlit_hours_mean", "sunlit_hours_highest"]]
        .isna()
        .all(axis=None)
    )
    facts = {
        fact.name: fact.value
        for fact in ASSESSMENT.run(
            city([(-6, -4, 6, 4, 12.0), (6, -4, 12, 4, 6.0)]), FacadesParams.model_validate(DAY)
        ).facts
    }
    assert facts == {"facades_covered": 2.0, "buildings_without_facades": 0.0}


def test_buildings_without_elevation_stand_on_the_ground() -> None:
    """Their walls are those of the same building with one."""
    placed = facades(city([(-5, 10, 5, 20, 60.0), (-30, -20, 30, 0, 24.0)]))
    afloat = facades(city([(-5, 10, 5, 20, 60.0), (-30, -20, 30, 0, 24.0)], roof_z_m=[None, None]))
    pd.testing.assert_frame_equal(pd.DataFrame(placed), pd.DataFrame(afloat))


def test_what_cannot_be_judged_is_left_out_and_counted() -> None:
    """No height, a shed, beside the grid, over unknown ground: none stops the others."""
    boxes = [(-6, -4, 6, 4, 8.0), (20, 0, 26, 6, 1.0), (900, 0, 910, 9, 8.0), (-40, 0, -30, 9, 8.0)]
    state = city(boxes)
    rows, cols = GRID.cells_of(np.array([X - 45, X - 25]), np.array([Y + 15, Y - 5]))
    state[f.TERRAIN][rows[0] : rows[1], cols[0] : cols[1]] = np.nan
    assessed = ASSESSMENT.run(state, FacadesParams.model_validate(DAY))
    assert set(assessed.frame["building_id"]) == {"b0"}
    assert {fact.value for fact in assessed.facts} == {0.0, 3.0}


def test_any_order_and_company_gives_the_same_walls() -> None:
    """Rows of a building depend on no other that stands far away, nor on its place in the table."""
    state = city([(-6, -4, 6, 4, 9.0), (60, 40, 70, 50, 5.0), (-40, -30, -20, -12, 30.0)])
    turned = CityState(
        GRID,
        state.fields,
        {t.BUILDINGS: state.table(t.BUILDINGS).iloc[::-1].reset_index(drop=True)},
        "Asia/Tokyo",
    )
    one, other = (facades(s).sort_values("facade_id", ignore_index=True) for s in (state, turned))
    pd.testing.assert_frame_equal(pd.DataFrame(one), pd.DataFrame(other))


def test_the_surface_may_cast_instead() -> None:
    """Blocks of a raster on whole cells throw the shadow of the faces."""
    state = city([(-6, 10, 6, 20, 40.0), (-30, -20, 30, 0, 24.0)])
    surface = state[f.TERRAIN].copy()
    for (west, south, east, north), height in zip(
        state.table(t.BUILDINGS).bounds.to_numpy(), (40.0, 24.0), strict=True
    ):
        rows, cols = GRID.cells_of(np.array([west, east]), np.array([north, south]))
        surface[rows[0] : rows[1], cols[0] : cols[1]] = 5.0 + height
    state = CityState(
        GRID, {**state.fields, f.SURFACE_HEIGHT: surface}, state.tables, state.time_zone
    )
    by_faces, by_cells = facades(state), facades(state, casters="surface")
    for column in ("sunlit_hours_lowest", "sunlit_hours_mean", "sunlit_hours_highest"):
        np.testing.assert_allclose(by_faces[column], by_cells[column], atol=1e-9)


def test_what_is_missing_is_asked_for() -> None:
    """A date, and a surface where the surface is to cast."""
    state = city([(-6, -4, 6, 4, 8.0)])
    with pytest.raises(StepError, match="neither a date"):
        ASSESSMENT.run(state, FacadesParams())
    with pytest.raises(StepError, match="there is none"):
        facades(state, casters="surface")
