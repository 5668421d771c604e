"""What a building says besides its columns, as JSON: by hand, at random, by either way of reading."""

from __future__ import annotations

import gzip
import json
from itertools import count
from xml.sax.saxutils import escape, quoteattr

import gml_documents as gml
import pytest
from citygml_ways import assert_same, both, by_scanning
from gml_documents import X0, Y0, box, building, city_model, lod0, lod1
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from citytwin.formats.city.ledger import Ledger
from citytwin.formats.citygml import document as document_bytes
from citytwin.formats.citygml import format as citygml
from citytwin.formats.citygml.fast import read_fast
from citytwin.formats.citygml.ranges import member_ranges
from citytwin.formats.gml.code_lists import CodeLists
from citytwin.kernels import attribute_words as words
from citytwin.kernels import gml_attributes as ga
from citytwin.model.steps import NoParams
from citytwin.model.tables import BUILDINGS

LIST = "../../codelists/Rank.xml"
SHAPE = lod1(box(X0, Y0, X0 + 10, Y0 + 6, 112.0, 116.0))
GENERIC = "http://www.opengis.net/citygml/generics/{}"


def document(body, version="2.0", after=""):
    """One building with a body, in a version of CityGML; `after` is a second building."""
    text = city_model(building(body + SHAPE, "a"), *([after] if after else []))
    text = text.replace("<core:CityModel ", f'<core:CityModel xmlns:gen="{GENERIC.format("2.0")}" ')
    return text.replace("/2.0", f"/{version}")


def lists(root):
    """A code list beside the files."""
    folder = root / "codelists"
    folder.mkdir(exist_ok=True)
    entry = "<gml:Definition><gml:description>{}</gml:description><gml:name>{}</gml:name></gml:Definition>"
    entries = "".join(entry.format(text, code) for code, text in (("1", "low"), ("2", 'hi"gh')))
    (folder / "Rank.xml").write_text(
        f'<gml:Dictionary xmlns:gml="http://www.opengis.net/gml">{entries}</gml:Dictionary>'
    )


def told(root, text):
    """Attributes of the buildings as both ways tell them."""
    lists(root)
    fast, slow = both(gml.dataset(root, gml.write(root, text)))
    assert_same(fast, slow)
    column = fast.tables[BUILDINGS]["attributes"]
    return [None if column.isna()[n] else json.loads(column[n]) for n in range(len(column))]


