"""Point clouds: cells, classes, CRS, units, and headers that say what cannot be."""

from __future__ import annotations

import struct

import laspy
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from pyproj import CRS

from citytwin.errors import CityTwinError, SourceError
from citytwin.formats.lidar.format import FORMAT, LidarParams
from citytwin.model.steps import Dataset

X0, Y0 = -44_300.0, -94_200.0
HOME = "EPSG:6677"
# Four cells of 1 m: north-west, north-east; south-west empty; south-east. East, north, z, class.
POINTS = [
    (0.2, 1.5, 10.0, 2),
    (0.8, 1.6, 11.0, 2),
    (0.5, 1.5, 19.0, 5),
    (1.5, 1.5, 12.0, 2),
    (1.5, 0.5, 16.0, 6),
    (1.4, 0.4, 17.0, 6),
    (1.5, 0.5, 99.0, 1),
    (0.5, 1.5, -77.0, 7),
    (0.5, 1.5, 500.0, 18),
]


def cloud(path, points=POINTS, origin=(X0, Y0), crs=None, keys=False, version="1.4", **header):
    """Write points with laspy; LAZ by the name of the file."""
    head = laspy.LasHeader(point_format=6 if version == "1.4" else 1, version=version)
    head.scales = header.get("scales", [0.001] * 3)
    head.offsets = header.get("offsets", [0.0, 0.0, 0.0])
    if crs is not None:
        head.add_crs(CRS.from_user_input(crs), keep_compatibility=keys)
    rows = np.array(points, dtype=float).reshape(-1, 4)
    las = laspy.LasData(head)
    las.x, las.y, las.z = rows[:, 0] + origin[0], rows[:, 1] + origin[1], rows[:, 2]
    las.classification = rows[:, 3].astype(np.uint8)
    if "withheld" in header:
        las.withheld = header["withheld"]
    las.write(path)
    return path


def read(*paths, crs=HOME, target=HOME, **params):
    """Rasters of files, and the result."""
    data = Dataset("ahn", paths[0].parent, paths, target, "Asia/Tokyo", crs)
    decoded = FORMAT.read(data, LidarParams(**{"cell_m": 1.0, **params}))
    return decoded.rasters, decoded


def change(path, place, form, *values):
    """Overwrite numbers of a header."""
    content = bytearray(path.read_bytes())
    struct.pack_into(form, content, place, *values)
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("name", ["a.las", "a.laz"])
@pytest.mark.parametrize("version", ["1.2", "1.4"])
def test_means_and_tops(tmp_path, name, version):
    """Ground: mean of 10 and 11, and 12; surface: highest of its classes; noise never counts."""
    points = [p for p in POINTS if version == "1.4" or p[3] != 18]
    rasters, decoded = read(cloud(tmp_path / name, points, version=version))
    ground, surface = rasters["terrain_raster"], rasters["surface_raster"]
    assert ground.values.tolist() == [[10.5, 12.0]]
    assert (ground.x_min, ground.y_max, ground.cell_x_m, ground.crs) == (X0, Y0 + 2, 1.0, HOME)
    expected = np.array([[19.0, 12.0], [np.nan, 17.0]], dtype=np.float32)
    assert np.array_equal(surface.values, expected, equal_nan=True)
    assert decoded.rejects == ()
    assert [n.en for n in decoded.notes] == [
        "points of classes that are not used (class: points): 1: 1",
        f"{len(points) - 7} points marked as noise or withheld are left out",
    ]


def test_other_statistics_and_classes(tmp_path):
    """Lowest ground; mean of the roofs alone, as a survey to compare roofs with."""
    path = cloud(tmp_path / "a.las")
    rasters, _ = read(path, terrain_statistic="min", surface_classes=(6,), surface_statistic="mean")
    assert rasters["terrain_raster"].values.tolist() == [[10.0, 12.0]]
    assert rasters["surface_raster"].values.tolist() == [[16.5]]
    assert rasters["surface_raster"].x_min == X0 + 1
    rasters, _ = read(path, roles=("surface_raster",))
    assert list(rasters) == ["surface_raster"]


def test_points_on_an_edge_fall_south_and_east(tmp_path):
    """Half a metre in millimetres is no double: each point still falls into one and the same cell.

    A point on the edge of two cells belongs to the cell east and south of it.
    """
    count = 40
    points = [(0.3 * n, -0.3 * n, float(n), 2) for n in range(count)]
    rasters, _ = read(cloud(tmp_path / "a.las", points, (0.0, 0.0)), cell_m=0.3)
    values = rasters["terrain_raster"].values
    assert np.array_equal(np.diag(values), np.arange(count))
    assert np.isfinite(values).sum() == count


