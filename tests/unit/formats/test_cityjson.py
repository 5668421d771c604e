"""CityJSON of three versions: geometry, semantics, parts, faults."""

from __future__ import annotations

import json

import numpy as np
import pytest
from cityjson_documents import (
    FACES,
    RD,
    VERTICES,
    X0,
    Y0,
    feature,
    flat,
    house,
    model,
    sequence,
    solid,
)

from citytwin.errors import SourceError
from citytwin.formats.cityjson.format import FORMAT, CityJsonParams
from citytwin.model.steps import Dataset
from citytwin.model.tables import BUILDINGS, LAND_USE, ROADS, SURFACES


def test_a_box_gives_one_row_with_its_measures(read_cityjson):
    """Area 60 m2, from 1 m to 5 m, six faces with semantics, attributes as recorded."""
    box = house(solid(), measuredHeight=4.1, storeysAboveGround=2, function="residential")
    frames, decoded = read_cityjson(model({"b": box}))
    row = frames[BUILDINGS].iloc[0]
    assert (row["building_id"], row["lod"], row["defects"]) == ("b", "2.2", "")
    assert (row["ground_z_m"], row["roof_z_m"], row["height_m"]) == (1.0, 5.0, 4.0)
    assert (row["measured_height_m"], row["storeys"]) == (4.1, 2)
    assert (row["usage"], row["usage_code"]) == ("residential", "residential")
    assert row["geometry"].bounds == (X0, Y0, X0 + 10, Y0 + 6)
    kinds = ["ground", "roof", "wall", "wall", "wall", "wall"]
    assert frames[SURFACES]["semantic"].tolist() == kinds
    roof = np.reshape(frames[SURFACES]["xyz"].iloc[1], (-1, 3))
    assert roof.tolist() == [[X0 + x, Y0 + y, 5.0] for x, y in ((0, 0), (10, 0), (10, 6), (0, 6))]
    assert decoded.rejects == ()


@pytest.mark.parametrize("version", ["1.0", "1.1", "2.0"])
@pytest.mark.parametrize(
    "reference",
    [RD, "http://www.opengis.net/def/crs/EPSG/0/7415", "urn:ogc:def:crs:EPSG::7415", "EPSG:28992"],
)
def test_versions_and_names_of_the_crs(read_cityjson, version, reference):
    """All versions, and the CRS in every spelling, give the same box."""
    frames, _ = read_cityjson(model({"b": house(solid())}, version=version, reference=reference))
    assert frames[BUILDINGS].geometry.iloc[0].bounds == (X0, Y0, X0 + 10, Y0 + 6)


def test_version_one_without_transform(read_cityjson):
    """CityJSON 1.0 may hold its coordinates plainly, and lod as a number."""
    plain = [[X0 + x / 1000, Y0 + y / 1000, z / 1000] for x, y, z in VERTICES]
    root = model({"b": house(solid(lod=1))}, plain, "1.0")
    del root["transform"]
    frames, _ = read_cityjson(root)
    assert frames[BUILDINGS].geometry.iloc[0].bounds == (X0, Y0, X0 + 10, Y0 + 6)
    assert frames[BUILDINGS]["lod"].tolist() == ["1"]


def test_the_best_level_is_chosen(read_cityjson):
    """Of 0.2, 1.3 and 2.2 the last is used, and 0.2 is the footprint."""
    outline = flat("0.2", (0, 1, 2, 3))
    frames, _ = read_cityjson(model({"b": house(outline, solid("1.3"), solid("2.2"))}))
    assert frames[BUILDINGS]["lod"].tolist() == ["2.2"]
    assert len(frames[SURFACES]) == 6


def test_holes_are_kept(read_cityjson):
    """A courtyard: 60 m2 less 4 m2, and the face comes out with both rings."""
    vertices = [
        *VERTICES,
        [4000, 2000, 1000],
        [6000, 2000, 1000],
        [6000, 4000, 1000],
        [4000, 4000, 1000],
    ]
    ground = [[3, 2, 1, 0], [8, 9, 10, 11]]
    frames, _ = read_cityjson(model({"b": house(solid(faces=[ground, *FACES[1:]]))}, vertices))
    assert frames[BUILDINGS].geometry.iloc[0].area == pytest.approx(56.0, abs=1e-6)
    assert frames[SURFACES]["ring_sizes"].iloc[0] == [4, 4]


