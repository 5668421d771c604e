"""CityJSON of three versions: geometry, semantics, parts, faults."""

from __future__ import annotations

import copy
import json
import re

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from citytwin.errors import CityTwinError, SourceError
from citytwin.formats.cityjson.format import FORMAT, CityJsonParams
from citytwin.model.steps import Dataset
from citytwin.model.tables import BUILDINGS, LAND_USE, ROADS, SURFACES
from citytwin.store.tables import conform

X0, Y0 = 85_000.0, 447_500.0
RD = "https://www.opengis.net/def/crs/EPSG/0/7415"
# A box of 10 m x 6 m from 1 m to 5 m above NAP, in millimetres from its corner.
VERTICES = [
    [x, y, z] for z in (1000, 5000) for x, y in ((0, 0), (10000, 0), (10000, 6000), (0, 6000))
]
FACES = [
    [[3, 2, 1, 0]],
    [[4, 5, 6, 7]],
    [[0, 1, 5, 4]],
    [[1, 2, 6, 5]],
    [[2, 3, 7, 6]],
    [[3, 0, 4, 7]],
]
KINDS = ["GroundSurface", "RoofSurface", "WallSurface"]


def solid(lod="2.2", faces=FACES):
    """Solid of the box with semantics."""
    return {
        "type": "Solid",
        "lod": lod,
        "boundaries": [faces],
        "semantics": {"surfaces": [{"type": k} for k in KINDS], "values": [[0, 1, 2, 2, 2, 2]]},
    }


def flat(lod, ring=(0, 1, 2, 3), holes=()):
    """MultiSurface of one polygon."""
    return {"type": "MultiSurface", "lod": lod, "boundaries": [[list(ring), *holes]]}


def model(objects, vertices=VERTICES, version="2.0", reference=RD):
    """A whole document."""
    root = {
        "type": "CityJSON",
        "version": version,
        "CityObjects": objects,
        "vertices": vertices,
        "transform": {"scale": [0.001, 0.001, 0.001], "translate": [X0, Y0, 0.0]},
    }
    if reference is not None:
        root["metadata"] = {"referenceSystem": reference}
    return root


def house(*geometry, **attributes):
    """A building."""
    return {"type": "Building", "geometry": list(geometry), "attributes": attributes}


@pytest.fixture
def read(tmp_path):
    """Reads a document and returns the tables by their schema, and the result."""

    def run(root, params=None, source=None, name="x.city.json"):
        path = tmp_path / name
        if isinstance(root, bytes):
            path.write_bytes(root)
        else:
            path.write_text(root if isinstance(root, str) else json.dumps(root), encoding="utf-8")
        data = Dataset("city", tmp_path, (path,), "EPSG:28992", "Europe/Amsterdam", source)
        decoded = FORMAT.read(data, params or CityJsonParams())
        frames = {t: conform(t, frame, "EPSG:28992") for t, frame in decoded.tables.items()}
        return frames, decoded

    return run


def test_a_box_gives_one_row_with_its_measures(read):
    """Area 60 m2, from 1 m to 5 m, six faces with semantics, attributes as recorded."""
    box = house(solid(), measuredHeight=4.1, storeysAboveGround=2, function="residential")
    frames, decoded = read(model({"b": box}))
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
def test_versions_and_names_of_the_crs(read, version, reference):
    """All versions, and the CRS in every spelling, give the same box."""
    frames, _ = read(model({"b": house(solid())}, version=version, reference=reference))
    assert frames[BUILDINGS].geometry.iloc[0].bounds == (X0, Y0, X0 + 10, Y0 + 6)


def test_version_one_without_transform(read):
    """CityJSON 1.0 may hold its coordinates plainly, and lod as a number."""
    plain = [[X0 + x / 1000, Y0 + y / 1000, z / 1000] for x, y, z in VERTICES]
    root = model({"b": house(solid(lod=1))}, plain, "1.0")
    del root["transform"]
    frames, _ = read(root)
    assert frames[BUILDINGS].geometry.iloc[0].bounds == (X0, Y0, X0 + 10, Y0 + 6)
    assert frames[BUILDINGS]["lod"].tolist() == ["1"]


def test_the_best_level_is_chosen(read):
    """Of 0.2, 1.3 and 2.2 the last is used, and 0.2 is the footprint."""
    outline = flat("0.2", (0, 1, 2, 3))
    frames, _ = read(model({"b": house(outline, solid("1.3"), solid("2.2"))}))
    assert frames[BUILDINGS]["lod"].tolist() == ["2.2"]
    assert len(frames[SURFACES]) == 6


