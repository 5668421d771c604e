"""Rows of the little city: a table for every map that shows things."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from citytwin.model import tables as t
from citytwin.model.grid import GridSpec
from citytwin.model.ragged import list_column

GRID = GridSpec("EPSG:6677", x_min=-7000.0, y_max=-34000.0, cell_m=5.0, ny=70, nx=110)
VALID = datetime(2026, 7, 1, 3, 0, tzinfo=UTC)


def _boxes(count: int, size: float) -> np.ndarray:
    rng = np.random.default_rng(5)
    x = rng.uniform(GRID.x_min + 20, GRID.x_min + 500, count)
    y = rng.uniform(GRID.y_max - 320, GRID.y_max - 30, count)
    return shapely.box(x, y, x + size, y + size)


def _strings(prefix: str, count: int) -> Any:
    return pd.array([f"{prefix}{i:03d}" for i in range(count)], dtype="string")


def buildings(count: int = 40) -> gpd.GeoDataFrame:
    """Return buildings of 3 to 120 m, some without height."""
    height = np.geomspace(3, 120, count)
    height[::7] = np.nan
    return gpd.GeoDataFrame(
        {
            "building_id": _strings("bldg_", count),
            "stable_key": _strings("key_", count),
            "parent_id": pd.array([None] * count, dtype="string"),
            "lod": pd.array(["2" if i % 3 else "1" for i in range(count)], dtype="string"),
            "lods": pd.array(["0,1,2" if i % 3 else "1" for i in range(count)], dtype="string"),
            "height_m": height,
            "height_from": pd.array(
                [None if i % 7 == 0 else "geometry" for i in range(count)], dtype="string"
            ),
            "measured_height_m": height + 0.04,
            "ground_z_m": np.full(count, 3.123456),
            "roof_z_m": np.nan_to_num(height) + 3.2,
            "storeys": pd.array([None if i % 5 == 0 else i for i in range(count)], "Int32"),
            "usage": pd.array(["住宅"] * count, dtype="string"),
            "usage_code": pd.array(["411"] * count, dtype="string"),
            "attributes": pd.array(
                [None if i % 2 else '{"建築年":1984}' for i in range(count)], dtype="string"
            ),
            "source": pd.array(["made_up.gml"] * count, dtype="string"),
            "offset": pd.array([None if i % 4 else 1000 * i for i in range(count)], "Int64"),
            "defects": pd.array([""] * count, dtype="string"),
        },
        geometry=_boxes(count, 12.0),
        crs=GRID.crs,
    )[list(t.BUILDINGS.column_names)]


def building_exposure(count: int = 40) -> gpd.GeoDataFrame:
    """Return exposed buildings, one of them unknown."""
    numbers = np.arange(count)
    storeys = [None if i == 3 else int(i % 6) for i in numbers]
    return gpd.GeoDataFrame(
        {
            "building_id": _strings("bldg_", count),
            "usage": pd.array(["住宅"] * count, dtype="string"),
            "lod": pd.array(["2"] * count, dtype="string"),
            "height_m": np.linspace(3, 60, count),
            "storeys": pd.array([2] * count, dtype="Int32"),
            "sunlit_hours": np.linspace(0, 8, count),
            "wind_speed_ratio": np.linspace(0.1, 1.3, count),
            "wind_class": pd.array([int(i % 3) for i in numbers], dtype="Int32"),
            "flood_depth_max_m": np.linspace(0, 8, count),
            "flooded_storey": pd.array(storeys, dtype="Int32"),
            "flood_damage_share": np.linspace(0, 1, count),
            "house_damage_class": pd.array(np.arange(count) % 6, dtype="Int32"),
        },
        geometry=_boxes(count, 12.0),
        crs=GRID.crs,
    )[list(t.BUILDING_EXPOSURE.column_names)]


def facades() -> gpd.GeoDataFrame:
    """Return walls of one to three storeys, the first of which stands against a neighbour."""
    storeys = np.array([2, 1, 3, 3, 1, 2])
    first = np.concatenate([[0], np.cumsum(storeys)])
    hours = np.linspace(0.0, 9.0, first[-1])
    x = GRID.x_min + 20.0 * np.arange(6)
    lines = [shapely.LineString([(at, GRID.y_max - 80), (at + 9, GRID.y_max - 83)]) for at in x]
    lowest = hours[first[:-1]]
    lowest[0] = np.nan
    return gpd.GeoDataFrame(
        {
            "facade_id": _strings("wall_", 6),
            "building_id": _strings("bldg_", 6),
            "wall": pd.array(range(1, 7), dtype="Int32"),
            "azimuth_deg": np.linspace(0.0, 350.0, 6),
            "length_m": np.full(6, 9.5),
            "base_z_m": np.full(6, 3.0),
            "top_z_m": 3.0 + 3.0 * storeys,
            "storeys": pd.array(storeys, dtype="Int32"),
            "covered_storeys": pd.array([1, 0, 0, 0, 0, 0], dtype="Int32"),
            "sunlit_hours_lowest": lowest,
            "sunlit_hours_mean": hours[first[1:] - 1],
            "sunlit_hours_highest": hours[first[1:] - 1],
            "storey_hours": list_column(hours, first),
        },
        geometry=lines,
        crs=GRID.crs,
    )


def window_sun() -> gpd.GeoDataFrame:
    """Return the walls above as a rule judges them: of no level, of one, of three."""
    walls = facades()
    said = {
        "rule": pd.array(["en_17037"] * 6, dtype="string"),
        "hours_lowest": [0.0, 1.6, 2.0, 3.5, 4.5, np.nan],
        "hours_highest": [1.0, 1.6, 2.5, 4.5, 4.5, np.nan],
        "levels_lowest": pd.array([0, 1, 1, 2, 3, pd.NA], dtype="Int32"),
        "storeys_reaching": pd.array([0, 1, 3, 3, 1, 0], dtype="Int32"),
    }
    return walls.assign(**said)[list(t.WINDOW_SUN.column_names)]


def open_space_sun() -> gpd.GeoDataFrame:
    """Return a lit and a dark park, and one of which nothing is known."""
    numbers = {
        "area_m2": [400.0, 900.0, 10.0],
        "points": pd.array([100, 225, 0], dtype="Int32"),
        "wanted_h": [2.0] * 3,
        "wanted_share": [0.5] * 3,
        "lit_share": [0.9, 0.2, np.nan],
        "mean_hours": [7.1, 1.2, np.nan],
    }
    x = GRID.x_min + 40.0 * np.arange(3)
    return gpd.GeoDataFrame(
        {
            "space_id": _strings("park_", 3),
            "use": pd.array(["green"] * 3, dtype="string"),
            "rule": pd.array(["bre_209"] * 3, dtype="string"),
            **numbers,
        },
        geometry=shapely.box(x, GRID.y_max - 130, x + 20, GRID.y_max - 110),
        crs=GRID.crs,
    )[list(t.OPEN_SPACE_SUN.column_names)]


def road_exposure() -> gpd.GeoDataFrame:
    """Return a road that stays passable, one of each class, and a bridge that is not assessed."""
    minutes = [np.nan, 5.0, 10.0, 45.0, 90.0, 200.0, 500.0, np.nan]
    depth = [0.0, 1.0, 0.8, 0.6, 0.5, 0.4, 0.35, np.nan]
    return gpd.GeoDataFrame(
        {
            "road_id": _strings("road_", 8),
            "name": pd.array(["中央通り", *[None] * 7], dtype="string"),
            "function": pd.array(["市道"] * 8, dtype="string"),
            "flood_depth_max_m": depth,
            "passable_again_min": np.nan,
            "impassable_after_min": minutes,
        },
        geometry=[
            shapely.box(GRID.x_min + 20, GRID.y_max - 30 * i - 40, GRID.x_min + 500, y)
            for i, y in enumerate(GRID.y_max - 30 * np.arange(8) - 30)
        ],
        crs=GRID.crs,
    )[list(t.ROAD_EXPOSURE.column_names)]


def transit_lines() -> gpd.GeoDataFrame:
    """Return a tram every eight minutes, and a bus once a day."""
    ways = [[(40, -40), (300, -40)], [(40, -60), (300, -200)]]
    rows = pd.DataFrame(
        {
            "line_id": ["urn:tram:0", "urn:bus:0"],
            "name": ["1", None],
            "mode": ["tram", "bus"],
            "direction": [0, 0],
            "service_day": "2026-07-01",
            "trips": [110, 1],
            "first_departure": "05:10",
            "last_departure": ["25:10", "05:10"],
            "headway_min": [8.0, np.nan],
            "source": "gtfs",
        }
    )
    lines = [shapely.LineString([(GRID.x_min + x, GRID.y_max + y) for x, y in way]) for way in ways]
    return gpd.GeoDataFrame(rows, geometry=lines, crs=GRID.crs)


def road_speeds() -> gpd.GeoDataFrame:
    """Return a jammed, a slow and a flowing road, and two whose detectors are silent."""
    speeds = [7.5, 15.0, 48.0, np.nan, np.nan]
    top = GRID.y_max - 30 * np.arange(5) - 30
    return gpd.GeoDataFrame(
        {
            "road_id": _strings("road_", 5),
            "name": pd.array(["中央通り", *[None] * 4], dtype="string"),
            "function": pd.array(["市道"] * 5, dtype="string"),
            "speed_km_h": speeds,
            "sensors": pd.array([2, 1, 1, 0, 0], dtype="Int32"),
            "silent_sensors": pd.array([0, 1, 0, 1, 1], dtype="Int32"),
            "latest": pd.to_datetime([VALID, VALID, VALID, pd.NaT, pd.NaT], utc=True),
            "usual_km_h": [np.nan, np.nan, np.nan, np.nan, 32.5],
        },
        geometry=[shapely.box(GRID.x_min + 20, y - 10, GRID.x_min + 500, y) for y in top],
        crs=GRID.crs,
    )[list(t.ROAD_SPEEDS.column_names)]


def traffic() -> gpd.GeoDataFrame:
    """Return a detector with flow and speed, a late bus, a counter, and a broken detector."""
    rows = [
        ("urn:d1", "traffic_flow", 420.0, "/h", 12),
        ("urn:d1", "vehicle_speed", 14.0, "km/h", 12),
        ("urn:bus", "arrival_delay", 330.0, "s", 4),
        ("urn:bus", "vehicle_speed", 0.0, "km/h", 4),
        ("urn:counter", "traffic_flow", 99.0, "/h", 2),
        ("urn:broken", "vehicle_speed", np.nan, "km/h", 0),
    ]
    place = {"urn:d1": 50.0, "urn:bus": 150.0, "urn:counter": 250.0, "urn:broken": 350.0}
    latest = pd.to_datetime([VALID if row[4] else pd.NaT for row in rows], utc=True)
    return gpd.GeoDataFrame(
        {
            "thing": pd.array([row[0] for row in rows], dtype="string"),
            "name": pd.array([None] * 6, dtype="string"),
            "property": pd.array([row[1] for row in rows], dtype="string"),
            "value": [row[2] for row in rows],
            "unit": pd.array([row[3] for row in rows], dtype="string"),
            "observations": pd.array([row[4] for row in rows], dtype="Int32"),
            "latest": latest,
        },
        geometry=[
            shapely.Point(GRID.x_min + place[row[0]], GRID.y_max - place[row[0]] / 2)
            for row in rows
        ],
        crs=GRID.crs,
    )[list(t.TRAFFIC.column_names)]


def surface_accuracy(count: int = 12) -> gpd.GeoDataFrame:
    """Return buildings whose roofs lie up to 6 m off, one of them not compared."""
    bias = np.linspace(-6, 6, count)
    bias[4] = np.nan
    return gpd.GeoDataFrame(
        {
            "building_id": _strings("bldg_", count),
            "cells": pd.array(range(count), dtype="Int32"),
            "bias_m": bias,
            "rmse_m": np.abs(bias) + 0.2,
        },
        geometry=_boxes(count, 12.0),
        crs=GRID.crs,
    )


def water_bodies(count: int = 12) -> gpd.GeoDataFrame:
    """Return ponds, some of them with a name."""
    names = pd.Series(["みずほ川", None] * (count // 2), dtype="string")
    return gpd.GeoDataFrame(
        {
            "water_id": _strings("wtr_", count),
            "name": names,
            "water_class": _strings("class ", count),
            "function": pd.Series([None] * count, dtype="string"),
            "source": _strings("file ", count),
        },
        geometry=_boxes(count, 12.0),
        crs=GRID.crs,
    )


def vegetation(count: int = 12) -> gpd.GeoDataFrame:
    """Return lawns and trees in turn; of every other tree the crown is not known."""
    single = np.arange(count) % 2 == 1
    boxes = _boxes(count, 12.0)
    return gpd.GeoDataFrame(
        {
            "plant_id": _strings("veg_", count),
            "kind": pd.Series(np.where(single, "single", "cover"), dtype="string"),
            "plant_class": _strings("class ", count),
            "species": pd.Series([None] * count, dtype="string"),
            "height_m": np.linspace(0.2, 20.0, count),
            "crown_diameter_m": np.where(np.arange(count) % 4 == 1, 6.0, np.nan),
            "source": _strings("file ", count),
        },
        geometry=[b.centroid if s else b for b, s in zip(boxes, single, strict=True)],
        crs=GRID.crs,
    )


def model_defects() -> gpd.GeoDataFrame:
    """Return a warning without value and an error with one."""
    return gpd.GeoDataFrame(
        {
            "defect_id": _strings("bldg_", 2),
            "feature_id": _strings("bldg_", 2),
            "surface_id": pd.array([None, "poly_1"], dtype="string"),
            "theme": pd.array(["buildings"] * 2, dtype="string"),
            "code": pd.array(["lod-fallback", "302"], dtype="string"),
            "rule": pd.array([None, "L14"], dtype="string"),
            "severity": pd.array([1, 2], dtype="Int32"),
            "message": pd.array(["damaged", "solid is not closed: 4 edges"], dtype="string"),
            "action": pd.array(["other level used", "kept"], dtype="string"),
            "value": [np.nan, 4.0],
            "count": pd.array([1, 1], dtype="Int32"),
            "source": pd.array(["made_up.gml"] * 2, dtype="string"),
        },
        geometry=shapely.points([[GRID.x_min + 50, GRID.y_max - 60]] * 2),
        crs=GRID.crs,
    )[list(t.MODEL_DEFECTS.column_names)]


def roof_solar(count: int = 14) -> gpd.GeoDataFrame:
    """Return roofs of every class of capacity, one unknown, one of nothing usable."""
    capacity = np.linspace(0.0, 400.0, count) ** 2 / 400.0
    capacity[4] = np.nan
    known = ~np.isnan(capacity)
    return gpd.GeoDataFrame(
        {
            "building_id": _strings("bldg_", count),
            "usage": pd.array(["住宅"] * count, dtype="string"),
            "lod": pd.array(["2"] * count, dtype="string"),
            "height_m": np.linspace(4, 40, count),
            "roof_area_m2": 8.0 * capacity,
            "roof_planes": pd.array(np.where(known, 2, None), dtype="Int32"),
            "roof_irradiation_kwh_m2": np.where(known, 1200.0, np.nan),
            "usable_area_m2": 7.0 * capacity,
            "usable_planes": pd.array(np.where(known, 1, None), dtype="Int32"),
            "module_area_m2": 5.0 * capacity,
            "mounting": pd.array(np.where(capacity > 0, "racked", None), dtype="string"),
            "sky": pd.array(["observed"] * count, dtype="string"),
            "module_irradiation_kwh_m2": np.where(capacity > 0, 1300.0, np.nan),
            "irradiated_kwh": 6500.0 * capacity,
            "capacity_kwp": capacity,
            "yield_kwh": 975.0 * capacity,
        },
        geometry=_boxes(count, 12.0),
        crs=GRID.crs,
    )


def shade_checks() -> gpd.GeoDataFrame:
    """Return a site that exceeds its limits and one that keeps them."""
    numbers = {
        column.name: [1.5, 1.5]
        for column in t.SHADE_CHECKS.columns
        if column.kind in ("float64", "int32")
    }
    texts = {c.name: _strings("a", 2) for c in t.SHADE_CHECKS.columns if c.kind == "string"}
    values = {"margin_h": [-1.2, 0.7], "fails": pd.array([1, 0], dtype="Int32")}
    values |= {"option": pd.array([1, 2], dtype="Int32")}
    texts |= {"row": pd.array(["low_rise", "residential"], dtype="string")}
    texts |= {"land": pd.array(["strip", "parcel"], dtype="string")}
    return gpd.GeoDataFrame(
        {**texts, **numbers, **values},
        geometry=[shapely.box(GRID.x_min + 20 * k, GRID.y_max - 30, GRID.x_min + 20 * k + 9,
                              GRID.y_max - 20) for k in range(2)],
        crs=GRID.crs,
    )[list(t.SHADE_CHECKS.column_names)]  # fmt: skip


def shade_lines() -> gpd.GeoDataFrame:
    """Return a line of each kind."""
    lines = [[(GRID.x_min + 9 * k, GRID.y_max - 40), (GRID.x_min + 30, GRID.y_max - 90)]
             for k in range(3)]  # fmt: skip
    return gpd.GeoDataFrame(
        {
            "line_id": _strings("line_", 3),
            "site_id": _strings("bldg_", 3),
            "kind": pd.array(["outline", "equal", "distance"], dtype="string"),
            "time_h": [9.0, np.nan, np.nan],
            "duration_h": [np.nan, 2.5, np.nan],
            "distance_m": [np.nan, np.nan, 5.0],
            "plane_m": [4.0] * 3,
        },
        geometry=shapely.linestrings(lines),
        crs=GRID.crs,
    )[list(t.SHADE_LINES.column_names)]


def wind_streamlines() -> gpd.GeoDataFrame:
    """Return two pieces of a line for wind from the west, a calm and a windy one."""
    x, y = GRID.x_min + np.array([40.0, 52.0, 64.0]), GRID.y_max - 100.0
    return gpd.GeoDataFrame(
        {
            "piece_id": _strings("1:", 2),
            "line": pd.array([1, 1], dtype="Int32"),
            "piece": pd.array([1, 2], dtype="Int32"),
            "from_deg": [270.0] * 2,
            "speed_ratio": [0.1, 1.7],
            "length_m": [12.0] * 2,
        },
        geometry=shapely.linestrings([[(a, y), (b, y)] for a, b in itertools.pairwise(x)]),
        crs=GRID.crs,
    )


def wind_rose() -> gpd.GeoDataFrame:
    """Return a petal of two speeds and a circle."""
    x, y = GRID.x_min + 50.0, GRID.y_max - 100.0
    square = shapely.box(x, y, x + 10.0, y + 20.0)
    return gpd.GeoDataFrame(
        {
            "part_id": _strings("0:", 3),
            "kind": pd.array(["petal", "petal", "circle"], dtype="string"),
            "from_deg": [0.0, 0.0, np.nan],
            "speed_from_m_s": [0.5, 2.0, np.nan],
            "speed_to_m_s": [2.0, 4.0, np.nan],
            "frequency_percent": [3.0, 6.0, 10.0],
        },
        geometry=[square, shapely.affinity.translate(square, 0.0, 20.0), square.buffer(20.0)],
        crs=GRID.crs,
    )


TABLES = {
    "wind_rose": wind_rose,
    "wind_streamlines": wind_streamlines,
    "window_sun": window_sun,
    "open_space_sun": open_space_sun,
    "roof_solar": roof_solar,
    "shade_checks": shade_checks,
    "shade_lines": shade_lines,
    "model_defects": model_defects,
    "water_bodies": water_bodies,
    "vegetation": vegetation,
    "surface_accuracy": surface_accuracy,
    "buildings": buildings,
    "building_exposure": building_exposure,
    "facades": facades,
    "road_exposure": road_exposure,
    "traffic": traffic,
    "transit_lines": transit_lines,
    "road_speeds": road_speeds,
}
