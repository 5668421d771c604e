"""Published and closed-form sunlight cases."""

from __future__ import annotations

import csv
import json
import math
import os
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from citytwin.kernels.caster_edges import caster_edges, edges_of_faces
from citytwin.kernels.facade_sunlight import Casters, point_sunlit
from citytwin.kernels.horizon_sweep import accumulate_sunlit, shadow_mask
from citytwin.kernels.shade_spells import shaded_hours, sun_circle, sun_directions
from citytwin.kernels.shadow_height import block_grid
from citytwin.kernels.solar import ephemeris, sun_position
from citytwin.kernels.sun_bundle import Suns

SAMPLES = Path(os.environ.get("CITYTWIN_SAMPLES", "missing")) / "sunlight"

pytestmark = pytest.mark.skipif(
    not SAMPLES.is_dir(), reason="needs sunlight cases in the folder CITYTWIN_SAMPLES"
)


def read_json(name):
    """One case file."""
    return json.loads((SAMPLES / name).read_text())


@pytest.mark.parametrize("cell_m", [0.5, 1.0])
def test_box_shadows(cell_m):
    """The mask differs from the exact shadow polygon only within one cell of its border."""
    shapely = pytest.importorskip("shapely")
    for case in read_json("box_shadows.json")["cases"]:
        footprint = shapely.Polygon(case["footprint"])
        hull = shapely.Polygon(case["hull_polygon"])
        x0, y0, x1, y1 = np.array(hull.bounds) + [-10, -10, 10, 10]
        west, north = math.floor(x0), math.ceil(y1)
        nx, ny = math.ceil((x1 - west) / cell_m), math.ceil((north - y0) / cell_m)
        x, y = np.meshgrid(
            west + (np.arange(nx) + 0.5) * cell_m, north - (np.arange(ny) + 0.5) * cell_m
        )
        inside = shapely.contains_xy(footprint, x, y)
        height = np.where(inside, case["roof_z"], case["ground_z"]).astype(np.float32)
        azimuth = math.radians(case["sun_azimuth_deg"])
        altitude = math.radians(case["sun_altitude_deg"])
        got = shadow_mask(height, height, cell_m, azimuth, altitude, 5, 5) == 1
        expected = shapely.contains_xy(hull, x, y) & ~inside
        wrong = got != expected
        points = shapely.points(x[wrong], y[wrong])
        if points.size:
            assert shapely.distance(hull.exterior, points).max() <= cell_m, case["name"]
        area_m2 = got.sum() * cell_m**2
        border_m2 = hull.length * cell_m
        assert abs(area_m2 - case["shadow_area_outside_building_m2"]) < border_m2, case["name"]


@pytest.mark.parametrize("cell_m", [0.5, 1.0])
def test_wall_cases(cell_m):
    """Shadow height before the wall and shadow depth on its roof, within one cell's rise."""
    for case in read_json("wall_cases.json")["cases"]:
        depth, gap = round(130 / cell_m), round(case["gap_m"] / cell_m)
        height = np.zeros((depth + gap + 10, 400), dtype=np.float32)
        height[:depth] = case["wall_height"]
        height[depth + gap :] = case["obstacle_height"]
        plane = height.copy()
        levels = np.linspace(0, case["wall_height"], 400).astype(np.float32)
        plane[depth] = levels
        altitude = math.radians(case["sun_altitude_deg"])
        mask = shadow_mask(height, plane, cell_m, math.pi, altitude, 0, 0)
        shaded = levels[mask[depth] == 1]
        shadow_m = shaded.max() if shaded.size else 0.0
        rise_m = cell_m * math.tan(altitude)
        assert shadow_m == pytest.approx(case["shadow_height_on_wall_m"], abs=rise_m + 0.2)
        roof_m = (mask[:depth, 0] == 1).sum() * cell_m
        assert roof_m == pytest.approx(case["roof_shadow_depth_from_south_edge_m"], abs=cell_m)


