"""Buildings of CityGML: levels of detail, footprints, heights, parts."""

from __future__ import annotations

import gml_documents as gml
import numpy as np
import pytest
from gml_documents import X0, Y0, box, building, city_model, lod0, lod1, lod2, part, rectangle

from citytwin.formats.citygml.format import FORMAT
from citytwin.model.steps import NoParams
from citytwin.model.tables import BUILDINGS, SURFACES
from citytwin.store.tables import conform


@pytest.fixture
def read(tmp_path):
    """Reads members of a city model and returns buildings, surfaces and the whole result."""

    def run(*members, **options):
        path = gml.write(tmp_path, city_model(*members, **options))
        decoded = FORMAT.read(gml.dataset(tmp_path, path), NoParams())
        return decoded.tables[BUILDINGS], decoded.tables[SURFACES], decoded

    return run


def test_a_box_gives_one_row_with_its_measures(read):
    """A LOD1 box: area 60 m2, bottom 112 m, top 116 m, six faces, nothing to complain of."""
    faces = box(X0, Y0, X0 + 10, Y0 + 6, 112.0, 116.0)
    buildings, surfaces, decoded = read(building(lod1(faces)))
    row = buildings.iloc[0]
    assert (row["building_id"], row["lod"], row["defects"]) == ("b1", "1", "")
    assert (row["ground_z_m"], row["roof_z_m"], row["height_m"]) == (112.0, 116.0, 4.0)
    assert row["geometry"].area == pytest.approx(60.0, abs=1e-6)
    assert row["geometry"].geom_type == "MultiPolygon"
    assert len(surfaces) == 6
    assert decoded.rejects == ()
    assert decoded.notes == ()


def test_tables_are_as_their_schemas_say(read):
    """Both tables have the declared columns in order, and the store takes them as they are."""
    buildings, surfaces, _ = read(building(lod1(box(X0, Y0, X0 + 10, Y0 + 6, 112.0, 116.0))))
    assert tuple(buildings.columns) == BUILDINGS.column_names
    assert tuple(surfaces.columns) == SURFACES.column_names
    assert buildings.crs.to_epsg() == 25832
    assert len(conform(BUILDINGS, buildings, "EPSG:25832")) == 1
    assert len(conform(SURFACES, surfaces, "EPSG:25832")) == 6


def test_faces_keep_their_vertices_and_leave_out_the_closing_one(read):
    """The roof of the box comes out as its four corners in the order of the file."""
    faces = box(X0, Y0, X0 + 10, Y0 + 6, 112.0, 116.0)
    _, surfaces, _ = read(building(lod1(faces)))
    roof = surfaces.iloc[1]
    assert roof["ring_sizes"] == [4]
    assert np.reshape(roof["xyz"], (-1, 3)).tolist() == [list(corner) for corner in faces[1]]


def test_a_shell_reached_by_solid_and_boundary_counts_once(read):
    """A solid that links forward to six boundary surfaces gives six faces with semantics."""
    faces = box(X0, Y0, X0 + 10, Y0 + 6, 112.0, 116.0)
    _, surfaces, decoded = read(building(lod2(faces)))
    kinds = ["ground", "roof", "wall", "wall", "wall", "wall"]
    assert surfaces["semantic"].tolist() == kinds
    assert surfaces["surface_id"].tolist() == [f"p{number}" for number in range(6)]
    assert decoded.rejects == ()


def test_an_inline_solid_beside_its_boundary_counts_once(read):
    """Files that write the polygons twice, without links, still give six faces."""
    faces = box(X0, Y0, X0 + 10, Y0 + 6, 112.0, 116.0)
    copies = gml.solid(*(gml.polygon(face) for face in faces))
    shell = lod2(faces).partition("</bldg:lod2Solid>")[2]
    _, surfaces, _ = read(building(f"<bldg:lod2Solid>{copies}</bldg:lod2Solid>{shell}"))
    assert len(surfaces) == 6
    assert "other" not in set(surfaces["semantic"])


