"""Water, vegetation, bridges and planning zones of CityGML."""

from __future__ import annotations

import gml_documents as gml
import numpy as np
import pytest
from gml_documents import X0, Y0, box, city_model, multi_surface, polygon, posted, rectangle

from citytwin.errors import SourceError
from citytwin.formats import (
    citygml_bridges,
    citygml_land_use,
    citygml_relief,
    citygml_roads,
    citygml_vegetation,
    citygml_water,
    citygml_zones,
)
from citytwin.model.steps import Format
from citytwin.model.tables import DEFECTS
from citytwin.store.tables import conform

SPACES = {
    "wtr": "http://www.opengis.net/citygml/waterbody/2.0",
    "veg": "http://www.opengis.net/citygml/vegetation/2.0",
    "urf": "https://www.geospatial.jp/iur/urf/3.1",
}
VERSIONS = {
    "2.0": lambda text: text,
    "1.0": lambda text: text.replace("/2.0", "/1.0"),
    "3.0": lambda text: text.replace("/2.0", "/3.0").replace(
        "opengis.net/gml", "opengis.net/gml/3.2"
    ),
}
FORMATS = {
    "wtr": citygml_water.FORMAT,
    "veg": citygml_vegetation.FORMAT,
    "brid": citygml_bridges.FORMAT,
    "urf": citygml_zones.FORMAT,
}
LIST = """<?xml version="1.0" encoding="UTF-8"?>
<gml:Dictionary xmlns:gml="http://www.opengis.net/gml"><gml:dictionaryEntry><gml:Definition>
<gml:description>{text}</gml:description><gml:name>{code}</gml:name></gml:Definition>
</gml:dictionaryEntry></gml:Dictionary>"""


def document(*members, **options):
    """A city model whose prefixes include those of the themes."""
    spaces = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in SPACES.items())
    return city_model(*members, **options).replace("<core:CityModel ", f"<core:CityModel {spaces} ")


@pytest.fixture
def read(tmp_path):
    """Reads a document with a format; rows as the store has them, and the result."""

    def run(chosen: Format, text, name=None):
        theme = next((key for key, value in FORMATS.items() if value is chosen), "x")
        path = gml.write(tmp_path, text, name or f"tile_{theme}_25832.gml")
        decoded = chosen.read(gml.dataset(tmp_path, path), chosen.params())
        ((table, rows),) = ((t, f) for t, f in decoded.tables.items() if t is not DEFECTS)
        return conform(table, rows, "EPSG:25832"), decoded

    return run


@pytest.fixture
def code_list(tmp_path):
    """Writes a code list with one code."""

    def write(name, code, text):
        folder = tmp_path / "codelists"
        folder.mkdir(exist_ok=True)
        (folder / name).write_text(LIST.format(code=code, text=text), encoding="utf-8")

    return write


def square(x0=0.0, side=10.0, z=0.0):
    """A polygon of some metres."""
    return polygon(rectangle(X0 + x0, Y0, X0 + x0 + side, Y0 + side, z))


def water(body, gml_id="w1"):
    """A body of water."""
    return f'<wtr:WaterBody gml:id="{gml_id}">{body}</wtr:WaterBody>'


def surface(prefix, *polygons, lod=1):
    """A MultiSurface property."""
    return (
        f"<{prefix}:lod{lod}MultiSurface>{multi_surface(*polygons)}</{prefix}:lod{lod}MultiSurface>"
    )


def deck(bottom=7.0, top=8.5):
    """A bridge as a LOD1 box."""
    faces = box(X0, Y0, X0 + 20, Y0 + 5, bottom, top)
    return (
        '<brid:Bridge gml:id="b1"><gml:name>大橋</gml:name><brid:lod1Solid>'
        f"{gml.solid(*(polygon(f) for f in faces))}</brid:lod1Solid></brid:Bridge>"
    )


def tree(body):
    """A single plant."""
    return (
        '<veg:SolitaryVegetationObject gml:id="t1"><veg:species>1040</veg:species>'
        '<veg:height uom="m">9.5</veg:height><veg:crownDiameter uom="m">4</veg:crownDiameter>'
        f"{body}</veg:SolitaryVegetationObject>"
    )


def zone(body, kind="UseDistrict", gml_id="z1"):
    """A zone of urban planning."""
    return f'<urf:{kind} gml:id="{gml_id}">{body}{surface("urf", square())}</urf:{kind}>'