def test_holes_are_kept(read):
    """A courtyard: 60 m2 less 4 m2, and the face comes out with both rings."""
    vertices = [
        *VERTICES,
        [4000, 2000, 1000],
        [6000, 2000, 1000],
        [6000, 4000, 1000],
        [4000, 4000, 1000],
    ]
    ground = [[3, 2, 1, 0], [8, 9, 10, 11]]
    frames, _ = read(model({"b": house(solid(faces=[ground, *FACES[1:]]))}, vertices))
    assert frames[BUILDINGS].geometry.iloc[0].area == pytest.approx(56.0, abs=1e-6)
    assert frames[SURFACES]["ring_sizes"].iloc[0] == [4, 4]


def test_parts_take_the_place_of_an_empty_building(read):
    """3D BAG: the building has attributes and an outline, its parts the shell."""
    objects = {
        "whole-0": {"type": "BuildingPart", "parents": ["whole"], "geometry": [solid()]},
        "whole": {**house(usage="school", identificatie="NL.1"), "children": ["whole-0"]},
    }
    frames, _ = read(model(objects))
    row = frames[BUILDINGS].iloc[0]
    assert (row["building_id"], row["parent_id"], row["usage"]) == ("whole-0", "whole", "school")
    assert row["stable_key"] == "NL.1/1"


@pytest.mark.parametrize("parents", [["gone"], ["p"], ["q"], [7], "x"])
def test_lost_and_circular_parents_end(read, parents):
    """A part whose parents are missing or run in a circle stands for itself."""
    objects = {
        "p": {"type": "BuildingPart", "parents": parents, "geometry": [solid()]},
        "q": {"type": "BuildingPart", "parents": ["p"], "geometry": []},
    }
    frames, _ = read(model(objects))
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
def test_a_bad_ring_costs_its_face_only(read, ring, code):
    """Indices out of range, negative or no numbers: the face is dropped with its position."""
    faces = [*FACES[:2], [ring], *FACES[3:]]
    frames, decoded = read(model({"b": house(solid(faces=faces))}))
    assert len(frames[SURFACES]) == 5
    assert frames[BUILDINGS]["roof_z_m"].tolist() == [5.0]
    assert [(r.code, r.record) for r in decoded.rejects] == [(code, "b face 3")]
    if code == "index":
        assert "geometry[0] face 2" in decoded.rejects[0].message


def test_a_face_whose_vertex_is_no_number_is_dropped(read):
    """NaN, which Python writes but JSON does not know, costs the faces at that vertex only."""
    vertices = [*VERTICES, [0, 0, float("nan")]]
    faces = [*FACES[:5], [[3, 0, 8, 7]]]
    frames, decoded = read(model({"b": house(solid(faces=faces))}, vertices))
    assert len(frames[SURFACES]) == 5
    assert [r.code for r in decoded.rejects] == ["nan"]


def test_odd_semantics_do_no_harm(read):
    """Values missing, null, too few or out of range: the faces are there, without a kind."""
    for values in (None, [None], [[0]], [[9, -1, None, "x", 2, 2]], 7):
        odd = solid()
        odd["semantics"]["values"] = values
        frames, _ = read(model({"b": house(odd)}))
        assert len(frames[SURFACES]) == 6


def test_only_the_outer_shell_is_taken(read):
    """Further shells of a solid are cavities."""
    hollow = solid()
    hollow["boundaries"].append(FACES)
    frames, _ = read(model({"b": house(hollow)}))
    assert len(frames[SURFACES]) == 6


def test_composite_solids(read):
    """Two solids of one geometry give all their faces."""
    pair = {"type": "CompositeSolid", "lod": "2", "boundaries": [[FACES], [FACES]]}
    frames, _ = read(model({"b": house(pair)}))
    assert len(frames[SURFACES]) == 12


def test_roads_water_and_plants(read):
    """Roads give areas, a bridge lifts the road on it, water and plants become land use."""
    objects = {
        "r": {"type": "Road", "geometry": [flat("1")], "attributes": {"function": "footway"}},
        "s": {"type": "TransportSquare", "geometry": [flat("1", (0, 1, 2))]},
        "w": {"type": "WaterBody", "geometry": [flat("1")]},
        "p": {"type": "PlantCover", "geometry": [flat("1")]},
        "l": {"type": "LandUse", "geometry": [flat("1")]},
    }
    frames, _ = read(model(objects))
    roads = frames[ROADS]
    assert roads["road_id"].tolist() == ["r", "s"]
    assert roads["function"].iloc[0] == "footway"
    assert roads.geometry.area.tolist() == [pytest.approx(60.0), pytest.approx(30.0)]
    assert frames[LAND_USE]["use"].tolist() == ["water", "green", "other"]
    del objects["s"]
    objects["b"] = {"type": "Bridge", "geometry": [flat("1")]}
    frames, _ = read(model(objects))
    assert frames[ROADS]["level"].tolist() == [1]


