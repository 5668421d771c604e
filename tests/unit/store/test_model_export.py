"""City models as GeoParquet, GeoPackage and CityJSONSeq, read back by other programs."""

from __future__ import annotations

import json

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pyogrio
import pytest
import shapely

import citytwin
from citytwin.formats.city.defects import defect_frame
from citytwin.model.notes import Reject
from citytwin.model.tables import BUILDINGS, DEFECTS, VEGETATION
from citytwin.store.model_geopackage import write_model_geopackage
from citytwin.store.model_parquet import write_model_parquet
from citytwin.store.shells import Rings, solid_shells
from citytwin.store.tables import conform
from tests.unit.formats import gml_documents as gml

X0, Y0 = gml.X0, gml.Y0


def faces_of_box(x, top=116.0, y=Y0):
    """Faces of a box of 10 m x 6 m on 112 m."""
    return gml.box(x, y, x + 10, y + 6, 112.0, top)


def tower():
    """A building without geometry of its own, of two parts."""
    return gml.building(
        gml.part(gml.lod2(faces_of_box(X0 + 40), "q"), "tower-a")
        + gml.part(gml.lod2(faces_of_box(X0 + 50, 130.0), "r"), "tower-b"),
        "tower",
    )


def with_courtyard():
    """A flat roof and ground with a hole, walls on all sides but one: open."""
    outer, inner = faces_of_box(X0 + 80), gml.box(X0 + 83, Y0 + 2, X0 + 86, Y0 + 4, 112.0, 116.0)
    ground = gml.polygon(outer[0], [inner[0][::-1]])
    roof = gml.polygon(outer[1], [inner[1][::-1]])
    walls = [gml.polygon(wall) for wall in outer[2:]]
    courts = [gml.polygon(wall[::-1]) for wall in inner[2:5]]
    surfaces = gml.multi_surface(ground, roof, *walls, *courts)
    return gml.building(f"<bldg:lod1MultiSurface>{surfaces}</bldg:lod1MultiSurface>", "court")


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """A box, a tower of two parts, a building with a courtyard, an outline of unknown height."""
    folder = tmp_path_factory.mktemp("model")
    recorded = (
        "<gml:name>函館</gml:name>"
        "<bldg:usage>401</bldg:usage><bldg:yearOfConstruction>1987</bldg:yearOfConstruction>"
        "<bldg:measuredHeight>4.5</bldg:measuredHeight><uro:x><uro:Detail>"
        '<uro:area uom="m2">60.10</uro:area></uro:Detail></uro:x>'
    )
    outline = gml.rectangle(X0 + 120, Y0, X0 + 130, Y0 + 6, 0.0)
    members = [
        gml.building(recorded + gml.lod2(faces_of_box(X0)), "box"),
        tower(),
        with_courtyard(),
        gml.building(gml.lod0(outline), "flat"),
    ]
    path = folder / "a.gml"
    path.write_text(gml.city_model(*members))
    return citytwin.read_citymodel(path)


