"""Rules of PLATEAU about records: codes in their lists, numbers of buildings, usages."""

from __future__ import annotations

import gml_documents as gml
import pytest
from gml_documents import X0, Y0, box, building, city_model, lod1

from citytwin.formats.citygml.format import FORMAT
from citytwin.model.steps import NoParams
from citytwin.model.tables import DEFECTS

LIST = """<?xml version="1.0" encoding="UTF-8"?>
<gml:Dictionary xmlns:gml="http://www.opengis.net/gml" gml:id="x"><gml:name>usage</gml:name>
<gml:dictionaryEntry><gml:Definition gml:id="a"><gml:description>住宅</gml:description>
<gml:name>411</gml:name></gml:Definition></gml:dictionaryEntry>
<gml:dictionaryEntry><gml:Definition gml:id="b"><gml:name>461</gml:name></gml:Definition>
</gml:dictionaryEntry></gml:Dictionary>"""
USAGE = '<bldg:usage codeSpace="codelists/Building_usage.xml">{}</bldg:usage>'


def house(number, body=""):
    """A block of its own, 20 m from the one before."""
    x = X0 + 20 * number
    return building(body + lod1(box(x, Y0, x + 10, Y0 + 6, 112.0, 116.0)), f"b{number}")


def of_identity(**pieces):
    """An attribute of i-UR with the numbers of a building."""
    inside = "".join(f"<uro:{name}>{text}</uro:{name}>" for name, text in pieces.items())
    return (
        f"<uro:buildingIDAttribute><uro:BuildingIDAttribute>{inside}"
        "</uro:BuildingIDAttribute></uro:buildingIDAttribute>"
    )


def of_detail(*names):
    """An attribute of i-UR with usages."""
    inside = "".join(f"<uro:{name}>1</uro:{name}>" for name in names)
    return (
        f"<uro:buildingDetailAttribute><uro:BuildingDetailAttribute>{inside}"
        "</uro:BuildingDetailAttribute></uro:buildingDetailAttribute>"
    )


@pytest.fixture
def defects(tmp_path):
    """Reads buildings and returns feature, code and rule of each defect."""

    def run(*members):
        path = gml.write(tmp_path, city_model(*members))
        decoded = FORMAT.read(gml.dataset(tmp_path, path), NoParams())
        frame = decoded.tables[DEFECTS]
        found = set(zip(frame["feature_id"], frame["code"], frame["rule"], strict=True))
        return found, frame, decoded.rejects

    return run


def test_codes_that_are_not_in_their_list(tmp_path, defects):
    """Rule L04: told once for each code; an entry without a description is an entry."""
    (tmp_path / "codelists").mkdir()
    (tmp_path / "codelists" / "Building_usage.xml").write_text(LIST, encoding="utf-8")
    codes = ["411", "999", "461", "999", "412"]
    _, frame, rejects = defects(*(house(n, USAGE.format(code)) for n, code in enumerate(codes)))
    rows = frame[frame["code"] == "code-unlisted"]
    assert sorted(rows["message"]) == [
        "code '412' is not in Building_usage.xml", "code '999' is not in Building_usage.xml",
    ]  # fmt: skip
    assert set(rows["rule"]) == {"L04"}
    assert not rejects  # nothing was set aside


def test_no_list_breaks_no_rule(defects):
    """A list that is not there, as in extracts, says nothing of the codes."""
    found, _, _ = defects(house(0, USAGE.format("999")))
    assert not {code for _, code, _ in found if code == "code-unlisted"}


def test_numbers_of_buildings_that_are_given_twice(defects):
    """Rule C-bldg-01: the same number is told unless branch or part numbers set it apart."""
    found, _, _ = defects(
        house(0, of_identity(buildingID="1-a")),
        house(1, of_identity(buildingID="1-b")),
        house(2, of_identity(buildingID="1-a")),
        house(3, of_identity(buildingID="1-c", branchID="1")),
        house(4, of_identity(buildingID="1-c", branchID="2")),
    )
    assert {row for row in found if row[1] == "duplicate-key"} == {
        ("b0", "duplicate-key", "C-bldg-01"), ("b2", "duplicate-key", "C-bldg-01"),
    }  # fmt: skip


def test_usages_without_the_one_above(defects):
    """Rules L-bldg-04 and L-bldg-05."""
    found, _, _ = defects(
        house(0, of_detail("majorUsage", "majorUsage2", "detailedUsage")),
        house(1, of_detail("majorUsage2", "detailedUsage")),
        house(2, of_detail("detailedUsage2")),
        house(3, of_detail("detailedUsage", "detailedUsage3")),
        house(4, of_detail("detailedUsage", "detailedUsage2", "detailedUsage3")),
        house(5, of_detail("majorUsage") + of_detail("majorUsage2")),
    )
    assert {row for row in found if "usage" in row[1]} == {
        ("b1", "major-usage-missing", "L-bldg-04"),
        ("b2", "detailed-usage-missing", "L-bldg-05"),
        ("b3", "detailed-usage-missing", "L-bldg-05"),
        ("b5", "major-usage-missing", "L-bldg-04"),
    }


def test_a_file_that_is_not_well_formed(tmp_path):
    """Rule L01 is said of the file, beside one that can be read."""
    sound = gml.write(tmp_path, city_model(house(0)), "a_bldg_1.gml")
    cut = gml.write(tmp_path, city_model(house(1))[:-40], "b_bldg_1.gml")
    data = gml.dataset(tmp_path, sound, cut)
    decoded = FORMAT.read(data, NoParams())
    frame = decoded.tables[DEFECTS]
    rows = frame[frame["code"] == "file-refused"]
    assert rows["source"].tolist() == ["b_bldg_1.gml"]
    assert rows["rule"].tolist() == ["L01"]
