"""Buildings of CityGML: bad rings, bad links; the building stays, the fault is told."""

from __future__ import annotations

import sys

import gml_documents as gml
import numpy as np
import pytest
import shapely
from gml_documents import X0, Y0, box, building, city_model, lod0, lod1, lod2, rectangle

from citytwin.formats.citygml.format import FORMAT
from citytwin.model.steps import NoParams
from citytwin.model.tables import BUILDINGS, SURFACES

FACES = box(X0, Y0, X0 + 10, Y0 + 6, 112.0, 116.0)
OUTLINE = lod0(rectangle(X0, Y0, X0 + 10, Y0 + 6, 112.0))
WALL = gml.posted([*FACES[2], FACES[2][0]])
ROOF = gml.posted([*FACES[1], FACES[1][0]])
FIRST = f"{X0 + 10:.6f} {Y0:.6f} 116.000000"
"""A vertex of the roof and of a wall."""


@pytest.fixture
def read(tmp_path):
    """Reads members of a city model and returns buildings, surfaces and the whole result."""

    def run(*members, **options):
        path = gml.write(tmp_path, city_model(*members, **options))
        decoded = FORMAT.read(gml.dataset(tmp_path, path), NoParams())
        return decoded.tables[BUILDINGS], decoded.tables[SURFACES], decoded

    return run


BAD_WALLS = [
    (WALL.replace("112.000000", "NaN", 1), "nan"),
    (WALL.replace("112.000000", "INF", 1), "nan"),
    (WALL.replace("112.000000", "hoch", 1), "text"),
    (WALL.replace("112.000000", "112,0", 1), "text"),
    (WALL.rpartition(" ")[0], "odd-count"),
    ("", "101"),
    (gml.posted([FACES[2][0], FACES[2][1], FACES[2][0]]), "101"),
    (WALL.replace(FIRST, "0 0 0", 1), "null-vertex"),
    (WALL.replace("116.000000", "99999.0", 1), "spike"),
    (WALL.replace("116.000000", "-9999.0", 1), "spike"),
    (WALL.replace(FIRST, f"{X0 + 90_000} {Y0} 116", 1), "spike"),
]


@pytest.mark.parametrize(("wall", "code"), BAD_WALLS)
def test_a_bad_ring_costs_its_face_only(read, wall, code):
    """The face with the bad ring is dropped and told; extent, heights and footprint stay."""
    body = OUTLINE + lod1(FACES).replace(WALL, wall, 1)
    buildings, surfaces, decoded = read(building(body), building(lod1(FACES), "neighbour"))
    assert buildings["building_id"].tolist() == ["b1", "neighbour"]
    assert (surfaces["building_id"] == "b1").sum() == 5
    assert buildings.geometry.iloc[0].area == pytest.approx(60.0, abs=1e-6)
    assert buildings[["ground_z_m", "roof_z_m"]].iloc[0].tolist() == [112.0, 116.0]
    points = gml.stacked(surfaces)
    assert points.min(axis=0).tolist() == [X0, Y0, 112.0]
    assert points.max(axis=0).tolist() == [X0 + 10, Y0 + 6, 116.0]
    assert code in buildings["defects"].iloc[0].split(",")
    assert [(r.source, r.code) for r in decoded.rejects] == [("tile_bldg_25832.gml", code)]
    assert decoded.rejects[0].record == "b1 face 3"


def test_a_building_without_its_roof_is_rebuilt(read):
    """When the roof is lost and there is no other level, a block stands in for the building."""
    body = OUTLINE + lod2(FACES).replace(ROOF, ROOF.replace("116.000000", "NaN", 1), 1)
    buildings, surfaces, _ = read(building(body))
    assert buildings["lod"].tolist() == ["1"]
    assert "rebuilt" in buildings["defects"].iloc[0].split(",")
    assert buildings[["ground_z_m", "roof_z_m"]].iloc[0].tolist() == [112.0, 116.0]
    roof = np.reshape(surfaces[surfaces["semantic"] == "roof"]["xyz"].iloc[0], (-1, 3))
    assert (roof[:, 2] == 116.0).all()
    assert shapely.Polygon(roof[:, :2]).area == pytest.approx(60.0)


def test_a_level_without_its_roof_gives_way_to_a_sound_one(read):
    """When the LOD2 roof is lost, the intact LOD1 block is used."""
    high = box(X0, Y0, X0 + 10, Y0 + 6, 112.0, 117.0)
    roof = gml.posted([*high[1], high[1][0]])
    shell = lod2(high).replace(roof, roof.replace("117.000000", "NaN", 1), 1)
    buildings, surfaces, _ = read(building(OUTLINE + lod1(FACES) + shell))
    assert buildings["lod"].tolist() == ["1"]
    assert buildings["roof_z_m"].tolist() == [116.0]
    assert buildings["defects"].tolist() == ["nan,lod-fallback"]
    assert len(surfaces) == 6