def test_parts_take_the_place_of_an_empty_building(read_cityjson):
    """3D BAG: the building has attributes and an outline, its parts the shell."""
    objects = {
        "whole-0": {"type": "BuildingPart", "parents": ["whole"], "geometry": [solid()]},
        "whole": {**house(usage="school", identificatie="NL.1"), "children": ["whole-0"]},
    }
    frames, _ = read_cityjson(model(objects))
    row = frames[BUILDINGS].iloc[0]
    assert (row["building_id"], row["parent_id"], row["usage"]) == ("whole-0", "whole", "school")
    assert row["stable_key"] == "NL.1/1"


@pytest.mark.parametrize("parents", [["gone"], ["p"], ["q"], [7], "x"])
def test_lost_and_circular_parents_end(read_cityjson, parents):
    """A part whose parents are missing or run in a circle stands for itself."""
    objects = {
        "p": {"type": "BuildingPart", "parents": parents, "geometry": [solid()]},
        "q": {"type": "BuildingPart", "parents": ["p"], "geometry": []},
    }
    frames, _ = read_cityjson(model(objects))
    assert frames[BUILDINGS]["building_id"].tolist() == ["p"]


@pytest.mark.parametrize(
    ("ring", "code"),
    [
        ([0, 1, 99, 4], "index"),
        ([0, 1, -1, 4], "index"),
        ([0, 1, "5", 4], "index"),
        ([0, 1, 5.0, 4], "index"),
        ([0, 1, True, 4], "index"),
        ([0, 1, 10**30, 4], "index"),
        ([], "101"),
        ([0, 1], "101"),
        (None, "101"),
    ],
)
def test_a_bad_ring_costs_its_face_only(read_cityjson, ring, code):
    """Indices out of range, negative or no numbers: the face is dropped with its position."""
    faces = [*FACES[:2], [ring], *FACES[3:]]
    frames, decoded = read_cityjson(model({"b": house(solid(faces=faces))}))
    assert len(frames[SURFACES]) == 5
    assert frames[BUILDINGS]["roof_z_m"].tolist() == [5.0]
    assert [(r.code, r.record) for r in decoded.rejects] == [(code, "b face 3")]
    if code == "index":
        assert "geometry[0] face 2" in decoded.rejects[0].message


def test_a_face_whose_vertex_is_no_number_is_dropped(read_cityjson):
    """NaN, which Python writes but JSON does not know, costs the faces at that vertex only."""
    vertices = [*VERTICES, [0, 0, float("nan")]]
    faces = [*FACES[:5], [[3, 0, 8, 7]]]
    frames, decoded = read_cityjson(model({"b": house(solid(faces=faces))}, vertices))
    assert len(frames[SURFACES]) == 5
    assert [r.code for r in decoded.rejects] == ["nan"]


def test_odd_semantics_do_no_harm(read_cityjson):
    """Values missing, null, too few or out of range: the faces are there, without a kind."""
    for values in (None, [None], [[0]], [[9, -1, None, "x", 2, 2]], 7):
        odd = solid()
        odd["semantics"]["values"] = values
        frames, _ = read_cityjson(model({"b": house(odd)}))
        assert len(frames[SURFACES]) == 6


def test_only_the_outer_shell_is_taken(read_cityjson):
    """Further shells of a solid are cavities, which is told."""
    hollow = solid()
    hollow["boundaries"].append(FACES)
    frames, _ = read_cityjson(model({"b": house(hollow), "c": house(solid())}))
    assert len(frames[SURFACES]) == 12
    told = dict(zip(frames[BUILDINGS]["building_id"], frames[BUILDINGS]["defects"], strict=True))
    assert ("cavity" in told["b"].split(","), "cavity" in told["c"].split(",")) == (True, False)