def test_the_best_level_is_chosen_for_each_building(read):
    """Of two buildings in one file one has LOD2 and one LOD1; neither level is added to another."""
    low = box(X0, Y0, X0 + 10, Y0 + 6, 112.0, 115.0)
    high = box(X0, Y0, X0 + 10, Y0 + 6, 112.0, 117.0)
    other = box(X0 + 20, Y0, X0 + 25, Y0 + 6, 112.0, 113.0)
    buildings, surfaces, _ = read(
        building(lod1(low) + lod2(high), "two"), building(lod1(other), "one")
    )
    assert buildings["lod"].tolist() == ["2", "1"]
    assert buildings["roof_z_m"].tolist() == [117.0, 113.0]
    assert len(surfaces) == 12


def test_the_footprint_is_the_recorded_outline(read):
    """Where LOD0 is given it is the footprint, even if the shell is larger (eaves)."""
    outline = rectangle(X0 + 1, Y0 + 1, X0 + 9, Y0 + 5, 0.0)
    faces = box(X0, Y0, X0 + 10, Y0 + 6, 112.0, 116.0)
    buildings, _, _ = read(building(lod0(outline) + lod1(faces)))
    assert buildings.geometry.iloc[0].area == pytest.approx(32.0, abs=1e-6)
    assert buildings["ground_z_m"].iloc[0] == 112.0


def test_without_outline_the_ground_surface_is_the_footprint(read):
    """A roof with eaves over a smaller ground surface: the ground surface counts."""
    ground = rectangle(X0 + 1, Y0 + 1, X0 + 9, Y0 + 5, 112.0)[::-1]
    roof = rectangle(X0, Y0, X0 + 10, Y0 + 6, 116.0)
    buildings, _, _ = read(building(lod2([ground, roof])))
    assert buildings.geometry.iloc[0].area == pytest.approx(32.0, abs=1e-6)


def test_courtyards_stay_open(read):
    """A hole in the ground surface is a hole in the footprint, and both rings of it come out."""
    hole = rectangle(X0 + 4, Y0 + 2, X0 + 6, Y0 + 4, 112.0)
    ground = gml.thematic(
        "GroundSurface", gml.polygon(rectangle(X0, Y0, X0 + 10, Y0 + 6, 112.0)[::-1], [hole])
    )
    roof = gml.thematic("RoofSurface", gml.polygon(rectangle(X0, Y0, X0 + 10, Y0 + 6, 116.0)))
    buildings, surfaces, _ = read(building(ground + roof))
    assert buildings.geometry.iloc[0].area == pytest.approx(60.0 - 4.0, abs=1e-6)
    assert surfaces["ring_sizes"].iloc[0] == [4, 4]
    assert len(surfaces["xyz"].iloc[0]) == 3 * 8


def test_an_outline_alone_becomes_a_block_of_the_recorded_height(read):
    """LOD0 at 112 m with a height of 7.5 m: a closed block from 112 m to 119.5 m, so marked."""
    body = '<bldg:measuredHeight uom="m">7.5</bldg:measuredHeight>'
    buildings, surfaces, _ = read(building(body + lod0(rectangle(X0, Y0, X0 + 10, Y0 + 6, 112.0))))
    row = buildings.iloc[0]
    assert (row["lod"], row["ground_z_m"], row["roof_z_m"]) == ("0", 112.0, 119.5)
    assert row["defects"] == "height-recorded"
    assert sorted(surfaces["semantic"]) == ["ground", "roof", "wall", "wall", "wall", "wall"]
    assert np.ptp(gml.stacked(surfaces), axis=0).tolist() == [10.0, 6.0, 7.5]


def test_a_roof_edge_is_the_top_of_the_block(read):
    """A roof edge at 119.5 m with a height of 7.5 m stands on 112 m."""
    body = '<bldg:measuredHeight uom="m">7.5</bldg:measuredHeight>'
    edge = lod0(rectangle(X0, Y0, X0 + 10, Y0 + 6, 119.5), "lod0RoofEdge")
    buildings, _, _ = read(building(body + edge))
    assert buildings["ground_z_m"].tolist() == [112.0]
    assert buildings["roof_z_m"].tolist() == [119.5]