MEMBERS = {
    "wtr": water(surface("wtr", square())),
    "veg": f'<veg:PlantCover gml:id="p">{surface("veg", square())}</veg:PlantCover>',
    "brid": deck(),
    "urf": zone("<urf:function>1</urf:function>"),
}


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("theme", FORMATS)
def test_every_version_of_citygml(read, theme, version):
    """The same feature under the namespaces of 1.0, 2.0 and 3.0 gives one row of 100 m2."""
    rows, decoded = read(FORMATS[theme], VERSIONS[version](document(MEMBERS[theme])))
    assert rows.geometry.area.tolist() == [pytest.approx(100.0, abs=1e-5)]
    assert decoded.rejects == ()
    assert decoded.notes == ()


def test_water_with_codes(read, code_list):
    """Class through its list, whose name differs in case; function without one stays raw."""
    code_list("waterbody_CLASS.xml", "1030", "河川")
    rows, decoded = read(
        citygml_water.FORMAT,
        document(
            water(
                "<gml:name>酒匂川</gml:name>"
                '<wtr:class codeSpace="../../codelists/WaterBody_class.xml">1030</wtr:class>'
                '<wtr:function codeSpace="../../codelists/Missing.xml">7</wtr:function>'
                + surface("wtr", square())
            )
        ),
    )
    row = rows.iloc[0]
    assert (row["water_id"], row["name"]) == ("w1", "酒匂川")
    assert (row["water_class"], row["function"]) == ("河川", "7")
    assert decoded.rejects == ()


def test_code_lists_outside_the_data_set_stay_shut(read, tmp_path):
    """A list above the root is not opened; the code stays, and the reject says why."""
    (tmp_path.parent / "outside.xml").write_text(LIST.format(code="1", text="secret"), "utf-8")
    space = "../../../outside.xml"
    body = f'<wtr:class codeSpace="{space}">1</wtr:class>' + surface("wtr", square())
    rows, decoded = read(citygml_water.FORMAT, document(water(body)))
    assert rows["water_class"].tolist() == ["1"]
    assert [r.code for r in decoded.rejects] == ["code-list-outside"]


def test_boundary_surfaces_of_water(read):
    """LOD2: the water surface and the ground below it are one area."""
    parts = "".join(
        f"<wtr:boundedBy><wtr:{kind}><wtr:lod2Surface>{square(0.0, 10.0, z)}</wtr:lod2Surface>"
        f"</wtr:{kind}></wtr:boundedBy>"
        for kind, z in (("WaterSurface", 3.0), ("WaterGroundSurface", 1.0))
    )
    rows, _ = read(citygml_water.FORMAT, document(water(parts)))
    assert rows.geometry.area.tolist() == [pytest.approx(100.0, abs=1e-5)]


def test_expected_inundations_are_no_water(read):
    """A WaterBody of flooded land among rivers is left out, counted and named."""
    flooded = "<wtr:class>1140</wtr:class>" + surface("wtr", square())
    rows, decoded = read(
        citygml_water.FORMAT, document(MEMBERS["wtr"], water(flooded, "f1"), water(flooded, "f2"))
    )
    assert rows["water_id"].tolist() == ["w1"]
    assert [("2 WaterBody" in n.en, n.severity) for n in decoded.notes] == [(True, "loss")]


def test_plant_cover_as_solids(read):
    """PLATEAU's LOD1 is a MultiSolid; its outline and mean height come out."""
    members = "".join(
        f"<gml:solidMember>{gml.solid(*(polygon(f) for f in box(*corners, 1, 3)))}</gml:solidMember>"
        for corners in ((X0, Y0, X0 + 4, Y0 + 5), (X0 + 6, Y0, X0 + 8, Y0 + 5))
    )
    cover = (
        '<veg:PlantCover gml:id="p1"><veg:averageHeight uom="m">2</veg:averageHeight>'
        f"<veg:lod1MultiSolid><gml:MultiSolid>{members}</gml:MultiSolid></veg:lod1MultiSolid>"
        "</veg:PlantCover>"
    )
    rows, decoded = read(citygml_vegetation.FORMAT, document(cover))
    assert rows["kind"].tolist() == ["cover"]
    assert rows["height_m"].tolist() == [2.0]
    assert rows.geometry.area.tolist() == [pytest.approx(30.0, abs=1e-5)]
    assert decoded.rejects == ()


POINT = f"<gml:Point><gml:pos>{X0 + 3} {Y0 + 4} 12</gml:pos></gml:Point>"


