"""Scanning gives what reading element by element gives: values, rejects, notes, refusals."""

from __future__ import annotations

import re

import gml_documents as gml
import pytest
from citygml_ways import assert_same, both, by_scanning
from gml_documents import X0, Y0, box, building, city_model, lod0, lod1, lod2
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from citytwin.formats.citygml import document as gml_bytes
from citytwin.model.tables import BUILDINGS

LOW, HIGH = box(X0, Y0, X0 + 10, Y0 + 6, 112.0, 116.0), box(X0, Y0, X0 + 9, Y0 + 5, 112.0, 119.0)
OUTLINE = lod0(gml.rectangle(X0, Y0, X0 + 10, Y0 + 6, 112.0))
TEXTS = (
    '<bldg:function codeSpace="../../codelists/x.xml">1</bldg:function>'
    '<bldg:usage codeSpace="../../codelists/Building_usage.xml"> 411 </bldg:usage>'
    '<bldg:measuredHeight uom="m">4.1</bldg:measuredHeight>'
    "<bldg:storeysAboveGround>2</bldg:storeysAboveGround>"
)
KEY = (
    "<uro:buildingIDAttribute><uro:BuildingIDAttribute><uro:buildingID>13-1</uro:buildingID>"
    "<uro:branchID>2</uro:branchID></uro:BuildingIDAttribute></uro:buildingIDAttribute>"
)
HOLED = f"<bldg:lod1MultiSurface>{gml.multi_surface(gml.polygon(LOW[1], [gml.rectangle(X0 + 1, Y0 + 1, X0 + 2, Y0 + 2, 116.0)]), *(gml.polygon(f) for f in LOW[2:]))}</bldg:lod1MultiSurface>"
WHOLE_BOX = f"<bldg:lod2Solid>{gml.solid(*(gml.polygon(face) for face in HIGH))}</bldg:lod2Solid>"
MEMBERS = {
    "lod1": building(OUTLINE + lod1(LOW), "a"),
    "attributes": building(TEXTS + KEY + OUTLINE + lod1(LOW), "b"),
    "lod2": building(OUTLINE + lod1(LOW) + lod2(HIGH, "c"), "c"),
    "no outline": building(lod1(LOW), "d"),
    "shell written twice": building(lod2(HIGH, "e").partition("</bldg:lod2Solid>")[2] + WHOLE_BOX, "e"),
    "solid only": building(WHOLE_BOX, "f"),
    "hole": building(OUTLINE + HOLED, "g"),
    "parts": building(TEXTS + KEY + gml.part(lod1(LOW), "h1") + gml.part(OUTLINE + lod1(HIGH), "h2"), "h"),
    "part beside": building(lod1(LOW) + gml.part(lod1(HIGH), "i1"), "i"),
    "outline only": building(TEXTS + OUTLINE, "j"),
    "nothing": building(TEXTS, "k"),
    "absurd height": building("<bldg:measuredHeight>60470</bldg:measuredHeight>" + lod1(LOW), "l"),
    "feet": building('<bldg:measuredHeight uom="urn:x:ft">13</bldg:measuredHeight>' + lod1(LOW), "m"),
    "not closed": building(lod1(LOW).replace(gml.posted([LOW[2][0]]), "", 1), "n"),
    "repeated": building(lod1(LOW).replace("<gml:posList>", f"<gml:posList>{gml.posted([LOW[0][0]])} ", 1), "o"),
    "not a number": building(lod1(LOW).replace("112.000000", "x", 1), "p"),
    "spike": building(OUTLINE + lod1(LOW).replace("116.000000", "99999", 1), "q"),
    "dangling": building(lod2(HIGH, "r").replace("#r2", "#nowhere", 1), "r"),
    "remote": building(lod2(HIGH, "s").replace("#s2", "http://x/#s2", 1), "s"),
    "line outline": building(lod0([(X0, Y0, 1.0), (X0 + 9, Y0, 1.0), (X0 + 4, Y0, 1.0)]) + lod1(LOW), "t"),
    "closed before its end": building(
        lod0([*gml.rectangle(X0, Y0, X0 + 10, Y0 + 6, 112.0), (X0, Y0, 112.5)]) + lod1(LOW), "ta"),
    "lod3": building(OUTLINE + lod1(LOW).replace("lod1", "lod3"), "u"),
    "turned": building(
        lod1(LOW).replace(
            "<gml:CompositeSurface>", '<gml:OrientableSurface orientation="-"><gml:baseSurface><gml:CompositeSurface>'
        ).replace("</gml:CompositeSurface>", "</gml:CompositeSurface></gml:baseSurface></gml:OrientableSurface>"), "v",
    ),
    "installation": building(
        lod2(HIGH, "w") + "<bldg:outerBuildingInstallation><bldg:BuildingInstallation><bldg:lod2Geometry>"
        f"{gml.multi_surface(gml.polygon(HIGH[1]))}</bldg:lod2Geometry></bldg:BuildingInstallation>"
        "</bldg:outerBuildingInstallation>", "w",
    ),
    "lod3 windows only": building(
        OUTLINE + lod1(LOW) + "<bldg:boundedBy><bldg:WallSurface><bldg:opening><bldg:Window><bldg:lod3MultiSurface>"
        f"{gml.multi_surface(gml.polygon(HIGH[2]))}</bldg:lod3MultiSurface></bldg:Window></bldg:opening>"
        "</bldg:WallSurface></bldg:boundedBy>", "aa",
    ),
    "lod3 with openings": building(
        lod2(HIGH, "ab").replace("lod2", "lod3") + "<bldg:boundedBy><bldg:WallSurface><bldg:lod3MultiSurface>"
        f"{gml.multi_surface(gml.polygon(HIGH[3]))}</bldg:lod3MultiSurface><bldg:opening><bldg:Door><bldg:lod3MultiSurface>"
        f"{gml.multi_surface(gml.polygon(LOW[3]))}</bldg:lod3MultiSurface></bldg:Door></bldg:opening>"
        "</bldg:WallSurface></bldg:boundedBy>", "ab",
    ),
    "lod3 beside lod2": building(lod2(HIGH, "ac") + lod1(LOW).replace("lod1", "lod3"), "ac"),
    "lod4 with rooms": building(
        lod1(HIGH).replace("lod1", "lod4") + f"<bldg:interiorRoom><bldg:Room>{lod1(LOW).replace('lod1', 'lod4')}"
        f"</bldg:Room></bldg:interiorRoom>", "ad",
    ),
    "installation with surfaces": building(
        lod2(HIGH, "ae") + "<bldg:outerBuildingInstallation><bldg:BuildingInstallation><bldg:boundedBy><bldg:RoofSurface>"
        f'<bldg:lod2MultiSurface>{gml.multi_surface(gml.polygon(LOW[1], gml_id="ae9"))}</bldg:lod2MultiSurface></bldg:RoofSurface>'
        '</bldg:boundedBy><bldg:lod2Geometry><gml:MultiSurface><gml:surfaceMember xlink:href="#ae9"/></gml:MultiSurface>'
        "</bldg:lod2Geometry><bldg:lod3Geometry/></bldg:BuildingInstallation></bldg:outerBuildingInstallation>"
        "<bldg:outerBuildingInstallation/>", "ae",
    ),
    "installation that is a solid": building(
        lod2(HIGH, "af") + "<bldg:outerBuildingInstallation><bldg:BuildingInstallation>"
        f"{lod1(LOW).replace('lod1', 'lod2')}</bldg:BuildingInstallation></bldg:outerBuildingInstallation>", "af",
    ),
    "installation of another kind": building(
        lod2(HIGH, "ag") + "<bldg:outerBuildingInstallation><uro:Ramp><bldg:lod2Geometry>"
        f"{gml.multi_surface(gml.polygon(LOW[1]))}</bldg:lod2Geometry></uro:Ramp></bldg:outerBuildingInstallation>", "ag",
    ),
    "installation of a lower level": building(
        lod2(HIGH, "ah") + "<bldg:outerBuildingInstallation><bldg:BuildingInstallation><bldg:lod3Geometry>"
        f"{gml.multi_surface(gml.polygon(LOW[1]))}</bldg:lod3Geometry></bldg:BuildingInstallation></bldg:outerBuildingInstallation>", "ah",
    ),
    "without an id": building(OUTLINE + lod1(LOW), None),
    "a part without an id": building(lod1(LOW) + gml.part(lod1(HIGH), ""), "aj"),
    "room": building(lod2(HIGH, "x") + f"<bldg:interiorRoom><bldg:Room>{lod1(LOW)}</bldg:Room></bldg:interiorRoom>", "x"),
}  # fmt: skip


