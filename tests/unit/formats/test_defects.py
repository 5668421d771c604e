"""The table of defects: each fact once, with feature, surface, place, rule and action."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from citytwin.formats.city.defects import defect_frame, with_defects
from citytwin.formats.city.frames import building_block_frame, surface_block_frame
from citytwin.formats.city.ledger import MAX_REJECTS_PER_CODE, Ledger
from citytwin.formats.city.validity import Findings
from citytwin.model import defect_codes
from citytwin.model.notes import Note, Reject
from citytwin.model.steps import Decoded
from citytwin.model.tables import BUILDINGS, DEFECTS, RELIEF, ROADS, SURFACES
from citytwin.store.tables import conform
from tests.unit.formats.boxes import block_of, box

CRS = "EPSG:6677"


def buildings(**defects: str) -> gpd.GeoDataFrame:
    """Buildings of these names with the codes that they carry, 10 m apart."""
    number = len(defects)
    boxes = [shapely.box(20.0 * n, 0, 20.0 * n + 10, 10) for n in range(number)]
    frame = gpd.GeoDataFrame(
        {
            "building_id": list(defects),
            "stable_key": list(defects),
            "parent_id": [None] * (number - 1) + ["whole"] if number else [],
            "lod": ["1", "2", "3"][:number],
            "height_m": [10.0] * number,
            "measured_height_m": [4.0] * number,
            "ground_z_m": [0.0] * number,
            "roof_z_m": [10.0] * number,
            "storeys": [2] * number,
            "usage": [None] * number,
            "usage_code": [None] * number,
            "source": ["a.gml"] * number,
            "defects": list(defects.values()),
        },
        geometry=[shapely.MultiPolygon([box]) for box in boxes],
        crs=CRS,
    )
    for name in set(BUILDINGS.column_names) - set(frame.columns):
        frame[name] = None
    return frame


def reject(record: str, code: str, message: str = "said", source: str = "a.gml") -> Reject:
    """What a reader writes down."""
    return Reject(source=source, record=record, code=code, message=message)


def table(*rejects: Reject, tables=None, findings: Findings | None = None) -> pd.DataFrame:
    """The table as the store has it."""
    given = {BUILDINGS: buildings(b0="", b1="", b2="")} if tables is None else tables
    frame = conform(DEFECTS, defect_frame(given, rejects, findings, CRS), CRS)
    assert frame["defect_id"].is_unique
    return frame.set_index("defect_id")


def test_nothing_is_wrong() -> None:
    """An empty table has its columns, kinds and CRS."""
    assert len(table()) == 0
    assert len(table(tables={})) == 0


def test_a_mark_on_a_building() -> None:
    """Codes that buildings carry, with what is known of code and building."""
    rows = table(tables={BUILDINGS: buildings(b0="", b1="103,lod-fallback", b2="height-differs")})
    assert list(rows.index) == ["b1:103", "b1:lod-fallback", "b2:height-differs"]
    assert rows["action"].tolist() == ["repaired", "other level used", "kept"]
    assert rows["severity"].tolist() == ["warning"] * 3
    assert rows["rule"].fillna("").tolist() == ["L09", "", ""]
    assert rows["theme"].tolist() == ["buildings"] * 3
    assert rows["parent_id"].fillna("").tolist() == ["", "", "whole"]
    assert rows.loc["b2:height-differs", "value"] == 6.0
    assert "10.00 m" in rows.loc["b2:height-differs", "message"]
    assert shapely.box(40, 0, 50, 10).contains(rows.loc["b2:height-differs", "geometry"])


def test_words_of_a_reader_and_the_mark_are_one_row() -> None:
    """Two surfaces of a building with one code: one row with the first, its words, and two."""
    rows = table(
        reject("b1 face 3", "spike", "vertex (0 0 0) lies far off the feature"),
        reject("b1 poly 7", "spike", "vertex (1 1 1) lies far off the feature"),
        tables={BUILDINGS: buildings(b0="", b1="spike")},
    )
    assert rows.index.tolist() == ["b1:spike"]
    row = rows.iloc[0]
    assert (row["surface_id"], row["count"], row["action"]) == ("face 3", 2, "dropped")
    assert row["message"] == "vertex (0 0 0) lies far off the feature"


@pytest.mark.parametrize(
    ("record", "feature", "surface"),
    [
        ("b1", "b1", None),
        ("b1 poly_4", "b1", "poly_4"),
        ("b 2 poly_4", "b 2", "poly_4"),
        ("b 2", "b 2", None),
        ("gone face 12", "gone", "face 12"),
        ("gone", "gone", None),
        ("lost poly_9", "lost", "poly_9"),
        ("of two words", "of two words", None),
    ],
)
def test_which_feature_a_record_speaks_of(record: str, feature: str, surface: str | None) -> None:
    """Identifiers hold spaces; those of features that were dropped are known from their rejects."""
    known = {BUILDINGS: buildings(b1="", **{"b 2": ""})}
    rows = table(reject(record, "nan"), reject("lost", "no-geometry"), tables=known)
    row = rows[rows["code"] == "nan"].iloc[0]
    assert row["feature_id"] == feature
    assert row["surface_id"] == surface if surface else pd.isna(row["surface_id"])


def test_features_that_were_dropped_have_no_place() -> None:
    """Nor has a file; the theme is known where the source has only one."""
    rows = table(
        reject("r9", "no-geometry"),
        reject("file", "file-refused", "is not XML", "b.gml"),
        reject("line 7", "bad-line"),
        tables={ROADS: gpd.GeoDataFrame({"road_id": []}, geometry=[], crs=CRS)},
    )
    assert rows["feature_id"].fillna("").tolist() == ["r9", "", ""]
    assert rows.index.tolist() == ["r9:no-geometry", "b.gml:file-refused", "a.gml:bad-line"]
    assert rows.geometry.isna().all()
    assert rows["theme"].tolist() == ["roads"] * 3
    plain = table(reject("r9", "nan"), tables={RELIEF: pd.DataFrame({"source": []})})
    assert plain["theme"].tolist() == ["relief"]


def test_a_building_again_and_another_of_its_name() -> None:
    """The first is dropped, the second renamed: it carries the code under its new name."""
    rows = table(
        reject("b1", "duplicate", "same building again"),
        reject("b1", "duplicate-id", "another building has this id; both are kept"),
        tables={BUILDINGS: buildings(b1="", **{"b1#2": "duplicate-id"})},
    )
    assert rows.index.tolist() == ["b1:duplicate", "b1#2:duplicate-id"]
    assert rows["action"].tolist() == ["dropped", "renamed"]
    assert rows["rule"].tolist() == ["C01", "C01"]


def test_a_full_ledger_does_not_hide_what_buildings_carry() -> None:
    """Marks are complete; the line of those not listed stands only for codes without marks."""
    names = {f"b{n}": "103" for n in range(3)}
    book = Ledger()
    for n in range(MAX_REJECTS_PER_CODE + 5):
        book.reject("a.gml", f"b{n}", "103", "ring is not closed")
        book.reject("a.gml", f"b{n}", "no-geometry", "no usable geometry")
    rows = table(*book.all_rejects(), tables={BUILDINGS: buildings(**names)})
    assert (rows["code"] == "103").sum() == MAX_REJECTS_PER_CODE
    surplus = rows[rows["feature_id"].isna()]
    assert surplus["message"].tolist() == ["5 more of this kind"]


def test_a_reader_drops_what_a_check_only_finds() -> None:
    """A hole outside its face that the reader left out, and one that still stands."""
    surfaces = pd.DataFrame({"surface_id": pd.array(["s0"], dtype="string")})
    one = np.array([1])
    findings = Findings(one, one * 206, one * np.nan, one, one * 0, np.ones((1, 3)))
    tables = {BUILDINGS: buildings(b0="206", b1=""), SURFACES: surfaces}
    rows = table(reject("b0 face 2", "206"), tables=tables, findings=findings)
    assert rows["action"].to_dict() == {"b1:206": "kept", "b0:206": "dropped"}
    assert rows["rule"].tolist() == ["L13", "L13"]


def test_findings_have_surface_value_and_rule() -> None:
    """L11 asks for flat polygons in LOD1, L12 for 0.03 m in LOD2 and 3; L14 for closed solids."""
    surfaces = pd.DataFrame({"surface_id": pd.array(["s0", "s1", "s2", "s3"], dtype="string")})
    findings = Findings(
        building=np.array([0, 1, 1, 2, 2]),
        code=np.array([203, 203, -1, 203, 302]),
        value=np.array([0.02, 0.02, np.nan, 0.05, 6.0]),
        count=np.array([1, 1, 1, 3, 1]),
        surface=np.array([0, 1, 2, 3, -1]),
        place=np.array([[5.0, 6.0, 7.0]] * 5),
    )
    tables = {BUILDINGS: buildings(b0="", b1="", b2=""), SURFACES: surfaces}
    rows = table(tables=tables, findings=findings)
    assert rows["rule"].fillna("").tolist() == ["L11", "", "", "L12", "L14"]
    assert rows["code"].tolist() == ["203", "203", "unchecked", "203", "302"]
    assert rows["surface_id"].fillna("").tolist() == ["s0", "s1", "s2", "s3", ""]
    assert rows["action"].tolist() == ["kept"] * 5
    assert rows["count"].tolist() == [1, 1, 1, 3, 1]
    assert "0.020 m" in rows["message"].iloc[0]
    assert "3 surfaces" in rows["message"].iloc[3]
    assert "6 edges" in rows["message"].iloc[4]
    assert all(point.equals(shapely.Point(5, 6)) for point in rows.geometry)


def test_a_mirrored_city_is_told() -> None:
    """Ten solids inside out and none other: the axes are in doubt; one sound solid, and not."""
    inside_out = [[ring[::-1] for ring in face] for face in box()]

    def notes(*solids: list) -> tuple[Note, ...]:
        block = block_of(*solids)
        tables = {
            BUILDINGS: building_block_frame(block, CRS),
            SURFACES: surface_block_frame(block),
        }
        return with_defects(Decoded(tables), CRS, block).notes

    assert "wrong order" in notes(*[inside_out] * 10)[0].en
    assert notes(*[inside_out] * 9) == ()
    assert notes(*[inside_out] * 10, box()) == ()


@pytest.mark.parametrize("code", sorted(defect_codes.KINDS))
def test_every_code_is_told_in_both_languages(code: str) -> None:
    """Wording in both languages; a rule is an id of the standard."""
    kind = defect_codes.kind_of(code)
    assert kind.meaning.ja
    assert kind.meaning.en.isascii()
    assert kind.rule is None or kind.rule[0] in "CLT"
    assert kind.severity in defect_codes.SEVERITIES


def test_an_unknown_code_is_told_too() -> None:
    """A new code of a reader needs no entry here to be reported."""
    row = table(reject("b1", "something-new", "what happened")).iloc[0]
    assert (row["code"], row["severity"], row["message"]) == (
        "something-new",
        "warning",
        "what happened",
    )
    assert pd.isna(row["action"])
