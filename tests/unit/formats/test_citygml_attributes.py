"""Buildings of CityGML: recorded heights, storeys, usage, keys, duplicates."""

from __future__ import annotations

import gml_documents as gml
import numpy as np
import pytest
from gml_documents import X0, Y0, box, building, city_model, lod1

from citytwin.formats.citygml.format import FORMAT
from citytwin.model.steps import NoParams
from citytwin.model.tables import BUILDINGS

BLOCK = lod1(box(X0, Y0, X0 + 10, Y0 + 6, 112.0, 116.0))
LIST = """<?xml version="1.0" encoding="UTF-8"?>
<gml:Dictionary xmlns:gml="http://www.opengis.net/gml" gml:id="x"><gml:name>usage</gml:name>
<gml:dictionaryEntry><gml:Definition gml:id="a"><gml:description>住宅</gml:description>
<gml:name>411</gml:name></gml:Definition></gml:dictionaryEntry></gml:Dictionary>"""


@pytest.fixture
def read(tmp_path):
    """Reads buildings and returns their table and the result."""

    def run(*members):
        path = gml.write(tmp_path, city_model(*members))
        decoded = FORMAT.read(gml.dataset(tmp_path, path), NoParams())
        return decoded.tables[BUILDINGS], decoded

    return run


@pytest.mark.parametrize(
    ("recorded", "height", "defects"),
    [
        ("4.2", 4.2, ""),
        ("-9999", None, ""),
        ("9999", None, ""),
        ("60470.0", None, "measured-height-absurd"),
        ("-3", None, "measured-height-absurd"),
        ("NaN", None, ""),
        ("tall", None, ""),
        ("", None, ""),
        ("8.0", 8.0, "height-differs"),
        ("2.0", 2.0, "height-differs"),
    ],
)
def test_recorded_heights(read, recorded, height, defects):
    """Sentinels and impossible heights become null; more than 3 m or 30 % off is marked."""
    body = f'<bldg:measuredHeight uom="m">{recorded}</bldg:measuredHeight>'
    buildings, _ = read(building(body + BLOCK))
    found = buildings["measured_height_m"].iloc[0]
    assert np.isnan(found) if height is None else found == height
    assert buildings["height_m"].tolist() == [4.0]
    assert buildings["defects"].tolist() == [defects]


@pytest.mark.parametrize(
    ("unit", "recorded", "metres"),
    [
        ("#m", "4", 4.0),
        ("urn:ogc:def:uom:UCUM::m", "4", 4.0),
        ("cm", "400", 4.0),
        ("ft", "10", 3.048),
    ],
)
def test_units_of_recorded_heights(read, unit, recorded, metres):
    """Metres in several spellings, centimetres and feet."""
    body = f'<bldg:measuredHeight uom="{unit}">{recorded}</bldg:measuredHeight>'
    buildings, _ = read(building(body + BLOCK))
    assert buildings["measured_height_m"].iloc[0] == pytest.approx(metres)


@pytest.mark.parametrize(
    ("recorded", "storeys"), [("3", 3), ("9999", None), ("0", None), ("-1", None), ("two", None)]
)
def test_recorded_storeys(read, recorded, storeys):
    """9999 and impossible numbers mean unknown."""
    body = f"<bldg:storeysAboveGround>{recorded}</bldg:storeysAboveGround>"
    buildings, _ = read(building(body + BLOCK))
    assert str(buildings["storeys"].dtype) == "Int32"
    assert buildings["storeys"].isna().tolist() == [storeys is None]
    assert storeys is None or buildings["storeys"].iloc[0] == storeys


@pytest.mark.parametrize("spelling", ["Building_usage.xml", "building_USAGE.xml"])
def test_codes_get_their_text_whatever_the_letter_case(read, tmp_path, spelling):
    """The list is found beside the data set, in whatever spelling the file system has it."""
    (tmp_path / "codelists").mkdir()
    (tmp_path / "codelists" / spelling).write_text(LIST, encoding="utf-8")
    body = '<bldg:usage codeSpace="../../codelists/Building_usage.xml">411</bldg:usage>'
    buildings, decoded = read(building(body + BLOCK))
    assert buildings["usage"].tolist() == ["住宅"]
    assert buildings["usage_code"].tolist() == ["411"]
    assert decoded.rejects == ()


@pytest.mark.parametrize(
    "reference",
    [
        "../../codelists/Missing.xml",
        "http://example.org/codelists/Building_usage.xml",
        "file:///etc/passwd",
        "../../codelists/no\\such/Building_usage.xml",
    ],
)
def test_a_missing_list_keeps_the_raw_code(read, reference):
    """A list that is not there, or not a file of the data set, costs nothing but the text."""
    body = f'<bldg:usage codeSpace="{reference}">411</bldg:usage>'
    buildings, _ = read(building(body + BLOCK))
    assert buildings["usage"].tolist() == ["411"]


