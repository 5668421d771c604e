"""Buildings of CityGML: where they are. CRS names, axis order, heights."""

from __future__ import annotations

import gml_documents as gml
import numpy as np
import pytest
from gml_documents import X0, Y0, box, building, city_model, lod1
from pyproj import Transformer

from citytwin.errors import SourceError
from citytwin.formats.citygml.format import FORMAT
from citytwin.model.steps import NoParams
from citytwin.model.tables import BUILDINGS, SURFACES

# A block in plane zone IX, west and south of its origin: both coordinates negative.
EAST, NORTH = -44_120.0, -94_310.0
BLOCK = box(EAST, NORTH, EAST + 12.0, NORTH + 7.0, 3.25, 15.75)
HTTP = "http://www.opengis.net/def/crs/EPSG/0/6697"


def lat_lon(faces, swapped=False):
    """Plane zone IX to JGD2011, by pyproj."""
    inverse = Transformer.from_crs(6677, 6668, always_xy=True)
    result = []
    for face in faces:
        points = np.array(face)
        lon, lat = inverse.transform(points[:, 0], points[:, 1])
        first, second = (lon, lat) if swapped else (lat, lon)
        result.append(list(zip(first, second, points[:, 2], strict=True)))
    return result


def block(faces, decimals=12):
    """LOD1 solid with many digits, as degrees need them."""
    polygons = []
    for face in faces:
        text = gml.posted([*face, face[0]], decimals)
        polygons.append(f"<gml:Polygon>{gml.ring(text)}</gml:Polygon>")
    return building(f"<bldg:lod1Solid>{gml.solid(*polygons)}</bldg:lod1Solid>")


@pytest.fixture
def read(tmp_path):
    """Reads a document into plane zone IX."""

    def run(document, target="EPSG:6677", source=None):
        path = gml.write(tmp_path, document)
        decoded = FORMAT.read(gml.dataset(tmp_path, path, target=target, source=source), NoParams())
        return decoded.tables[BUILDINGS], decoded.tables[SURFACES], decoded

    return run


def assert_in_place(surfaces):
    """All faces lie where the block is, to a tenth of a millimetre, heights to the bit."""
    found = gml.stacked(surfaces)
    truth = np.concatenate([np.array(face) for face in BLOCK])
    assert np.abs(found[:, :2] - truth[:, :2]).max() < 1e-4
    assert (found[:, 2] == truth[:, 2]).all()


@pytest.mark.parametrize(
    "srs_name",
    [
        HTTP,
        "https://www.opengis.net/def/crs/EPSG/0/6697",
        "urn:ogc:def:crs:EPSG::6697",
        "urn:ogc:def:crs,crs:EPSG::6668,crs:EPSG::6695",
        "EPSG:6697",
    ],
)
def test_latitude_comes_first_in_plateau(read, srs_name):
    """EPSG:6697 in every spelling is latitude, longitude, height; heights are only copied."""
    _, surfaces, decoded = read(city_model(block(lat_lon(BLOCK)), srs_name=srs_name))
    assert_in_place(surfaces)
    assert decoded.notes == ()


def test_exchanged_axes_are_put_right_and_said(read):
    """Longitude first under EPSG:6697 can only be a mistake: put right, marked and noted."""
    document = city_model(block(lat_lon(BLOCK, swapped=True)), srs_name=HTTP)
    buildings, surfaces, decoded = read(document)
    assert_in_place(surfaces)
    assert buildings["defects"].tolist() == ["axes-swapped"]
    assert [note.severity for note in decoded.notes] == ["fallback"]


def test_northing_first_in_the_plane_zones_of_japan(read):
    """EPSG:6677 is northing, easting by its authority, and so it is read."""
    turned = [[(y, x, z) for x, y, z in face] for face in BLOCK]
    _, surfaces, _ = read(city_model(block(turned), srs_name="EPSG:6677"))
    assert_in_place(surfaces)


def test_metres_under_a_geographic_code_are_refused(read):
    """Metres cannot be degrees: the file is refused with a coordinate and the CRS named."""
    document = city_model(block(BLOCK), srs_name=HTTP)
    with pytest.raises(SourceError, match=r"-44120.*EPSG:6697.*srsName"):
        read(document)


def test_a_file_without_crs_is_refused(read):
    """No srsName and none given by the user: refused with the remedy, never guessed."""
    with pytest.raises(SourceError, match=r"no coordinate reference system.*`crs`"):
        read(city_model(block(BLOCK), srs_name=None))


def test_the_user_can_give_the_crs(read):
    """The CRS given for the source counts where the file names none."""
    turned = [[(y, x, z) for x, y, z in face] for face in BLOCK]
    _, surfaces, _ = read(city_model(block(turned), srs_name=None), source="EPSG:6677")
    assert_in_place(surfaces)


def test_an_unknown_crs_is_refused(read):
    """A srsName that names nothing is refused with its text."""
    with pytest.raises(SourceError, match="local-CRS"):
        read(city_model(block(BLOCK), srs_name="#local-CRS"))


