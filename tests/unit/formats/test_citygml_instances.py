"""Implicit geometry of CityGML: templates set down at a point, by hand; nothing else is opened."""

from __future__ import annotations

import gml_documents as gml
import numpy as np
import pytest
from citygml_ways import assert_same, both
from gml_documents import X0, Y0, box, building, city_model, lod1, multi_surface, polygon
from pyproj import Transformer

from citytwin.formats import citygml_bridges, citygml_vegetation
from citytwin.formats.city.site import FileSite
from citytwin.model.steps import NoParams
from citytwin.model.tables import BRIDGES, BUILDINGS, SURFACES, VEGETATION

WALLS = lod1(box(X0, Y0, X0 + 10, Y0 + 6, 112.0, 116.0)).replace("lod1", "lod2")
DORMER = [(0.0, 0.0, 0.0), (2.0, 0.0, 0.0), (2.0, 1.0, 0.0), (0.0, 1.0, 1.0)]
"""Any face: its four corners are told apart by each axis."""
IDENTITY = "1 0 0 0  0 1 0 0  0 0 1 0  0 0 0 1"
TURNED = "0 -1 0 5  1 0 0 0.5  0 0 2 3  0 0 0 1"
"""A quarter to the left, twice as high, then 5 m east, 0.5 m north and 3 m up."""
MIRRORED = "-1 0 0 0  0 1 0 0  0 0 1 0  0 0 0 1"


def instance(
    shape=None, matrix=IDENTITY, point=(3, 2, 116), more="", lod=2, names=("relativeGMLGeometry",)
):
    """A property that sets a template down; `point` counts from the corner of the building."""
    shape = multi_surface(polygon(DORMER, gml_id="t1")) if shape is None else shape
    link = f' xlink:href="{shape}"/>' if shape.startswith("#") else f">{shape}</core:{names[0]}>"
    given = f"<core:transformationMatrix>{matrix}</core:transformationMatrix>" if matrix else ""
    place = f"<gml:Point><gml:pos>{X0 + point[0]} {Y0 + point[1]} {point[2]}</gml:pos></gml:Point>"
    return (
        f"<bldg:lod{lod}ImplicitRepresentation><core:ImplicitGeometry>{more}{given}"
        f"<core:{names[0]}{link}<core:referencePoint>{place}</core:referencePoint>"
        f"</core:ImplicitGeometry></bldg:lod{lod}ImplicitRepresentation>"
    )


def installed(body):
    """A building with an installation outside."""
    return WALLS + (
        f"<bldg:outerBuildingInstallation><bldg:BuildingInstallation>{body}"
        "</bldg:BuildingInstallation></bldg:outerBuildingInstallation>"
    )


@pytest.fixture
def read(tmp_path):
    """Reads members both ways; buildings, surfaces by id, and the whole result."""

    def run(*members, target="EPSG:25832"):
        path = gml.write(tmp_path, city_model(*members))
        fast, slow = both(gml.dataset(tmp_path, path, target=target))
        assert_same(fast, slow)
        surfaces = fast.tables[SURFACES]
        named = {
            name: np.reshape(xyz, (-1, 3))
            for name, xyz in zip(surfaces["surface_id"], surfaces["xyz"], strict=True)
        }
        return fast.tables[BUILDINGS], named, fast

    return run


def corners(face):
    """Corners from the corner of the building."""
    return (face - [X0, Y0, 0.0]).round(6).tolist()


@pytest.mark.parametrize(
    ("matrix", "expected"),
    [
        (IDENTITY, [[3, 2, 116], [5, 2, 116], [5, 3, 116], [3, 3, 117]]),
        ("", [[3, 2, 116], [5, 2, 116], [5, 3, 116], [3, 3, 117]]),
        # (x, y, z) goes to (5 - y, x + 0.5, 2 z + 3), then to the reference point.
        (TURNED, [[8, 2.5, 119], [8, 4.5, 119], [7, 4.5, 119], [7, 2.5, 121]]),
        # Mirrored: the order of the corners is turned round, so that the outer side stays outside.
        (MIRRORED, [[3, 2, 116], [3, 3, 117], [1, 3, 116], [1, 2, 116]]),
    ],
)
def test_a_template_is_turned_and_set_down(read, matrix, expected):
    """Matrix row by row, then the reference point; the installation is part of the shell."""
    buildings, surfaces, decoded = read(building(installed(instance(matrix=matrix))))
    assert corners(surfaces["t1"]) == expected
    assert len(surfaces) == 7
    assert buildings["roof_z_m"].iloc[0] == max(z for *_, z in expected)
    assert decoded.rejects == ()