def test_a_file_of_nothing_that_is_read_says_so(read_cityjson):
    """It is no silent success; beside a building such an object says nothing."""
    generic = {"type": "GenericCityObject", "geometry": [solid()]}
    _, decoded = read_cityjson(model({"g": generic, "f": {"type": "CityFurniture"}}))
    said = [note.en for note in decoded.notes if note.severity == "loss"]
    assert said == [
        "x.city.json holds nothing but GenericCityObject, CityFurniture, which are read by no format"
    ]
    _, decoded = read_cityjson(model({"g": generic, "b": house(solid())}))
    assert not [note for note in decoded.notes if note.severity == "loss"]


def test_composite_solids(read_cityjson):
    """Two solids of one geometry give all their faces."""
    pair = {"type": "CompositeSolid", "lod": "2", "boundaries": [[FACES], [FACES]]}
    frames, _ = read_cityjson(model({"b": house(pair)}))
    assert len(frames[SURFACES]) == 12


def test_roads_water_and_plants(read_cityjson):
    """Roads give areas, a bridge lifts the road on it, water and plants become land use."""
    objects = {
        "r": {"type": "Road", "geometry": [flat("1")], "attributes": {"function": "footway"}},
        "s": {"type": "TransportSquare", "geometry": [flat("1", (0, 1, 2))]},
        "w": {"type": "WaterBody", "geometry": [flat("1")]},
        "p": {"type": "PlantCover", "geometry": [flat("1")]},
        "l": {"type": "LandUse", "geometry": [flat("1")]},
    }
    frames, _ = read_cityjson(model(objects))
    roads = frames[ROADS]
    assert roads["road_id"].tolist() == ["r", "s"]
    assert roads["function"].iloc[0] == "footway"
    assert roads.geometry.area.tolist() == [pytest.approx(60.0), pytest.approx(30.0)]
    assert frames[LAND_USE]["use"].tolist() == ["water", "green", "other"]
    del objects["s"]
    objects["b"] = {"type": "Bridge", "geometry": [flat("1")]}
    frames, _ = read_cityjson(model(objects))
    assert frames[ROADS]["level"].tolist() == [1]


def test_themes_can_be_left_out(read_cityjson):
    """Only buildings wanted: the other tables are empty."""
    objects = {"b": house(solid()), "r": {"type": "Road", "geometry": [flat("1")]}}
    frames, _ = read_cityjson(model(objects), CityJsonParams(themes=("buildings",)))
    sizes = {table.name: len(frame) for table, frame in frames.items() if len(frame)}
    assert sizes == {"buildings": 1, "surfaces": 6}


def test_a_sequence_of_features(read_cityjson):
    """Each line has its own vertices; a bad line is told with its number, the others stay."""
    moved = [[x + 20000, y, z] for x, y, z in VERTICES]
    text = sequence(feature("a"), '{"type": "CityJSONFea', "", feature("b", moved), "[1]")
    frames, decoded = read_cityjson(text, name="x.city.jsonl")
    assert frames[BUILDINGS]["building_id"].tolist() == ["a", "b"]
    assert frames[BUILDINGS].geometry.iloc[1].bounds[0] == X0 + 20
    assert [(r.record, r.code) for r in decoded.rejects] == [
        ("line 3", "bad-line"),
        ("line 6", "bad-line"),
    ]


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_the_offset_of_a_feature_is_its_line(read_cityjson, tmp_path, mark, end):
    """Bytes, not characters, and with the byte order mark; a whole file has none."""
    text = sequence(feature("家"), "", feature("b")).replace("\n", end)
    frames, _ = read_cityjson(mark + text.encode(), name="x.city.jsonl")
    content = (tmp_path / "x.city.jsonl").read_bytes()
    table = frames[BUILDINGS]
    for name, begin in zip(table["building_id"], table["offset"], strict=True):
        assert content[begin - 1 : begin] == b"\n"
        assert json.loads(content[begin:].split(b"\n")[0])["id"] == name
    assert read_cityjson(model({"b": house(solid())}))[0][BUILDINGS]["offset"].isna().all()