def test_withheld_points_are_left_out(tmp_path):
    """The producer took them back."""
    held = [0, 1, 0, 0, 0, 0, 0, 0, 0]
    rasters, _ = read(cloud(tmp_path / "a.laz", withheld=held))
    assert rasters["terrain_raster"].values.tolist() == [[10.0, 12.0]]


def test_files_of_a_survey_count_together(tmp_path):
    """Points of two files in one cell have one mean; a third file that is broken is set aside."""
    one = cloud(tmp_path / "1.las", [(0.5, 0.5, 10.0, 2), (0.5, 0.5, 10.0, 2)])
    two = cloud(tmp_path / "2.laz", [(0.6, 0.6, 13.0, 2), (300.5, 0.5, 5.0, 2)])
    (tmp_path / "3.las").write_bytes(one.read_bytes()[:-5])
    rasters, decoded = read(one, two, tmp_path / "3.las")
    ground = rasters["terrain_raster"]
    assert ground.values.shape == (1, 301)
    assert (ground.values[0, 0], ground.values[0, 300]) == (11.0, 5.0)
    assert [(r.source, r.code) for r in decoded.rejects] == [("3.las", "file-refused")]
    assert ground.source == "1.las and 1 more"


def test_bounds(tmp_path):
    """Points outside are not used; a file wholly outside gives nothing and says so."""
    path = cloud(tmp_path / "a.las")
    rasters, _ = read(path, bounds=(X0 + 1, Y0, X0 + 2, Y0 + 2))
    assert rasters["terrain_raster"].values.tolist() == [[12.0]]
    with pytest.raises(SourceError, match="classes none"):
        read(path, bounds=(0.0, 0.0, 1.0, 1.0))


@pytest.mark.parametrize(
    "wrong",
    [
        {"surface_classes": (2, 7)},
        {"terrain_classes": ()},
        {"terrain_classes": (256,)},
        {"bounds": (1.0, 0.0, 0.0, 1.0)},
        {"cell_m": 0.0},
        {"roles": ()},
    ],
)
def test_parameters_are_checked(wrong):
    """Noise is no surface; classes are bytes; a box has a width."""
    with pytest.raises(ValidationError):
        LidarParams(**wrong)


# --- where the points lie ------------------------------------------------------------------------
@pytest.mark.parametrize(("crs", "keys"), [("EPSG:6677", False), ("EPSG:6677", True)])
def test_the_crs_of_the_file_counts(tmp_path, crs, keys):
    """As WKT and as GeoTIFF keys; the user's word is for files that name none."""
    path = cloud(tmp_path / "a.las", crs=crs, keys=keys, version="1.2" if keys else "1.4")
    rasters, _ = read(path, crs=None)
    assert rasters["terrain_raster"].x_min == X0
    rasters, _ = read(path, crs="EPSG:6680")
    assert rasters["terrain_raster"].x_min == X0


def test_a_compound_crs(tmp_path):
    """Amersfoort / RD New with heights above NAP: the plane part counts, heights stay."""
    points = [(0.5, 0.5, 3.25, 2)]
    path = cloud(tmp_path / "a.las", points, (85_000.0, 447_500.0), crs="EPSG:7415")
    ground = read(path, crs=None, target="EPSG:28992")[0]["terrain_raster"]
    assert (ground.crs, ground.x_min, ground.values.tolist()) == ("EPSG:28992", 85_000.0, [[3.25]])


def test_degrees_become_metres_of_the_city(tmp_path):
    """Longitude and latitude of the origin of zone 9 (36 N, 139 50 E) are its cell 0, 0."""
    points = [(139 + 50 / 60 + 2e-6, 36 + 2e-6, 7.0, 2)]
    scales = [1e-7, 1e-7, 1e-3]
    path = cloud(tmp_path / "a.laz", points, (0, 0), crs="EPSG:6668", scales=scales)
    ground = read(path, crs=None)[0]["terrain_raster"]
    assert (ground.x_min, ground.y_max, ground.values.tolist()) == (0.0, 1.0, [[7.0]])


def test_swapped_axes_are_noticed(tmp_path):
    """Latitude first: exchanged, and told."""
    points = [(36 + 2e-6, 139 + 50 / 60 + 2e-6, 7.0, 2)]
    scales = [1e-7, 1e-7, 1e-3]
    path = cloud(tmp_path / "a.las", points, (0, 0), crs="EPSG:6668", scales=scales)
    rasters, decoded = read(path, crs=None)
    assert rasters["terrain_raster"].x_min == 0.0
    assert [n.severity for n in decoded.notes] == ["fallback"]


def test_no_crs_is_refused(tmp_path):
    """Nothing is guessed."""
    with pytest.raises(SourceError, match=r"^a\.las: names no coordinate reference system"):
        read(cloud(tmp_path / "a.las"), crs=None)