def test_an_impossible_code_is_refused(read):
    """A code that PROJ does not know is an error of the file, not of the program."""
    with pytest.raises(SourceError, match="999999"):
        read(city_model(block(BLOCK), srs_name="EPSG:999999"))


def test_a_geometry_may_name_its_own_crs(read):
    """Solids with their own srsName are placed by it, beside others in the CRS of the file."""
    turned = [[(y, x, z) for x, y, z in face] for face in BLOCK]
    own = block(lat_lon(BLOCK)).replace("<gml:Solid>", f'<gml:Solid srsName="{HTTP}">')
    other = block(turned).replace('"b1"', '"b2"')
    buildings, surfaces, _ = read(city_model(own, other, srs_name="EPSG:6677"))
    assert buildings["building_id"].tolist() == ["b1", "b2"]
    for name in ("b1", "b2"):
        assert_in_place(surfaces[surfaces["building_id"] == name])


def test_the_envelope_of_a_feature_names_the_crs_where_the_model_has_none(read):
    """Old exports give the srsName in the Envelope of each building only."""
    envelope = (
        f'<gml:boundedBy><gml:Envelope srsName="{HTTP}"><gml:lowerCorner>35 139 0'
        "</gml:lowerCorner><gml:upperCorner>35 139 0</gml:upperCorner></gml:Envelope>"
        "</gml:boundedBy>"
    )
    body = block(lat_lon(BLOCK)).replace('gml:id="b1">', f'gml:id="b1">{envelope}')
    _, surfaces, _ = read(city_model(body, srs_name=None))
    assert_in_place(surfaces)


def test_one_misplaced_building_does_not_cost_the_file(read):
    """A building in the ocean off Africa is set aside with its id; its neighbour stays."""
    ocean = [[(0.0, 0.0, z) for _, _, z in face] for face in BLOCK]
    astray = block([[(1.0 + i, 2.0, 3.0) for i, _ in enumerate(f)] for f in ocean])
    document = city_model(block(lat_lon(BLOCK)), astray.replace('"b1"', '"astray"'), srs_name=HTTP)
    buildings, surfaces, decoded = read(document)
    assert buildings["building_id"].tolist() == ["b1"]
    assert_in_place(surfaces)
    assert [(r.record, r.code) for r in decoded.rejects] == [("astray", "range")]


def test_the_same_building_has_the_same_key_in_every_crs(read):
    """The key made from the footprint does not depend on the CRS of the delivery."""
    turned = [[(y, x, z) for x, y, z in face] for face in BLOCK]
    keys = {
        read(city_model(block(faces), srs_name=name))[0]["stable_key"].iloc[0]
        for name, faces in ((HTTP, lat_lon(BLOCK)), ("EPSG:6677", turned))
    }
    assert len(keys) == 1
    assert keys.pop().startswith("geom:")


def test_german_names_are_known(tmp_path):
    """urn:adv:crs names ETRS89/UTM with a height reference; easting comes first."""
    name = "urn:adv:crs:ETRS89_UTM32*DE_DHHN92_NH"
    faces = box(X0, Y0, X0 + 10, Y0 + 6, 112.0, 116.0)
    path = gml.write(tmp_path, city_model(building(lod1(faces)), srs_name=name))
    decoded = FORMAT.read(gml.dataset(tmp_path, path), NoParams())
    low = gml.stacked(decoded.tables[SURFACES]).min(axis=0)
    assert low.tolist() == [X0, Y0, 112.0]


US_FOOT_M = 1200.0 / 3937.0
NEW_YORK = (988_000.0, 219_000.0)


@pytest.mark.parametrize("envelope", [True, False])
@pytest.mark.parametrize(
    ("srs_name", "unit_m"),
    [("EPSG:2263", US_FOOT_M), ("urn:ogc:def:crs,crs:EPSG::2263,crs:EPSG::5703", 1.0)],
)
def test_feet_become_metres(read, srs_name, unit_m, envelope):
    """100 ft by 80 ft on ground at 20, 100 high; the CRS stands at geometries alone, or above."""
    x, y = NEW_YORK
    member = lod1(box(x, y, x + 100.0, y + 80.0, 20.0, 120.0))
    member = member.replace("<gml:Solid", f'<gml:Solid srsName="{srs_name}" srsDimension="3"', 1)
    document = city_model(building(member), srs_name=srs_name)
    if not envelope:
        start, end = document.index("<gml:boundedBy>"), document.index("</gml:boundedBy>")
        document = document[:start] + document[end + len("</gml:boundedBy>") :]
    buildings, _, decoded = read(document, target="EPSG:32618")
    assert buildings["height_m"].tolist() == pytest.approx([100.0 * unit_m], abs=1e-9)
    assert buildings["ground_z_m"].tolist() == pytest.approx([20.0 * unit_m], abs=1e-9)
    # UTM shrinks areas by up to 0.08 % in the middle of its zone.
    assert buildings.geometry.area.tolist() == pytest.approx([8000.0 * US_FOOT_M**2], rel=1e-3)
    told = [note.en for note in decoded.notes if "US survey foot" in note.en]
    assert len(told) == (unit_m != 1.0)
