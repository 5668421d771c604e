"""Roads and land use of CityGML."""

from __future__ import annotations

import gml_documents as gml
import pytest
from gml_documents import X0, Y0, box, city_model, multi_surface, polygon, rectangle

from citytwin.errors import SourceError
from citytwin.formats import citygml_land_use, citygml_roads
from citytwin.formats.citygml_land_use import use_of
from citytwin.formats.citygml_roads import RoadParams
from citytwin.model.steps import NoParams
from citytwin.model.tables import LAND_USE, ROADS
from citytwin.store.tables import conform

LIST = """<?xml version="1.0" encoding="UTF-8"?>
<gml:Dictionary xmlns:gml="http://www.opengis.net/gml"><gml:dictionaryEntry><gml:Definition>
<gml:description>市町村道</gml:description><gml:name>4</gml:name></gml:Definition>
</gml:dictionaryEntry><gml:dictionaryEntry><gml:Definition>
<gml:description>橋梁</gml:description><gml:name>2</gml:name></gml:Definition>
</gml:dictionaryEntry></gml:Dictionary>"""


def road(surface, attributes="", gml_id="t1"):
    """A road with a LOD1 surface."""
    return (
        f'<tran:Road gml:id="{gml_id}">{attributes}<tran:lod1MultiSurface>'
        f"{multi_surface(surface)}</tran:lod1MultiSurface></tran:Road>"
    )


def bridge(points):
    """A bridge whose LOD1 solid is a box of these corners."""
    faces = box(*points, 120.0, 121.0)
    return (
        '<brid:Bridge gml:id="bridge"><brid:lod1Solid>'
        f"{gml.solid(*(polygon(face) for face in faces))}</brid:lod1Solid></brid:Bridge>"
    )


def land(surface, attributes="", gml_id="l1"):
    """A parcel."""
    return (
        f'<luse:LandUse gml:id="{gml_id}">{attributes}<luse:lod1MultiSurface>'
        f"{multi_surface(surface)}</luse:lod1MultiSurface></luse:LandUse>"
    )


@pytest.fixture
def roads(tmp_path):
    """Reads the roads of a document."""

    def run(*members):
        path = gml.write(tmp_path, city_model(*members), "x_tran_1.gml")
        decoded = citygml_roads.FORMAT.read(gml.dataset(tmp_path, path), RoadParams())
        return conform(ROADS, decoded.tables[ROADS], "EPSG:25832"), decoded

    return run


@pytest.fixture
def parcels(tmp_path):
    """Reads the land use of a document."""

    def run(*members, **options):
        path = gml.write(tmp_path, city_model(*members, **options), "x_luse_1.gml")
        decoded = citygml_land_use.FORMAT.read(gml.dataset(tmp_path, path), NoParams())
        return conform(LAND_USE, decoded.tables[LAND_USE], "EPSG:25832"), decoded

    return run


def strip(x0, x1, z=0.0):
    """A polygon 4 m wide along x."""
    return polygon(rectangle(X0 + x0, Y0, X0 + x1, Y0 + 4, z))


def test_a_road_has_area_name_function_and_width(roads, tmp_path):
    """A road of 100 m x 4 m with its recorded attributes; its height 0 is no data."""
    (tmp_path / "codelists").mkdir()
    (tmp_path / "codelists" / "Road_function.xml").write_text(LIST, encoding="utf-8")
    attributes = (
        "<gml:name>中央通り</gml:name>"
        '<tran:function codeSpace="../../codelists/Road_function.xml">4</tran:function>'
        "<uro:roadStructureAttribute><uro:RoadStructureAttribute>"
        '<uro:width uom="m">4.0</uro:width></uro:RoadStructureAttribute>'
        "</uro:roadStructureAttribute>"
    )
    frame, decoded = roads(road(strip(0, 100), attributes))
    row = frame.iloc[0]
    assert (row["road_id"], row["name"], row["function"]) == ("t1", "中央通り", "市町村道")
    assert (row["width_m"], row["level"], row["source"]) == (4.0, 0, "x_tran_1.gml")
    assert row["geometry"].area == pytest.approx(400.0, abs=1e-6)
    assert decoded.rejects == ()


def test_traffic_areas_are_the_road_when_there_is_no_lod1(roads):
    """Carriageway and footway of LOD2 unite to the road."""
    areas = "".join(
        f"<tran:{name}><tran:{kind}><tran:lod2MultiSurface>{multi_surface(strip(a, b))}"
        f"</tran:lod2MultiSurface></tran:{kind}></tran:{name}>"
        for name, kind, a, b in (
            ("trafficArea", "TrafficArea", 0, 60),
            ("auxiliaryTrafficArea", "AuxiliaryTrafficArea", 50, 100),
        )
    )
    frame, _ = roads(f'<tran:Road gml:id="t1">{areas}</tran:Road>')
    assert frame.geometry.area.tolist() == [pytest.approx(400.0, abs=1e-6)]


def test_levels_are_not_added(roads):
    """LOD1 and LOD2 of one road are the same road: its area counts once."""
    both = road(strip(0, 100)).replace(
        "</tran:Road>",
        f"<tran:lod2MultiSurface>{multi_surface(strip(0, 100))}</tran:lod2MultiSurface></tran:Road>",
    )
    frame, _ = roads(both)
    assert frame.geometry.area.tolist() == [pytest.approx(400.0, abs=1e-6)]