def test_a_bad_hole_is_closed(read):
    """A hole with a bad vertex is dropped, the face around it stays."""
    hole = gml.posted(rectangle(X0 + 4, Y0 + 2, X0 + 6, Y0 + 4, 116.0)).replace(
        " 116.000000", " NaN", 1
    )
    roof = f"<gml:Polygon>{gml.ring(ROOF)}{gml.ring(hole, 'interior')}</gml:Polygon>"
    walls = [gml.polygon(face) for face in (FACES[0], *FACES[2:])]
    body = f"<bldg:lod1Solid>{gml.solid(roof, *walls)}</bldg:lod1Solid>"
    buildings, surfaces, decoded = read(building(body))
    assert len(surfaces) == 6
    assert surfaces["ring_sizes"].iloc[0] == [4]
    assert buildings["defects"].tolist() == ["nan"]
    assert [r.code for r in decoded.rejects] == ["nan"]


def test_holes_in_another_town_do_not_move_the_building(read):
    """An outline whose holes lie far away, and outnumber it, keeps its own place."""
    far = [rectangle(X0 + 16_000, Y0 + k, X0 + 16_005, Y0 + k + 1, 112.0) for k in range(0, 30, 2)]
    outline = gml.polygon(rectangle(X0, Y0, X0 + 10, Y0 + 6, 112.0), far)
    body = f"<bldg:lod0FootPrint>{gml.multi_surface(outline)}</bldg:lod0FootPrint>" + lod1(FACES)
    buildings, _, decoded = read(building(body))
    assert buildings.geometry.iloc[0].bounds == (X0, Y0, X0 + 10, Y0 + 6)
    assert {r.code for r in decoded.rejects} == {"spike"}


def test_a_small_spike_is_seen_by_the_envelope(read):
    """A vertex 400 m above the top of the Envelope is a spike; the same as a tower is not."""
    corners = (f"{X0} {Y0} 112", f"{X0 + 50} {Y0 + 50} 130")
    spiked = lod1(FACES).replace(WALL, WALL.replace("116.000000", "530.0", 1), 1)
    buildings, _, _ = read(building(spiked), corners=corners)
    assert buildings["roof_z_m"].tolist() == [116.0]
    tower = lod1(box(X0, Y0, X0 + 40, Y0 + 40, 112.0, 746.0))
    buildings, _, decoded = read(building(tower))
    assert buildings["height_m"].tolist() == [634.0]
    assert decoded.rejects == ()


def test_a_bow_tie_outline_gives_a_valid_footprint(read):
    """A self-crossing outline becomes its two triangles: 2 x (10 x 3 / 2) = 30 m2."""
    crossed = [(X0, Y0), (X0 + 10, Y0 + 6), (X0 + 10, Y0), (X0, Y0 + 6)]
    outline = lod0([(x, y, 112.0) for x, y in crossed])
    buildings, _, _ = read(building(outline + lod1(FACES)))
    footprint = buildings.geometry.iloc[0]
    assert footprint.is_valid
    assert "lod0-repaired" in buildings["defects"].iloc[0].split(",")
    assert footprint.area == pytest.approx(30.0, abs=1e-6)


def test_unclosed_and_repeated_vertices_are_mended(read):
    """A ring that is not closed, or says a vertex twice, is the same ring; the code is kept."""
    open_wall = WALL.rsplit(" ", 3)[0]
    body = lod1(FACES).replace(WALL, open_wall, 1).replace(ROOF, f"{ROOF} {ROOF[-40:]}", 1)
    _, surfaces, _ = read(building(lod1(FACES).replace(WALL, open_wall, 1)))
    assert surfaces["ring_sizes"].tolist() == [[4]] * 6
    twice = ROOF.split(" ")
    body = lod1(FACES).replace(ROOF, " ".join(twice[:3] + twice), 1)
    buildings, surfaces, _ = read(building(body))
    assert surfaces["ring_sizes"].iloc[1] == [4]
    assert buildings["defects"].tolist() == ["102"]


def test_an_outline_that_is_no_polygon_gives_way_to_the_shell(read):
    """When LOD0 has no area, the footprint comes from the shell, and the row says so."""
    line = lod0([(X0, Y0, 112.0), (X0 + 10, Y0, 112.0), (X0 + 5, Y0, 112.0)])
    buildings, _, _ = read(building(line + lod1(FACES)))
    assert buildings.geometry.iloc[0].area == pytest.approx(60.0, abs=1e-6)
    assert "lod0-invalid" in buildings["defects"].iloc[0].split(",")


def test_a_building_without_geometry_is_told(read):
    """A building with attributes only gives no row and one reject."""
    buildings, surfaces, decoded = read(
        building("<bldg:usage>411</bldg:usage>"), building(lod1(FACES), "b2")
    )
    assert buildings["building_id"].tolist() == ["b2"]
    assert set(surfaces["building_id"]) == {"b2"}
    assert [(r.record, r.code) for r in decoded.rejects] == [("b1", "no-geometry")]