def read_both(root, content):
    """Both results of a document."""
    return both(gml.dataset(root, gml.write(root, content)))


@pytest.mark.parametrize("case", MEMBERS)
def test_each_kind_of_building(tmp_path, case):
    """One unusual building between two plain ones."""
    content = city_model(MEMBERS["lod1"], MEMBERS[case], building(OUTLINE + lod1(LOW), "z"))
    assert_same(*read_both(tmp_path, content))


def test_only_the_unusual_are_read_element_by_element(tmp_path):
    """Plain buildings of a file with some unusual ones still come from the scan."""
    plain = (
        "lod1", "attributes", "lod2", "no outline", "solid only", "hole", "parts", "lod3", "room",
        "installation", "lod3 with openings", "lod3 beside lod2", "lod4 with rooms",
        "installation with surfaces", "installation of a lower level",
    )  # fmt: skip
    odd = (
        "spike", "dangling", "repeated", "lod3 windows only", "installation that is a solid",
        "installation of another kind", "without an id",
    )  # fmt: skip
    content = city_model(*(MEMBERS[case] for case in (*plain, *odd)))
    path = gml.write(tmp_path, content)
    assert by_scanning(gml.dataset(tmp_path, path)) == (len(plain) + 1 + len(odd), len(odd))
    assert_same(*both(gml.dataset(tmp_path, path)))


