"""Files of the demo city, read with the standard library and compared with the plan."""

import xml.etree.ElementTree as ET
from collections import Counter

import pytest
from pyproj import Transformer
from shapely import STRtree
from shapely.geometry import Point, Polygon

from citytwin.testing import third_mesh_code, write_demo_city

NS = {
    "core": "http://www.opengis.net/citygml/2.0",
    "gml": "http://www.opengis.net/gml",
    "bldg": "http://www.opengis.net/citygml/building/2.0",
    "dem": "http://www.opengis.net/citygml/relief/2.0",
    "tran": "http://www.opengis.net/citygml/transportation/2.0",
    "luse": "http://www.opengis.net/citygml/landuse/2.0",
    "brid": "http://www.opengis.net/citygml/bridge/2.0",
    "veg": "http://www.opengis.net/citygml/vegetation/2.0",
    "uro": "https://www.geospatial.jp/iur/uro/3.1",
}
ID = f"{{{NS['gml']}}}id"
HREF = "{http://www.w3.org/1999/xlink}href"
TO_PLANE = Transformer.from_crs(6668, 6677, always_xy=True)


@pytest.fixture(scope="module")
def city(tmp_path_factory):
    """The demo city, freshly written."""
    return write_demo_city(tmp_path_factory.mktemp("demo"))


@pytest.fixture(scope="module")
def buildings(city):
    """Building elements of all meshes by gml:id."""
    return {
        element.get(ID): element
        for path in city.building_files
        for element in ET.parse(path).getroot().iterfind(".//bldg:Building", NS)
    }


def ring_text(ring):
    """Vertices of a gml:LinearRing as text, without the closing one."""
    numbers = ring.find("gml:posList", NS).text.split()
    points = [tuple(numbers[k : k + 3]) for k in range(0, len(numbers), 3)]
    assert points[0] == points[-1]
    assert len(points) >= 4
    return points[:-1]


def plane(points):
    """Text vertices to EPSG:6677 (east, north, height)."""
    lat, lon, z = zip(*[[float(n) for n in p] for p in points], strict=True)
    east, north = TO_PLANE.transform(lon, lat)
    return list(zip(east, north, z, strict=True))


def polygon_2d(polygon):
    """A gml:Polygon in the plane."""
    rings = [plane(ring_text(ring)) for ring in polygon.iterfind(".//gml:LinearRing", NS)]
    outer, *holes = [[p[:2] for p in ring] for ring in rings]
    return Polygon(outer, holes)


def shell_edges(polygons):
    """How often each directed edge, as text, occurs in the polygons."""
    counts = Counter()
    for polygon in polygons:
        for ring in polygon.iterfind(".//gml:LinearRing", NS):
            points = ring_text(ring)
            counts.update(zip(points, points[1:] + points[:1], strict=True))
    return counts


def assert_closed(polygons):
    """Every edge once forth and once back."""
    counts = shell_edges(polygons)
    assert set(counts.values()) == {1}
    assert all((end, start) in counts for start, end in counts)


def gml_files(city):
    """All CityGML files of the city."""
    return [
        *city.building_files,
        city.ground_file,
        city.street_file,
        city.land_use_file,
        city.bridge_file,
        city.water_file,
        city.plants_file,
    ]


def test_every_gml_file_says_that_it_is_synthetic_and_holds_its_envelope(city):
    """Description first, then an envelope of the declared CRS that holds all coordinates."""
    for path in gml_files(city):
        root = ET.parse(path).getroot()
        assert root.tag == f"{{{NS['core']}}}CityModel"
        assert "SYNTHETIC" in root[0].text
        envelope = root.find("gml:boundedBy/gml:Envelope", NS)
        crs = 6668 if "luse" in path.name else 6697
        assert envelope.get("srsName") == f"http://www.opengis.net/def/crs/EPSG/0/{crs}"
        low = [float(n) for n in envelope.find("gml:lowerCorner", NS).text.split()]
        high = [float(n) for n in envelope.find("gml:upperCorner", NS).text.split()]
        seen = [[], [], []]
        places = (*root.iterfind(".//gml:posList", NS), *root.iterfind(".//gml:pos", NS))
        for place in places:
            numbers = [float(n) for n in place.text.split()]
            for axis in range(3):
                seen[axis] += numbers[axis::3]
        assert [min(s) for s in seen] == pytest.approx(low, abs=1e-3)
        assert [max(s) for s in seen] == pytest.approx(high, abs=1e-3)
        assert 35.1 < low[0] < high[0] < 35.2
        assert 139.3 < low[1] < high[1] < 139.4


