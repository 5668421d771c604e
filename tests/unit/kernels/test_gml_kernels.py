"""Buildings, polygons and coordinates out of the element table, on documents small enough to see."""

from __future__ import annotations

import numpy as np
import pytest

from citytwin.kernels import gml_faces as gf
from citytwin.kernels import gml_names as names
from citytwin.kernels import gml_units as gu
from citytwin.kernels import xml_scan as xs
from citytwin.kernels.gml_coordinates import read_coordinates
from citytwin.kernels.gml_links import index_targets, target_of, text_hash
from citytwin.kernels.gml_places import boxes, distinct_places
from citytwin.kernels.gml_texts import gather_texts, number_texts

PREFIXES = np.array(
    [[0, xs.CITYGML], [int.from_bytes(b"u", "big"), xs.IUR], [int.from_bytes(b"g", "big"), 0]],
    dtype=np.int64,
)
SQUARE = "0 0 1 0 4 1 3 4 1 0 0 1"


def polygon(numbers=SQUARE, gml_id=""):
    """A polygon with one ring."""
    named = f' g:id="{gml_id}"' if gml_id else ""
    return f"<Polygon{named}><exterior><posList>{numbers}</posList></exterior></Polygon>"


def member(body):
    """A surface in its member."""
    return f"<surfaceMember>{body}</surfaceMember>"


def link(target):
    """A member that links to a surface."""
    return f'<surfaceMember g:href="#{target}"/>'


def level(body, name="lod1Solid"):
    """A geometry property."""
    return f"<{name}><Solid><exterior><CompositeSurface>{body}</CompositeSurface></exterior></Solid></{name}>"


def boundary(kind, body, name="lod2MultiSurface"):
    """A boundary surface."""
    return f"<boundedBy><{kind}><{name}><MultiSurface>{body}</MultiSurface></{name}></{kind}></boundedBy>"


def building(body, gml_id="b"):
    """A building."""
    return f'<Building g:id="{gml_id}">{body}</Building>'


def read(content):
    """Units, faces, points and rings of a document's content."""
    data = np.frombuffer(f"{content}</r>".encode(), dtype=np.uint8)
    table, marks = np.zeros((200, 8), np.int32), np.zeros((100, 4), np.int32)
    done = xs.scan(data, 0, PREFIXES, table, marks)
    assert done.code == xs.END
    table, marks = table[: done.rows], marks[: done.marks]
    units = np.zeros((20, gu.UNIT_COLUMNS), np.int32)
    count, sound = gu.find_units(table, done.rows, units)
    assert sound
    gu.describe_units(table, units, count)
    slots = np.zeros(256, np.int32)
    index_targets(data, 0, table, marks, slots)
    faces = np.zeros((50, gf.FACE_COLUMNS), np.int32)
    document = (data, 0, table, marks, slots)
    _, crossing = gf.find_faces(document, units, count, faces)
    points, rings = np.zeros((500, 3)), np.zeros(100, np.int64)
    n_faces, n_rings, n_points = read_coordinates(document[:3], units, count, faces, points, rings)
    return units[:count], faces[:n_faces], points[:n_points], rings[: n_rings + 1], crossing


def test_a_block():
    """One solid: its ring without the closing vertex."""
    units, faces, points, rings, _ = read(building(level(member(polygon()))))
    assert units[0, gu.STATUS] == gu.CLEAN
    assert units[0, gu.LOD] == 1
    assert len(faces) == 1
    assert rings.tolist() == [0, 3]
    assert points.tolist() == [[0, 0, 1], [0, 4, 1], [3, 4, 1]]


def test_the_best_level_with_its_semantics_once():
    """LOD2 before LOD1; the solid links to the surfaces, which stay single."""
    shell = boundary("WallSurface", member(polygon(gml_id="w"))) + boundary(
        "RoofSurface", member(polygon("0 0 2 0 4 2 3 4 2 0 0 2", "r"))
    )
    body = level(link("r") + link("w"), "lod2Solid") + shell + level(member(polygon()))
    units, faces, points, _, _ = read(building(body))
    assert units[0, gu.LOD] == 2
    kinds = [names.SEMANTICS[kind] for kind in faces[:, gf.FACE_SEMANTIC]]
    assert kinds == ["wall", "roof"]
    assert points[:, 2].tolist() == [1, 1, 1, 2, 2, 2]