@pytest.mark.parametrize(
    ("link", "code"),
    [
        ("#nowhere", "xlink-dangling"),
        ("http://example.org/x.gml#p1", "xlink-remote"),
        ("file:///etc/passwd", "xlink-remote"),
        ("other.gml#p1", "xlink-remote"),
    ],
)
def test_links_that_lead_nowhere_or_away(read, link, code):
    """Such a link is told and not followed; the other faces stay."""
    shell = lod2(FACES).replace("#p2", link, 1)
    buildings, surfaces, decoded = read(building(shell))
    assert len(surfaces) == 6
    assert buildings["defects"].tolist() == [code]
    assert [(r.record, r.code) for r in decoded.rejects] == [("b1", code)]


def test_links_in_a_circle_end(read):
    """Two surfaces that link to each other, and one to itself: told, and the reading ends."""
    members = "".join(
        f'<gml:surfaceMember><gml:CompositeSurface gml:id="{a}">'
        f'<gml:surfaceMember xlink:href="#{b}"/></gml:CompositeSurface></gml:surfaceMember>'
        for a, b in (("c1", "c2"), ("c2", "c1"), ("c3", "c3"))
    )
    circle = f"<bldg:lod1MultiSurface><gml:MultiSurface>{members}</gml:MultiSurface>"
    body = f"{circle}</bldg:lod1MultiSurface>{lod1(FACES)}"
    buildings, surfaces, decoded = read(building(body))
    assert len(surfaces) == 6
    assert "xlink-cyclic" in buildings["defects"].iloc[0]
    assert {r.code for r in decoded.rejects} == {"xlink-cyclic"}


def links_to_links(levels):
    """Levels of ten links each to the next, 10^levels ways to one wall."""
    members = "".join(
        f'<gml:surfaceMember><gml:CompositeSurface gml:id="c{level}">'
        + f'<gml:surfaceMember xlink:href="#c{level + 1}"/>' * 10
        + "</gml:CompositeSurface></gml:surfaceMember>"
        for level in range(levels)
    )
    wall = gml.polygon(FACES[2], gml_id=f"c{levels}")
    last = f"<gml:surfaceMember>{wall}</gml:surfaceMember>"
    body = f"<bldg:lod1MultiSurface><gml:MultiSurface>{members}{last}</gml:MultiSurface>"
    return building(f"{body}</bldg:lod1MultiSurface>{lod1(FACES)}")


def test_links_do_not_multiply(read):
    """Twice the levels are about twice the work, not 10^10 times as much."""
    calls = []
    for levels in (10, 20):
        count = 0

        def counted(*_):
            nonlocal count
            count += 1

        document = links_to_links(levels)
        sys.setprofile(counted)
        try:
            _, surfaces, _ = read(document)
        finally:
            sys.setprofile(None)
        assert len(surfaces) == 6
        calls.append(count)
    assert calls[1] < 3 * calls[0]


def test_party_walls_are_shared_between_buildings_in_either_order(read):
    """A solid may link to a surface of another building, before or after it in the file."""
    left = box(X0, Y0, X0 + 5, Y0 + 6, 112.0, 116.0)
    right = box(X0 + 5, Y0, X0 + 10, Y0 + 6, 112.0, 116.0)
    shared = gml.polygon(left[3], gml_id="party")
    own_left = [gml.polygon(face) for i, face in enumerate(left) if i != 3]
    own_right = [gml.polygon(face) for i, face in enumerate(right) if i != 5]
    first = building(f"<bldg:lod1Solid>{gml.solid(shared, *own_left)}</bldg:lod1Solid>", "left")
    second = building(f"<bldg:lod1Solid>{gml.solid('#party', *own_right)}</bldg:lod1Solid>", "r")
    for members in ((first, second), (second, first)):
        buildings, surfaces, decoded = read(*members)
        assert surfaces.groupby("building_id").size().to_dict() == {"left": 6, "r": 6}
        assert buildings["defects"].tolist() == ["", ""]
        assert decoded.rejects == ()


def test_faults_are_counted_but_not_without_bound(read):
    """A thousand bad rings give a bounded list that ends in their number."""
    bad = "".join(
        f"<gml:surfaceMember><gml:Polygon>{gml.ring('1 2')}</gml:Polygon></gml:surfaceMember>"
        for _ in range(1000)
    )
    body = (
        f"<bldg:lod1MultiSurface><gml:MultiSurface>{bad}</gml:MultiSurface>"
        f"</bldg:lod1MultiSurface>{lod1(FACES)}"
    )
    _, surfaces, decoded = read(building(body))
    assert len(surfaces) == 6
    assert len(decoded.rejects) == 201
    assert decoded.rejects[-1].message.startswith("800 more")


def test_finite_whatever_is_read(read):
    """No NaN ever reaches the surfaces, not even from plane rings in a solid."""
    plane = gml.polygon(rectangle(X0, Y0, X0 + 10, Y0 + 6)).replace(
        "<gml:posList>", '<gml:posList srsDimension="2">'
    )
    body = gml.solid(plane, *(gml.polygon(face) for face in FACES))
    _, surfaces, _ = read(building(f"<bldg:lod1Solid>{body}</bldg:lod1Solid>"))
    assert np.isfinite(gml.stacked(surfaces)).all()
    assert len(surfaces) == 6