def test_a_road_on_a_bridge_is_lifted(roads):
    """A bridge that covers the road lifts it; one that crosses it does not."""
    frame, _ = roads(
        road(strip(0, 20), gml_id="on"),
        road(strip(20, 120), gml_id="beside"),
        bridge((X0 - 1, Y0 - 1, X0 + 25, Y0 + 5)),
    )
    assert frame["road_id"].tolist() == ["on", "beside"]
    assert frame["level"].tolist() == [1, 0]


def test_of_roads_above_each_other_none_is_lifted(roads):
    """It cannot be told which of two is on the bridge: both stay on the ground, the safe side."""
    frame, _ = roads(
        road(strip(0, 20), gml_id="above"),
        road(strip(0, 20), gml_id="below"),
        bridge((X0 - 1, Y0 - 1, X0 + 25, Y0 + 5)),
    )
    assert frame["level"].tolist() == [0, 0]


def test_the_recorded_kind_of_section_counts(roads, tmp_path):
    """A section recorded as a bridge is one without any bridge in the files."""
    (tmp_path / "codelists").mkdir()
    (tmp_path / "codelists" / "Section.xml").write_text(LIST, encoding="utf-8")
    section = '<uro:sectionType codeSpace="../../codelists/Section.xml">2</uro:sectionType>'
    frame, _ = roads(road(strip(0, 20), section))
    assert frame["level"].tolist() == [1]


def test_faults_of_a_road(roads):
    """A road with one bad polygon keeps the other; a road with none is told."""
    bad = strip(0, 5).replace(f"{X0:.6f}", "NaN", 1)
    half = road(strip(0, 10)).replace(
        "</gml:MultiSurface>", f"<gml:surfaceMember>{bad}</gml:surfaceMember></gml:MultiSurface>"
    )
    frame, decoded = roads(half, road(bad, gml_id="none"))
    assert frame["road_id"].tolist() == ["t1"]
    assert frame.geometry.area.tolist() == [pytest.approx(40.0, abs=1e-6)]
    assert [r.code for r in decoded.rejects] == ["nan", "nan", "no-geometry"]


def test_ids_are_unique(roads):
    """A second road with the same id gets a suffix."""
    frame, _ = roads(road(strip(0, 10)), road(strip(10, 20)))
    assert frame["road_id"].tolist() == ["t1", "t1#2"]


@pytest.mark.parametrize(
    ("code", "use"),
    [
        ("201", "paddy"),
        ("202", "field"),
        ("2022", "field"),
        ("203", "green"),
        ("204", "water"),
        ("2041", "water"),
        ("205", "green"),
        ("2055", "bare"),
        ("211", "building"),
        ("2141", "building"),
        ("215", "road"),
        ("217", "green"),
        ("2172", "bare"),
        ("222", "bare"),
        ("231", "other"),
        ("999", "other"),
        ("20411", "other"),
        ("", "other"),
        (None, "other"),
    ],
)
def test_plateau_land_use_codes(code, use):
    """Codes of three and four digits as the PLATEAU list of land use explains them."""
    assert use_of(code) == use


def test_a_parcel_has_its_use_code_and_area(parcels):
    """A pond with a hole (an island), in a plane CRS without heights."""
    shape = polygon(rectangle(X0, Y0, X0 + 10, Y0 + 8), [rectangle(X0 + 2, Y0 + 2, X0 + 4, Y0 + 4)])
    frame, decoded = parcels(
        land(shape, "<luse:class>204</luse:class>"),
        corners=(f"{X0} {Y0}", f"{X0 + 10} {Y0 + 8}"),
        dimension=2,
    )
    row = frame.iloc[0]
    assert (row["parcel_id"], row["use"], row["code"]) == ("l1", "water", "204")
    assert row["geometry"].area == pytest.approx(76.0, abs=1e-6)
    assert decoded.notes == ()


def test_plane_rings_are_known_without_a_declaration(tmp_path):
    """Nothing says 2 or 3, and eight numbers are no triples: the ring closes in pairs, so plane."""
    ring = [(X0, Y0), (X0 + 10, Y0), (X0 + 10, Y0 + 8)]
    document = city_model(land(polygon(ring), "<luse:class>201</luse:class>"))
    head, _, rest = document.partition("<gml:boundedBy>")
    document = head + rest.partition("</gml:boundedBy>")[2]
    path = gml.write(tmp_path, document, "y_luse_1.gml")
    data = gml.dataset(tmp_path, path, source="EPSG:25832")
    frame = citygml_land_use.FORMAT.read(data, NoParams()).tables[LAND_USE]
    assert frame.geometry.area.tolist() == [pytest.approx(40.0, abs=1e-6)]


def test_parcels_without_class_are_other_and_told(parcels):
    """No class: the use is other, the code null, and a note counts them."""
    frame, decoded = parcels(land(strip(0, 10)))
    assert frame["use"].tolist() == ["other"]
    assert frame["code"].isna().all()
    assert ["1 parcels" in note.en for note in decoded.notes] == [True]


def test_files_in_the_wrong_place_are_refused(tmp_path):
    """Degrees under a metric code lie nowhere near: refused."""
    member = land(polygon([(35.0, 139.0, 0), (35.1, 139.0, 0), (35.1, 139.1, 0)]))
    path = gml.write(tmp_path, city_model(member), "x_luse_1.gml")
    with pytest.raises(SourceError, match="EPSG:25832"):
        citygml_land_use.FORMAT.read(gml.dataset(tmp_path, path), NoParams())
