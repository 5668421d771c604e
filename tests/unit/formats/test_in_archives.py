"""Every format reads its files in archives as it reads them in a folder."""

from __future__ import annotations

import gzip
import io
import zipfile
from pathlib import Path

import geopandas as gpd
import gml_documents as gml
import laspy
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
from affine import Affine
from citygml_ways import assert_same, both, by_scanning
from gml_documents import X0, Y0, box, building, city_model, lod1

import citytwin
from citytwin import registry
from citytwin.errors import SourceError
from citytwin.formats.citygml import document as gml_bytes
from citytwin.formats.citygml.ranges import member_ranges
from citytwin.model.steps import Dataset, Format
from citytwin.transports.finding import find_files

DEMO = Path(__file__).parents[3] / "data" / "demo"
HOME = "EPSG:6677"
EAST, NORTH = -44_300.0, -94_200.0
STRIP = shapely.box(EAST, NORTH, EAST + 50, NORTH + 4)
OF_THE_DEMO = [
    ("citygml", "udx/bldg", {}),
    ("citygml_relief", "udx/dem", {}),
    ("citygml_roads", "udx/tran", {}),
    ("citygml_bridges", "udx/brid", {}),
    ("citygml_water", "udx/wtr", {}),
    ("citygml_land_use", "udx/luse", {}),
    ("amedas", "feeds/amedas", {}),
    ("openmeteo", "feeds/openmeteo.json", {}),
    ("gtfs_rt", "feeds/gtfs_rt", {}),
]


def zip_of(folder: Path, target: Path) -> Path:
    """Archive of a folder."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(folder.rglob("*")):
            if file.is_file():
                archive.write(file, file.relative_to(folder).as_posix())
    return target


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The demo city: as an archive, and as an archive in another one."""
    folder = tmp_path_factory.mktemp("places")
    plain = zip_of(DEMO, folder / "city.zip")
    nested = folder / "outer.zip"
    with zipfile.ZipFile(nested, "w", zipfile.ZIP_STORED) as archive:
        archive.write(plain, "都市/city.zip")
    return {"zip": plain, "zip in zip": nested / "都市" / "city.zip"}


def decoded(name: str, root: Path, place: Path, params: dict, target: str = HOME, source=None):
    """What a format makes of the files at a place."""
    step = registry.named(Format, name)
    files = find_files(place, step.patterns)
    data = Dataset("x", root, files, target, "Asia/Tokyo", source)
    return step.read(data, step.params.model_validate(params))


def assert_equal(one, other) -> None:
    """Tables, rasters, rejects and notes."""
    assert one.rejects == other.rejects
    assert one.notes == other.notes
    assert one.tables.keys() == other.tables.keys()
    assert any(map(len, one.tables.values())) or one.rasters
    for table, frame in one.tables.items():
        again = other.tables[table]
        assert list(frame.columns) == list(again.columns)
        assert len(frame) == len(again)
        for column in frame.columns:
            pairs = zip(frame[column], again[column], strict=True)
            assert all(_same(a, b) for a, b in pairs), column
    assert one.rasters.keys() == other.rasters.keys()
    for role, raster in one.rasters.items():
        again = other.rasters[role]
        assert np.array_equal(raster.values, again.values, equal_nan=True)
        assert (raster.crs, raster.x_min, raster.y_max) == (again.crs, again.x_min, again.y_max)


def _same(a: object, b: object) -> bool:
    if isinstance(a, shapely.Geometry):
        return shapely.to_wkb(a) == shapely.to_wkb(b)
    if isinstance(a, np.ndarray | list | tuple):
        return np.array_equal(np.asarray(a), np.asarray(b))
    return (pd.isna(a) and pd.isna(b)) or a == b


@pytest.mark.parametrize("kind", ["zip", "zip in zip"])
@pytest.mark.parametrize(("name", "below", "params"), OF_THE_DEMO)
def test_the_demo_city(places: dict[str, Path], kind: str, name: str, below: str, params) -> None:
    """Buildings with their code lists, themes and feeds: the same tables, names and notes."""
    root = places[kind]
    assert_equal(
        decoded(name, root, root / below, params), decoded(name, DEMO, DEMO / below, params)
    )


def test_in_one_line(places: dict[str, Path]) -> None:
    """A whole city model out of an archive, as out of its folder."""
    one, other = citytwin.read_citymodel(DEMO), citytwin.read_citymodel(places["zip in zip"])
    assert len(one.buildings) == len(other.buildings) > 100
    assert one.buildings["usage"].tolist() == other.buildings["usage"].tolist()
    assert one.sources["sha256"].tolist() == other.sources["sha256"].tolist()