def test_walls_as_vectors():
    """Shadow height on the wall to 1 mm, from the roof of the obstacle and from blocks of 1 m."""
    nothing = np.empty((0, 6))
    area = (-500.0, -200.0, 500.0, 200.0)
    ground = np.zeros((400, 1000), np.float32)
    for case in read_json("wall_cases.json")["cases"]:
        roof = np.array(
            [[-400.0, -case["gap_m"]], [400, -case["gap_m"]], [400, -190], [-400, -190]]
        )
        xyz = np.column_stack([roof, np.full(4, case["obstacle_height"])])
        blocks = ground.copy()
        blocks[:200] = case["wall_height"]
        blocks[200 + round(case["gap_m"]) :] = case["obstacle_height"]
        ways = {
            "faces": (ground, edges_of_faces(xyz, np.array([0, 4]))),
            "blocks": (blocks, nothing),
        }
        levels = np.arange(0.0005, case["wall_height"], 0.001)
        points = np.column_stack([np.full(levels.size, 0.3), np.zeros(levels.size), levels])
        normals = np.tile([0.0, -1.0, 0.0], (levels.size, 1))
        sun = Suns(np.array([math.pi]), np.radians([case["sun_altitude_deg"]]), np.ones(1))
        for name, (height, edges) in ways.items():
            grid = block_grid(height, (-500.0, 200.0), (1.0, 1.0), (0, 0))
            lit = point_sunlit(Casters(grid, caster_edges(edges, area)), points, normals, sun)
            shadow_m = (~lit).sum() * 0.001
            assert shadow_m == pytest.approx(case["shadow_height_on_wall_m"], abs=0.001), name


def test_slope_cases():
    """Shadow length of a wall on sloping ground, within one cell."""
    cell_m = 0.25
    for case in read_json("slope_cases.json")["cases"]:
        slope = math.tan(math.radians(case["ground_slope_deg_rising_away_from_sun"]))
        distance = (np.arange(600)[::-1] - 39.5) * cell_m
        profile = distance * slope
        profile[distance < 0] = case["wall_height"]  # the wall's far face stands at 0
        height = np.repeat(profile[:, None], 5, axis=1).astype(np.float32)
        altitude = math.radians(case["sun_altitude_deg"])
        mask = shadow_mask(height, height, cell_m, math.pi, altitude, 0, 0)
        shadow_m = (mask[distance > 0, 2] == 1).sum() * cell_m
        assert shadow_m == pytest.approx(case["horizontal_shadow_length_m"], abs=cell_m)


def test_hikage_sun_positions():
    """Hour-angle suns equal the listed ones."""
    table = read_json("hikage_sun.json")
    for name, latitude_deg in (("tokyo_4m", 35.6895), ("sapporo_4m", 43.0621)):
        rows = table["hourly"][name]
        hours = np.array([row["t"] for row in rows])
        azimuth, altitude = sun_position(
            *np.radians([latitude_deg, table["declination_deg"]]), np.radians(15 * (hours - 12))
        )
        np.testing.assert_allclose(np.degrees(azimuth), [r["az"] for r in rows], atol=1e-4)
        np.testing.assert_allclose(np.degrees(altitude), [r["alt"] for r in rows], atol=1e-4)


def hikage_hours(rows, method, cell_m=0.25):
    """Shadow hours of the box at points, mean of the four cells that meet there."""
    latitude, plane_m = float(rows[0]["lat_deg"]), float(rows[0]["plane_above_ground_m"])
    start, stop = float(rows[0]["start_true_solar_h"]), float(rows[0]["end_true_solar_h"])
    steps = round((stop - start) * 60)
    time = start + (np.arange(steps) + 0.5) / 60
    azimuth, altitude = sun_position(*np.radians([latitude, -23.44]), np.radians(15 * (time - 12)))
    ny, nx = round(75 / cell_m), round(130 / cell_m)
    west, north = -65.0, 65.0
    x, y = np.meshgrid(
        west + (np.arange(nx) + 0.5) * cell_m, north - (np.arange(ny) + 0.5) * cell_m
    )
    box = (x > 0) & (x < 20) & (y > 0) & (y < 12)
    height = np.where(box, 31.0, 0.0).astype(np.float32)
    plane = np.maximum(height, np.float32(plane_m))
    lit = accumulate_sunlit(
        height, plane, cell_m, Suns(azimuth, altitude, np.full(steps, 1 / 60)), 100, 100, method
    )
    got = []
    for row in rows:
        i = round((north - float(row["y_m"])) / cell_m)
        j = round((float(row["x_m"]) - west) / cell_m)
        got.append(stop - start - lit[i - 1 : i + 1, j - 1 : j + 1].mean())
    return np.array(got), np.array([float(row["shadow_hours"]) for row in rows])


@pytest.mark.parametrize(
    ("method", "mean_h", "worst_h"), [("fast", 0.02, 0.08), ("exact", 0.005, 0.02)]
)
def test_hikage_box(method, mean_h, worst_h):
    """Winter shadow hours on the measuring planes of the Japanese rule, Tokyo and Sapporo."""
    with (SAMPLES / "hikage_box.csv").open() as file:
        table = list(csv.DictReader(file))
    for name in sorted({row["case"] for row in table}):
        rows = [row for row in table if row["case"] == name]
        got, expected = hikage_hours(rows, method)
        assert np.abs(got - expected).mean() < mean_h, name
        assert np.abs(got - expected).max() < worst_h, name


