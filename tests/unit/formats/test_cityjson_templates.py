"""CityJSON by geometry templates, and documents with anything in any place."""

from __future__ import annotations

import copy
import json
import re

import numpy as np
import pytest
from cityjson_documents import (
    FACES,
    PLAIN,
    TURNED,
    VERTICES,
    X0,
    Y0,
    flat,
    house,
    instance,
    model,
    solid,
    templated,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from citytwin.errors import CityTwinError
from citytwin.model.tables import BUILDINGS, LAND_USE, ROADS, SURFACES


def test_an_instance_stands_at_its_anchor(read_cityjson):
    """Vertex 2 is (10, 6, 1): the box lies east and north of it, and on it."""
    frames, decoded = read_cityjson(templated({"b": house(instance(anchor=2))}))
    row = frames[BUILDINGS].iloc[0]
    assert decoded.rejects == ()
    assert row.geometry.bounds == (X0 + 10, Y0 + 6, X0 + 12, Y0 + 7)
    assert (row["lod"], row["ground_z_m"], row["roof_z_m"]) == ("2", 1.0, 4.0)
    semantics = frames[SURFACES]["semantic"].value_counts().to_dict()
    assert semantics == {"wall": 4, "ground": 1, "roof": 1}


def test_the_matrix_turns_before_it_shifts(read_cityjson):
    """(x, y, z) -> (5 - y, x, 2 z) at vertex 0, (0, 0, 1): east 4 to 5, north 0 to 2, 6 m high."""
    row = read_cityjson(templated({"b": house(instance(TURNED))}))[0][BUILDINGS].iloc[0]
    assert row.geometry.bounds == (X0 + 4, Y0, X0 + 5, Y0 + 2)
    assert (row["ground_z_m"], row["roof_z_m"]) == (1.0, 7.0)
    halved = [value / 2 for value in TURNED]
    again = read_cityjson(templated({"b": house(instance(halved))}))[0][BUILDINGS].iloc[0]
    assert again.geometry.equals(row.geometry)


def test_all_kinds_of_objects_may_be_instances(read_cityjson):
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
    frames, decoded = read_cityjson(templated(objects, flat_shape))
    assert decoded.rejects == ()
    assert frames[BUILDINGS]["building_id"].tolist() == ["p"]
    assert len(frames[SURFACES]) == 12
    assert frames[ROADS]["level"].tolist() == [1]
    assert frames[LAND_USE].geometry.area.tolist() == [pytest.approx(2.0)]


def test_templates_of_a_sequence_stand_in_its_first_line(read_cityjson):
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
    frames, _ = read_cityjson(text, name="x.city.jsonl")
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
def test_wrong_instances_are_set_aside(read_cityjson, wrong, said):
    """The object is told with what was met; its neighbours are read; no template nests another."""
    objects = {"b": house({**instance(), **wrong}), "c": house(solid())}
    frames, decoded = read_cityjson(templated(objects, [solid("2"), instance()]))
    assert frames[BUILDINGS]["building_id"].tolist() == ["c"]
    assert re.search(said, decoded.rejects[0].message)
    assert decoded.rejects[-1].code == "no-geometry"


@pytest.mark.parametrize("points", ["x", [[0, 0]], [[0, 0, None]], None, [[1e400, 0, 0]] * 8])
def test_wrong_templates_cost_their_instances(read_cityjson, points):
    """Vertices that are none: the instances are told, the other buildings are read."""
    objects = {"b": house(instance()), "c": house(solid())}
    frames, decoded = read_cityjson(templated(objects, points=points))
    assert frames[BUILDINGS]["building_id"].tolist() == ["c"]
    assert len(decoded.rejects) > 0


def test_instances_without_templates_are_told(read_cityjson):
    """A file that names a template and has none."""
    frames, decoded = read_cityjson(model({"b": house(instance()), "c": house(solid())}))
    assert frames[BUILDINGS]["building_id"].tolist() == ["c"]
    assert [r.code for r in decoded.rejects] == ["template", "no-geometry"]


def test_templates_of_installations_are_told(read_cityjson):
    """A dormer given as an instance: the house stands, the reject names it."""
    instance = {"type": "GeometryInstance", "template": 0, "boundaries": [0]}
    dormer = {"type": "BuildingInstallation", "parents": ["c"], "geometry": [instance]}
    frames, decoded = read_cityjson(
        model({"c": {**house(solid()), "children": ["d"]}, "d": dormer})
    )
    assert frames[BUILDINGS]["building_id"].tolist() == ["c"]
    assert [(r.record, r.code) for r in decoded.rejects] == [("c", "template")]


def test_a_solid_written_again_as_surfaces_stands_once(read_cityjson):
    """The same level as Solid and as MultiSurface: six faces, with the semantics of the first."""
    again = {"type": "MultiSurface", "lod": "2.2", "boundaries": FACES}
    frames, decoded = read_cityjson(model({"b": house(solid(), again)}))
    assert sorted(frames[SURFACES]["semantic"]) == ["ground", "roof", *["wall"] * 4]
    assert decoded.rejects == ()


def test_templates_in_metres_have_no_place_among_degrees(read_cityjson):
    """The template is in metres, the file in degrees: nothing is guessed."""
    root = templated({"b": house(instance())}, reference="EPSG:4326")
    root["transform"]["translate"] = [4.35, 52.0, 0.0]
    root["transform"]["scale"] = [1e-9, 1e-9, 1e-3]
    _, decoded = read_cityjson(root)
    assert "degrees" in decoded.rejects[0].message


def test_a_few_bytes_do_not_ask_for_any_number_of_faces(read_cityjson, monkeypatch):
    """Beyond the limit of vertices the further instances are told."""
    monkeypatch.setattr("citytwin.formats.city.instance_count.MOST_VERTICES", 100)
    objects = {str(n): house(instance(anchor=n)) for n in range(5)}
    frames, decoded = read_cityjson(templated(objects))
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


@pytest.mark.long
@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(place=st.sampled_from(PLACES), junk=JUNK)
def test_junk_in_any_place_is_met_calmly(read_cityjson, place, junk):
    """Any value replaced by anything: a result with finite numbers, or a CityTwinError."""
    root = copy.deepcopy(WHOLE)
    target = root
    for key in place[:-1]:
        target = target[key]
    target[place[-1]] = junk
    try:
        frames, _ = read_cityjson(root)
    except CityTwinError:
        return
    points = frames[SURFACES]["xyz"]
    assert all(np.isfinite(row).all() for row in points)
