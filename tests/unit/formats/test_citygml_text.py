"""CityGML as text: encodings and spellings that mean the same, files that must be refused."""

from __future__ import annotations

import re
import resource
import sys

import gml_documents as gml
import numpy as np
import pytest
from gml_documents import X0, Y0, box, building, city_model, lod1
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from citytwin.errors import CityTwinError, SourceError
from citytwin.formats.citygml.format import FORMAT
from citytwin.model.steps import NoParams
from citytwin.model.tables import BUILDINGS, SURFACES

BASE = gml.box_document()
NAMED = BASE.replace('gml:id="b1">', 'gml:id="b1"><gml:name>表参道</gml:name>')


def tables(root, content, name="tile_bldg_25832.gml"):
    """Both tables of a document."""
    path = gml.write(root, content, name)
    decoded = FORMAT.read(gml.dataset(root, path), NoParams())
    return decoded.tables[BUILDINGS], decoded.tables[SURFACES]


def recoded(text, codec, declared):
    """The document in another encoding."""
    return text.replace('encoding="UTF-8"', f'encoding="{declared}"').encode(codec)


def in_pos(text):
    """PosList as one gml:pos per vertex."""

    def replace(match):
        values = match[1].split()
        rows = [" ".join(values[i : i + 3]) for i in range(0, len(values), 3)]
        return "".join(f"<gml:pos>{row}</gml:pos>" for row in rows)

    return re.sub(r"<gml:posList>(.*?)</gml:posList>", replace, text)


def in_coordinates(text, decimal=".", comma=","):
    """PosList as the gml:coordinates of GML 2."""

    def replace(match):
        values = [value.replace(".", decimal) for value in match[1].split()]
        rows = [comma.join(values[i : i + 3]) for i in range(0, len(values), 3)]
        return (
            f'<gml:coordinates decimal="{decimal}" cs="{comma}">{" ".join(rows)}</gml:coordinates>'
        )

    return re.sub(r"<gml:posList>(.*?)</gml:posList>", replace, text)


VARIANTS = {
    "bom": b"\xef\xbb\xbf" + BASE.encode(),
    "utf-16 with mark": recoded(NAMED, "utf-16", "UTF-16"),
    "utf-16 without mark": recoded(NAMED, "utf-16-be", "UTF-16"),
    "utf-32": recoded(NAMED, "utf-32", "UTF-32"),
    "shift_jis": recoded(NAMED, "shift_jis", "Shift_JIS"),
    "windows-31j": recoded(NAMED.replace("表", "①"), "cp932", "Shift_JIS"),
    "euc-jp": recoded(NAMED, "euc_jp", "EUC-JP"),
    "latin-1": recoded(BASE.replace("b1", "b1", 1), "latin-1", "ISO-8859-1"),
    "no declaration": BASE.partition("\n")[2].encode(),
    "carriage returns": BASE.replace("><", ">\r\n\t<").encode(),
    "comment in posList": BASE.replace("112.000000", "112<!-- a <b> & --c --> ", 3)
    .replace("--c -->", "c -->")
    .encode(),
    "instruction in posList": BASE.replace(" 112.000000", " <?x y?>112.000000", 3).encode(),
    "cdata": re.sub(
        r"<gml:posList>(.*?)</gml:posList>",
        r"<gml:posList><![CDATA[\1]]></gml:posList>",
        BASE,
    ).encode(),
    "numeric entity": BASE.replace(" 112.000000", "&#32;11&#50;.000000", 2).encode(),
    "prefixes": BASE.replace("bldg:", "x:")
    .replace("gml:", "y:")
    .replace(":bldg", ":x")
    .replace(":gml=", ":y=")
    .encode(),
    "default namespace": BASE.replace("core:", "").replace("xmlns:core", "xmlns").encode(),
    "gml:pos": in_pos(BASE).encode(),
    "gml:coordinates": in_coordinates(BASE).encode(),
    "decimal commas": in_coordinates(BASE, ",", ";").encode(),
    "feature member": BASE.replace("core:cityObjectMember", "gml:featureMember").encode(),
    "citygml 1.0": BASE.replace("/2.0", "/1.0").encode(),
    "citygml 3.0": BASE.replace("/2.0", "/3.0")
    .replace("http://www.opengis.net/gml", "http://www.opengis.net/gml/3.2")
    .replace("bldg:lod0FootPrint", "core:lod0MultiSurface")
    .replace("bldg:lod1Solid", "core:lod1Solid")
    .encode(),
    "exponents": BASE.replace("112.000000", "1.12e2").encode(),
}