@pytest.mark.parametrize(
    ("body", "place"),
    [
        (
            "<veg:lod2ImplicitRepresentation><core:ImplicitGeometry><core:relativeGMLGeometry>"
            f"{multi_surface(polygon(rectangle(-1, -1, 1, 1, 0)))}</core:relativeGMLGeometry>"
            f"<core:referencePoint>{POINT}</core:referencePoint></core:ImplicitGeometry>"
            "</veg:lod2ImplicitRepresentation>",
            (3, 4),
        ),
        (f"<core:lod0Point>{POINT}</core:lod0Point>", (3, 4)),
        (
            f"<veg:lod1Geometry>{multi_surface(square())}</veg:lod1Geometry>",
            (5, 5),
        ),
    ],
)
def test_a_tree_has_a_point(read, body, place):
    """By its template, by a point, by the middle of its surfaces."""
    rows, decoded = read(citygml_vegetation.FORMAT, document(tree(body)))
    row = rows.iloc[0]
    assert (row["kind"], row["species"]) == ("single", "1040")
    assert (row["height_m"], row["crown_diameter_m"]) == (9.5, 4.0)
    assert (row["geometry"].x - X0, row["geometry"].y - Y0) == pytest.approx(place, abs=1e-5)
    assert decoded.rejects == ()


@pytest.mark.parametrize("pos", ["NaN 1 1", "x y z", "", "1 2", "1e300 1e300 0"])
def test_a_tree_at_no_place_is_told(read, pos):
    """Another tree stays; the bad one is among the rejects."""
    bad = tree(f"<core:lod0Point><gml:Point><gml:pos>{pos}</gml:pos></gml:Point></core:lod0Point>")
    good = tree(f"<core:lod0Point>{POINT}</core:lod0Point>")
    rows, decoded = read(citygml_vegetation.FORMAT, document(bad, good))
    assert len(rows) == 1
    assert len(decoded.rejects) == 1


def test_a_bridge_has_outline_and_heights(read):
    """A deck of 20 m x 5 m from 7 m to 8.5 m."""
    rows, decoded = read(citygml_bridges.FORMAT, document(deck()))
    row = rows.iloc[0]
    assert (row["bridge_id"], row["name"], row["level"]) == ("b1", "大橋", 1)
    assert (row["bottom_z_m"], row["top_z_m"]) == (7.0, 8.5)
    assert row["geometry"].area == pytest.approx(100.0, abs=1e-5)
    assert decoded.rejects == ()


def test_a_plane_bridge_has_no_heights(read):
    """All at zero is no height but the lack of one."""
    body = f'<brid:Bridge gml:id="b">{surface("brid", square())}</brid:Bridge>'
    rows, _ = read(citygml_bridges.FORMAT, document(body))
    assert rows[["bottom_z_m", "top_z_m"]].isna().all(axis=None)


@pytest.mark.parametrize(
    ("rates", "expected"),
    [
        (("2", "0.6"), (2.0, 0.6)),
        (("200", "60"), (2.0, 0.6)),
        (("13", "1"), (13.0, 1.0)),
        (("1050", "100"), (10.5, 1.0)),
        (("-9999", "9999"), (np.nan, np.nan)),
        (("NaN", "ー"), (np.nan, np.nan)),
        (("1e300", "0"), (np.nan, np.nan)),
    ],
)
def test_rates_of_a_zone(read, rates, expected):
    """Ratios and percents are one number; sentinels and texts are null."""
    area, coverage = rates
    rows, _ = read(
        citygml_zones.FORMAT,
        document(
            zone(
                f"<urf:floorAreaRate>{area}</urf:floorAreaRate>"
                f"<urf:buildingCoverageRate>{coverage}</urf:buildingCoverageRate>"
            )
        ),
    )
    found = rows[["floor_area_ratio_max", "building_coverage_ratio_max"]].iloc[0].tolist()
    assert found == pytest.approx(expected, nan_ok=True)


@pytest.mark.parametrize(
    "namespace",
    [
        "http://www.kantei.go.jp/jp/singi/tiiki/toshisaisei/itoshisaisei/iur/urf/1.4",
        "https://www.geospatial.jp/iur/urf/2.0",
        "https://www.geospatial.jp/iur/urf/4.0",
    ],
)
def test_zones_of_every_version(read, code_list, namespace):
    """Any class of the module counts, under any of its namespaces; class stands for function."""
    code_list("Zones.xml", "18", "高度地区")
    space = 'codeSpace="../../codelists/Zones.xml"'
    body = (
        f"<urf:class {space}>18</urf:class>"
        '<urf:maximumBuildingHeight uom="m">31</urf:maximumBuildingHeight>'
        "<urf:minimumBuildingHeight>低層部7ｍ</urf:minimumBuildingHeight>"
        '<urf:minimumBuildingArea uom="m2">1000</urf:minimumBuildingArea>'
    )
    text = document(zone(body, "DistrictsAndZones"), MEMBERS["wtr"])
    rows, _ = read(citygml_zones.FORMAT, text.replace(SPACES["urf"], namespace))
    row = rows.iloc[0]
    assert (row["kind"], row["code"], row["text"]) == ("DistrictsAndZones", "18", "高度地区")
    assert row["building_height_max_m"] == 31.0
    assert np.isnan(row["building_height_min_m"])
    assert row["building_area_min_m2"] == 1000.0