def test_positions_of_the_sun_agree_with_the_table():
    """Azimuth and altitude of seven places, without refraction also below the horizon."""
    with (SAMPLES / "spa_table.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 70
    for row in rows:
        moment = np.array([datetime.fromisoformat(row["time_utc"]).timestamp()])
        got = ephemeris(moment, float(row["lon"]), float(row["lat"]))
        assert got.azimuth_deg[0] == pytest.approx(float(row["azimuth_deg"]), abs=1e-3)
        assert got.altitude_deg[0] == pytest.approx(float(row["elevation_deg"]), abs=1e-3)
        if float(row["elevation_deg"]) > 5.0:
            apparent = float(row["apparent_elevation_deg"])
            assert got.apparent_altitude_deg[0] == pytest.approx(apparent, abs=5e-3)


def test_the_published_position():
    """The worked example of the algorithm, within its stated uncertainty."""
    case = read_json("spa_published.json")
    given, expected = case["inputs"], case["expected"]
    local = datetime.fromisoformat(given["local_time"]).replace(tzinfo=UTC)
    moment = np.array([local.timestamp() - 3600 * given["utc_offset_h"]])
    got = ephemeris(moment, given["longitude_deg"], given["latitude_deg"])
    azimuth = expected["topocentric_azimuth_eastward_from_north_deg"]
    assert got.azimuth_deg[0] == pytest.approx(azimuth, abs=case["tolerance_deg"])
    # Without refraction, which the example takes for its 820 hPa.
    altitude = case["pvlib_0.16.1_check"]["elevation"]
    assert got.altitude_deg[0] == pytest.approx(altitude, abs=case["tolerance_deg"])


def test_shade_of_a_box_exact_in_time():
    """Hours of the statutory cases from spells: within the ten seconds' step of the table."""
    corners = [(0.0, 0.0), (20.0, 0.0), (20.0, 12.0), (0.0, 12.0)]
    edges = np.array([[*corners[k], 31.0, *corners[(k + 1) % 4], 31.0] for k in range(4)])
    declination = math.radians(read_json("hikage_sun.json")["declination_deg"])
    with (SAMPLES / "hikage_box.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        begin, end = (float(row[f"{name}_true_solar_h"]) for name in ("start", "end"))
        window = (math.radians(15.0 * (begin - 12.0)), math.radians(15.0 * (end - 12.0)))
        circle = sun_circle(math.radians(float(row["lat_deg"])), declination, 0.0, window, 0.0)
        point = [float(row[name]) for name in ("x_m", "y_m", "plane_above_ground_m")]
        hours = shaded_hours(np.array([point]), edges, circle)[0]
        assert hours == pytest.approx(float(row["shadow_hours"]), abs=0.003), row


def test_directions_of_the_statutory_sun():
    """Azimuth and altitude at each full hour of the cases."""
    listed = read_json("hikage_sun.json")
    circle = sun_circle(
        math.radians(35.6895), math.radians(listed["declination_deg"]), 0.0, (-2.0, 2.0), 0.0
    )
    hours = listed["hourly"]["tokyo_4m"]
    angles = np.array([math.radians(15.0 * (each["t"] - 12.0)) for each in hours])
    for each, (east, north, up) in zip(hours, sun_directions(circle, angles), strict=True):
        assert math.degrees(math.atan2(east, north)) % 360.0 == pytest.approx(each["az"], abs=1e-3)
        assert math.degrees(math.asin(up)) == pytest.approx(each["alt"], abs=1e-3)


def test_outlines_of_box_shadows():
    """The polygon equals the published one within the rounding of its corners."""
    shapely = pytest.importorskip("shapely")
    from citytwin.rules.shade_outline import shadow_outline

    for case in read_json("box_shadows.json")["cases"]:
        azimuth, altitude = (
            math.radians(case[f"sun_{name}_deg"]) for name in ("azimuth", "altitude")
        )
        level = math.cos(altitude)
        sun = np.array([level * math.sin(azimuth), level * math.cos(azimuth), math.sin(altitude)])
        corners = shapely.get_coordinates(shapely.Polygon(case["footprint"]).exterior)[:-1]
        roof = np.column_stack([corners, np.full(len(corners), case["roof_z"])])
        outline = shadow_outline([[roof]], case["ground_z"], sun)
        expected = shapely.Polygon(case["hull_polygon"])
        assert outline.symmetric_difference(expected).area < 1e-3, case["name"]