def test_themes_can_be_left_out(read):
    """Only buildings wanted: the other tables are empty."""
    objects = {"b": house(solid()), "r": {"type": "Road", "geometry": [flat("1")]}}
    frames, _ = read(model(objects), CityJsonParams(themes=("buildings",)))
    sizes = {table.name: len(frame) for table, frame in frames.items() if len(frame)}
    assert sizes == {"buildings": 1, "surfaces": 6}


def sequence(*lines):
    """CityJSONSeq: a header and one feature per line."""
    header = model({}, [])
    return "\n".join([json.dumps(header), *lines])


def feature(name, vertices=VERTICES):
    """A line of a sequence."""
    return json.dumps(
        {
            "type": "CityJSONFeature",
            "id": name,
            "CityObjects": {name: house(solid())},
            "vertices": vertices,
        }
    )


def test_a_sequence_of_features(read):
    """Each line has its own vertices; a bad line is told with its number, the others stay."""
    moved = [[x + 20000, y, z] for x, y, z in VERTICES]
    text = sequence(feature("a"), '{"type": "CityJSONFea', "", feature("b", moved), "[1]")
    frames, decoded = read(text, name="x.city.jsonl")
    assert frames[BUILDINGS]["building_id"].tolist() == ["a", "b"]
    assert frames[BUILDINGS].geometry.iloc[1].bounds[0] == X0 + 20
    assert [(r.record, r.code) for r in decoded.rejects] == [
        ("line 3", "bad-line"),
        ("line 6", "bad-line"),
    ]


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_the_offset_of_a_feature_is_its_line(read, tmp_path, mark, end):
    """Bytes, not characters, and with the byte order mark; a whole file has none."""
    text = sequence(feature("家"), "", feature("b")).replace("\n", end)
    frames, _ = read(mark + text.encode(), name="x.city.jsonl")
    content = (tmp_path / "x.city.jsonl").read_bytes()
    table = frames[BUILDINGS]
    for name, begin in zip(table["building_id"], table["offset"], strict=True):
        assert content[begin - 1 : begin] == b"\n"
        assert json.loads(content[begin:].split(b"\n")[0])["id"] == name
    assert read(model({"b": house(solid())}))[0][BUILDINGS]["offset"].isna().all()


def test_attributes_without_a_column(read):
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
    frames, _ = read(model({"b": whole, "p": part}))
    row = frames[BUILDINGS].iloc[0]
    assert row["attributes"] == '{"bouwjaar":1990,"naïve":[1,{"c":"?"}],"function":"x"}'
    assert (row["usage"], row["stable_key"]) == ("home", "NL.1/1")
    plain = read(model({"b": house(solid(), measuredHeight=4)}))[0][BUILDINGS]
    assert plain["attributes"].isna().all()


def test_levels_and_height(read):
    """All levels that have surfaces; the height is that of the geometry."""
    frames, _ = read(model({"b": house(flat("0.1"), flat("0"), solid("1"), solid("2.2"))}))
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
def test_what_cannot_be_used_is_refused(read, case):
    """Each refusal names the file, the place and the reason."""
    root, reason = REFUSED[case]
    with pytest.raises(SourceError, match=f"(?s)^x.city.json: .*{reason}"):
        read(root)


def test_the_user_can_give_the_crs(read):
    """A file without referenceSystem is placed by the CRS given for the source."""
    root = model({"b": house(solid())}, reference=None)
    frames, _ = read(root, source="EPSG:28992")
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


# A box of 2 m x 1 m x 3 m from the origin of its template; lod 2.
TEMPLATE_POINTS = [[x, y, z] for z in (0, 3) for x, y in ((0, 0), (2, 0), (2, 1), (0, 1))]
PLAIN = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]
# A quarter turn to the left, twice as high, then 5 m to the east.
TURNED = [0, -1, 0, 5, 1, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 1]


def instance(matrix=PLAIN, anchor=0, template=0):
    """An instance of a template at a vertex of the file."""
    place = {"boundaries": [anchor], "transformationMatrix": matrix}
    return {"type": "GeometryInstance", "template": template, **place}