def test_ids_are_unique_and_links_resolve_inside_their_file(city):
    """No gml:id twice in the data set; each xlink names a polygon of its own file."""
    everything = Counter()
    for path in gml_files(city):
        root = ET.parse(path).getroot()
        ids = [e.get(ID) for e in root.iter() if e.get(ID)]
        everything.update(ids)
        hrefs = [e.get(HREF) for e in root.iter() if e.get(HREF)]
        assert {h[1:] for h in hrefs} <= set(ids)
    assert max(everything.values()) == 1


def test_code_spaces_lead_to_lists_that_explain_the_code(city):
    """Every codeSpace is a file of the data set in which the code stands with a text."""
    lists = {}
    for path in city.code_lists:
        entries = ET.parse(path).getroot().iterfind(".//gml:Definition", NS)
        lists[path.name] = {
            e.find("gml:name", NS).text: e.find("gml:description", NS).text for e in entries
        }
    for path in gml_files(city):
        for element in ET.parse(path).getroot().iter():
            space = element.get("codeSpace")
            if space is not None:
                assert (path.parent / space).resolve().is_file()
                assert lists[space.rsplit("/", 1)[1]][element.text]


def test_buildings_lie_in_the_mesh_of_their_centre(city, buildings):
    """Four meshes, named after their content; some buildings reach over a mesh line."""
    assert [p.name for p in city.building_files] == [
        f"{mesh}_bldg_6697_op.gml" for mesh in ("52395277", "52395278", "52395287", "52395288")
    ]
    assert len(buildings) == len(city.buildings)
    crossing = 0
    for truth in city.buildings:
        meshes = {
            third_mesh_code(float(lat), float(lon))
            for ring in buildings[truth.gml_id].iterfind(".//gml:LinearRing", NS)
            for lat, lon, _ in ring_text(ring)
        }
        assert truth.mesh in meshes
        crossing += len(meshes) > 1
    assert crossing > 0


def test_footprints_and_heights_match_the_plan(city, buildings):
    """LOD0 area, LOD1 extent, measured height and identifiers are those of the plan."""
    for truth in city.buildings:
        element = buildings[truth.gml_id]
        area = sum(
            polygon_2d(p).area for p in element.iterfind(".//bldg:lod0FootPrint//gml:Polygon", NS)
        )
        assert area == pytest.approx(truth.footprint_area_m2, rel=4e-4)
        tops = [
            max(float(p[2]) for r in s.iterfind(".//gml:LinearRing", NS) for p in ring_text(r))
            for s in element.iterfind(".//bldg:lod1Solid", NS)
        ]
        assert tops == pytest.approx(truth.lod1_top_z)
        measured = float(element.find("bldg:measuredHeight", NS).text)
        assert measured == pytest.approx(truth.top_z - truth.bottom_z, abs=0.051)
        own = element.findall("uro:buildingIDAttribute//uro:buildingID", NS)
        assert [e.text for e in own] == [truth.building_id]
        depths = element.findall("uro:bldgDisasterRiskAttribute//uro:depth", NS)
        assert [float(e.text) for e in depths] == [d for d in [truth.flood_depth_m] if d > 0]


def test_solids_are_closed_in_the_written_coordinates(buildings):
    """LOD1 shells, and LOD2 shells through their links, use each edge forth and back."""
    for element in buildings.values():
        for solid in element.iterfind(".//bldg:lod1Solid", NS):
            assert_closed(solid.findall(".//gml:Polygon", NS))
        by_id = {p.get(ID): p for p in element.iterfind(".//gml:Polygon", NS) if p.get(ID)}
        for solid in element.iterfind(".//bldg:lod2Solid", NS):
            links = [m.get(HREF)[1:] for m in solid.iterfind(".//gml:surfaceMember", NS)]
            assert_closed([by_id[link] for link in links])


def test_known_roof_points_lie_on_lod2_roofs(city, buildings):
    """At each known point exactly one roof face has the known height, within 5 mm."""
    for truth in city.buildings:
        if not truth.has_lod2:
            continue
        roofs = buildings[truth.gml_id].findall(".//bldg:RoofSurface//gml:Polygon", NS)
        for east, north, z in truth.roof_points:
            heights = [
                plane_height(roof, east, north)
                for roof in roofs
                if polygon_2d(roof).contains(Point(east, north))
            ]
            assert heights == pytest.approx([z], abs=0.005), truth.building_id


def plane_height(polygon, east, north):
    """Height at a place of the plane of a gml:Polygon."""
    return newell_height(plane(ring_text(polygon.find(".//gml:LinearRing", NS))), east, north)


def newell_height(points, east, north):
    """Height at a place of the plane through a ring, by Newell's normal."""
    x0, y0, z0 = points[0]
    points = [(x - x0, y - y0, z - z0) for x, y, z in points]
    a = b = c = 0.0
    for (x1, y1, z1), (x2, y2, z2) in zip(points, points[1:] + points[:1], strict=True):
        a += (y1 - y2) * (z1 + z2)
        b += (z1 - z2) * (x1 + x2)
        c += (x1 - x2) * (y1 + y2)
    return z0 - (a * (east - x0) + b * (north - y0)) / c