def roads(path: Path) -> None:
    """A road in a vector file of the format of its name."""
    frame = gpd.GeoDataFrame({"rid": ["r0"], "h": [4.0]}, geometry=[STRIP], crs=HOME)
    if path.suffix == ".parquet":
        frame.to_parquet(path)
    elif path.suffix == ".geojson":
        frame.to_crs(4326).to_file(path, driver="GeoJSON")
    else:
        drivers = {"gpkg": "GPKG", "sqlite": "SQLite", "fgb": "FlatGeobuf", "shp": "ESRI Shapefile"}
        frame.to_file(path, driver=drivers[path.suffix[1:]])


def raster(path: Path) -> None:
    """A GeoTIFF of 3 x 5 cells."""
    values = np.arange(15, dtype=np.float32).reshape(1, 3, 5)
    options = {"driver": "GTiff", "count": 1, "height": 3, "width": 5, "dtype": "float32"}
    place = Affine(2.0, 0, EAST, 0, -2.0, NORTH)
    with rasterio.open(path, "w", crs=HOME, transform=place, **options) as file:
        file.write(values)


def cloud(path: Path) -> None:
    """A point cloud of 1000 points; LAZ by the name."""
    head = laspy.LasHeader(point_format=6, version="1.4")
    head.scales, head.offsets = [0.001] * 3, [EAST, NORTH, 0.0]
    las = laspy.LasData(head)
    chance = np.random.default_rng(3)
    las.x, las.y = EAST + 40 * chance.random(1000), NORTH + 40 * chance.random(1000)
    las.z = 10 + chance.random(1000)
    las.classification = np.full(1000, 2, np.uint8)
    las.write(path)


LIBRARIES = [
    ("vector_roads", roads, "a.gpkg", {"id_column": "rid"}, None),
    ("vector_roads", roads, "a.sqlite", {"id_column": "rid"}, None),
    ("vector_roads", roads, "a.geojson", {"id_column": "rid"}, None),
    ("vector_roads", roads, "a.fgb", {"id_column": "rid"}, None),
    ("vector_roads", roads, "a.parquet", {"id_column": "rid"}, None),
    ("footprints", roads, "a.gpkg", {"id_column": "rid", "height_column": "h"}, None),
    ("footprints", roads, "a.parquet", {"id_column": "rid", "height_column": "h"}, None),
    ("footprints", roads, "a.shp", {"id_column": "rid", "height_column": "h"}, None),
    ("geotiff_terrain", raster, "a.tif", {}, None),
    ("lidar", cloud, "a.las", {"cell_m": 10.0}, HOME),
    ("lidar", cloud, "a.laz", {"cell_m": 10.0}, HOME),
]  # fmt: skip


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
@pytest.mark.parametrize(("name", "write", "file", "params", "source"), LIBRARIES)
def test_files_that_libraries_open(
    tmp_path: Path, name: str, write, file: str, params, source, method: int
) -> None:
    """Vector files, rasters and point clouds, stored or compressed."""
    folder = tmp_path / "folder"
    folder.mkdir()
    write(folder / file)
    path = tmp_path / "outer.zip"
    with zipfile.ZipFile(path, "w", method) as archive:
        for each in sorted(folder.iterdir()):
            archive.write(each, f"データ/{each.name}")
    plain = decoded(name, folder, folder, params, source=source)
    assert_equal(decoded(name, path, path, params, source=source), plain)
    assert not (path.parent / "データ").exists()


def test_a_shapefile_at_the_top_of_an_archive(tmp_path: Path) -> None:
    """Its companions are found there as well."""
    params = {"id_column": "rid", "height_column": "h"}
    folder = tmp_path / "folder"
    folder.mkdir()
    roads(folder / "a.shp")
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for each in sorted(folder.iterdir()):
            archive.write(each, each.name)
    plain = decoded("footprints", folder, folder, params)
    assert_equal(decoded("footprints", path, path, params), plain)


@pytest.mark.parametrize(
    ("name", "write", "file", "params", "source"),
    [case for case in LIBRARIES if case[2] != "a.shp"],
)
def test_compressed_files_that_libraries_open(
    tmp_path: Path, name: str, write, file: str, params, source
) -> None:
    """One file by gzip (a Shapefile is several); only its name in the tables differs."""
    plain, packed = tmp_path / "plain", tmp_path / "packed"
    plain.mkdir()
    packed.mkdir()
    write(plain / file)
    (packed / f"{file}.gz").write_bytes(gzip.compress((plain / file).read_bytes()))
    one = decoded(name, plain, plain, params, source=source)
    other = decoded(name, packed, packed, params, source=source)
    for frame in other.tables.values():
        if "source" in frame:
            assert set(frame["source"]) <= {f"{file}.gz"}
            frame["source"] = file
    assert_equal(one, other)