def test_a_crs_that_does_not_fit_is_refused(tmp_path):
    """Metres under a CRS in degrees."""
    with pytest.raises(SourceError, match="outside the area where EPSG:6668"):
        read(cloud(tmp_path / "a.las", crs="EPSG:6668"), crs=None)


def test_heights_above_the_ellipsoid_are_refused(tmp_path):
    """They are some 37 m off in Tokyo; no geoid model is applied here."""
    path = cloud(tmp_path / "a.las", [(139.8, 36.0, 40.0, 2)], (0, 0), crs="EPSG:6667")
    with pytest.raises(SourceError, match="ellipsoid"):
        read(path, crs=None)


# --- units ---------------------------------------------------------------------------------------
# NAD83 / New York Long Island in US survey feet with heights in US survey feet.
NEW_YORK = {"crs": None, "target": "EPSG:32118"}


def test_feet_of_the_file_are_converted(tmp_path):
    """A compound CRS names them: 3937 US survey feet are 1200 m."""
    points = [(1_000_000.0, 200_000.0, 3937.0, 2)]
    path = cloud(tmp_path / "a.las", points, (0, 0), crs="EPSG:2263+6360")
    ground = read(path, **NEW_YORK)[0]["terrain_raster"]
    assert ground.values.tolist() == [[1200.0]]
    # 1 000 000 ft E are 304 800.61 m E: the false easting is 984 250 ft = 300 000 m.
    assert (ground.x_min, ground.y_max) == (304_800.0, 60_961.0)


def test_feet_that_may_be_are_refused_or_declared(tmp_path):
    """A plane in feet and heights without a unit: the user must say; metres are never guessed."""
    points = [(1_000_000.0, 200_000.0, 100.0, 2)]
    path = cloud(tmp_path / "a.las", points, (0, 0), crs="EPSG:2263")
    with pytest.raises(SourceError, match="height_unit"):
        read(path, **NEW_YORK)
    ground = read(path, **NEW_YORK, height_unit="ft")[0]["terrain_raster"]
    assert ground.values.tolist() == [[pytest.approx(30.48)]]


@pytest.mark.parametrize(
    ("key", "value", "metres"), [(4099, 9002, 30.48), (4099, 9001, 100.0), (4096, 8228, 30.48)]
)
def test_units_in_geotiff_keys(tmp_path, key, value, metres):
    """Unit by key, or by the vertical CRS (8228: NAVD88 height in feet)."""
    path = cloud(tmp_path / "a.las", [(0.5, 0.5, 100.0, 2)], crs=HOME, keys=True, version="1.2")
    content = path.read_bytes()
    at = content.index(b"LASF_Projection") - 2
    length = struct.unpack_from("<H", content, at + 20)[0]
    begin = at + 54
    assert struct.unpack_from("<H", content, at + 18)[0] == 34735
    # The last key, a citation, makes room for one of ours.
    path = change(path, begin + length - 8, "<4H", key, 0, 1, value)
    ground = read(path, crs=None)[0]["terrain_raster"]
    assert ground.values.tolist() == [[pytest.approx(metres)]]


# --- what cannot be ------------------------------------------------------------------------------
def test_impossible_heights_and_places_are_left_out(tmp_path):
    """Heights of no city; and points outside the box that the header gives."""
    points = [*POINTS, (0.5, 1.5, 99_999.0, 2), (0.5, 1.5, -9_999.0, 2), (900.0, 1.5, 8.0, 2)]
    path = cloud(tmp_path / "a.las", points)
    change(path, 179, "<d", X0 + 1.5)  # largest x
    rasters, decoded = read(path)
    assert rasters["terrain_raster"].values.tolist() == [[10.5, 12.0]]
    said = [n.en for n in decoded.notes if n.severity == "loss"]
    assert [text[:2] for text in said] == ["1 ", "2 "]
    assert "outside the box" in said[0]
    assert "impossible heights" in said[1]