def templated(objects, shapes=None, points=TEMPLATE_POINTS, **more):
    """A document with templates."""
    root = model(objects, **more)
    root["geometry-templates"] = {
        "templates": shapes or [solid("2")],
        "vertices-templates": points,
    }
    return root


def test_an_instance_stands_at_its_anchor(read):
    """Vertex 2 is (10, 6, 1): the box lies east and north of it, and on it."""
    frames, decoded = read(templated({"b": house(instance(anchor=2))}))
    row = frames[BUILDINGS].iloc[0]
    assert decoded.rejects == ()
    assert row.geometry.bounds == (X0 + 10, Y0 + 6, X0 + 12, Y0 + 7)
    assert (row["lod"], row["ground_z_m"], row["roof_z_m"]) == ("2", 1.0, 4.0)
    semantics = frames[SURFACES]["semantic"].value_counts().to_dict()
    assert semantics == {"wall": 4, "ground": 1, "roof": 1}


def test_the_matrix_turns_before_it_shifts(read):
    """(x, y, z) -> (5 - y, x, 2 z) at vertex 0, (0, 0, 1): east 4 to 5, north 0 to 2, 6 m high."""
    row = read(templated({"b": house(instance(TURNED))}))[0][BUILDINGS].iloc[0]
    assert row.geometry.bounds == (X0 + 4, Y0, X0 + 5, Y0 + 2)
    assert (row["ground_z_m"], row["roof_z_m"]) == (1.0, 7.0)
    halved = [value / 2 for value in TURNED]
    again = read(templated({"b": house(instance(halved))}))[0][BUILDINGS].iloc[0]
    assert again.geometry.equals(row.geometry)


def test_all_kinds_of_objects_may_be_instances(read):
    """Part, installation, road, bridge and land; one template serves them all."""
    flat_shape = [{"type": "MultiSurface", "lod": "1", "boundaries": [FACES[0]]}, solid("2")]
    area = {"geometry": [instance(template=0)]}
    objects = {
        "b": {"type": "Building", "children": ["p", "i"]},
        "p": {"type": "BuildingPart", "parents": ["b"], "geometry": [instance(template=1)]},
        "i": {
            "type": "BuildingInstallation",
            "parents": ["p"],
            "geometry": [instance(template=1, anchor=5)],
        },
        "r": {"type": "Road", **area},
        "w": {"type": "WaterBody", **area},
        "d": {"type": "Bridge", **area},
    }
    frames, decoded = read(templated(objects, flat_shape))
    assert decoded.rejects == ()
    assert frames[BUILDINGS]["building_id"].tolist() == ["p"]
    assert len(frames[SURFACES]) == 12
    assert frames[ROADS]["level"].tolist() == [1]
    assert frames[LAND_USE].geometry.area.tolist() == [pytest.approx(2.0)]


def test_templates_of_a_sequence_stand_in_its_first_line(read):
    """Features of the lines after it are instances of them, at vertices of their own."""
    head = templated({})
    head["vertices"] = []
    feature = {
        "type": "CityJSONFeature",
        "id": "b",
        "CityObjects": {"b": house(instance(anchor=1))},
        "vertices": VERTICES,
    }
    text = "\n".join(json.dumps(line) for line in (head, feature))
    frames, _ = read(text, name="x.city.jsonl")
    assert frames[BUILDINGS].geometry.iloc[0].bounds == (X0 + 10, Y0, X0 + 12, Y0 + 1)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"template": 7}, "template 7 is not one of the 2"),
        ({"template": -1}, "template -1 is not one"),
        ({"template": "0"}, "is no number"),
        ({"template": 1}, "no surface or solid"),
        ({"boundaries": [8]}, "vertex index 8 is not one of 0 to 7"),
        ({"boundaries": [-1]}, "vertex index -1"),
        ({"boundaries": [0, 1]}, "index of one vertex"),
        ({"boundaries": None}, "index of one vertex"),
        ({"transformationMatrix": PLAIN[:15]}, "16 numbers"),
        ({"transformationMatrix": [*PLAIN[:15], "1"]}, "16 numbers"),
        ({"transformationMatrix": [float("nan"), *PLAIN[1:]]}, "16 numbers"),
        ({"transformationMatrix": [10**400, *PLAIN[1:]]}, "16 numbers"),
        ({"transformationMatrix": [*PLAIN[:15], 0]}, "instead of 0 0 0 1"),
        ({"transformationMatrix": [*PLAIN[:12], 1, 0, 0, 1]}, "instead of 0 0 0 1"),
        ({"transformationMatrix": [1e308, *PLAIN[1:]]}, "lies far off|NaN or infinite"),
    ],
)
def test_wrong_instances_are_set_aside(read, wrong, said):
    """The object is told with what was met; its neighbours are read; no template nests another."""
    objects = {"b": house({**instance(), **wrong}), "c": house(solid())}
    frames, decoded = read(templated(objects, [solid("2"), instance()]))
    assert frames[BUILDINGS]["building_id"].tolist() == ["c"]
    assert re.search(said, decoded.rejects[0].message)
    assert decoded.rejects[-1].code == "no-geometry"


