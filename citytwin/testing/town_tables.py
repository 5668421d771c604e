"""Synthetic tables of the small town: every table that a source can give."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from citytwin.model import properties as p
from citytwin.model import tables as t
from citytwin.model.defect_codes import KINDS, SEVERITIES
from citytwin.model.grid import Bounds, GridSpec
from citytwin.model.tables import Table
from citytwin.store.tables import conform
from citytwin.testing.town_buildings import SOURCE, building_rows, surface_rows
from citytwin.testing.town_plan import PITCH_M, ground_z_m, unknown
from citytwin.testing.town_records import BEGIN
from citytwin.testing.town_themes import theme_tables

USES = ("paddy", "field", "green", "water", "bare", "road", "building", "other")
_TRIANGLE_M = 9.0
_ROAD_WIDTH_M = 4.0


def town_tables(grid: GridSpec) -> dict[Table, pd.DataFrame]:
    """Return every table that a source can give, each checked against its schema.

    Parameters
    ----------
    grid
        Grid of the town.

    Returns
    -------
    dict
        Buildings of several levels of detail; a relief with a gap; roads, one on a bridge, one
        that leaves the grid, one far off; land use of all kinds; stations and detectors with
        good, doubtful and missing observations; defects of all severities, one without a place;
        and the themes that are only shown.
    """
    made = {
        t.BUILDINGS: building_rows(grid),
        t.SURFACES: surface_rows(grid),
        t.RELIEF: _relief(grid),
        t.ROADS: _roads(grid),
        t.LAND_USE: _land_use(grid),
        t.THINGS: _things(grid),
        t.OBSERVATIONS: _observations(),
        t.DEFECTS: _defects(grid),
        **theme_tables(grid),
    }
    return {table: conform(table, frame, grid.crs) for table, frame in made.items()}


def _relief(grid: GridSpec) -> pd.DataFrame:
    """Triangles over the town and a little beyond it, none where nobody measured."""
    box, gap = grid.bounds.grown(_TRIANGLE_M), unknown(grid)
    x = np.arange(box.x_min, box.x_max + _TRIANGLE_M, _TRIANGLE_M)
    y = np.arange(box.y_min, box.y_max + _TRIANGLE_M, _TRIANGLE_M)
    xx, yy = np.meshgrid(x, y)
    points = np.stack([xx, yy, ground_z_m(grid, xx, yy)], axis=-1)
    triangles = []
    for row in range(len(y) - 1):
        for col in range(len(x) - 1):
            sw, se = points[row, col], points[row, col + 1]
            nw, ne = points[row + 1, col], points[row + 1, col + 1]
            touches = x[col] < gap.x_max and x[col + 1] > gap.x_min
            if not (touches and y[row] < gap.y_max and y[row + 1] > gap.y_min):
                triangles += [np.concatenate([sw, se, ne]), np.concatenate([sw, ne, nw])]
    return pd.DataFrame({"triangle": triangles, "source": [SOURCE] * len(triangles)})


def _roads(grid: GridSpec) -> gpd.GeoDataFrame:
    """Streets between the houses from edge to edge, a bridge, and one road far off."""
    box = grid.bounds
    half = _ROAD_WIDTH_M / 2
    shapes = [
        shapely.box(x - half, box.y_min - 10.0, x + half, box.y_max + 10.0)
        for x in np.arange(box.x_min + 2.4, box.x_max, 2 * PITCH_M)
    ]
    shapes += [
        shapely.box(box.x_min, y - half, box.x_max, y + half)
        for y in np.arange(box.y_min + 2.1, box.y_max, 2 * PITCH_M)
    ]
    corner = shapely.LineString([(box.x_min, box.y_min), (box.x_max, box.y_max)])
    bridge, far = corner.buffer(half), shapely.box(box.x_max + 500, box.y_max, box.x_max + 520,
                                                   box.y_max + 4)  # fmt: skip
    level = [0] * len(shapes) + [1, 0]
    shapes += [bridge, far]
    columns = {
        "road_id": [f"road_{n}" for n in range(len(shapes))],
        "name": [None if n % 2 else f"Street {n}" for n in range(len(shapes))],
        "function": [None] * len(shapes),
        "width_m": [_ROAD_WIDTH_M] * len(shapes),
        "level": level,
        "source": [SOURCE] * len(shapes),
    }
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=grid.crs)


def _land_use(grid: GridSpec) -> gpd.GeoDataFrame:
    """Strips of all uses from west to east; the last third of the town is not recorded."""
    box = grid.bounds
    width = (box.x_max - box.x_min) / 1.5 / len(USES)
    shapes = [
        shapely.box(box.x_min + n * width, box.y_min, box.x_min + (n + 1) * width, box.y_max)
        for n in range(len(USES))
    ]
    columns = {
        "parcel_id": [f"parcel_{n}" for n in range(len(USES))],
        "use": list(USES),
        "code": [None] * len(USES),
        "source": [SOURCE] * len(USES),
    }
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=grid.crs)


def _places(box: Bounds) -> list[tuple[str, str, float, float, float | None]]:
    """Thing, kind, easting, northing and height of the sensor [m]."""
    x, y = box.x_min, box.y_min
    return [
        ("station", "weather_station", x + 30.0, y + 21.0, 10.0),
        ("detector", "traffic_detector", x + 2.0, y + 40.0, None),
        ("silent", "traffic_detector", x + 50.0, y + 2.0, None),
        ("bus", "vehicle", x + 20.0, y + 2.0, None),
        ("cell", "grid_point", x - 900.0, y - 400.0, 10.0),
    ]


def _urn(thing: str) -> str:
    return f"urn:citytwin:{SOURCE}:{thing}"


def _things(grid: GridSpec) -> gpd.GeoDataFrame:
    places = _places(grid.bounds)
    columns = {
        "thing": [_urn(place[0]) for place in places],
        "name": [None if place[0] == "cell" else place[0] for place in places],
        "kind": [place[1] for place in places],
        "source": [SOURCE] * len(places),
        "synthetic": [True] * len(places),
        "height_above_ground_m": [place[4] for place in places],
    }
    points = [shapely.Point(place[2], place[3]) for place in places]
    return gpd.GeoDataFrame(columns, geometry=points, crs=grid.crs)


def _defects(grid: GridSpec) -> gpd.GeoDataFrame:
    """A solid that is open, a house of recorded height, a file that could not be used."""
    box = grid.bounds
    codes, severities = ["302", "lod-fallback", "height-recorded", "file-refused"], SEVERITIES[::-1]
    columns = {
        "defect_id": [f"house_{n}:{code}" for n, code in enumerate(codes)],
        "feature_id": [f"house_{n}" for n in range(3)] + [None],
        "parent_id": [None] * 4,
        "surface_id": [None] * 4,
        "theme": ["buildings"] * 3 + [None],
        "code": codes,
        "rule": ["L14", None, None, None],
        "severity": [*severities, "error"],
        "message": [KINDS[code].meaning.en for code in codes],
        "action": [KINDS[code].action for code in codes],
        "value": [4.0, None, None, None],
        "count": [1] * 4,
        "source": [SOURCE] * 4,
        "offset": [None] * 4,
    }
    points = [shapely.Point(box.x_min + 5.0 * n, box.y_min + 3.0) for n in range(3)]
    return gpd.GeoDataFrame(columns, geometry=[*points, None], crs=grid.crs)


_TESTS = {t.Flag.SUSPECT: t.QualityTest.DOUBTED, t.Flag.BAD: t.QualityTest.GROSS_RANGE}
"""What the tests found of observations with a flag."""


def _observations() -> pd.DataFrame:
    """Three reports of every property: good, suspect, missing; one detector has nothing good."""
    moments = [pd.Timestamp(BEGIN) + pd.Timedelta(minutes=10 * k) for k in range(3)]
    flags = (t.Flag.GOOD, t.Flag.SUSPECT, t.Flag.MISSING)
    traffic = (p.TRAFFIC_FLOW, p.VEHICLE_SPEED)
    said = [("station", o) for o in p.ALL if o not in (*traffic, p.ARRIVAL_DELAY)]
    said += [("detector", o) for o in traffic] + [("bus", p.ARRIVAL_DELAY)]
    rows = [
        (thing, observed, moment, flag, None if flag is t.Flag.MISSING else observed.valid_max / 2)
        for thing, observed in said
        for moment, flag in zip(moments, flags, strict=True)
    ]
    rows.append(("silent", p.TRAFFIC_FLOW, moments[0], t.Flag.BAD, -1.0))
    columns = {
        "source": [SOURCE] * len(rows),
        "thing": [_urn(row[0]) for row in rows],
        "property": [row[1].name for row in rows],
        "unit": [row[1].unit for row in rows],
        "phenomenon_start": [row[2] for row in rows],
        "phenomenon_end": [row[2] for row in rows],
        "result": [row[4] for row in rows],
        "flag": [int(row[3]) for row in rows],
        "tests": [int(_TESTS.get(row[3], 0)) for row in rows],
        "synthetic": [True] * len(rows),
        "raw_ref": [SOURCE] * len(rows),
    }
    return pd.DataFrame(columns)