@pytest.mark.parametrize(
    ("place", "form", "values", "said"),
    [
        (107, "<I", [10], "cut short|room for|too short"),
        (104, "<B", [11], "format 11"),
        (105, "<H", [19], "points of 19 bytes"),
        (105, "<H", [60_000], "points of 60000 bytes"),
        (25, "<B", [9], "LAS 1.9"),
        (94, "<H", [10], "header of 10 bytes"),
        (96, "<I", [2**32 - 1], "points from byte"),
        (100, "<I", [2**32 - 1], "variable length records"),
        (100, "<I", [3], "variable length records|record 0|points from"),
        (131, "<d", [0.0], "scale factors"),
        (131, "<d", [float("nan")], "scale factors"),
        (155, "<d", [float("inf")], "offsets"),
        (179, "<d", [float("nan")], "lie between"),
        (179, "<d", [X0 - 1e3], "lie between"),
        (179, "<d", [1e12], "leaves the area|outside the area"),
        (179, "<2d", [X0 + 1e4, X0 + 9e3], "outside the box"),
    ],
)
def test_headers_that_cannot_be(tmp_path, place, form, values, said):
    """Each is refused with the value met, before memory is set aside for it."""
    path = change(cloud(tmp_path / "a.las", version="1.2"), place, form, *values)
    with pytest.raises(SourceError, match=said) as caught:
        read(path)
    assert str(caught.value).startswith("a.las: ")


@pytest.mark.parametrize(
    ("place", "form", "values"),
    [
        (247, "<Q", [2**63]),
        (235, "<QI", [2**60, 1]),
        (243, "<I", [2**32 - 1]),
        (235, "<QI", [0, 1]),
    ],
)
@pytest.mark.parametrize("name", ["a.las", "a.laz"])
def test_counts_of_the_newer_header(tmp_path, name, place, form, values):
    """More points or records than the file has room for."""
    path = change(cloud(tmp_path / name), place, form, *values)
    with pytest.raises(SourceError, match=f"^{name}: "):
        read(path)


@pytest.mark.parametrize("name", ["a.las", "a.laz"])
@pytest.mark.parametrize("share", [0.02, 0.3, 0.7, 0.999])
def test_files_cut_short(tmp_path, name, share):
    """No part of a file that was cut is used."""
    points = [(n % 50, n // 50, 1.0 + n % 7, 2) for n in range(2500)]
    content = cloud(tmp_path / name, points).read_bytes()
    (tmp_path / name).write_bytes(content[: int(len(content) * share)])
    with pytest.raises(SourceError, match=f"^{name}: "):
        read(tmp_path / name)


def laz_parts(content):
    """Byte of the compression record, of the points, of the table of chunks."""
    points = struct.unpack_from("<I", content, 96)[0]
    return (
        content.index(b"laszip encoded") + 52,
        points,
        struct.unpack_from("<q", content, points)[0],
    )


@pytest.mark.parametrize(
    ("part", "place", "form", "value"),
    [
        (0, 12, "<I", 0),
        (0, 12, "<I", 2**32 - 2),
        (0, 32, "<H", 0),
        (0, 32, "<H", 65_535),
        (0, 36, "<H", 60_000),
        (1, 0, "<q", 2**62),
        (1, 0, "<q", 12),
        (2, 4, "<I", 2**32 - 1),
        (2, 4, "<I", 5_000),
    ],
)
def test_compression_that_cannot_be(tmp_path, part, place, form, value):
    """The decompressor would set aside gigabytes, or end the process; it is not asked."""
    path = cloud(tmp_path / "a.laz")
    start = laz_parts(path.read_bytes())[part]
    with pytest.raises(SourceError, match=r"^a\.laz: "):
        read(change(path, start + place, form, value))


def test_too_many_cells_are_refused(tmp_path, monkeypatch):
    """Points strewn over a country: refused with the remedy."""
    points = [(n * 1000.0, n * 1000.0, 1.0, 2) for n in range(9)]
    path = cloud(tmp_path / "a.las", points)
    monkeypatch.setattr("citytwin.formats.lidar.survey._MAX_CELLS", 5 * 256 * 256)
    with pytest.raises(SourceError, match="cell_m"):
        read(path)


def test_points_of_no_wanted_class(tmp_path):
    """An unclassified cloud makes no ground: the classes met and the remedy are named."""
    with pytest.raises(SourceError, match=r"classes 0, 1.*terrain_classes"):
        read(cloud(tmp_path / "a.las", [(0.5, 0.5, 1.0, 0), (0.5, 0.5, 1.0, 1)]))
    _, decoded = read(cloud(tmp_path / "b.las", [(0.5, 0.5, 1.0, 6)]))
    assert decoded.notes[0].en == "there is no point of class 2, so no terrain_raster"


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
@pytest.mark.parametrize("name", ["sound.las", "sound.laz"])
def test_damaged_files_are_met_calmly(tmp_path, name, data):
    """Bytes changed or cut anywhere: rasters, or a CityTwinError."""
    path = tmp_path / name
    if not path.exists():
        cloud(path, [(n % 9, n // 9, 1.0 + n % 7, 2) for n in range(90)], crs=HOME)
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    damaged = tmp_path / f"damaged{path.suffix}"
    damaged.write_bytes(bytes(content[: data.draw(st.integers(1, len(content)))]))
    try:
        read(damaged)
    except CityTwinError:
        return