def test_names_of_citygml_3(read):
    """RelativeGeometry instead of relativeGMLGeometry."""
    _, surfaces, _ = read(building(installed(instance(names=("relativeGeometry",)))))
    assert corners(surfaces["t1"])[0] == [3, 2, 116]


def test_a_template_in_another_feature(read):
    """Forward and backward: one template, given in one building, stands at two."""
    links = [building(installed(instance("#m1", point=(n, 2, 116))), f"b{n}") for n in (1, 7)]
    shape = multi_surface(polygon(DORMER)).replace(
        "<gml:MultiSurface>", '<gml:MultiSurface gml:id="m1">'
    )
    own = building(installed(instance(shape, point=(4, 2, 116))), "b4")
    buildings, surfaces, decoded = read(links[0], own, links[1])
    assert buildings["roof_z_m"].tolist() == [117.0] * 3
    found = [corners(face)[0] for name, face in surfaces.items() if name.endswith("/7")]
    assert found == [[1, 2, 116], [4, 2, 116], [7, 2, 116]]
    assert decoded.rejects == ()


def test_openings_may_be_instances(read):
    """A window in a roof."""
    window = instance(lod=2).replace("t1", "w1")
    roof = (
        f"<bldg:boundedBy><bldg:RoofSurface><bldg:opening><bldg:Window>{window}</bldg:Window>"
        "</bldg:opening></bldg:RoofSurface></bldg:boundedBy>"
    )
    _, surfaces, decoded = read(building(WALLS + roof))
    assert corners(surfaces["w1"])[0] == [3, 2, 116]
    assert decoded.rejects == ()


@pytest.mark.parametrize(
    ("matrix", "reason"),
    [
        ("1 0 0 0  0 1 0 0  0 0 1 0  0 0 0.5 1", "ends in"),
        ("1 0 0 0  0 1 0 0  0 0 0 0  0 0 0 1", "singular"),
        ("1 0 0 0  0 1 0 0  1 1 0 0  0 0 0 1", "singular"),
        ("1 0 0 NaN  0 1 0 0  0 0 1 0  0 0 0 1", "16 numbers"),
        ("1 0 0 0  0 1 0 0  0 0 1 0", "16 numbers"),
        ("x", "16 numbers"),
        ("0 " * 16, "instead of 0 0 0 1"),
    ],
)
def test_matrices_that_are_none(read, matrix, reason):
    """The instance is refused, the building stays as it is without it."""
    buildings, surfaces, decoded = read(building(installed(instance(matrix=matrix))))
    assert buildings["height_m"].tolist() == [4.0]
    assert len(surfaces) == 6
    [reject] = decoded.rejects
    assert (reject.record, reject.code) == ("b1", "template")
    assert reason in reject.message
    assert "template" in buildings["defects"].iloc[0]


@pytest.mark.parametrize("pos", ["", "1 2", "NaN 1 1", "1e300 1e300 0"])
def test_reference_points_that_are_none(read, pos):
    """Neither."""
    body = instance()
    begin, end = body.index("<gml:Point><gml:pos>"), body.index("</gml:pos></gml:Point>")
    buildings, surfaces, decoded = read(building(installed(body[: begin + 20] + pos + body[end:])))
    assert buildings["height_m"].tolist() == [4.0]
    assert len(surfaces) == 6
    assert [reject.code for reject in decoded.rejects] == ["template"]


def test_a_link_that_leads_nowhere(read):
    """Told as any other link."""
    buildings, _, decoded = read(building(installed(instance("#nowhere"))))
    assert buildings["height_m"].tolist() == [4.0]
    assert [reject.code for reject in decoded.rejects] == ["xlink-dangling"]


def test_external_files_are_never_opened(read, tmp_path):
    """The library is named, whatever it is; the shape of the building stands."""
    secret = tmp_path / "chair.obj"
    secret.write_text("v 0 0 0")
    library = f"<core:libraryObject>{secret.as_uri()}</core:libraryObject>"
    body = (
        f"<bldg:lod2ImplicitRepresentation><core:ImplicitGeometry>{library}</core:ImplicitGeometry>"
        "</bldg:lod2ImplicitRepresentation>"
    )
    buildings, surfaces, decoded = read(building(installed(body)))
    assert len(surfaces) == 6
    assert [reject.code for reject in decoded.rejects] == ["template"]
    assert "not opened" in decoded.rejects[0].message
    assert buildings["defects"].tolist() == [""]