def test_buildings_without_ids_are_numbered_through(tmp_path, monkeypatch):
    """Over all windows of a file, as the element-wise reader numbers them."""
    nameless = building(OUTLINE + lod1(LOW), None)
    members = [nameless, MEMBERS["lod1"], nameless, MEMBERS["lod2"], nameless]
    path = gml.write(tmp_path, city_model(*members))
    monkeypatch.setattr(gml_bytes, "WINDOW_BYTES", 5000)
    fast, slow = both(gml.dataset(tmp_path, path))
    assert_same(fast, slow)
    ids = fast.tables[BUILDINGS]["building_id"].tolist()
    assert [name for name in ids if ":" in name] == [f"{path.stem}:{n}" for n in (1, 2, 3)]
    assert by_scanning(gml.dataset(tmp_path, path)) == (5, 3)


def test_duplicates_over_files(tmp_path):
    """The same building in two files, and another one of the same id."""
    first = gml.write(tmp_path, city_model(MEMBERS["lod1"], MEMBERS["lod2"]), "a_bldg_1.gml")
    other = building(lod1(HIGH), "a")
    second = gml.write(tmp_path, city_model(other, MEMBERS["lod2"]), "b_bldg_1.gml")
    fast, slow = both(gml.dataset(tmp_path, first, second))
    assert {reject.code for reject in slow.rejects} == {"duplicate", "duplicate-id"}
    assert_same(fast, slow)


def test_a_wall_of_another_building(tmp_path):
    """A link from one building into another is for the element-wise reader."""
    lone = lod2(HIGH, "y").replace("#y2", "#c2", 1)
    for members in ((MEMBERS["lod2"], building(lone, "y")), (building(lone, "y"), MEMBERS["lod2"])):
        path = gml.write(tmp_path, city_model(*members))
        assert by_scanning(gml.dataset(tmp_path, path)) is None
        assert_same(*both(gml.dataset(tmp_path, path)))