RISK = (
    "<uro:bldgDisasterRiskAttribute><uro:RiverFloodingRiskAttribute>"
    f'<uro:rank codeSpace="{LIST}">{{}}</uro:rank><uro:depth uom="m">{{}}</uro:depth>'
    "</uro:RiverFloodingRiskAttribute></uro:bldgDisasterRiskAttribute>"
)
CASES = {
    "none": ("", "2.0", None),
    "generic": (
        '<gen:stringAttribute name="図形"><gen:value> 007 </gen:value></gen:stringAttribute>'
        '<gen:intAttribute name="n"><gen:value>3</gen:value></gen:intAttribute>'
        '<gen:doubleAttribute name="d"><gen:value>0.90</gen:value></gen:doubleAttribute>'
        '<gen:dateAttribute name="t"><gen:value>2020-01-02</gen:value></gen:dateAttribute>'
        '<gen:measureAttribute name="床"><gen:value uom="m2">42</gen:value></gen:measureAttribute>'
        '<gen:uriAttribute name="u"><gen:value>http://x</gen:value></gen:uriAttribute>',
        "2.0",
        {"図形": "007", "n": 3, "d": 0.9, "t": "2020-01-02", "床": {"value": 42, "uom": "m2"}, "u": "http://x"},
    ),
    "generic 1.0": (
        '<gen:intAttribute name="n"><gen:value>3</gen:value></gen:intAttribute>', "1.0", {"n": 3},
    ),
    "generic 3.0": (
        "<core:genericAttribute><gen:StringAttribute><gen:name>a</gen:name><gen:value>12</gen:value>"
        "</gen:StringAttribute></core:genericAttribute>"
        '<core:genericAttribute><gen:MeasureAttribute><gen:name>b</gen:name><gen:value uom="m">1.5</gen:value>'
        "</gen:MeasureAttribute></core:genericAttribute>"
        f'<core:genericAttribute><gen:CodeAttribute><gen:name>c</gen:name><gen:value codeSpace="{LIST}">1'
        "</gen:value></gen:CodeAttribute></core:genericAttribute>"
        "<core:genericAttribute><gen:GenericAttributeSet><gen:name>s</gen:name><gen:genericAttribute>"
        "<gen:IntAttribute><gen:name>d</gen:name><gen:value>-4</gen:value></gen:IntAttribute>"
        "</gen:genericAttribute></gen:GenericAttributeSet></core:genericAttribute>",
        "3.0",
        {"a": "12", "b": {"value": 1.5, "uom": "m"}, "c": {"code": "1", "text": "low"}, "s": {"d": -4}},
    ),
    "set": (
        '<gen:genericAttributeSet name="浸水"><gen:stringAttribute name="規模"><gen:value>L1</gen:value>'
        '</gen:stringAttribute><gen:measureAttribute name="深"><gen:value uom="m">1.840</gen:value>'
        "</gen:measureAttribute></gen:genericAttributeSet>",
        "2.0",
        {"浸水": {"規模": "L1", "深": {"value": 1.84, "uom": "m"}}},
    ),
    "type of i-UR": (
        "<uro:buildingDetailAttribute><uro:BuildingDetailAttribute>"
        '<uro:buildingRoofEdgeArea uom="m2">40.43768</uro:buildingRoofEdgeArea>'
        f'<uro:rank codeSpace="{LIST}">2</uro:rank><uro:rank codeSpace="{LIST}">9</uro:rank>'
        "<uro:surveyYear>2016</uro:surveyYear><uro:branchID>1</uro:branchID><uro:note/>"
        "<uro:deeper><uro:Deeper><uro:x>0.50</uro:x></uro:Deeper></uro:deeper>"
        "</uro:BuildingDetailAttribute></uro:buildingDetailAttribute>",
        "2.0",
        {
            "BuildingDetailAttribute": {
                "buildingRoofEdgeArea": {"value": 40.43768, "uom": "m2"},
                "rank": [{"code": "2", "text": 'hi"gh'}, {"code": "9"}],
                "surveyYear": 2016,
                "branchID": "1",
                "Deeper": {"x": 0.5},
            }
        },
    ),
    "one risk is a list": (
        RISK.format(1, 1.25), "2.0",
        {"RiverFloodingRiskAttribute": [{"rank": {"code": "1", "text": "low"}, "depth": {"value": 1.25, "uom": "m"}}]},
    ),
    "two risks, apart": (
        RISK.format(1, 1.25) + "<core:creationDate>2025-03-21</core:creationDate>" + RISK.format(5, "x"), "2.0",
        {
            "RiverFloodingRiskAttribute": [
                {"rank": {"code": "1", "text": "low"}, "depth": {"value": 1.25, "uom": "m"}},
                {"rank": {"code": "5"}, "depth": {"value": "x", "uom": "m"}},
            ],
            "creationDate": "2025-03-21",
        },
    ),
    "hook of an extension": (
        "<bldg:adeOfAbstractBuilding><uro:BuildingProperties><uro:buildingDetails><uro:BuildingDetails>"
        "<uro:surveyYear>2016</uro:surveyYear></uro:BuildingDetails></uro:buildingDetails>"
        "</uro:BuildingProperties></bldg:adeOfAbstractBuilding>",
        "3.0",
        {"BuildingDetails": {"surveyYear": 2016}},
    ),
    "plain children": (
        "<gml:name>美術館</gml:name><gml:name>Museum</gml:name><bldg:class>1000</bldg:class>"
        f'<bldg:function codeSpace="{LIST}">1</bldg:function><bldg:yearOfConstruction>1984</bldg:yearOfConstruction>'
        "<bldg:usage>1</bldg:usage><bldg:usage>2</bldg:usage>"
        '<bldg:measuredHeight uom="m">4</bldg:measuredHeight><bldg:storeysAboveGround>2</bldg:storeysAboveGround>'
        "<bldg:address><core:Address><core:xalAddress>x</core:xalAddress></core:Address></bldg:address>",
        "2.0",
        {"name": ["美術館", "Museum"], "class": "1000", "function": {"code": "1", "text": "low"},
         "yearOfConstruction": 1984, "usage": "2"},
    ),
    "numbers as they are written": (
        "".join(f"<uro:n>{n}</uro:n>" for n in ("0", "-1.5", "007", "1e5", "1e999", ".5", "5.", "+1", "9" * 30)),
        "2.0",
        {"n": [0, -1.5, "007", 1e5, "1e999", ".5", "5.", "+1", "9" * 30]},
    ),
    "what JSON escapes": (
        """<gen:stringAttribute name='a"b\\'><gen:value>x"y\\\tz\r\nw\ru</gen:value></gen:stringAttribute>""",
        "2.0",
        {'a"b\\': 'x"y\\\tz\nw\nu'},
    ),
    "no name, no value, nothing inside": (
        "<gen:stringAttribute><gen:value>1</gen:value></gen:stringAttribute>"
        '<gen:stringAttribute name="a"/><gen:stringAttribute name="b"><gen:value> </gen:value></gen:stringAttribute>'
        '<gen:genericAttributeSet name="c"><gen:intAttribute name="d"/></gen:genericAttributeSet>'
        "<gen:genericAttributeSet><gen:intAttribute name='e'><gen:value>1</gen:value></gen:intAttribute></gen:genericAttributeSet>"
        "<uro:x><uro:X><uro:y/></uro:X></uro:x><uro:z><gml:Point><gml:pos>1 2</gml:pos></gml:Point></uro:z>",
        "2.0",
        None,
    ),
}  # fmt: skip
BY_PARSER = {
    "entities": ("<gml:name>A &amp; B</gml:name>", {"name": "A & B"}),
    "character references": ("<gml:name>&#13;x&#x4e00;</gml:name>", {"name": "x一"}),
    "CDATA": ("<gml:name><![CDATA[<a>]]></gml:name>", {"name": "<a>"}),
    "a comment in a text": ("<gml:name>a<!-- b -->c</gml:name>", {"name": "ac"}),
    "an entity in a name": (
        '<gen:intAttribute name="a&lt;b"><gen:value>1</gen:value></gen:intAttribute>', {"a<b": 1},
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_by_hand(tmp_path, case):
    """Each kind of attribute; both ways agree, and the building needs no parser."""
    body, version, expected = CASES[case]
    text = document(body, version)
    assert told(tmp_path, text) == [expected]
    assert by_scanning(gml.dataset(tmp_path, gml.write(tmp_path, text))) == (1, 0)


@pytest.mark.parametrize("case", BY_PARSER)
def test_what_only_a_parser_can_read(tmp_path, case):
    """The attributes are parsed, the geometry is still scanned."""
    body, expected = BY_PARSER[case]
    text = document(body, after=building(SHAPE, "z"))
    assert told(tmp_path, text) == [expected, None]
    assert by_scanning(gml.dataset(tmp_path, gml.write(tmp_path, text))) == (2, 0)


def test_a_comment_between_elements_is_none(tmp_path):
    """It changes nothing."""
    body, _, expected = CASES["type of i-UR"]
    assert told(tmp_path, document(body.replace("><", "><!-- <a> --><"))) == [expected]


def test_a_part_has_what_the_building_has_and_its_own(tmp_path):
    """Attributes of the whole, except those that the part says itself."""
    body = (
        "<bldg:class>1</bldg:class><bldg:yearOfConstruction>1984</bldg:yearOfConstruction>"
        + gml.part("<bldg:class>2</bldg:class>" + lod0(gml.rectangle(X0, Y0, X0 + 10, Y0 + 6, 1.0)) + SHAPE, "p")
        + gml.part(SHAPE.replace(f"{X0:.6f}", f"{X0 + 30:.6f}").replace(f"{X0 + 10:.6f}", f"{X0 + 40:.6f}"), "q")
    )  # fmt: skip
    text = city_model(building(body, "a"))
    assert told(tmp_path, text) == [
        {"class": "2", "yearOfConstruction": 1984},
        {"class": "1", "yearOfConstruction": 1984},
    ]


def test_lists_outside_the_data_set_are_told_in_order(tmp_path):
    """Whichever way a building is read, the first mention counts."""
    outside = '<bldg:class codeSpace="../../../../../x.xml">1</bldg:class>'
    spiked = building(outside + SHAPE.replace("116.000000", "99999", 1), "z")
    for first, second in ((outside, spiked), (outside.replace("x.xml", "y.xml"), spiked)):
        assert told(tmp_path, document(first, after=second))[0] == {"class": {"code": "1"}}


def test_too_many_or_too_deep(tmp_path):
    """More nodes than the kernel holds are parsed; what is nested deeper than any schema is not."""
    many = "".join(f"<uro:a{n}>1</uro:a{n}>" for n in range(ga.MOST_NODES + 5))
    assert len(told(tmp_path, document(many))[0]) == ga.MOST_NODES + 5
    deep = "<uro:l>1</uro:l>"
    for n in range(words.DEEPEST):
        deep = f"<uro:p{n}><uro:T{n}>{deep}<uro:n>{n}</uro:n></uro:T{n}></uro:p{n}>"
    [found] = told(tmp_path, document(deep))
    levels = 0
    while isinstance(found, dict):
        found = next((v for v in found.values() if isinstance(v, dict)), None)
        levels += 1
    assert levels == words.DEEPEST // 2


TEXTS = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zs", "Zl", "Zp")),
    min_size=1,
    max_size=8,
)
"""Without white space: what is trimmed is tested by hand."""


def expected_value(text, number):
    """What a plain leaf says, by Python's own reading of numbers."""
    return json.loads(text) if number else text


@st.composite
def attribute(draw, names):
    """XML of an attribute, its name, its value; the name is new each time."""
    name = f"{draw(st.sampled_from('abcé漢'))}{next(names)}"
    kind = draw(st.sampled_from(["leaf", "measure", "code", "generic", "set", "type"]))
    if kind in ("set", "type"):
        inner = draw(st.lists(attribute(names), min_size=1, max_size=3))
        if kind == "type":
            inner = [part for part in inner if part[0].startswith("<uro")]
        if not inner:
            return "", None, None
        body = "".join(xml for xml, _, _ in inner)
        value = {key: v for _, key, v in inner}
        if kind == "type":
            return f"<uro:p><uro:{name}>{body}</uro:{name}></uro:p>", name, value
        generic = [part for part in inner if part[0].startswith("<gen")]
        if not generic:
            return "", None, None
        return (
            f"<gen:genericAttributeSet name={quoteattr(name)}>{body}</gen:genericAttributeSet>",
            name,
            {key: v for _, key, v in generic},
        )
    number = draw(st.booleans())
    text = str(draw(st.integers(-999, 999))) if number else "t" + draw(TEXTS)
    if kind == "measure":
        return (
            f'<uro:{name} uom="m">{escape(text)}</uro:{name}>',
            name,
            {"value": expected_value(text, number), "uom": "m"},
        )
    if kind == "code":
        value = {
            "code": text,
            **({"text": {"1": "low", "2": 'hi"gh'}[text]} if text in ("1", "2") else {}),
        }
        return f'<uro:{name} codeSpace="{LIST}">{escape(text)}</uro:{name}>', name, value
    if kind == "generic":
        title = name + draw(TEXTS)
        xml = f"<gen:stringAttribute name={quoteattr(title)}><gen:value>{escape(text)}</gen:value></gen:stringAttribute>"
        return xml, title, text
    return f"<uro:{name}>{escape(text)}</uro:{name}>", name, expected_value(text, number)  # fmt: skip


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.data())
def test_at_random(tmp_path, data):
    """Any tree of attributes comes out as it was put in, by either way."""
    parts = data.draw(st.lists(attribute(count()), max_size=6))
    body = "".join(xml for xml, _, _ in parts)
    expected = {name: value for _, name, value in parts if name is not None}
    assert told(tmp_path, document(body)) == [expected or None]


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16"])
def test_offsets(tmp_path, codec):
    """At each offset stands the start tag of the building, whichever way it was read."""
    spiked = building(SHAPE.replace("116.000000", "99999", 1), "b")
    text = city_model(building(gml.part(SHAPE, "c"), "a"), spiked)
    path = gml.write(
        tmp_path, text.replace('"UTF-8"', f'"{codec}"'.replace("-sig", "")).encode(codec)
    )
    table = citygml.read(gml.dataset(tmp_path, path), NoParams()).tables[BUILDINGS]
    content = path.read_bytes()
    assert table["building_id"].tolist() == ["c", "b"]
    if codec == "utf-16":
        assert table["offset"].isna().all()
        return
    for name, begin in zip(table["building_id"], table["offset"], strict=True):
        kind = "BuildingPart" if name == "c" else "Building"
        assert content[begin:].startswith(f'<bldg:{kind} gml:id="{name}">'.encode())