def test_attributes_without_a_column(read_cityjson):
    """In the order of the file, with their types; a part has those of the building as well."""
    known = {
        "measuredHeight": 4.1,
        "usage": "home",
        "bouwjaar": 1984,
        "naïve": [1, {"b": None, "c": "\ud800"}],
        "lost": float("nan"),
        "function": "x",
        "identificatie": "NL.1",
    }
    whole = {"type": "Building", "attributes": known, "children": ["p"]}
    part = {**house(solid(), bouwjaar=1990), "type": "BuildingPart", "parents": ["b"]}
    frames, _ = read_cityjson(model({"b": whole, "p": part}))
    row = frames[BUILDINGS].iloc[0]
    assert row["attributes"] == '{"bouwjaar":1990,"naïve":[1,{"c":"?"}],"function":"x"}'
    assert (row["usage"], row["stable_key"]) == ("home", "NL.1/1")
    plain = read_cityjson(model({"b": house(solid(), measuredHeight=4)}))[0][BUILDINGS]
    assert plain["attributes"].isna().all()


def test_levels_and_height(read_cityjson):
    """All levels that have surfaces; the height is that of the geometry."""
    frames, _ = read_cityjson(model({"b": house(flat("0.1"), flat("0"), solid("1"), solid("2.2"))}))
    row = frames[BUILDINGS].iloc[0]
    assert (row["lods"], row["lod"], row["height_from"]) == ("0,0.1,1,2.2", "2.2", "geometry")


def without(*keys):
    """The box without some key of the document."""
    root = model({"b": house(solid())})
    for key in keys:
        del root[key]
    return root


REFUSED = {
    "no transform": (without("transform"), "transform.*requires"),
    "no objects": (without("CityObjects"), "CityObjects"),
    "no crs": (model({"b": house(solid())}, reference=None), "coordinate reference system"),
    "future version": (model({}, version="3.0"), "3.0"),
    "not cityjson": ({"type": "FeatureCollection"}, "FeatureCollection"),
    "a list": ([1, 2], "expected an object"),
    "truncated": (json.dumps(model({"b": house(solid())}))[:-30], "not JSON"),
    "empty": ("", "not JSON"),
    "not utf-8": (b'{"type": "\xff"}', "UTF-8"),
    "too deep": ("[" * 200_000, "JSON"),
    "ragged vertices": (model({}, [[1, 2, 3], [1, 2]]), r"vertices\[1\]"),
    "textual vertices": (model({}, [[1, 2, "x"]]), r"vertices\[0\]"),
    "vertices no list": (model({}, {"a": 1}), "vertices"),
    "bad scale": ({**model({}), "transform": {"scale": [1, 2], "translate": [0, 0, 0]}}, "scale"),
    "far away": (
        model({"b": house(solid())}, [[x + 10**12, y, z] for x, y, z in VERTICES]),
        "outside",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_used_is_refused(read_cityjson, case):
    """Each refusal names the file, the place and the reason."""
    root, reason = REFUSED[case]
    with pytest.raises(SourceError, match=f"(?s)^x.city.json: .*{reason}"):
        read_cityjson(root)


def test_the_user_can_give_the_crs(read_cityjson):
    """A file without referenceSystem is placed by the CRS given for the source."""
    root = model({"b": house(solid())}, reference=None)
    frames, _ = read_cityjson(root, source="EPSG:28992")
    assert frames[BUILDINGS].geometry.iloc[0].bounds == (X0, Y0, X0 + 10, Y0 + 6)


def test_easting_comes_first_whatever_the_authority_says(tmp_path):
    """In CityJSON of Japan the longitude or easting is first, though EPSG:6677 is north, east."""
    shifted = [[-44_120_000 + x, -94_310_000 + y, z] for x, y, z in VERTICES]
    root = model({"b": house(solid())}, shifted, reference="EPSG:6677")
    root["transform"]["translate"] = [0.0, 0.0, 0.0]
    path = tmp_path / "x.city.json"
    path.write_text(json.dumps(root), encoding="utf-8")
    data = Dataset("city", tmp_path, (path,), "EPSG:6677", "Asia/Tokyo")
    frame = FORMAT.read(data, CityJsonParams()).tables[BUILDINGS]
    assert frame.geometry.iloc[0].bounds == pytest.approx((-44_120, -94_310, -44_110, -94_304))