def test_many_links_that_lead_nowhere(tmp_path):
    """They are sought in the whole file, all in one pass; their buildings are read one by one."""
    members = [
        building(lod2(HIGH, f"r{n}").replace(f"#r{n}2", f"#no{n}", 1), f"r{n}") for n in range(60)
    ]
    data = gml.dataset(tmp_path, gml.write(tmp_path, city_model(*members, MEMBERS["lod1"])))
    assert by_scanning(data) == (61, 60)
    assert_same(*both(data))


def test_code_lists_that_fail_are_told_once_and_in_order(tmp_path):
    """A list outside the data set is told where it is first named, by either way."""
    outside = TEXTS.replace("../../codelists", "../../../..")
    members = [building(outside + OUTLINE + lod1(LOW), "a1"), MEMBERS["spike"]]
    for chosen in (members, members[::-1], [MEMBERS["dangling"], *members]):
        assert_same(*read_both(tmp_path, city_model(*chosen)))


@pytest.mark.parametrize(
    "corners", [None, (f"{X0} {Y0} 100", f"{X0 + 20} {Y0 + 20} 130"), ("1 2", "3 4")]
)
@pytest.mark.parametrize("dimension", ["2", "3", "x"])
def test_envelopes(tmp_path, corners, dimension):
    """Whatever the Envelope says, both ways take it the same."""
    content = city_model(*MEMBERS.values(), corners=corners, dimension=dimension)
    assert_same(*read_both(tmp_path, content))


@pytest.mark.parametrize(
    "srs_name", ["", "EPSG:25833", "EPSG:6697", "nonsense", "urn:adv:crs:ETRS89_UTM32*DE"]
)
def test_crs(tmp_path, srs_name):
    """Named, wrong, unknown or missing."""
    assert_same(*read_both(tmp_path, city_model(*MEMBERS.values(), srs_name=srs_name)))


@pytest.mark.parametrize("window", [70_000, 40_000, 15_000])
def test_windows_make_no_difference(tmp_path, monkeypatch, window):
    """A file read in many small windows, some smaller than a member, gives the same as in one."""
    padding = "<!-- x -->" * 3000
    members = [MEMBERS[case] for case in MEMBERS]
    members[3] = building(padding + OUTLINE + lod1(LOW), "padded")
    content = city_model(*members)
    whole, _ = read_both(tmp_path, content)
    monkeypatch.setattr(gml_bytes, "WINDOW_BYTES", window)
    fast, slow = read_both(tmp_path, content)
    assert_same(fast, slow)
    assert_same(fast, whole)
    assert by_scanning(gml.dataset(tmp_path, gml.write(tmp_path, content))) is not None


def test_a_member_too_large_for_any_window(tmp_path, monkeypatch):
    """All buildings in one featureMembers: scanned while it fits, else read element by element."""
    content = city_model(*[MEMBERS["lod1"].replace('"a"', f'"a{n}"') for n in range(30)])
    content = content.replace("</core:cityObjectMember><core:cityObjectMember>", "")
    content = content.replace("core:cityObjectMember", "gml:featureMembers")
    data = gml.dataset(tmp_path, gml.write(tmp_path, content))
    monkeypatch.setattr(gml_bytes, "WINDOW_BYTES", 10_000)
    assert by_scanning(data) == (30, 0)
    monkeypatch.setattr(gml_bytes, "LARGEST_WINDOW", 20_000)
    assert by_scanning(data) is None
    assert_same(*both(data))


def spaced(text, draw):
    """White space between tags."""
    return text.replace(
        "><", f">{draw(st.sampled_from([' ', chr(10), chr(13) + chr(10), chr(9)]))}<"
    )


def commented(text, draw):
    """Comments and instructions between tags."""
    return text.replace("><gml:e", f">{draw(st.sampled_from(['<!-- <a> -->', '<?p a?>']))}<gml:e")


