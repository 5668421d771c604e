"""The Japanese limits of shade on a hand-made block: limits, planes, zones, worst points."""

from __future__ import annotations

import math
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from pydantic import ValidationError

from citytwin.assessments import shade_diagram
from citytwin.assessments.shade_rule import ASSESSMENT, ShadeRuleParams
from citytwin.errors import ConfigError, StepError
from citytwin.kernels.solar import sun_position
from citytwin.model import crs
from citytwin.model import fields as f
from citytwin.model import tables as t
from citytwin.model.grid import GridSpec
from citytwin.model.steps import Assessed, CityState
from citytwin.rules.named import SUN_RULES
from citytwin.store.tables import conform, empty

CRS = "EPSG:6677"
WEST, NORTH = -44000.0, -94000.0
GRID = GridSpec(CRS, WEST, NORTH, 2.0, 200, 200)
GROUND = 3.0
ZONE = "第1種住居地域"


def city_of(
    *buildings: tuple[tuple[float, float, float, float], float],
    zones: list[tuple[str, shapely.Geometry]] | None = None,
    **columns: Any,
) -> CityState:
    """Flat-roofed buildings: box in metres from the south-west corner, and height."""
    south = NORTH - 400.0
    shapes = [
        shapely.MultiPolygon([shapely.box(WEST + w, south + s, WEST + e, south + n)])
        for (w, s, e, n), _ in buildings
    ]
    frame: dict[str, Any] = dict.fromkeys(t.BUILDINGS.column_names[:-1])
    frame |= {
        "building_id": [f"b{n}" for n in range(len(buildings))],
        "height_m": [height for _, height in buildings],
        "ground_z_m": GROUND,
        "roof_z_m": [GROUND + height for _, height in buildings],
        "storeys": pd.array([pd.NA] * len(buildings), dtype="Int32"),
        **columns,
    }
    tables = {
        t.BUILDINGS: gpd.GeoDataFrame(pd.DataFrame(frame), geometry=shapes, crs=CRS),
        t.SURFACES: empty(t.SURFACES, CRS),
    }
    if zones is not None:
        rows: dict[str, Any] = dict.fromkeys(t.ZONES.column_names[:-1])
        rows |= {"kind": "UseDistrict", "text": [name for name, _ in zones]}
        rows |= {"floor_area_ratio_max": 2.0}
        areas = [area for _, area in zones]
        tables[t.ZONES] = gpd.GeoDataFrame(pd.DataFrame(rows), geometry=areas, crs=CRS)
    terrain = np.full(GRID.shape, GROUND, dtype=np.float32)
    return CityState(GRID, {f.TERRAIN: terrain}, tables)


def run(city: CityState, **params: Any) -> tuple[pd.DataFrame, Assessed]:
    """The table, checked against its schema, and all that was said."""
    assessed = ASSESSMENT.run(city, ShadeRuleParams(**params))
    return conform(t.SHADE_CHECKS, assessed.frame, CRS), assessed


def sampled_hours(
    box: tuple[float, float, float, float], height: float, x: float, y: float
) -> float:
    """Shade of a box at a point, by suns every ten seconds of true solar time."""
    east, north = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    _, latitude = crs.lonlat(east, north, CRS)
    turn = math.radians(crs.convergence_deg(east, north, CRS))
    hour_angle = np.radians(15.0 * ((np.arange(2880) + 0.5) / 360.0 - 4.0))
    azimuth, altitude = sun_position(
        math.radians(latitude), -math.radians(23 + 26 / 60 + 27 / 3600), hour_angle
    )
    reach = height / np.tan(altitude)
    tips = np.column_stack([x + reach * np.sin(azimuth - turn), y + reach * np.cos(azimuth - turn)])
    begins = np.broadcast_to([x, y], tips.shape)
    rays = shapely.linestrings(np.stack([begins, tips], axis=1))
    return float(shapely.intersects(rays, shapely.box(*box)).sum()) / 360.0