BLOCKS = [
    building(lod1(box(X0 + 20 * n, Y0, X0 + 20 * n + 9, Y0 + 6, 112.0, 116.0)), f"b{n}")
    for n in range(40)
]


def packed_in(kind: str, root: Path, content: bytes) -> Path:
    """A document as a file, in an archive, by gzip."""
    if kind == "gz":
        path = root / "tile_bldg_25832.gml.gz"
        path.write_bytes(gzip.compress(content))
        return path
    method = zipfile.ZIP_STORED if kind == "stored" else zipfile.ZIP_DEFLATED
    with zipfile.ZipFile(root / "a.zip", "w", method) as archive:
        archive.writestr("udx/bldg/tile_bldg_25832.gml", content)
    return root / "a.zip/udx/bldg/tile_bldg_25832.gml"


@pytest.mark.parametrize("kind", ["stored", "deflated", "gz"])
def test_windows_of_a_stream(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    """A large file that is no plain one is scanned in windows like any other; it has no ranges."""
    content = city_model(*BLOCKS).encode()
    plain = gml.write(tmp_path, content)
    monkeypatch.setattr(gml_bytes, "WINDOW_BYTES", len(content) // 7)
    path = packed_in(kind, tmp_path, content)
    data = gml.dataset(tmp_path, path)
    assert by_scanning(data) == (40, 0)
    fast, slow = both(data)
    assert_same(fast, slow)
    reference, _ = both(gml.dataset(tmp_path, plain))
    for table, frame in reference.tables.items():
        again = fast.tables[table]
        ignored = [name for name in ("source", "geometry") if name in frame]
        for name in frame.columns.difference(ignored):
            assert all(_same(a, b) for a, b in zip(frame[name], again[name], strict=True)), name
    assert member_ranges(path, 1000) is None


@pytest.mark.parametrize("kind", ["stored", "deflated", "gz"])
@pytest.mark.parametrize("window", [2000, 16_000_000])
def test_a_file_that_is_cut_off_in_its_archive(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, window: int
) -> None:
    """A clear refusal by either way of reading, never half of the buildings."""
    monkeypatch.setattr(gml_bytes, "WINDOW_BYTES", window)
    content = city_model(*BLOCKS).encode()
    path = packed_in(kind, tmp_path, content)
    outer = path if kind == "gz" else path.parents[2]
    raw = bytearray(outer.read_bytes())
    if kind == "gz":
        del raw[-400:]
    else:
        middle = raw.index(b"PK\x01\x02") - 300
        raw[middle : middle + 40] = bytes(40)
    outer.write_bytes(raw)
    for result in both(gml.dataset(tmp_path, path)):
        assert isinstance(result, SourceError)
        assert "tile_bldg_25832.gml" in str(result)
        assert "\n" not in str(result)


def test_a_file_that_ends_early(tmp_path: Path) -> None:
    """A plain one, cut in the midst of a member."""
    content = city_model(*BLOCKS).encode()
    path = gml.write(tmp_path, content[: len(content) // 2])
    fast, slow = both(gml.dataset(tmp_path, path))
    assert "not well-formed XML" in str(slow)
    assert_same(fast, slow)


def test_code_lists_do_not_lead_out_of_the_archive(tmp_path: Path) -> None:
    """A list beside the archive is outside; one with other letters in it is found."""
    entry = "<gml:Definition><gml:description>{}</gml:description><gml:name>411</gml:name></gml:Definition>"
    lists = '<gml:Dictionary xmlns:gml="http://www.opengis.net/gml">{}</gml:Dictionary>'
    (tmp_path / "evil.xml").write_text(lists.format(entry.format("evil")))
    usages = {"a": "../../../evil.xml", "b": "../../codelists/building_USAGE.xml"}
    members = [
        building(f'<bldg:usage codeSpace="{space}">411</bldg:usage>' + lod1(box(X0, Y0, X0 + 9, Y0 + 9, 1.0, n)), name)
        for n, (name, space) in enumerate(usages.items(), start=4)
    ]  # fmt: skip
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("udx/bldg/tile_bldg_25832.gml", city_model(*members))
        archive.writestr("codelists/Building_usage.xml", lists.format(entry.format("業務施設")))
    path = tmp_path / "city.zip"
    path.write_bytes(target.getvalue())
    fast, slow = both(gml.dataset(path, path / "udx/bldg/tile_bldg_25832.gml"))
    assert_same(fast, slow)
    assert [reject.code for reject in fast.rejects] == ["code-list-outside"]
    usage = {t.name: f for t, f in fast.tables.items()}["buildings"].set_index("building_id")[
        "usage"
    ]
    assert usage.to_dict() == {"a": "411", "b": "業務施設"}