@pytest.mark.parametrize("theme", FORMATS)
def test_one_bad_feature_stops_nothing(read, theme):
    """NaN, a dangling link, a number out of this world: the sound feature stays, all are told."""
    prefix, open_tag, close_tag = {
        "wtr": ("wtr", '<wtr:WaterBody gml:id="{}">', "</wtr:WaterBody>"),
        "veg": ("veg", '<veg:PlantCover gml:id="{}">', "</veg:PlantCover>"),
        "brid": ("brid", '<brid:Bridge gml:id="{}">', "</brid:Bridge>"),
        "urf": ("urf", '<urf:UseDistrict gml:id="{}">', "</urf:UseDistrict>"),
    }[theme]
    ring = posted(rectangle(X0, Y0, X0 + 1, Y0 + 1, 0.0))
    bad = {
        "nan": surface(prefix, gml.polygon(ring.replace(f"{X0:.6f}", "NaN", 1))),
        "text": surface(prefix, gml.polygon(ring.replace(f"{X0:.6f}", "1,5", 1))),
        "xlink-dangling": f"<{prefix}:lod1Solid>{gml.solid('#gone')}</{prefix}:lod1Solid>",
        "xlink-remote": f"<{prefix}:lod1Solid>{gml.solid('file:///etc/passwd')}</{prefix}:lod1Solid>",
        "range": surface(prefix, polygon(rectangle(1e200, 1e200, 1e201, 1e201, 0))),
        "no-geometry": "",
    }
    members = [f"{open_tag.format(code)}{body}{close_tag}" for code, body in bad.items()]
    rows, decoded = read(FORMATS[theme], document(*members, MEMBERS[theme]))
    assert len(rows) == 1
    told = {(r.record.split()[0], r.code) for r in decoded.rejects}
    assert {(code, code) for code in bad} <= told


@pytest.mark.parametrize("theme", FORMATS)
def test_files_that_are_refused(read, theme):
    """A document type, a foreign CRS, a cut end: one error that names the file."""
    sound = document(MEMBERS[theme])
    head, _, rest = sound.partition("<core:CityModel")
    refused = {
        "DTD": head
        + '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><core:CityModel'
        + rest,
        "EPSG:6697": document(MEMBERS[theme], srs_name="EPSG:6697"),
        "999999": document(MEMBERS[theme], srs_name="EPSG:999999"),
        "well-formed": sound[:-30],
    }
    for reason, text in refused.items():
        with pytest.raises(SourceError, match=reason) as caught:
            read(FORMATS[theme], text)
        assert f"tile_{theme}_25832.gml" in str(caught.value)


@pytest.mark.parametrize(
    "chosen",
    [*FORMATS.values(), citygml_roads.FORMAT, citygml_land_use.FORMAT, citygml_relief.FORMAT],
    ids=lambda chosen: chosen.name,
)
def test_a_file_of_another_theme_is_named(read, chosen):
    """Buildings under a format of another theme: no rows, and a note says what the file holds."""
    house = gml.building(gml.lod1(box(X0, Y0, X0 + 5, Y0 + 5, 0, 9)))
    rows, decoded = read(chosen, document(house), "house_bldg_25832.gml")
    assert len(rows) == 0
    (note,) = decoded.notes
    assert note.severity == "loss"
    assert "house_bldg_25832.gml holds no" in note.en
    assert "but Building" in note.en
    assert "citygml" in note.en
    assert "Building が入っています" in note.ja


def test_ids_are_unique(read):
    """A second body of water with the same id gets a suffix; nameless ones a number."""
    nameless = MEMBERS["wtr"].replace(' gml:id="w1"', "")
    rows, _ = read(citygml_water.FORMAT, document(MEMBERS["wtr"], MEMBERS["wtr"], nameless))
    assert rows["water_id"].tolist() == ["w1", "w1#2", "tile_wtr_25832:1"]