@pytest.mark.parametrize(
    ("attributes", "height", "defects"),
    [
        ("<bldg:measuredHeight>9</bldg:measuredHeight>", 9.0, "height-recorded,ground-unknown"),
        (
            "<bldg:measuredHeight>-9999</bldg:measuredHeight>"
            "<bldg:storeysAboveGround>2</bldg:storeysAboveGround>",
            6.0,
            "height-from-storeys,ground-unknown",
        ),
        ("", None, "ground-unknown,height-unknown"),
    ],
)
def test_what_an_outline_does_not_say_is_marked(read, attributes, height, defects):
    """An outline at 0 says nothing of the ground; the height is recorded, counted or unknown."""
    outline = lod0(rectangle(X0, Y0, X0 + 10, Y0 + 6, 0.0), "lod0RoofEdge")
    buildings, surfaces, decoded = read(building(attributes + outline))
    row = buildings.iloc[0]
    assert np.isnan(row["ground_z_m"])
    assert np.isnan(row["roof_z_m"])
    assert surfaces.empty
    (note,) = [n for n in decoded.notes if "terrain" in n.en]
    assert (note.severity, note.en.split()[0]) == ("fallback", "1")
    assert row["defects"] == defects
    assert np.isnan(row["height_m"]) if height is None else row["height_m"] == height


def test_a_bracket_around_parts_is_its_parts(read):
    """A building without geometry gives a row per part, with its id, usage and numbered key."""
    left = lod1(box(X0, Y0, X0 + 5, Y0 + 6, 112.0, 116.0))
    right = lod1(box(X0 + 5, Y0, X0 + 10, Y0 + 6, 112.0, 120.0))
    key = (
        "<uro:buildingIDAttribute><uro:BuildingIDAttribute><uro:buildingID>14201-bldg-7"
        "</uro:buildingID></uro:BuildingIDAttribute></uro:buildingIDAttribute>"
    )
    whole = building(f"<bldg:usage>422</bldg:usage>{part(left, 'l')}{part(right, 'r')}{key}", "w")
    buildings, surfaces, decoded = read(whole)
    assert buildings["building_id"].tolist() == ["l", "r"]
    assert buildings["parent_id"].tolist() == ["w", "w"]
    assert buildings["usage"].tolist() == ["422", "422"]
    assert buildings["stable_key"].tolist() == ["14201-bldg-7/1", "14201-bldg-7/2"]
    assert len(surfaces) == 12
    assert decoded.rejects == ()


def test_a_part_beside_the_building_is_a_row_of_its_own(read):
    """A garage beside the house stands beside it in the table, too."""
    house = lod1(box(X0, Y0, X0 + 10, Y0 + 6, 112.0, 116.0))
    garage = lod1(box(X0 + 10, Y0, X0 + 13, Y0 + 6, 112.0, 114.0))
    buildings, _, _ = read(building(house + part(garage, "garage"), "house"))
    assert buildings["building_id"].tolist() == ["house", "garage"]
    assert buildings.geometry.area.sum() == pytest.approx(78.0, abs=1e-6)


def test_a_part_inside_the_building_does_not_stand_twice(read):
    """A part that the geometry of the building already contains is left out."""
    house = lod1(box(X0, Y0, X0 + 10, Y0 + 6, 112.0, 116.0))
    inside = lod1(box(X0 + 2, Y0, X0 + 5, Y0 + 6, 112.0, 115.0))
    buildings, _, _ = read(building(house + part(inside, "inside"), "house"))
    assert buildings["building_id"].tolist() == ["house"]


def test_finer_parts_replace_a_coarse_building(read):
    """LOD2 parts that together cover the LOD1 block of the building replace it."""
    block = lod1(box(X0, Y0, X0 + 10, Y0 + 6, 112.0, 118.0))
    left = lod2(box(X0, Y0, X0 + 5, Y0 + 6, 112.0, 116.0), "l")
    right = lod2(box(X0 + 5, Y0, X0 + 10, Y0 + 6, 112.0, 118.0), "r")
    buildings, _, _ = read(building(block + part(left, "left") + part(right, "right"), "all"))
    assert buildings["building_id"].tolist() == ["left", "right"]
    assert buildings["roof_z_m"].tolist() == [116.0, 118.0]


