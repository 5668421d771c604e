"""Water, plants and bridges of CityJSON."""

from __future__ import annotations

import pytest
from cityjson_documents import VERTICES, X0, Y0, flat, model
from pydantic import ValidationError

from citytwin.errors import SourceError
from citytwin.formats.cityjson.format import CityJsonParams
from citytwin.model.tables import BRIDGES, ROADS, VEGETATION, WATER_BODIES

TREE = {
    "type": "SolitaryVegetationObject",
    "attributes": {"species": "Tilia", "height": 12.5, "crownDiameter": "6"},
    "geometry": [
        {
            "type": "GeometryInstance",
            "template": 0,
            "boundaries": [6],
            "transformationMatrix": [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1],
        }
    ],
}


def frame(read_cityjson, table, objects, **options):
    """One table of a document with these objects."""
    frames, decoded = read_cityjson(model(objects), **options)
    return frames[table], decoded


def test_water(read_cityjson):
    """Name, class and function as recorded; area of the polygon."""
    known = {"name": "Schie", "class": "waterloop", "function": 3, "bronhouder": "P0028"}
    water = {"type": "WaterBody", "geometry": [flat("1")], "attributes": known}
    rows, _ = frame(read_cityjson, WATER_BODIES, {"w": water})
    row = rows.iloc[0]
    assert (row["water_id"], row["name"]) == ("w", "Schie")
    assert (row["water_class"], row["function"]) == ("waterloop", "3")
    assert row["geometry"].area == pytest.approx(60.0)


def test_plants(read_cityjson):
    """A cover with its mean height; a tree at the point where its template stands."""
    cover = {"averageHeight": 3.5, "class": "loofbos"}
    objects = {
        "c": {"type": "PlantCover", "geometry": [flat("1")], "attributes": cover},
        "t": TREE,
        "m": {
            "type": "SolitaryVegetationObject",
            "geometry": [{"type": "MultiPoint", "lod": "1", "boundaries": [2]}],
        },
        "s": {"type": "SolitaryVegetationObject", "geometry": [flat("1")]},
    }
    rows, decoded = frame(read_cityjson, VEGETATION, objects)
    assert rows["plant_id"].tolist() == ["c", "t", "m", "s"]
    assert rows["kind"].tolist() == ["cover", "single", "single", "single"]
    assert rows["height_m"].tolist()[:2] == [3.5, 12.5]
    assert rows["crown_diameter_m"].iloc[1] == 6.0
    assert rows["species"].iloc[1] == "Tilia"
    points = [(p.x - X0, p.y - Y0) for p in rows.geometry.iloc[1:]]
    assert points == [pytest.approx(p) for p in ((10.0, 6.0), (10.0, 6.0), (5.0, 3.0))]
    assert decoded.rejects == ()


@pytest.mark.parametrize("index", [8, -1, "6", None, 2.0])
def test_a_tree_without_a_place_is_told(read_cityjson, index):
    """The vertex does not exist: no row, and the rejects name the tree."""
    instance = {**TREE["geometry"][0], "boundaries": [index]}
    frames, decoded = read_cityjson(model({"t": {**TREE, "geometry": [instance]}}))
    assert VEGETATION not in frames
    assert ("t", "index") in [(r.record, r.code) for r in decoded.rejects]


def test_absurd_heights_of_plants_are_null(read_cityjson):
    """Sentinels, texts and trees taller than any."""
    for height in (-9999, 0, 131.0, "hoog", True, 1e308):
        plant = {"type": "PlantCover", "geometry": [flat("1")],
                 "attributes": {"averageHeight": height}}  # fmt: skip
        rows, _ = frame(read_cityjson, VEGETATION, {"p": plant})
        assert rows["height_m"].isna().all()


def test_bridges_have_level_and_heights(read_cityjson):
    """A deck between 1 m and 5 m; the level of the register, else one; roads on it are lifted."""
    box = [[4, 5, 6, 7]], [[3, 2, 1, 0]]
    shape = {"type": "MultiSurface", "lod": "2", "boundaries": list(box)}
    objects = {
        "b": {"type": "Bridge", "geometry": [shape],
              "attributes": {"relatievehoogteligging": "2", "class": "dek"}},
        "whole": {"type": "Bridge", "children": ["part"]},
        "part": {"type": "BridgePart", "parents": ["whole"], "geometry": [flat("1")]},
        "r": {"type": "Road", "geometry": [flat("1")]},
    }  # fmt: skip
    rows, decoded = frame(read_cityjson, BRIDGES, objects)
    assert rows["bridge_id"].tolist() == ["b", "part"]
    assert rows["level"].tolist() == [2, 1]
    assert rows["bottom_z_m"].tolist() == [1.0, 1.0]
    assert rows["top_z_m"].tolist() == [5.0, 1.0]
    assert rows["bridge_class"].iloc[0] == "dek"
    assert rows.geometry.area.tolist() == [pytest.approx(60.0)] * 2
    assert decoded.rejects == ()
    assert decoded.tables[ROADS]["level"].tolist() == [1]


def test_bridges_at_zero_have_no_heights(read_cityjson):
    """All at zero is no height but the lack of one."""
    level = [[x, y, 0] for x, y, _ in VERTICES]
    frames, _ = read_cityjson(model({"b": {"type": "Bridge", "geometry": [flat("0")]}}, level))
    assert frames[BRIDGES][["bottom_z_m", "top_z_m"]].isna().all(axis=None)


def test_a_theme_that_must_be_found(read_cityjson):
    """Roads alone do not satisfy who needs water; the error says what there is."""
    objects = {"r": {"type": "Road", "geometry": [flat("1")]}}
    with pytest.raises(SourceError, match="holds no water_bodies but roads"):
        read_cityjson(model(objects), CityJsonParams(must_find=("water_bodies", "roads")))
    frames, _ = read_cityjson(model(objects), CityJsonParams(must_find=("roads",)))
    assert len(frames[ROADS]) == 1
    assert WATER_BODIES not in frames, "no empty table, of which an empty map would be made"


def test_unknown_themes_are_refused():
    """A typo in the configuration fails."""
    with pytest.raises(ValidationError):
        CityJsonParams(themes=("waters",))
