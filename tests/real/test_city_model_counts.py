"""Real city models against numbers that were counted independently of this program.

``counts.jsonl`` of the samples holds, per file: buildings, parts, polygons, range of heights,
footprint areas per level of detail. Oddities of the files are named where they matter.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import numpy as np
import pyogrio
import pytest
import rasterio

from citytwin.formats import (
    citygml_land_use,
    citygml_relief,
    citygml_roads,
    geotiff_terrain,
    vector_roads,
)
from citytwin.formats.citygml.format import FORMAT as CITYGML
from citytwin.formats.cityjson.format import FORMAT as CITYJSON
from citytwin.formats.footprints import format as footprints
from citytwin.formats.lidar import format as lidar
from citytwin.model.steps import Dataset
from citytwin.model.tables import BUILDINGS, LAND_USE, RELIEF, ROADS, SURFACES
from citytwin.store.tables import conform
from tests.real.sample_counts import counts

BERLIN = 3068
CRS = {
    "Potsdam_LoD1.gml": 25833,
    "lod2_buildings_v3.gml": BERLIN,
    "b1_lod2_cs_w_sem.gml": 6677,
    "b1_lod2_s.gml": 6677,
    "lod2_buildings_as_CityJSON_features.jsonl": 6677,
    "geomtemplate_2.json": 6677,
}
GML = [
    "plateau/udx/bldg/52397519_bldg_6697_op.gml",
    "plateau/udx/bldg/53392546_bldg_6697_2_op.gml",
    "plateau/udx/bldg/53392547_bldg_6697_2_op.gml",
    "plateau/udx/bldg/53392633_bldg_6697_2_op.gml",
    "plateau/udx/bldg/53392642_bldg_6697_op2.gml",
    "plateau/udx/bldg/53394517_bldg_6697_2_op.gml",
    "plateau/udx/bldg/54363371_bldg_6697.gml",
    "plateau/udx/bldg/64413325_bldg_6697_op.gml",
    "citygml2/Building_LOD1-EPSG25832_CityGMLv2.gml",
    "citygml2/Building_LOD2-EPSG25832_CityGMLv2.gml",
    "citygml2/Building_and_garage_LOD2-EPSG25832_v2.gml",
    "citygml2/FZK-Haus-LoD0-KIT-IAI-KHH-B36-V1.gml",
    "citygml2/Potsdam_LoD1.gml",
    "citygml2/b1_lod2_cs_w_sem.gml",
    "citygml2/b1_lod2_s.gml",
    "citygml3/53394517_bldg_6697_2_op_CityGML3.gml",
    "citygml3/Building_LOD1-EPSG25832_CityGMLv3.gml",
    "citygml3/Building_LOD2-EPSG25832_CityGMLv3.gml",
    "citygml3/Building_and_garage_LOD2-EPSG25832_v3.gml",
    "citygml3/citygml3_roads_roundabout.gml",
    "citygml3/lod2_buildings_v3.gml",
]
JSON = [
    "cityjson/3dbag_b2.city.jsonl",
    "cityjson/DH_01_subs.city.json",
    "cityjson/geomtemplate_2.json",
    "cityjson/lod2_buildings_as_CityJSON_features.jsonl",
    "cityjson/multi_lod.json",
    "cityjson/rotterdam_subset.json",
    "delft/3dfier_testarea.json",
    "delft/delft.city.json",
]
# One level of detail only, so that polygons of the file are faces of the tables.
ALL_FACES = [
    "Building_LOD1-EPSG25832_CityGMLv2.gml",
    "Building_LOD2-EPSG25832_CityGMLv2.gml",
    "Building_LOD1-EPSG25832_CityGMLv3.gml",
    "Building_LOD2-EPSG25832_CityGMLv3.gml",
    "Potsdam_LoD1.gml",
    "b1_lod2_cs_w_sem.gml",
    "b1_lod2_s.gml",
    "lod2_buildings_v3.gml",
    "3dbag_b2.city.jsonl",
    "DH_01_subs.city.json",
    "lod2_buildings_as_CityJSON_features.jsonl",
    "3dfier_testarea.json",
    "delft.city.json",
]
# The outline of one building of this tile has holes 16 km away, which the count subtracts.
OUTLINE_WITH_FAR_HOLES = "53392642_bldg_6697_op2.gml"
# Two outlines of one building: footprint 120 m2 and roof edge 143 m2; the footprint counts.
TWO_OUTLINES = "FZK-Haus-LoD0-KIT-IAI-KHH-B36-V1.gml"


@pytest.fixture(scope="module")
def base(samples):
    """Folder of the building samples."""
    return samples / "buildings"


@cache
def decoded(base, relative):
    """Tables of a file in a CRS near it, by their schemas."""
    path: Path = base / relative
    entry = counts(base)[path.name]
    json_file = ".json" in path.name
    code = entry.get("target") or CRS.get(path.name, 28992 if json_file else 25832)
    given = f"EPSG:{code}" if entry["srs"] is None else None
    target = f"EPSG:{code}"
    root = base / "plateau" if "plateau" in relative else path.parent
    chosen = CITYJSON if json_file else CITYGML
    result = chosen.read(Dataset("x", root, (path,), target, "Asia/Tokyo", given), chosen.params())
    tables = {table: conform(table, frame, target) for table, frame in result.tables.items()}
    return entry, tables[BUILDINGS], tables[SURFACES], result


@pytest.mark.parametrize("relative", [*GML, *JSON])
def test_buildings_and_parts(base, relative):
    """Every building is there, as itself or as its parts; every part is there."""
    entry, buildings, _, _ = decoded(base, relative)
    whole = set(buildings["parent_id"].dropna())
    whole |= set(buildings["building_id"][buildings["parent_id"].isna()])
    assert len(whole) == entry["buildings"]
    assert buildings["parent_id"].notna().sum() == entry["parts"]
    assert buildings["building_id"].is_unique


@pytest.mark.parametrize("relative", [*GML, *JSON])
def test_footprints(base, relative):
    """The area of all footprints is that of the outlines, else of the best level; all valid."""
    entry, buildings, _, _ = decoded(base, relative)
    levels = sorted(key for key in entry if key[0] == "a" and key[1:2].isdigit())
    assert buildings.geometry.is_valid.all()
    if entry["file"] == TWO_OUTLINES:
        assert buildings.geometry.area.sum() == pytest.approx(120.0, rel=5e-4)
    elif entry["file"] == OUTLINE_WITH_FAR_HOLES:
        assert buildings.geometry.area.sum() == pytest.approx(entry["a1"], rel=5e-4)
    elif levels:
        key = "a0" if "a0" in entry else levels[-1]
        # The counts are rounded to 0.1 m2.
        assert buildings.geometry.area.sum() == pytest.approx(entry[key], rel=5e-4, abs=0.06)
    else:
        assert len(buildings) == 0


@pytest.mark.parametrize("relative", [*GML, *JSON])
def test_heights(base, relative):
    """Nothing lies outside the counted range of heights, and its top is reached."""
    entry, buildings, surfaces, _ = decoded(base, relative)
    if entry["zmin"] is None:
        return
    z = np.concatenate(list(surfaces["xyz"])).reshape(-1, 3)[:, 2]
    assert z.min() >= entry["zmin"] - 0.0006
    assert z.max() == pytest.approx(entry["zmax"], abs=0.0006)
    assert buildings["roof_z_m"].max() == z.max()
    assert buildings["ground_z_m"].min() == z.min()
    if entry["max_meas"] and entry["max_meas"] < 1000:
        assert buildings["measured_height_m"].max() == pytest.approx(entry["max_meas"])


@pytest.mark.parametrize("relative", [r for r in (*GML, *JSON) if Path(r).name in ALL_FACES])
def test_faces(base, relative):
    """Every polygon of a file with one level of detail is a face of the surfaces table."""
    entry, _, surfaces, _ = decoded(base, relative)
    assert len(surfaces) == entry["polygons"]


@pytest.mark.parametrize("relative", GML[:8])
def test_levels_of_plateau(base, relative):
    """LOD2 is used for exactly the buildings that have it."""
    entry, buildings, _, _ = decoded(base, relative)
    names = buildings["parent_id"].fillna(buildings["building_id"])
    assert names[buildings["lod"] == "2"].nunique() == entry["with_lod"].get("2", 0)
    assert set(buildings["lod"]) <= {"1", "2"}


def test_wrong_units_stay_out(base):
    """Potsdam records a height of 60 470 m: it is null, and marked."""
    _, buildings, _, _ = decoded(base, "citygml2/Potsdam_LoD1.gml")
    assert buildings["measured_height_m"].max() != 60_470.0
    assert buildings["defects"].str.contains("measured-height-absurd").any()


def test_kaga_with_the_texts_of_its_codes(base):
    """A whole tile: 192 buildings, their keys and the wording of their usage."""
    path = base / "plateau/udx/bldg/54363371_bldg_6697.gml"
    data = Dataset("kaga", base / "plateau", (path,), "EPSG:6675", "Asia/Tokyo")
    frame = CITYGML.read(data, CITYGML.params()).tables[BUILDINGS]
    assert len(frame) == 192
    assert (frame["stable_key"].str.startswith("17206-bldg-")).all()
    assert "文教厚生施設" in set(frame["usage"])


def test_far_holes_are_told(base):
    """The outline with holes in another town keeps its place, and the holes are told."""
    _, buildings, _, result = decoded(base, f"plateau/udx/bldg/{OUTLINE_WITH_FAR_HOLES}")
    assert [reject.code for reject in result.rejects] == ["spike", "spike"]
    assert np.ptp(buildings.total_bounds[[0, 2]]) < 1500


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [("523965_dem_6697_05_op.gml", -1.0, 60.0), ("533925_dem_6697_op.gml", -11.0, 30.0)],
)
def test_relief(base, name, low, high):
    """Every triangle of the sheet, near its place and within the heights of its Envelope."""
    path = base / "plateau/udx/dem" / name
    data = Dataset("dem", base / "plateau", (path,), "EPSG:6677", "Asia/Tokyo")
    result = citygml_relief.FORMAT.read(data, citygml_relief.FORMAT.params())
    rows = np.array(list(result.tables[RELIEF]["triangle"])).reshape(-1, 3, 3)
    assert len(rows) == counts(base)[name]["tin_triangles"]
    assert low <= rows[..., 2].min() <= rows[..., 2].max() <= high
    assert result.rejects == ()


def test_roads_of_plateau(base):
    """Nine roads of LOD1."""
    path = base / "plateau/udx/tran/533925_tran_6697_op.gml"
    data = Dataset("tran", base / "plateau", (path,), "EPSG:6677", "Asia/Tokyo")
    result = citygml_roads.FORMAT.read(data, citygml_roads.FORMAT.params())
    assert len(result.tables[ROADS]) == counts(base)[path.name]["top"]["Road"]
    assert result.rejects == ()


def test_roads_of_citygml_3(base):
    """Two streets whose areas are nested in sections and traffic spaces."""
    path = base / "citygml3/citygml3_roads_roundabout.gml"
    data = Dataset("tran", path.parent, (path,), "EPSG:32755", "Australia/Melbourne")
    frame = citygml_roads.FORMAT.read(data, citygml_roads.FORMAT.params()).tables[ROADS]
    assert frame["name"].tolist() == ["Drummond_Street", "Pelham_Street"]


@pytest.mark.parametrize("name", ["533925_luse_6668_2_op.gml", "533925_luse_6697_park_op.gml"])
def test_land_use(base, name):
    """Every parcel; the recorded areas of the first file are met to 0.1 %."""
    path = base / "plateau/udx/luse" / name
    data = Dataset("luse", base / "plateau", (path,), "EPSG:6677", "Asia/Tokyo")
    frame = citygml_land_use.FORMAT.read(data, citygml_land_use.FORMAT.params()).tables[LAND_USE]
    assert len(frame) == counts(base)[name]["top"]["LandUse"]
    if "6668" in name:
        # uro:areaInSquareMeter of its first parcel.
        assert frame.geometry.area.iloc[0] == pytest.approx(182.489624996, rel=1e-3)


def test_roads_of_delft(base):
    """The road register holds 151 surfaces, 8 of them on bridges; the city model 143."""
    path = base / "delft/bgt/bgt_wegdeel.sqlite"
    data = Dataset("bgt", path.parent, (path,), "EPSG:28992", "Europe/Amsterdam")
    params = vector_roads.VectorRoadParams(
        id_column="gml_id",
        function_column="function",
        level_column="relatievehoogteligging",
        ended_column="terminationdate",
    )
    frame = vector_roads.FORMAT.read(data, params).tables[ROADS]
    assert frame["level"].value_counts().to_dict() == {0: 143, 1: 8}
    _, _, _, result = decoded(base, "delft/delft.city.json")
    roads = result.tables[ROADS]
    assert len(roads) == 143
    common = frame.set_index("road_id").geometry.reindex(roads["road_id"])
    assert np.allclose(common.area, roads.geometry.area.to_numpy(), rtol=1e-2, atol=0.1)


def test_lidar_of_delft(base):
    """The ground raster lies where the buildings are and within the heights of the place."""
    path = base / "delft/lidar/ahn3_ground_mean_0.5m.tif"
    data = Dataset("ahn", path.parent, (path,), "EPSG:28992", "Europe/Amsterdam")
    result = geotiff_terrain.FORMAT.read(data, geotiff_terrain.FORMAT.params())
    raster = result.rasters["terrain_raster"]
    assert raster.values.shape == (460, 528)
    assert np.nanmin(raster.values) > -1.0
    assert np.nanmax(raster.values) < 3.0
    _, buildings, _, _ = decoded(base, "delft/delft.city.json")
    west, south, east, north = buildings.total_bounds
    assert west > raster.x_min - 50
    assert east < raster.x_min + 528 * 0.5 + 50
    assert north < raster.y_max + 50
    assert south > raster.y_max - 460 * 0.5 - 50


def test_a_tree_from_a_template(base, tmp_path):
    """The only sample with templates is a tree; called a building, it stands at its anchor.

    Its matrix is the identity, so each vertex is that of the template plus the anchor.
    """
    root = json.loads((base / "cityjson/geomtemplate_2.json").read_text(encoding="utf-8"))
    tree = next(iter(root["CityObjects"].values()))
    tree["type"] = "Building"
    tree["geometry"][0]["template"] = 0
    path = tmp_path / "tree.city.json"
    path.write_text(json.dumps(root), encoding="utf-8")
    data = Dataset("tree", tmp_path, (path,), "EPSG:6677", "Asia/Tokyo", "EPSG:6677")
    surfaces = CITYJSON.read(data, CITYJSON.params()).tables[SURFACES]
    templates = root["geometry-templates"]
    faces = templates["templates"][0]["boundaries"]
    anchor = np.array(root["vertices"][0]) * 0.001 + [0.56, 0.64, 7.579]
    points = np.array(templates["vertices-templates"]) + anchor
    assert len(surfaces) == len(faces)
    for xyz, face in zip(surfaces["xyz"], faces, strict=True):
        assert np.allclose(np.reshape(xyz, (-1, 3)), points[face[0]], atol=1e-9)


@pytest.mark.parametrize(
    ("name", "role", "params"),
    [
        ("ahn3_ground_mean_0.5m.tif", "terrain_raster", {}),
        ("ahn3_dsm_max_0.5m.tif", "surface_raster", {"surface_classes": (1, 2, 6, 9)}),
        (
            "ahn3_building_mean_0.5m.tif",
            "surface_raster",
            {"surface_classes": (6,), "surface_statistic": "mean"},
        ),
    ],
)
def test_points_of_delft(base, name, role, params):
    """Cell by cell what another program made of the same points (its raster ends 0.3 m earlier)."""
    folder = base / "delft/lidar"
    files = tuple(sorted(folder.glob("*.laz")))
    data = Dataset("ahn", folder, files, "EPSG:28992", "Europe/Amsterdam", "EPSG:28992")
    raster = lidar.FORMAT.read(data, lidar.LidarParams(**params)).rasters[role]
    with rasterio.open(folder / name) as tif:
        expected = tif.read(1, masked=True).filled(np.nan)
        left, top = tif.transform.c, tif.transform.f
    row, col = round((top - raster.y_max) / 0.5), round((raster.x_min - left) / 0.5)
    made = np.full_like(expected, np.nan)
    values = raster.values[: expected.shape[0] - row, : expected.shape[1] - col]
    made[row : row + values.shape[0], col : col + values.shape[1]] = values
    assert np.array_equal(np.isnan(made), np.isnan(expected))
    assert np.nanmax(np.abs(made - expected)) <= 1e-5


def test_outlines_of_delft(base):
    """The register holds 160 outlines without heights: flat and marked, each with its area.

    The areas are those that the shoelace formula gives for the rings as GDAL reads them.
    """
    path = base / "delft/bgt/bgt_pand.sqlite"
    data = Dataset("bgt", path.parent, (path,), "EPSG:28992", "Europe/Amsterdam")
    params = footprints.FootprintParams(id_column="gml_id", stable_key_column="lokaalid")
    result = footprints.FORMAT.read(data, params)
    frame = conform(BUILDINGS, result.tables[BUILDINGS], "EPSG:28992").set_index("building_id")
    assert result.rejects == ()
    assert set(frame["defects"]) == {"ground-unknown,height-unknown"}
    assert frame["stable_key"].str.startswith("G0503").all()
    outlines = pyogrio.read_dataframe(path).set_index("gml_id").geometry
    assert len(frame) == len(outlines) == 160
    for name, outline in outlines.items():
        rings = [np.array(ring.coords) for ring in (outline.exterior, *outline.interiors)]
        x, y = zip(*((r[:, 0] - r[0, 0], r[:, 1] - r[0, 1]) for r in rings), strict=True)
        areas = [abs(float(a[:-1] @ b[1:] - a[1:] @ b[:-1])) / 2 for a, b in zip(x, y, strict=True)]
        assert frame.geometry[name].area == pytest.approx(areas[0] - sum(areas[1:]), rel=1e-6)