def test_the_footprint_is_the_outline_before_the_roof_edge():
    """Both outlines given: the footprint is taken; faces of the outline come first."""
    roof = level(member(polygon()), "lod0RoofEdge")
    foot = level(member(polygon("0 0 7 0 4 7 3 4 7 0 0 7")), "lod0FootPrint")
    units, faces, points, _, _ = read(building(roof + foot + level(member(polygon()))))
    assert not units[0, gu.AT_ROOF]
    assert faces[:, gf.FACE_OUTLINE].tolist() == [1, 0]
    assert points[0, 2] == 7


def test_a_surface_written_twice_is_kept_once():
    """Solid and boundary with the same vertices, in another order."""
    again = "3 4 1 0 0 1 0 4 1 3 4 1"
    body = boundary("RoofSurface", member(polygon())) + level(member(polygon(again)), "lod2Solid")
    units, faces, points, _, _ = read(building(body))
    assert units[0, gu.STATUS] == gu.CLEAN
    assert len(faces) == 1
    assert len(points) == 3


def test_a_building_that_only_holds_parts():
    """The building is a bracket; its parts are units that belong to it."""
    part = f'<consistsOfBuildingPart><BuildingPart g:id="p">{level(member(polygon()))}</BuildingPart></consistsOfBuildingPart>'
    units, faces, _, _, _ = read(building(part + part))
    assert units[:, gu.STATUS].tolist() == [gu.BRACKET, gu.CLEAN, gu.CLEAN]
    assert units[:, gu.OWNER].tolist() == [-1, 0, 0]
    assert faces[:, gf.FACE_UNIT].tolist() == [1, 2]


def test_attributes():
    """The first of a name; the key of i-UR, not that of any other namespace."""
    body = (
        "<usage>1</usage><usage>2</usage><height><Height><value>3</value></Height></height>"
        "<g:x><g:buildingID>no</g:buildingID><u:buildingID>yes</u:buildingID></g:x>"
    )
    content = building(body + level(member(polygon())))
    units = read(content)[0]
    row = read(content)[0][0]
    assert row[gu.USAGE_ROW] == 1
    assert row[gu.HEIGHT_ROW] > 0
    assert row[gu.PIECE_ROW] == row[gu.HEIGHT_ROW] + 2
    assert (units[0, gu.PIECE_ROW + 1 : gu.PIECE_ROW + 3] == -1).all()


UNCLEAN = {
    "not closed": level(member(polygon("0 0 1 0 4 1 3 4 1 5 5 1"))),
    "repeated": level(member(polygon("0 0 1 0 0 1 0 4 1 3 4 1 0 0 1"))),
    "two vertices": level(member(polygon("0 0 1 0 4 1 0 0 1"))),
    "odd count": level(member(polygon(SQUARE + " 1"))),
    "no number": level(member(polygon(SQUARE.replace("4", "x", 1)))),
    "not decided": level(member(polygon(SQUARE.replace("4", "4" * 25, 1)))),
    "comment inside": level(member(polygon(SQUARE.replace(" 4", "<!-- --> 4", 1)))),
    "no ring": level(member("<Polygon/>")),
    "coordinates": level(member(polygon().replace("posList", "coordinates"))),
    "dangling": level(member(polygon()) + link("nowhere")),
    "circle": level(f'{link("c")}<surfaceMember><CompositeSurface g:id="c">{link("c")}</CompositeSurface></surfaceMember>'),
    "turned": level(member(f'<OrientableSurface orientation="-"><baseSurface>{polygon()}</baseSurface></OrientableSurface>')),
    "outline only": level(member(polygon()), "lod0FootPrint"),
    "no geometry": "<usage>1</usage>",
    "unknown surface": level(member(polygon())) + boundary("OddSurface", member(polygon())),
}  # fmt: skip