def test_a_roof_edge_wider_than_the_part_is_no_building(read):
    """LOD0 with a recorded height, 0.3 m wider all round than its only part in LOD2."""
    edge = lod0(rectangle(X0 - 0.3, Y0 - 0.3, X0 + 10.3, Y0 + 6.3, 116.0), "lod0RoofEdge")
    height = '<bldg:measuredHeight uom="m">14</bldg:measuredHeight>'
    shell = lod2(box(X0, Y0, X0 + 10, Y0 + 6, 112.0, 116.0), "p")
    buildings, _, _ = read(building(height + edge + part(shell, "p"), "b"))
    assert buildings["building_id"].tolist() == ["p"]
    assert buildings["lod"].tolist() == ["2"]


def test_a_fine_part_and_a_coarse_part_replace_the_building(read):
    """LOD1 of the whole, 118 m high; its halves in LOD2 and in LOD1 are all that stands."""
    block = lod1(box(X0, Y0, X0 + 10, Y0 + 6, 112.0, 118.0))
    left = lod2(box(X0, Y0, X0 + 5, Y0 + 6, 112.0, 116.0), "l")
    right = lod1(box(X0 + 5, Y0, X0 + 10, Y0 + 6, 112.0, 118.0))
    buildings, _, _ = read(building(block + part(left, "l") + part(right, "r"), "all"))
    assert buildings["building_id"].tolist() == ["l", "r"]
    assert buildings["lod"].tolist() == ["2", "1"]
    assert buildings["roof_z_m"].tolist() == [116.0, 118.0]


def test_a_building_stands_where_no_finer_part_does(read):
    """A wing of 5 m in LOD2; the other 5 m of the LOD1 block stay, 30 m2 each, once."""
    block = lod1(box(X0, Y0, X0 + 10, Y0 + 6, 112.0, 118.0))
    wing = lod2(box(X0, Y0, X0 + 5, Y0 + 6, 112.0, 116.0), "w")
    buildings, surfaces, _ = read(building(block + part(wing, "w"), "all"))
    assert buildings["building_id"].tolist() == ["all", "w"]
    assert buildings["defects"].tolist() == ["clipped", ""]
    assert buildings.geometry.area.tolist() == pytest.approx([30.0, 30.0], abs=1e-6)
    roofs = surfaces[surfaces["building_id"] == "all"]
    points = gml.stacked(roofs)
    assert points[:, 0].min() == pytest.approx(X0 + 5)
    assert points[:, 0].max() == pytest.approx(X0 + 10)
    assert sorted(set(points[:, 2].round(6))) == [112.0, 118.0]


def test_a_tower_on_the_building_is_kept(read):
    """A part that rises over the building is not contained in it."""
    podium = lod1(box(X0, Y0, X0 + 10, Y0 + 6, 112.0, 116.0))
    tower = lod1(box(X0 + 2, Y0 + 2, X0 + 5, Y0 + 5, 116.0, 150.0))
    buildings, _, _ = read(building(podium + part(tower, "tower"), "podium"))
    assert buildings["building_id"].tolist() == ["podium", "tower"]


def test_a_partial_lod3_does_not_hide_the_building(read):
    """LOD3 that covers a tenth of the outline is passed over for the whole LOD2."""
    outline = lod0(rectangle(X0, Y0, X0 + 10, Y0 + 6, 112.0))
    porch = gml.thematic("RoofSurface", gml.polygon(rectangle(X0, Y0, X0 + 1, Y0 + 6, 114.0)), 3)
    shell = lod2(box(X0, Y0, X0 + 10, Y0 + 6, 112.0, 116.0))
    buildings, surfaces, _ = read(building(outline + porch + shell))
    assert buildings["lod"].tolist() == ["2"]
    assert buildings["defects"].tolist() == ["lod-fallback"]
    assert len(surfaces) == 6


def test_rooms_are_not_part_of_the_shell(read):
    """Interior wall surfaces and rooms give no faces."""
    faces = box(X0, Y0, X0 + 10, Y0 + 6, 112.0, 116.0)
    inner = gml.thematic("InteriorWallSurface", gml.polygon(faces[2]))
    room = f"<bldg:interiorRoom><bldg:Room>{inner}</bldg:Room></bldg:interiorRoom>"
    _, surfaces, _ = read(building(lod2(faces) + inner + room))
    assert len(surfaces) == 6