def test_a_tower_against_suns_every_ten_seconds() -> None:
    """A tower of 31 m: hours at the worst points, their places, limits and margin."""
    city = city_of(((200.0, 150.0, 220.0, 162.0), 31.0))
    made, _ = run(city, zone=ZONE, site_margin_m=4.0)
    row = made.iloc[0]
    box = shapely.bounds(city.table(t.BUILDINGS).geometry.iloc[0])
    for side in ("near", "far"):
        expected = sampled_hours(tuple(box), 31.0 - 4.0, row[f"{side}_x_m"], row[f"{side}_y_m"])
        assert row[f"{side}_hours"] == pytest.approx(expected, abs=0.01)
    assert row["near_y_m"] == pytest.approx(box[3] + 4.0 + 5.0, abs=0.03)
    assert row["far_y_m"] == pytest.approx(box[3] + 4.0 + 10.0, abs=0.03)
    assert (row["near_limit_h"], row["far_limit_h"], row["plane_m"]) == (4.0, 2.5, 4.0)
    margin = min(4.0 - row["near_hours"], 2.5 - row["far_hours"])
    assert row["margin_h"] == pytest.approx(margin)
    assert row["fails"] == 1
    assert row["geometry"].equals(shapely.box(*box).buffer(4.0, join_style="mitre"))


def test_nowhere_is_the_shade_longer_than_at_the_worst_point() -> None:
    """A lattice of half a metre over the land beyond the lines finds nothing worse."""
    city = city_of(((200.0, 150.0, 220.0, 162.0), 16.0))
    made, _ = run(city, zone=ZONE, site_margin_m=4.0)
    row, box = made.iloc[0], shapely.bounds(city.table(t.BUILDINGS).geometry.iloc[0])
    for x in np.arange(box[0] - 20.0, box[2] + 20.0, 4.0):
        for y in np.arange(box[3] + 9.0, box[3] + 40.0, 4.0):
            distance = shapely.distance(row["geometry"], shapely.Point(x, y))
            side = "near" if distance <= 10.0 else "far"
            assert sampled_hours(tuple(box), 12.0, x, y) <= row[f"{side}_hours"] + 0.01


def test_a_low_building_is_not_regulated() -> None:
    """In the residential zones the height must exceed 10 m."""
    made, assessed = run(city_of(((50, 50, 60, 60), 10.0), ((150, 50, 160, 60), 10.5)), zone=ZONE)
    assert made["site_id"].tolist() == ["b1"]
    facts = {fact.name: fact.value for fact in assessed.facts}
    assert facts["sites_not_regulated"] == 1.0


def test_low_rise_zones_ask_for_eaves_or_storeys() -> None:
    """Eaves above 7 m, or three storeys; the plane lies at 1.5 m."""
    storeys = pd.array([2, 3, pd.NA], dtype="Int32")
    boxes = [(50 + 100 * k, 50, 60 + 100 * k, 60) for k in range(3)]
    city = city_of((boxes[0], 6.9), (boxes[1], 6.9), (boxes[2], 7.1), storeys=storeys)
    made, _ = run(city, zone="第一種低層住居専用地域")
    assert made["site_id"].tolist() == ["b1", "b2"]
    assert set(made["plane_m"]) == {1.5}
    assert set(made["row"]) == {"low_rise"}


def test_the_zone_where_the_shade_falls_counts() -> None:
    """A tower in a commercial zone is judged in the residential zone north of it, there alone."""
    south = NORTH - 400.0
    line = south + 200.0
    commercial = shapely.box(WEST, south, WEST + 400.0, line)
    homes = shapely.box(WEST, line, WEST + 400.0, NORTH)
    zones = [("商業地域", commercial), ("第1種中高層住居専用地域", homes)]
    made, assessed = run(city_of(((190, 150, 210, 170), 60.0), zones=zones))
    row = made.iloc[0]
    assert row["zone"] == "第1種中高層住居専用地域"
    assert row["far_y_m"] >= line
    assert row["near_hours"] == 0.0
    assert any("ordinance" in note.en for note in assessed.notes)
    alone, said = run(city_of(((190, 50, 210, 70), 11.0), zones=zones))
    assert len(alone) == 0
    assert {fact.name: fact.value for fact in said.facts}["sites_not_regulated"] == 1.0