def test_offsets_of_ranges_and_windows(tmp_path, monkeypatch):
    """Positions in the file, whichever part of it is read, and through however small windows."""
    text = city_model(*(building(SHAPE, f"b{n}") for n in range(6))).replace("<core:", "\n<core:")
    path = gml.write(tmp_path, ("\ufeff" + text).encode())
    data = gml.dataset(tmp_path, path)
    content = path.read_bytes()
    begins = [content.index(f'<bldg:Building gml:id="b{n}"'.encode()) for n in range(6)]
    table = citygml.read(data, NoParams()).tables[BUILDINGS]
    assert table["offset"].tolist() == begins
    parts = member_ranges(path, 2500)
    assert len(parts) > 1
    found = []
    for part in parts:
        fast = read_fast(path, data, CodeLists(tmp_path), Ledger(), part)
        found += [int(begin) for block in fast.blocks for begin in block.offset]
    assert found == begins
    monkeypatch.setattr(document_bytes, "WINDOW_BYTES", 3000)
    assert citygml.read(data, NoParams()).tables[BUILDINGS]["offset"].tolist() == begins


def test_offsets_in_a_compressed_file(tmp_path):
    """Positions in what is unpacked."""
    text = city_model(building(SHAPE, "a")).encode()
    path = gml.write(tmp_path, gzip.compress(text), "a_bldg_1.gml.gz")
    table = citygml.read(gml.dataset(tmp_path, path), NoParams()).tables[BUILDINGS]
    assert table["offset"].tolist() == [text.index(b"<bldg:Building ")]