def test_installations_outside_belong_to_the_shell(read):
    """The faces of a dormer of the same level are added to those of the building."""
    faces = box(X0, Y0, X0 + 10, Y0 + 6, 112.0, 116.0)
    lid = gml.multi_surface(gml.polygon(rectangle(X0 + 2, Y0 + 2, X0 + 3, Y0 + 3, 118.0)))
    dormer = (
        "<bldg:outerBuildingInstallation><bldg:BuildingInstallation><bldg:lod2Geometry>"
        f"{lid}</bldg:lod2Geometry></bldg:BuildingInstallation></bldg:outerBuildingInstallation>"
    )
    buildings, surfaces, _ = read(building(lod2(faces) + dormer))
    assert len(surfaces) == 7
    assert buildings["roof_z_m"].tolist() == [118.0]


def test_instances_of_templates_are_told(read):
    """A dormer and a door by lodNImplicitRepresentation are not read; the rejects say so."""
    faces = box(X0, Y0, X0 + 10, Y0 + 6, 112.0, 116.0)
    instance = "<core:ImplicitGeometry/></bldg:lod3ImplicitRepresentation>"
    dormer = (
        "<bldg:outerBuildingInstallation><bldg:BuildingInstallation>"
        f"<bldg:lod3ImplicitRepresentation>{instance}"
        "</bldg:BuildingInstallation></bldg:outerBuildingInstallation>"
    )
    door = (
        "<bldg:boundedBy><bldg:WallSurface><bldg:opening><bldg:Door>"
        f"<bldg:lod3ImplicitRepresentation>{instance}"
        "</bldg:Door></bldg:opening></bldg:WallSurface></bldg:boundedBy>"
    )
    buildings, surfaces, decoded = read(building(lod2(faces) + dormer + door))
    assert len(buildings) == 1
    assert len(surfaces) == 6
    assert [(r.record, r.code) for r in decoded.rejects] == [("b1", "template")] * 2
    assert "lod3ImplicitRepresentation" in decoded.rejects[0].message


def test_the_normal_of_an_orientable_surface_is_turned(read):
    """orientation="-" reverses the order of the vertices of the surface it is based on."""
    faces = box(X0, Y0, X0 + 10, Y0 + 6, 112.0, 116.0)
    turned = (
        '<gml:OrientableSurface orientation="-"><gml:baseSurface>'
        f"{gml.polygon(faces[1])}</gml:baseSurface></gml:OrientableSurface>"
    )
    body = gml.solid(turned, *(gml.polygon(face) for face in faces[2:]))
    _, surfaces, _ = read(building(f"<bldg:lod1Solid>{body}</bldg:lod1Solid>"))
    corners = np.reshape(surfaces["xyz"].iloc[0], (-1, 3)).tolist()
    turned_corners = [list(corner) for corner in faces[1][::-1]]
    start = turned_corners.index(corners[0])
    assert corners == turned_corners[start:] + turned_corners[:start]


def test_cavities_of_a_solid_are_not_seen(read):
    """An inner shell of a solid gives no faces, which is told of its building alone."""
    outer = box(X0, Y0, X0 + 10, Y0 + 6, 112.0, 116.0)
    inner = box(X0 + 1, Y0 + 1, X0 + 9, Y0 + 5, 113.0, 115.0)
    members = "".join(
        f"<gml:surfaceMember>{gml.polygon(face)}</gml:surfaceMember>" for face in inner
    )
    shell = gml.solid(*(gml.polygon(face) for face in outer)).replace(
        "</gml:Solid>",
        f"<gml:interior><gml:CompositeSurface>{members}</gml:CompositeSurface></gml:interior>"
        "</gml:Solid>",
    )
    beside = building(lod1(box(X0 + 20, Y0, X0 + 30, Y0 + 6, 112.0, 116.0)), "b2")
    hollow = building(f"<bldg:lod1Solid>{shell}</bldg:lod1Solid>")
    buildings, surfaces, decoded = read(hollow, beside)
    assert len(surfaces) == 12
    assert buildings["defects"].tolist() == ["cavity", ""]
    assert decoded.rejects == ()