@pytest.mark.parametrize("variant", VARIANTS)
def test_what_means_the_same_is_read_the_same(tmp_path, variant):
    """Encodings, prefixes, versions and spellings of coordinates do not change one bit."""
    base_buildings, base_surfaces = tables(tmp_path, BASE)
    buildings, surfaces = tables(tmp_path, VARIANTS[variant])
    # The geometry is compared below; the others are the place in this file and its own name.
    placed = ["geometry", "offset", "attributes"]
    assert buildings.drop(columns=placed).equals(base_buildings.drop(columns=placed))
    assert buildings.geometry.iloc[0].equals_exact(base_buildings.geometry.iloc[0], 0.0)
    assert (gml.stacked(surfaces) == gml.stacked(base_surfaces)).all()


BOMB = (
    '<?xml version="1.0"?>\n<!DOCTYPE lolz [<!ENTITY a "ha">'
    + "".join(
        f'<!ENTITY {chr(98 + i)} "{"&" + chr(97 + i) + ";"}{("&" + chr(97 + i) + ";") * 9}">'
        for i in range(20)
    )
    + "]>\n<CityModel>&u;</CityModel>"
)
EXTERNAL = (
    '<?xml version="1.0"?><!-- x --><?p i?>\n<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
    + BASE.partition("\n")[2].replace("112.000000", "&e;", 1)
)
REFUSED = {
    "bomb": (BOMB.encode(), "DTD"),
    "bomb in utf-16": (BOMB.encode("utf-16"), "DTD"),
    "external entity": (EXTERNAL.encode(), "DTD"),
    "dtd behind a long comment": (
        (f"<?xml version='1.0'?><!--{'x' * 500_000}-->" + BOMB[22:]).encode(),
        "DTD",
    ),
    "endless prolog": (b"<!--" + b"x" * 3_000_000 + b"--><CityModel/>", "prolog"),
    "undefined entity": (BASE.replace("112.000000", "&wat;", 1).encode(), "well-formed.*wat"),
    "truncated": (BASE[: len(BASE) // 2].encode(), "line 2.*well-formed"),
    "truncated in the prolog": (b'<?xml version="1.0" enc', "no root|well-formed"),
    "empty": (b"", "empty"),
    "blank": (b" \n\t ", "empty"),
    "not xml": (b"id,height\n1,2\n", "not XML"),
    "html": (b"<!DOCTYPE html><html></html>", "DTD"),
    "zip": (b"PK\x03\x04" + bytes(100), "archive"),
    "gzip": (b"\x1f\x8b\x08" + bytes(100), "archive"),
    "other xml": (b"<gpx><wpt/></gpx>", "not CityGML.*gpx"),
    "other xml with a Building": (b"<osm><Building/></osm>", "not CityGML.*osm"),
    "wrong encoding": (NAMED.encode("cp932"), "well-formed|does not fit"),
    "unknown encoding": (recoded(BASE, "ascii", "x-none"), "x-none"),
    "stateful encoding": (recoded(BASE, "ascii", "utf-7"), "utf-7"),
    "cut inside a character": (recoded(NAMED, "utf-16", "UTF-16")[:-1], "does not fit"),
    "null bytes": (BASE.encode().replace(b"posList", b"pos\x00List", 1), "well-formed"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_trusted_is_refused_at_once(tmp_path, case):
    """Broken and hostile files are refused with the file and the reason; none is worked on."""
    content, reason = REFUSED[case]
    calls = 0
    tables(tmp_path, BASE)  # kernels are loaded once in a process

    def counted(*_):
        nonlocal calls
        calls += 1

    sys.setprofile(counted)
    try:
        with pytest.raises(SourceError, match=f"(?s)^tile_bldg_25832.gml: .*({reason})"):
            tables(tmp_path, content)
    finally:
        sys.setprofile(None)
    assert calls < 100_000


@pytest.mark.parametrize(
    "variant", [name for name, text in VARIANTS.items() if b"gml:name" in text]
)
def test_names_are_read_in_every_encoding(tmp_path, variant):
    """The name that only an encoding with these characters can hold."""
    content = VARIANTS[variant]
    buildings, _ = tables(tmp_path, content)
    name = "①参道" if variant == "windows-31j" else "表参道"
    assert buildings["attributes"].tolist() == [f'{{"name":"{name}"}}']


def test_a_missing_file_is_a_source_error(tmp_path):
    """A file that went away between listing and reading is named."""
    with pytest.raises(SourceError, match=r"gone\.gml.*cannot be read"):
        FORMAT.read(gml.dataset(tmp_path, tmp_path / "gone.gml"), NoParams())


def test_the_other_files_of_a_batch_go_on(tmp_path):
    """A broken file is set aside as a whole; the sound one is read; a note says so."""
    broken = gml.write(tmp_path, BASE[:-300], "a_bldg_1.gml")
    sound = gml.write(tmp_path, BASE, "b_bldg_1.gml")
    decoded = FORMAT.read(gml.dataset(tmp_path, broken, sound), NoParams())
    assert decoded.tables[BUILDINGS]["source"].tolist() == ["b_bldg_1.gml"]
    assert [(r.source, r.code) for r in decoded.rejects] == [("a_bldg_1.gml", "file-refused")]
    assert [note.severity for note in decoded.notes] == ["loss"]


def test_a_city_model_without_buildings_gives_empty_tables(tmp_path):
    """Nothing to read is no error of the format: the tables have their columns and no rows."""
    buildings, surfaces = tables(tmp_path, city_model())
    assert tuple(buildings.columns) == BUILDINGS.column_names
    assert tuple(surfaces.columns) == SURFACES.column_names
    assert len(buildings) == len(surfaces) == 0


def test_deep_nesting_exhausts_nothing(tmp_path):
    """A hundred thousand elements inside each other are refused or read, never a crash."""
    deep = "<gml:surfaceMember>" * 100_000 + "</gml:surfaceMember>" * 100_000
    document = BASE.replace("</gml:MultiSurface>", f"{deep}</gml:MultiSurface>", 1)
    with pytest.raises(SourceError, match=r"well-formed"):
        tables(tmp_path, document)
    shallow = "<gml:surfaceMember>" * 1500 + "</gml:surfaceMember>" * 1500
    document = BASE.replace("</gml:MultiSurface>", f"{shallow}</gml:MultiSurface>", 1)
    buildings, _ = tables(tmp_path, document)
    assert len(buildings) == 1


def test_long_text_is_read(tmp_path):
    """A coordinate list of more than 10 MB, the limit of libxml2, is read."""
    turns = np.linspace(0, 2 * np.pi, 300_000, endpoint=False)
    circle = np.column_stack(
        [X0 + 20 * np.cos(turns), Y0 + 20 * np.sin(turns), np.full(len(turns), 112.0)]
    )
    text = " ".join(f"{x:.9f} {y:.9f} {z:.9f}" for x, y, z in [*circle, circle[0]])
    assert len(text) > 10_000_000
    outline = (
        "<bldg:lod0FootPrint><gml:MultiSurface><gml:surfaceMember><gml:Polygon>"
        f"{gml.ring(text)}</gml:Polygon></gml:surfaceMember></gml:MultiSurface>"
        "</bldg:lod0FootPrint>"
    )
    body = "<bldg:measuredHeight>9</bldg:measuredHeight>"
    walls = lod1(box(X0, Y0, X0 + 5, Y0 + 5, 112.0, 116.0))
    buildings, _ = tables(tmp_path, city_model(building(body + outline + walls)))
    assert buildings.geometry.iloc[0].area == pytest.approx(np.pi * 400, rel=1e-6)


def test_memory_does_not_grow_with_the_members(tmp_path):
    """Appearances and other members are freed as they pass: 40 MB of them cost little memory."""
    filler = "<app:x xmlns:app='y'>" + "<a><b>0.5 0.5</b></a>" * 2000 + "</app:x>"
    member = f"<core:appearanceMember>{filler}</core:appearanceMember>"
    head, _, tail = BASE.partition("<core:cityObjectMember>")
    small = f"{head}<core:cityObjectMember>{tail}"
    large = f"{head}{member * 1000}<core:cityObjectMember>{tail}"
    assert len(large) > 40_000_000
    tables(tmp_path, small)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    path = gml.write(tmp_path, large)
    del large
    middle = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    FORMAT.read(gml.dataset(tmp_path, path), NoParams())
    grown_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - max(before, middle)
    assert grown_kib < 60_000


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_no_mutation_escapes_as_another_error(tmp_path, data):
    """Bytes changed, cut out or doubled anywhere: a result or a CityTwinError, nothing else."""
    content = bytearray(BASE.encode())
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(content) - 1))
        length = data.draw(st.integers(0, 60))
        kind = data.draw(st.sampled_from(["cut", "double", "bytes", "text"]))
        if kind == "cut":
            del content[start : start + length]
        elif kind == "double":
            content[start:start] = content[start : start + length]
        elif kind == "bytes":
            content[start : start + 1] = data.draw(st.binary(max_size=4))
        else:
            words = ["NaN", "-1e400", "0 0 0", "6697", "#b1", "lod2", "", "<", "Solid", "\u3042"]
            content[start:start] = data.draw(st.sampled_from(words)).encode()
        if not content:
            break
    try:
        _, surfaces = tables(tmp_path, bytes(content))
    except CityTwinError as error:
        named = "tile_bldg_25832.gml" in str(error)
        assert named
    else:
        assert len(surfaces) == 0 or np.isfinite(gml.stacked(surfaces)).all()


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(content=st.binary(max_size=200))
def test_random_bytes_are_refused(tmp_path, content):
    """Bytes that are no CityGML give a SourceError."""
    with pytest.raises(SourceError):
        tables(tmp_path, content)