def test_ground_streets_and_land_use_are_complete(city):
    """Counts as planned; streets lie at height 0 and have the planned area."""
    ground = ET.parse(city.ground_file).getroot()
    assert len(ground.findall(".//gml:Triangle", NS)) == city.triangle_count
    assert city.ground_file.name == "523952_dem_6697_op.gml"
    streets = ET.parse(city.street_file).getroot().findall(".//tran:Road", NS)
    assert len(streets) == city.street_count
    polygons = [p for s in streets for p in s.iterfind(".//gml:Polygon", NS)]
    assert sum(polygon_2d(p).area for p in polygons) == pytest.approx(city.street_area_m2, rel=1e-3)
    assert {p[2] for s in polygons for p in ring_text(s.find(".//gml:LinearRing", NS))} == {"0.000"}
    uses = ET.parse(city.land_use_file).getroot().findall(".//luse:LandUse", NS)
    assert len(uses) == city.land_use_count


def test_plants_stand_where_they_were_planned(city):
    """Every tree with its height and crown at its place, on the ground; woods as areas."""
    root = ET.parse(city.plants_file).getroot()
    assert len(root.findall(".//veg:PlantCover", NS)) == city.wood_count > 0
    trees = root.findall(".//veg:SolitaryVegetationObject", NS)
    assert len(trees) == len(city.trees) > 300
    west, south, east, north = city.bounds
    for feature, tree in zip(trees, city.trees, strict=True):
        lat, lon, z = (float(n) for n in feature.find(".//gml:pos", NS).text.split())
        x, y = TO_PLANE.transform(lon, lat)
        assert (x - west, y - south) == pytest.approx(tree.place, abs=0.005)
        assert west < x < east
        assert south < y < north
        assert z == pytest.approx(tree.ground_z, abs=0.001)
        assert float(feature.find("veg:height", NS).text) == pytest.approx(tree.height_m, abs=0.05)
        crown = feature.find("veg:crownDiameter", NS)
        assert float(crown.text) == pytest.approx(tree.crown_m, abs=0.05)
        assert crown.get("uom") == "m"


def test_written_ground_follows_the_known_heights(city):
    """Inside its triangle each known ground point lies near the plane of the TIN."""
    triangles = ET.parse(city.ground_file).getroot().findall(".//gml:Triangle", NS)
    shapes = [plane(ring_text(t.find(".//gml:LinearRing", NS))) for t in triangles]
    tree = STRtree([Polygon([p[:2] for p in shape]) for shape in shapes])
    errors = []
    for east, north, z in city.ground_points:
        index = tree.query(Point(east, north), predicate="within")[0]
        errors.append(abs(newell_height(shapes[index], east, north) - z))
    assert len(errors) == 110
    assert max(errors) < 0.3
    assert sum(errors) / len(errors) < 0.03


def test_bridge_deck_spans_the_river_above_the_levees(city):
    """The deck is a closed box between the two heights, over the river's centreline."""
    root = ET.parse(city.bridge_file).getroot()
    polygons = root.findall(".//brid:lod1Solid//gml:Polygon", NS)
    assert_closed(polygons)
    heights = {float(p[2]) for s in polygons for r in s.iter(f"{{{NS['gml']}}}LinearRing")
               for p in ring_text(r)}  # fmt: skip
    assert heights == {city.bridge.bottom_z, city.bridge.top_z}
    deck = Polygon(city.bridge.outline)
    crests = [*city.levee_crest_north, *city.levee_crest_south]
    assert city.bridge.bottom_z > max(z for x, y, z in crests if deck.distance(Point(x, y)) < 60)
    near = min(city.river_centreline, key=lambda p: deck.centroid.distance(Point(p)))
    assert deck.buffer(10.0).contains(Point(near))


def test_breach_lies_in_the_low_quarter_and_levees_around_it(city):
    """The breach is on the land side, within the low quarter, in plane coordinates."""
    quarter = Polygon(city.low_quarter)
    assert quarter.is_valid
    assert quarter.contains(Point(city.breach.point))
    assert city.breach.volume_m3 == pytest.approx(96000.0)
    x_min, y_min, x_max, y_max = city.bounds
    assert (x_max - x_min, y_max - y_min) == (1000.0, 900.0)
    assert all(x_min <= x <= x_max and y_min <= y <= y_max for x, y in city.low_quarter)


def test_data_set_is_small(city):
    """The embedded city stays below 4.5 MB."""
    size = sum(p.stat().st_size for p in city.directory.rglob("*") if p.is_file())
    assert size < 4_500_000