def comment_in_numbers(text, draw):
    """A comment in the midst of coordinates."""
    return text.replace(" 112.0", draw(st.sampled_from([" <!-- x -->112.0", "<!----> 112.0"])), 2)


def quoted(text, draw):
    """The other kind of quotes."""
    return text.replace('"', "'") if draw(st.booleans()) else text


def renamed(text, draw):
    """Other prefixes."""
    old, new = draw(st.sampled_from([("bldg", "b"), ("gml", "longerprefix"), ("xlink", "x")]))
    return text.replace(f"{old}:", f"{new}:").replace(f"xmlns:{old}=", f"xmlns:{new}=")


def without_prefix(text, _draw):
    """CityGML or GML as the default namespace."""
    return text.replace("core:", "").replace("xmlns:core", "xmlns")


def redeclared(text, _draw):
    """A namespace declared again at a member."""
    return text.replace(
        "<bldg:Building ", f'<bldg:Building xmlns:bldg="{gml.NAMESPACES["bldg"]}" ', 1
    )


def in_pos(text, _draw):
    """One gml:pos per vertex."""

    def rows(match):
        values = match[1].split()
        groups = [" ".join(values[i : i + 3]) for i in range(0, len(values), 3)]
        return "".join(f"<gml:pos>{row}</gml:pos>" for row in groups)

    return re.sub(r"<gml:posList>([^<]*)</gml:posList>", rows, text)


def with_entities(text, draw):
    """Characters as numbers."""
    return text.replace("112.0", draw(st.sampled_from(["&#49;12.0", "11&#x32;.0", "112&#46;0"])), 3)


def in_cdata(text, _draw):
    """Coordinates as CDATA."""
    return re.sub(r"<gml:posList>([^<]*)</", r"<gml:posList><![CDATA[\1]]></", text, count=2)


def exponents(text, draw):
    """Other spellings of a number."""
    return text.replace("112.000000", draw(st.sampled_from(["1.12e2", "+112", "0112.", "1120E-1"])))


def sized(text, draw):
    """The dimension at a posList."""
    return text.replace(
        "<gml:posList>", f'<gml:posList srsDimension="{draw(st.sampled_from("23"))}">', 2
    )


def placed(text, draw):
    """The CRS at a geometry."""
    name = draw(st.sampled_from([gml.UTM, "EPSG:25832", "EPSG:25833", ""]))
    return text.replace("<gml:MultiSurface>", f'<gml:MultiSurface srsName="{name}">', 1)


def cut(text, draw):
    """A damaged document."""
    at = draw(st.integers(0, len(text) - 1))
    return (
        text[:at]
        + draw(st.sampled_from(["", "<", "&", "</x>", "]]>", "\x01", "<x>"]))
        + text[at + 1 :]
    )


REWRITES = [
    spaced, commented, comment_in_numbers, quoted, renamed, without_prefix, redeclared, in_pos,
    with_entities, in_cdata, exponents, sized, placed, cut,
]  # fmt: skip
CODECS = ["utf-8", "utf-8-sig", "utf-16", "shift_jis", "euc_jp"]


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.data())
def test_rewritten_documents(tmp_path, data):
    """Some buildings, written in some other way: the same result, by whichever way it is read."""
    chosen = data.draw(
        st.lists(st.sampled_from(sorted(MEMBERS)), min_size=1, max_size=4, unique=True)
    )
    text = city_model(*(MEMBERS[case] for case in chosen))
    for rewrite in data.draw(st.lists(st.sampled_from(REWRITES), max_size=4)):
        text = rewrite(text, data.draw)
    codec = data.draw(st.sampled_from(CODECS))
    declared = {"utf-8-sig": "UTF-8", "shift_jis": "Shift_JIS", "euc_jp": "EUC-JP"}.get(
        codec, codec
    )
    content = text.replace('"UTF-8"', f'"{declared}"', 1).replace("'UTF-8'", f"'{declared}'", 1)
    assert_same(*read_both(tmp_path, content.encode(codec)))