@pytest.mark.parametrize("points", ["x", [[0, 0]], [[0, 0, None]], None, [[1e400, 0, 0]] * 8])
def test_wrong_templates_cost_their_instances(read, points):
    """Vertices that are none: the instances are told, the other buildings are read."""
    objects = {"b": house(instance()), "c": house(solid())}
    frames, decoded = read(templated(objects, points=points))
    assert frames[BUILDINGS]["building_id"].tolist() == ["c"]
    assert len(decoded.rejects) > 0


def test_instances_without_templates_are_told(read):
    """A file that names a template and has none."""
    frames, decoded = read(model({"b": house(instance()), "c": house(solid())}))
    assert frames[BUILDINGS]["building_id"].tolist() == ["c"]
    assert [r.code for r in decoded.rejects] == ["template", "no-geometry"]


def test_templates_of_installations_are_told(read):
    """A dormer given as an instance: the house stands, the reject names it."""
    instance = {"type": "GeometryInstance", "template": 0, "boundaries": [0]}
    dormer = {"type": "BuildingInstallation", "parents": ["c"], "geometry": [instance]}
    frames, decoded = read(model({"c": {**house(solid()), "children": ["d"]}, "d": dormer}))
    assert frames[BUILDINGS]["building_id"].tolist() == ["c"]
    assert [(r.record, r.code) for r in decoded.rejects] == [("c", "template")]


def test_a_solid_written_again_as_surfaces_stands_once(read):
    """The same level as Solid and as MultiSurface: six faces, with the semantics of the first."""
    again = {"type": "MultiSurface", "lod": "2.2", "boundaries": FACES}
    frames, decoded = read(model({"b": house(solid(), again)}))
    assert sorted(frames[SURFACES]["semantic"]) == ["ground", "roof", *["wall"] * 4]
    assert decoded.rejects == ()


def test_templates_in_metres_have_no_place_among_degrees(read):
    """The template is in metres, the file in degrees: nothing is guessed."""
    root = templated({"b": house(instance())}, reference="EPSG:4326")
    root["transform"]["translate"] = [4.35, 52.0, 0.0]
    root["transform"]["scale"] = [1e-9, 1e-9, 1e-3]
    _, decoded = read(root)
    assert "degrees" in decoded.rejects[0].message


def test_a_few_bytes_do_not_ask_for_any_number_of_faces(read, monkeypatch):
    """Beyond the limit of vertices the further instances are told."""
    monkeypatch.setattr("citytwin.formats.cityjson.templates._MOST_POINTS", 100)
    objects = {str(n): house(instance(anchor=n)) for n in range(5)}
    frames, decoded = read(templated(objects))
    # Six closed rings of four corners: 30 vertices each, so three stand.
    assert len(frames[BUILDINGS]) == 3
    assert {r.code for r in decoded.rejects} == {"template", "no-geometry"}


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=6,
)


def paths(value, prefix=()):
    """Places of all values in a document."""
    yield prefix
    if isinstance(value, dict | list):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for key, child in items:
            yield from paths(child, (*prefix, key))


WHOLE = templated(
    {
        "t": house(instance(TURNED)),
        "b": {**house(solid(), measuredHeight=4), "children": ["p"]},
        "p": {"type": "BuildingPart", "parents": ["b"], "geometry": [solid("1")]},
        "r": {"type": "Road", "geometry": [flat("1")]},
    }
)
PLACES = [place for place in paths(WHOLE) if place]


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(place=st.sampled_from(PLACES), junk=JUNK)
def test_junk_in_any_place_is_met_calmly(read, place, junk):
    """Any value replaced by anything: a result with finite numbers, or a CityTwinError."""
    root = copy.deepcopy(WHOLE)
    target = root
    for key in place[:-1]:
        target = target[key]
    target[place[-1]] = junk
    try:
        frames, _ = read(root)
    except CityTwinError:
        return
    points = frames[SURFACES]["xyz"]
    assert all(np.isfinite(row).all() for row in points)