def test_lod3_is_read_and_rooms_are_passed_over():
    """A building in LOD3 is as plain as any; faces inside of rooms are none of the shell."""
    room = f"<interiorRoom>{level(member(polygon()))}</interiorRoom>"
    units, faces, *_ = read(
        building(level(member(polygon()), "lod3Solid")) + building(level(member(polygon())) + room)
    )
    assert units[:, gu.STATUS].tolist() == [gu.CLEAN, gu.CLEAN]
    assert len(faces) == 2


@pytest.mark.parametrize("case", UNCLEAN)
def test_what_needs_the_other_reader(case):
    """Whatever is not plain makes its building unclean, and leaves the others alone."""
    plain = building(level(member(polygon())), "z")
    units, faces, points, _, _ = read(plain + building(UNCLEAN[case]) + plain)
    assert units[:, gu.STATUS].tolist() == [gu.CLEAN, gu.UNCLEAN, gu.CLEAN]
    assert faces[:, gf.FACE_UNIT].tolist() == [0, 2]
    assert len(points) == 6


def test_links_into_another_building_are_told():
    """The target exists, but not in the building that names it."""
    first = building(level(member(polygon(gml_id="w"))), "a")
    assert read(first + building(level(link("w")), "b"))[4]
    assert not read(first + building(level(link("v")), "b"))[4]


def test_the_first_of_an_id_in_the_feature_wins():
    """Two elements of one id."""
    data = np.frombuffer(b'<Polygon g:id="a"/><Solid g:id="a"/><Tin g:href="#a"/></r>', np.uint8)
    table, marks = np.zeros((9, 8), np.int32), np.zeros((9, 4), np.int32)
    done = xs.scan(data, 0, PREFIXES, table, marks)
    marks = marks[: done.marks]
    slots = np.zeros(16, np.int32)
    index_targets(data, 0, table, marks, slots)
    assert target_of(data, 0, 2, (0, 3), marks, slots) == (0, True)
    assert target_of(data, 0, 2, (1, 3), marks, slots) == (1, True)
    assert target_of(data, 0, 2, (2, 3), marks, slots) == (-1, True)


def test_places_and_boxes():
    """Places met before share a number; groups have their extremes."""
    points = np.array([[1.0, 2, 3], [1, 2, 9], [4, 5, 6], [1, 2, 0]])
    places, index = np.zeros((4, 2)), np.zeros(4, np.int32)
    assert distinct_places(points, places, index) == 2
    assert (places[index] == points[:, :2]).all()
    low, high = np.zeros((3, 3)), np.zeros((3, 3))
    boxes(points, np.array([0, 2, 2, 4]), low, high)
    assert low[0].tolist() == [1, 2, 3]
    assert high[2].tolist() == [4, 5, 6]
    assert np.isinf(low[1]).all()


def test_texts_are_numbered_and_gathered():
    """Each different text of a column counts once, whatever other columns hold; -1 is none."""
    letters = np.frombuffer(b"ab cd ab cd abcdefgh abcdefgi", np.uint8)
    spans = np.array([[[0, 2], [3, 5], [6, 8], [-1, -1]], [[9, 11], [12, 20], [21, 29], [9, 9]]])
    numbers, firsts = np.zeros((2, 4), np.int64), np.zeros((8, 2), np.int64)
    ends, slots = np.zeros(2, np.int64), np.zeros(16, np.int32)
    number_texts(letters, spans, slots, numbers, firsts, ends)
    assert numbers.tolist() == [[0, 1, 0, -1], [0, 1, 2, 3]]
    assert ends.tolist() == [2, 6]
    out = np.zeros(4, np.uint8)
    gather_texts(letters, firsts[:2], out)
    assert out.tobytes() == b"abcd"


@pytest.mark.parametrize(
    "pattern", ["a{}", "UUID_{:08d}", "UUID_{:08d}_roof_of_the_house", "{:03d}poly", "{:012d}"]
)
def test_ids_that_resemble_each_other_have_hashes_apart(pattern):
    """Of a thousand names in 4096 places few meet: by chance 113 would, as with marbles in boxes."""
    names_ = [pattern.format(number).encode() for number in range(1000)]
    codes = [
        text_hash(np.frombuffer(b"#" + name + b'"' * 9, np.uint8), 1, 1 + len(name))
        for name in names_
    ]
    assert min(codes) >= 0
    assert len({code & 4095 for code in codes}) > 1000 - 2 * 113