def test_the_ordinance_chooses_option_and_plane() -> None:
    """By row, zone and ratio of floor area; the first that fits counts."""
    everywhere = shapely.box(WEST, NORTH - 400.0, WEST + 400.0, NORTH)
    city = city_of(((190, 150, 210, 170), 30.0), zones=[(ZONE, everywhere)])
    other = {"row": "residential", "option": 1, "floor_area_ratios": [3.0]}
    fits = {"row": "residential", "option": 2, "plane_m": 6.5, "zones": ["第一種住居地域"]}
    made, assessed = run(city, ordinance=[other, fits])
    assert made.loc[0, ["option", "plane_m", "near_limit_h", "far_limit_h"]].tolist() == [
        2, 6.5, 5.0, 3.0,
    ]  # fmt: skip
    assert not any("ordinance" in note.en for note in assessed.notes)


@pytest.mark.parametrize(
    ("choice", "said"),
    [
        ({"row": "residental", "option": 1}, "no row 'residental'"),
        ({"row": "residential", "option": 3}, "no option 3"),
        ({"row": "residential", "option": 1, "plane_m": 1.5}, "no plane at 1.5 m"),
        ({"row": "residential", "option": 1, "zones": ["商業地域"]}, "no zone '商業地域'"),
    ],
)
def test_an_ordinance_that_does_not_fit_the_rule(choice: dict[str, Any], said: str) -> None:
    """The message names what was met and what is valid."""
    with pytest.raises(StepError, match=said):
        run(city_of(((190, 150, 210, 170), 30.0)), zone=ZONE, ordinance=[choice])


def test_a_city_without_zones_needs_one_named() -> None:
    """No silent default; a zone that the rule does not know is refused."""
    city = city_of(((190, 150, 210, 170), 30.0))
    with pytest.raises(StepError, match="the city has no zones"):
        run(city)
    with pytest.raises(StepError, match="'home' is no zone of the rule"):
        run(city, zone="home")


def test_zones_that_the_rule_does_not_name_are_told() -> None:
    """They are left out, and the map says so."""
    everywhere = shapely.box(WEST, NORTH - 400.0, WEST + 400.0, NORTH)
    zones = [("特別な地域", everywhere)]
    made, assessed = run(city_of(((190, 150, 210, 170), 30.0), zones=zones))
    assert len(made) == 0
    losses = [note.en for note in assessed.notes if note.severity == "loss"]
    assert any("特別な地域" in said for said in losses)
    assert any("nothing was assessed" in said for said in losses)


def test_parts_of_a_building_cast_as_one() -> None:
    """Two parts of one building are one site; the higher one regulates both."""
    boxes = ((190, 150, 200, 170), (200, 150, 210, 170))
    city = city_of((boxes[0], 8.0), (boxes[1], 30.0), parent_id=["whole", "whole"])
    made, _ = run(city, zone=ZONE)
    assert made["site_id"].tolist() == ["whole"]
    assert made["buildings"].tolist() == ["b0,b1"]
    assert made.loc[0, "height_m"] == pytest.approx(30.0)


def test_hokkaido_counts_from_nine_to_three() -> None:
    """The same building is shorter in the shade window, and so are the limits."""
    city = city_of(((200.0, 150.0, 220.0, 162.0), 31.0))
    made, _ = run(city, zone=ZONE, rule="jp_shade_hokkaido", site_margin_m=4.0)
    row = made.iloc[0]
    assert (row["begin_h"], row["end_h"]) == (9.0, 15.0)
    assert (row["near_limit_h"], row["far_limit_h"]) == (3.0, 2.0)
    assert row["near_hours"] <= 6.0