def lines_of(path):
    """Lines of a sequence, parsed."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_buildings_parquet(model, tmp_path):
    """Outlines with CRS, units and meanings; geopandas reads them as they were."""
    model.to_geoparquet(tmp_path)
    back = gpd.read_parquet(tmp_path / "buildings.parquet")
    assert back.crs.to_epsg() == 25832
    areas = back.set_index("building_id").area
    expected = {"box": 60.0, "tower-a": 60.0, "tower-b": 60.0, "court": 54.0, "flat": 60.0}
    assert areas.to_dict() == pytest.approx(expected)
    schema = pq.read_schema(tmp_path / "buildings.parquet")
    assert schema.field("height_m").metadata[b"unit"] == b"m"
    assert b"top minus bottom" in schema.field("height_m").metadata[b"meaning"]
    geo = json.loads(schema.metadata[b"geo"])
    column = geo["columns"]["geometry"]
    assert (geo["version"], column["encoding"]) == ("1.1.0", "WKB")
    assert column["geometry_types"] == ["MultiPolygon"]
    assert column["crs"]["id"] == {"authority": "EPSG", "code": 25832}
    assert column["bbox"] == pytest.approx([X0, Y0, X0 + 130, Y0 + 6])
    near = gpd.read_parquet(tmp_path / "buildings.parquet", bbox=(X0 + 35, Y0, X0 + 55, Y0 + 1))
    assert set(near["building_id"]) == {"tower-a", "tower-b"}


def test_surfaces_parquet(model, tmp_path):
    """Rings as nested lists, each closed; geopandas sees polygons in space, pyarrow the numbers."""
    model.to_geoparquet(tmp_path)
    table = pq.read_table(tmp_path / "surfaces.parquet")
    assert str(table.schema.field("geometry").type.value_type.value_type.names) == "['x', 'y', 'z']"
    rows = table.to_pylist()
    court = [row for row in rows if row["building_id"] == "court"]
    assert sorted(len(row["geometry"]) for row in court) == [1] * 7 + [2] * 2
    for row in rows:
        for ring in row["geometry"]:
            assert ring[0] == ring[-1]
    roof = next(row for row in rows if row["building_id"] == "box" and row["semantic"] == "roof")
    corners = {(v["x"] - X0, v["y"] - Y0, v["z"]) for v in roof["geometry"][0]}
    assert corners == {(0, 0, 116), (10, 0, 116), (10, 6, 116), (0, 6, 116)}
    back = gpd.read_parquet(tmp_path / "surfaces.parquet")
    assert back.geometry.has_z.all()
    flat = back[back["building_id"] == "court"].area
    assert flat.sum() == pytest.approx(2 * 54.0)  # ground and roof; walls have no area from above


def test_surfaces_as_wkb(model, tmp_path):
    """On request MultiPolygons with heights."""
    model.to_geoparquet(tmp_path, faces="wkb")
    back = gpd.read_parquet(tmp_path / "surfaces.parquet")
    assert set(back.geom_type) == {"MultiPolygon"}
    assert back.geometry.has_z.all()
    assert len(back) == 6 * 3 + 9


def test_empty_tables_of_parquet(tmp_path):
    """A table without rows is a file with its columns."""
    path = tmp_path / "a.parquet"
    assert write_model_parquet(path, BUILDINGS, [], "EPSG:6677", (np.nan,) * 4) == 0
    assert len(gpd.read_parquet(path)) == 0
    assert "height_m" in gpd.read_parquet(path).columns


def test_cityjsonseq(model, tmp_path):
    """Header and features; parts with parent, solids where the shell closes, whole millimetres."""
    path = tmp_path / "a.city.jsonl"
    assert model.to_cityjsonseq(path) == 4
    header, *features = lines_of(path)
    assert header["version"] == "2.0"
    assert header["transform"]["scale"] == [0.001, 0.001, 0.001]
    assert header["metadata"]["referenceSystem"].endswith("/def/crs/EPSG/0/25832")
    found = {feature["id"]: feature for feature in features}
    assert set(found) == {"box", "tower", "court", "flat"}
    tower_objects = found["tower"]["CityObjects"]
    assert tower_objects["tower"]["children"] == ["tower-a", "tower-b"]
    assert "geometry" not in tower_objects["tower"]
    assert tower_objects["tower-b"]["type"] == "BuildingPart"
    assert tower_objects["tower-b"]["parents"] == ["tower"]
    shapes = {
        name: item["geometry"][0]
        for feature in features
        for name, item in feature["CityObjects"].items()
        if "geometry" in item
    }
    kinds = {name: (shape["type"], shape["lod"]) for name, shape in shapes.items()}
    assert kinds == {
        "box": ("Solid", "2"),
        "tower-a": ("Solid", "2"),
        "tower-b": ("Solid", "2"),
        "court": ("MultiSurface", "1"),
        "flat": ("MultiSurface", "0"),
    }
    said = found["box"]["CityObjects"]["box"]["attributes"]
    assert (said["measuredHeight"], said["usage_code"]) == (4.5, "401")
    assert str(said["yearOfConstruction"]) == "1987"
    assert said["source"] == "a.gml"
    assert said["name"] == "函館"
    assert said["Detail"] == {"area": {"value": 60.1, "uom": "m2"}}
    assert "attributes" not in said
    box = np.array(found["box"]["vertices"]) * 0.001 + header["transform"]["translate"]
    expected = {(X0 + x, Y0 + y, z) for x in (0, 10) for y in (0, 6) for z in (112, 116)}
    assert {tuple(np.round(vertex, 3)) for vertex in box} == expected
    semantics = shapes["box"]["semantics"]
    assert [s["type"] for s in semantics["surfaces"]] == [
        "RoofSurface", "WallSurface", "GroundSurface",
    ]  # fmt: skip
    assert sorted(semantics["values"][0]) == [0, 1, 1, 1, 1, 2]


def test_cityjsonseq_gives_the_same_tables(model, tmp_path):
    """Our own reader finds the same buildings in it."""
    model.to_cityjsonseq(tmp_path / "a.city.jsonl")
    back = citytwin.read_citymodel(tmp_path / "a.city.jsonl")
    a, b = (m.buildings.set_index("building_id").sort_index() for m in (model, back))
    assert back.crs == model.crs
    columns = [
        "stable_key", "parent_id", "lod", "height_m", "measured_height_m", "ground_z_m", "roof_z_m",
        "usage", "usage_code",
    ]  # fmt: skip
    pd.testing.assert_frame_equal(
        pd.DataFrame(a[columns]), pd.DataFrame(b[columns]), atol=1e-3, rtol=0
    )
    assert a.area.tolist() == pytest.approx(b.area.tolist())
    assert len(back.surfaces) == len(model.surfaces)
    assert a.loc["flat", "ground_z_m"] is pd.NA or np.isnan(a.loc["flat", "ground_z_m"])


def test_level_four_comes_back(tmp_path):
    """CityJSON calls it level 3; what the building says of itself brings it back."""
    shell = gml.lod1(faces_of_box(X0)).replace("lod1", "lod4")
    path = tmp_path / "a.gml"
    path.write_text(gml.city_model(gml.building(shell, "rooms"), tower()))
    model = citytwin.read_citymodel(path)
    model.to_cityjsonseq(tmp_path / "a.city.jsonl")
    objects = [
        o for line in lines_of(tmp_path / "a.city.jsonl")[1:] for o in line["CityObjects"].values()
    ]
    assert {g["lod"] for o in objects for g in o.get("geometry", ())} == {"2", "3"}
    back = citytwin.read_citymodel(tmp_path / "a.city.jsonl").buildings.set_index("building_id")
    assert back["lod"].to_dict() == {"rooms": "4", "tower-a": "2", "tower-b": "2"}
    assert back.loc["rooms", "lods"] == "4"


def test_geopackage(model, tmp_path):
    """Layers with their rows; faces stand in space."""
    model.to_geopackage(tmp_path / "a.gpkg")
    layers = dict(pyogrio.list_layers(tmp_path / "a.gpkg"))
    assert layers == {
        "buildings": "MultiPolygon", "surfaces": "MultiPolygon Z", "defects": "Point",
    }  # fmt: skip
    back = pyogrio.read_dataframe(tmp_path / "a.gpkg", layer="surfaces")
    assert back.crs.to_epsg() == 25832
    assert len(back) == 27
    heights = shapely.get_coordinates(back.geometry, include_z=True)[:, 2]
    assert (heights.min(), heights.max()) == (112.0, 130.0)


def test_defects_leave_as_well(model, tmp_path):
    """What is not known of an outline is a defect, and lies where the outline does."""
    model.to_geoparquet(tmp_path)
    back = gpd.read_parquet(tmp_path / "defects.parquet")
    assert set(back["feature_id"]) == {"flat"}
    assert set(back["code"]) == {"ground-unknown", "height-unknown"}
    assert back.geometry.within(shapely.box(X0 + 120, Y0, X0 + 130, Y0 + 6)).all()
    assert len(back) == len(model.report)


def test_a_defect_without_a_place(tmp_path):
    """A file that cannot be read has no place; its row is kept, with neither point nor box."""
    path = tmp_path / "a.parquet"
    reject = Reject(source="a.gml", record="file", code="file-refused", message="cut")
    frame = conform(DEFECTS, defect_frame({}, [reject], None, "EPSG:6677"), "EPSG:6677")
    write_model_parquet(path, DEFECTS, [frame], "EPSG:6677", (np.nan,) * 4)
    back = gpd.read_parquet(path)
    assert back.geometry.isna().all()
    assert pq.read_table(path)["bbox"].null_count == 1
    assert back["message"].tolist() == ["cut"]


def test_points_and_areas_of_one_table(tmp_path):
    """Single plants become a layer of their own, for a layer holds one kind of geometry."""
    columns = {c.name: [None, None] for c in VEGETATION.columns if c.name != "geometry"}
    frame = gpd.GeoDataFrame(
        columns | {"plant_id": ["a", "b"]},
        geometry=[shapely.Point(1, 2), shapely.MultiPolygon([shapely.box(0, 0, 1, 1)])],
        crs="EPSG:6677",
    )
    write_model_geopackage(tmp_path / "a.gpkg", {VEGETATION: [frame]}, "EPSG:6677")
    layers = dict(pyogrio.list_layers(tmp_path / "a.gpkg"))
    assert layers == {"vegetation": "MultiPolygon", "vegetation_points": "Point"}


def test_same_bytes(model, tmp_path):
    """Writing again gives the same bytes, and leaves nothing else behind."""
    for name in ("a", "b"):
        model.to_geoparquet(tmp_path / name)
        model.to_geopackage(tmp_path / name / "m.gpkg")
        model.to_cityjsonseq(tmp_path / name / "m.jsonl")
    names = sorted(path.name for path in (tmp_path / "a").iterdir())
    assert names == [
        "buildings.parquet", "defects.parquet", "m.gpkg", "m.jsonl", "surfaces.parquet",
    ]  # fmt: skip
    for name in names:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def rings_of(*shells):
    """Rings of some shells, one ring per face."""
    rings = [ring for shell in shells for ring in shell]
    owners = [number for number, shell in enumerate(shells) for _ in shell]
    return Rings(
        np.array([vertex for ring in rings for vertex in ring], dtype=np.int64),
        np.cumsum([0, *map(len, rings)]),
        np.arange(len(rings)),
        np.array(owners),
    )


def cube(x=0):
    """Cube of side 2, turned outwards."""
    return [[tuple(map(int, v)) for v in face] for face in gml.box(x, 0, x + 2, 2, 0, 2)]


def test_which_shells_are_solids():
    """Closed, in one piece and turned outwards; anything else is a bag of surfaces."""
    turned = [face[::-1] for face in cube()]
    one_turned = [cube()[0][::-1], *cube()[1:]]
    shells = [cube(), cube()[:5], turned, one_turned, [*cube(), *cube(10)], [*cube(), cube()[0]]]
    assert solid_shells(rings_of(*shells), 6).tolist() == [True] + [False] * 5
