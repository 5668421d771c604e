"""The readers of city models on the demo city, whose truths come from its plan."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from citytwin.formats import (
    citygml_bridges,
    citygml_land_use,
    citygml_relief,
    citygml_roads,
    citygml_water,
)
from citytwin.formats.citygml.format import FORMAT as BUILDINGS_FORMAT
from citytwin.model.steps import Dataset
from citytwin.model.tables import (
    BRIDGES,
    BUILDINGS,
    LAND_USE,
    RELIEF,
    ROADS,
    SURFACES,
    WATER_BODIES,
)
from citytwin.testing import write_demo_city


@pytest.fixture(scope="module")
def city(tmp_path_factory):
    """The demo city, written anew."""
    return write_demo_city(tmp_path_factory.mktemp("demo"))


def decoded(city, chosen, *paths):
    """What a format gets out of files of the city; nothing may be rejected or noted."""
    data = Dataset("demo", city.directory, tuple(sorted(paths)), "EPSG:6677", "Asia/Tokyo")
    result = chosen.read(data, chosen.params())
    assert result.rejects == ()
    assert result.notes == ()
    return result.tables


@pytest.fixture(scope="module")
def model(city):
    """Buildings and surfaces of the city."""
    tables = decoded(city, BUILDINGS_FORMAT, *city.building_files)
    return tables[BUILDINGS], tables[SURFACES]


def test_every_building_with_its_measures(city, model):
    """Area, bottom, top, level, key and usage of every building are those of the plan."""
    frame = model[0].copy()
    frame["whole"] = frame["parent_id"].fillna(frame["building_id"])
    groups = dict(iter(frame.groupby("whole", sort=False)))
    assert set(groups) == {truth.gml_id for truth in city.buildings}
    for truth in city.buildings:
        rows = groups[truth.gml_id]
        area = shapely.union_all(rows.geometry.to_numpy()).area
        # The files carry degrees to about a millimetre.
        assert area == pytest.approx(truth.footprint_area_m2, rel=3e-4)
        assert rows["ground_z_m"].min() == pytest.approx(truth.bottom_z, abs=1e-6)
        tops = truth.lod1_top_z if not truth.has_lod2 else (truth.top_z,)
        assert rows["roof_z_m"].max() == pytest.approx(max(tops), abs=1e-6)
        assert set(rows["lod"]) == {"2" if truth.has_lod2 else "1"}
        assert rows["stable_key"].str.startswith(truth.building_id).all()
        assert set(rows["usage_code"]) == {truth.usage_code}
        assert (rows["usage"] != rows["usage_code"]).all()
        assert set(rows["defects"]) <= {"", "height-differs"}


def test_roofs_lie_where_the_plan_has_them(city, model):
    """Over known points of LOD2 roofs the highest face has the known height."""
    buildings, surfaces = model
    chosen = [truth for truth in city.buildings if truth.has_lod2 and truth.roof_points][::12]
    whole_of = buildings["parent_id"].fillna(buildings["building_id"])
    whole = surfaces["building_id"].map(dict(zip(buildings["building_id"], whole_of, strict=True)))
    for truth in chosen:
        roofs = surfaces[(whole == truth.gml_id) & (surfaces["semantic"] == "roof")]
        for east, north, z in truth.roof_points:
            heights = [
                h for row in roofs.itertuples() if (h := height(row, east, north)) is not None
            ]
            assert max(heights) == pytest.approx(z, abs=0.002)


def height(row, east, north):
    """Height of a face over a point, by its plane; None beside the face."""
    points = np.reshape(row.xyz, (-1, 3))
    rings = np.split(points, np.cumsum(row.ring_sizes)[:-1])
    area = shapely.Polygon(rings[0][:, :2], [ring[:, :2] for ring in rings[1:]])
    if not area.contains(shapely.Point(east, north)):
        return None
    origin = points[0]
    # Least squares plane of the outer ring: independent of the reader's own normal.
    a, b, c = np.linalg.lstsq(
        np.column_stack([rings[0][:, :2] - origin[:2], np.ones(len(rings[0]))]),
        rings[0][:, 2],
        rcond=None,
    )[0]
    return float(a * (east - origin[0]) + b * (north - origin[1]) + c)


def test_ground(city):
    """Every triangle, and together they cover the city."""
    frame = decoded(city, citygml_relief.FORMAT, city.ground_file)[RELIEF]
    assert len(frame) == city.triangle_count
    corners = np.array(list(frame["triangle"])).reshape(-1, 3, 3)
    a, b = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    area = np.abs(a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]).sum() / 2
    west, south, east, north = city.bounds
    assert area == pytest.approx((east - west) * (north - south), rel=1e-5)


def test_streets_and_the_bridge(city):
    """Every street with its area; only the one on the bridge is lifted."""
    frame = decoded(city, citygml_roads.FORMAT, city.street_file, city.bridge_file)[ROADS]
    assert len(frame) == city.street_count
    assert frame.geometry.area.sum() == pytest.approx(city.street_area_m2, rel=1e-5)
    lifted = frame[frame["level"] == 1]
    assert len(lifted) == 1
    outline = shapely.Polygon(city.bridge.outline)
    assert lifted.geometry.iloc[0].symmetric_difference(outline).area < 0.1


def test_land_use(city):
    """Every parcel, each with a use that its code means."""
    frame = decoded(city, citygml_land_use.FORMAT, city.land_use_file)[LAND_USE]
    assert len(frame) == city.land_use_count
    assert set(frame["use"]) == {"building", "green", "paddy", "water"}
    assert (frame["use"] == "water").sum() == 1


def test_the_river(city):
    """One body of water, 48 m wide at right angles to its centreline, which it holds."""
    (row,) = decoded(city, citygml_water.FORMAT, city.water_file)[WATER_BODIES].itertuples()
    assert (row.name, row.water_class) == ("みずほ川", "river / stream")
    line = shapely.LineString(city.river_centreline)
    assert row.geometry.contains(shapely.LineString(city.river_centreline[1:-1]))
    assert row.geometry.area == pytest.approx(48.0 * line.length, rel=0.005)


def test_the_bridge(city):
    """Its outline and the heights of its deck."""
    (row,) = decoded(city, citygml_bridges.FORMAT, city.bridge_file)[BRIDGES].itertuples()
    outline = shapely.Polygon(city.bridge.outline)
    assert row.geometry.symmetric_difference(outline).area < 0.1
    assert (row.bottom_z_m, row.top_z_m) == (city.bridge.bottom_z, city.bridge.top_z)
    assert (row.level, row.name) == (1, "みずほ大橋")