def test_names_of_rules_are_checked() -> None:
    """A rule that is none, or of another kind."""
    with pytest.raises((ConfigError, ValidationError), match="no rule on sunlight"):
        ShadeRuleParams.model_validate({"rule": "jp_shad"})
    with pytest.raises(ValidationError, match="limits no shade of buildings"):
        ShadeRuleParams.model_validate({"rule": "bre_209"})


def test_diagram_of_a_tower() -> None:
    """Nine outlines, five durations, three lines; the noon shadow is as long as geometry says."""
    city = city_of(((200.0, 150.0, 220.0, 162.0), 31.0))
    checks, _ = run(city, zone=ZONE, site_margin_m=4.0)
    drawn = CityState(GRID, {}, {**city.tables, t.SHADE_CHECKS: checks})
    made = shade_diagram.run(drawn, shade_diagram.ShadeDiagramParams())
    lines = conform(t.SHADE_LINES, made.frame, CRS)
    assert lines["kind"].value_counts().to_dict() == {"outline": 9, "equal": 5, "distance": 3}
    box = city.table(t.BUILDINGS).geometry.iloc[0].bounds
    _, latitude = crs.lonlat((box[0] + box[2]) / 2, (box[1] + box[3]) / 2, CRS)
    turn = math.radians(crs.convergence_deg(box[0], box[1], CRS))
    noon = lines[lines["time_h"] == 12.0].geometry.iloc[0].bounds
    length = 27.0 / math.tan(math.radians(90.0 - latitude - 23.440833))
    assert noon[3] - box[3] == pytest.approx(length * math.cos(turn), abs=0.01)
    five = lines[lines["distance_m"] == 5.0].geometry.iloc[0].bounds
    assert five[3] == pytest.approx(box[3] + 9.0)


def test_no_outline_is_drawn_while_the_sun_is_down() -> None:
    """Of a rule from 6 to 18 h: at the end of December it rises in Tokyo after 7 h."""
    rule = SUN_RULES.named("jp_shade").model_dump()
    rule["sun"] |= {"begin_h": 6.0, "end_h": 18.0}
    city = city_of(((200.0, 150.0, 220.0, 162.0), 31.0))
    checks, _ = run(city, zone=ZONE, rule=rule)
    drawn = CityState(GRID, {}, {**city.tables, t.SHADE_CHECKS: checks})
    lines = shade_diagram.run(drawn, shade_diagram.ShadeDiagramParams()).frame
    assert lines["time_h"].dropna().tolist() == list(range(8, 17))


def test_buildings_of_unknown_height_are_told() -> None:
    """Five storeys, but no height: neither judged nor passed."""
    city = city_of(((50, 50, 60, 60), 12.0), ((150, 50, 160, 60), 12.0))
    buildings = city.table(t.BUILDINGS)
    buildings["storeys"] = pd.array([5, 5], dtype="Int32")
    buildings.loc[1, ["height_m", "roof_z_m"]] = np.nan
    made, assessed = run(city, zone="第1種低層住居専用地域")
    assert made["site_id"].tolist() == ["b0"]
    losses = [note.en for note in assessed.notes if note.severity == "loss"]
    assert losses == ["1 buildings of unknown height are not judged, and cast no shade"]


def test_parcels_move_the_lines() -> None:
    """On a parcel that reaches 30 m north of the tower the lines lie there."""
    city = city_of(((200.0, 150.0, 220.0, 162.0), 31.0))
    south = NORTH - 400.0
    land = shapely.box(WEST + 100.0, south + 140.0, WEST + 320.0, south + 192.0)
    city.tables[t.SITES] = gpd.GeoDataFrame(
        {"site_id": ["12-3"], "source": ["a"]}, geometry=[land], crs=CRS
    )
    made, assessed = run(city, zone=ZONE)
    row = made.iloc[0]
    assert (row["site_id"], row["land"], row["buildings"]) == ("12-3", "parcel", "b0")
    assert row["near_y_m"] == pytest.approx(south + 197.0, abs=0.03)
    assert not any("parcel" in note.en for note in assessed.notes)