def test_a_list_outside_the_data_set_is_not_opened(tmp_path):
    """A reference that climbs out of the root is refused and reported, though the file exists."""
    (tmp_path / "Building_usage.xml").write_text(LIST, encoding="utf-8")
    root = tmp_path / "city"
    body = '<bldg:usage codeSpace="../../../Building_usage.xml">411</bldg:usage>'
    path = gml.write(root, city_model(building(body + BLOCK)))
    decoded = FORMAT.read(gml.dataset(root, path), NoParams())
    assert decoded.tables[BUILDINGS]["usage"].tolist() == ["411"]
    assert [r.code for r in decoded.rejects] == ["code-list-outside"]


def test_a_link_out_of_the_data_set_is_not_followed(tmp_path):
    """A symbolic link inside the root that leads out of it counts as outside."""
    (tmp_path / "secret.xml").write_text(LIST, encoding="utf-8")
    root = tmp_path / "city"
    (root / "codelists").mkdir(parents=True)
    (root / "codelists" / "Building_usage.xml").symlink_to(tmp_path / "secret.xml")
    body = '<bldg:usage codeSpace="../../codelists/Building_usage.xml">411</bldg:usage>'
    path = gml.write(root, city_model(building(body + BLOCK)))
    decoded = FORMAT.read(gml.dataset(root, path), NoParams())
    assert decoded.tables[BUILDINGS]["usage"].tolist() == ["411"]
    assert [r.code for r in decoded.rejects] == ["code-list-outside"]


def test_a_broken_list_does_not_cost_the_buildings(read, tmp_path):
    """A list that is not well-formed is reported; the raw code stays."""
    (tmp_path / "codelists").mkdir()
    (tmp_path / "codelists" / "Building_usage.xml").write_text(LIST[:200], encoding="utf-8")
    body = '<bldg:usage codeSpace="../../codelists/Building_usage.xml">411</bldg:usage>'
    buildings, decoded = read(building(body + BLOCK))
    assert buildings["usage"].tolist() == ["411"]
    assert [r.code for r in decoded.rejects] == ["code-list-unreadable"]


@pytest.mark.parametrize(
    ("attribute", "key"),
    [
        (
            "<uro:buildingIDAttribute><uro:BuildingIDAttribute><uro:buildingID>14201-bldg-7"
            "</uro:buildingID><uro:partID>2</uro:partID></uro:BuildingIDAttribute>"
            "</uro:buildingIDAttribute>",
            "14201-bldg-7-2",
        ),
        (
            "<uro:buildingDetails><uro:BuildingDetails><uro:buildingID>13111-bldg-1"
            "</uro:buildingID></uro:BuildingDetails></uro:buildingDetails>",
            "13111-bldg-1",
        ),
    ],
)
def test_the_building_id_of_plateau_is_the_stable_key(read, attribute, key):
    """uro:buildingID outlives a release, wherever the version of i-UR has it."""
    buildings, _ = read(building(BLOCK + attribute))
    assert buildings["stable_key"].tolist() == [key]


def test_a_building_without_id_gets_a_number(read):
    """Features without gml:id are numbered in the file, so that faults can be reported."""
    buildings, _ = read(building(BLOCK, gml_id=None))
    assert buildings["building_id"].tolist() == ["tile_bldg_25832:1"]


def test_the_same_building_twice_is_one(read):
    """Identical buildings with one id are one building; the second is reported."""
    buildings, decoded = read(building(BLOCK), building(BLOCK))
    assert buildings["building_id"].tolist() == ["b1"]
    assert [r.code for r in decoded.rejects] == ["duplicate"]


def test_different_buildings_with_one_id_are_both_kept(read):
    """Two shapes, one id: both stay, the second with a suffix, in both tables."""
    other = lod1(box(X0 + 30, Y0, X0 + 40, Y0 + 6, 112.0, 118.0))
    buildings, decoded = read(building(BLOCK), building(other))
    assert buildings["building_id"].tolist() == ["b1", "b1#2"]
    assert buildings["defects"].tolist() == ["", "duplicate-id"]
    surfaces = list(decoded.tables.values())[1]
    assert surfaces.groupby("building_id", sort=False).size().tolist() == [6, 6]
    assert [r.code for r in decoded.rejects] == ["duplicate-id"]


def test_tiles_that_overlap_share_a_building(tmp_path):
    """A building delivered in two tiles is one row, of the first tile."""
    document = city_model(building(BLOCK))
    paths = [gml.write(tmp_path, document, f"{tile}_bldg_25832.gml") for tile in ("a", "b")]
    decoded = FORMAT.read(gml.dataset(tmp_path, *paths), NoParams())
    assert decoded.tables[BUILDINGS]["source"].tolist() == ["a_bldg_25832.gml"]