def test_axes_of_the_city(read):
    """Where the authority of the CRS of the city counts northing first, east is still east.

    That of the file: both zones have the same middle, but their ellipsoids are turned a little.
    """
    _, surfaces, _ = read(building(installed(instance())), target="EPSG:31467")
    face = surfaces["t1"]
    edge = face[1] - face[0]
    to_zone = Transformer.from_crs(25832, 31467, always_xy=True)
    towards = np.subtract(to_zone.transform(X0 + 5, Y0 + 2), to_zone.transform(X0 + 3, Y0 + 2))
    assert edge[:2] == pytest.approx(2.0 * towards / np.hypot(*towards), abs=1e-6)
    assert face[0, :2] == pytest.approx(to_zone.transform(X0 + 3, Y0 + 2), abs=1e-6)


def test_axes_of_a_file_in_degrees_point_to_true_north(tmp_path):
    """As far from the middle of the zone as Hachioji: grid north is 0.3 degrees off."""
    site = FileSite("x.gml", "EPSG:6677", srs_name="EPSG:6697")
    to_zone = Transformer.from_crs(6668, 6677, always_xy=True)
    x, y = to_zone.transform(139.33, 35.66)
    for step, vector in (((1e-5, 0.0), (1.0, 0.0, 0.0)), ((0.0, 1e-5), (0.0, 1.0, 0.0))):
        east, north = to_zone.transform(139.33 + step[0], 35.66 + step[1])
        direction = np.array([east - x, north - y]) / np.hypot(east - x, north - y)
        turned = site.axes_at(x, y) @ vector
        assert turned[:2] == pytest.approx(direction, abs=1e-5)
        assert abs(turned[:2] - vector[:2]).max() > 0.004
    own = FileSite("x.gml", "EPSG:6677", srs_name="EPSG:6677")
    assert (own.axes_at(x, y) == np.eye(3)).all()


def test_many_instances_are_bounded(read, monkeypatch):
    """A few bytes cannot ask for any number of vertices."""
    monkeypatch.setattr("citytwin.formats.city.instance_count.MOST_VERTICES", 9)
    body = instance() + instance(point=(5, 2, 116)).replace("t1", "t2")
    _, surfaces, decoded = read(building(installed(body)))
    assert len(surfaces) == 7
    assert [reject.code for reject in decoded.rejects] == ["template"]


def test_trees_stand_where_the_matrix_moves_them(tmp_path):
    """The origin of the template, not only the reference point."""
    tree = instance(matrix=TURNED).replace("bldg:", "veg:")
    body = f'<veg:SolitaryVegetationObject gml:id="v">{tree}</veg:SolitaryVegetationObject>'
    spaces = 'xmlns:veg="http://www.opengis.net/citygml/vegetation/2.0" '
    text = city_model(body).replace("<core:CityModel ", f"<core:CityModel {spaces}")
    path = gml.write(tmp_path, text, "a_veg_1.gml")
    decoded = citygml_vegetation.FORMAT.read(gml.dataset(tmp_path, path), NoParams())
    point = decoded.tables[VEGETATION]["geometry"].iloc[0]
    assert (point.x - X0, point.y - Y0) == pytest.approx((8.0, 2.5))


def test_a_bridge_of_instances(tmp_path):
    """A deck by a template: 2 m2, between its heights."""
    deck = [(0.0, 0.0, 0.0), (2.0, 0.0, 0.0), (2.0, 1.0, 0.0), (0.0, 1.0, 0.0)]
    shape = instance(multi_surface(polygon(deck)), lod=1, point=(3, 2, 20)).replace(
        "bldg:", "brid:"
    )
    body = f'<brid:Bridge gml:id="b">{shape}</brid:Bridge>'
    path = gml.write(tmp_path, city_model(body), "a_brid_1.gml")
    decoded = citygml_bridges.FORMAT.read(gml.dataset(tmp_path, path), NoParams())
    row = decoded.tables[BRIDGES].iloc[0]
    assert row["geometry"].bounds == pytest.approx((X0 + 3, Y0 + 2, X0 + 5, Y0 + 3))
    assert (row["bottom_z_m"], row["top_z_m"]) == (20.0, 20.0)


def test_levels_of_installations_are_not_those_of_the_building(read):
    """An installation in LOD3 beside a shell in LOD2."""
    buildings, _, _ = read(building(installed(instance(lod=3))))
    assert buildings["lods"].tolist() == ["2"]
