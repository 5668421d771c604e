"""Real city models in one line, and out again, against numbers counted independently."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pyogrio
import pytest

import citytwin
from tests.real.sample_counts import counts

# File, CRS for those that name none, level whose areas are counted (None: the file's oddities
# are described in test_city_model_counts.py).
FILES = [
    ("plateau/udx/bldg/54363371_bldg_6697.gml", None, "a0"),
    ("plateau/udx/bldg/52397519_bldg_6697_op.gml", None, "a0"),
    ("plateau/udx/bldg/64413325_bldg_6697_op.gml", None, "a0"),
    ("citygml2/Potsdam_LoD1.gml", None, "a1"),
    ("citygml2/Building_and_garage_LOD2-EPSG25832_v2.gml", None, "a2"),
    ("citygml2/b1_lod2_s.gml", "EPSG:6677", "a2"),
    ("citygml3/53394517_bldg_6697_2_op_CityGML3.gml", None, "a0"),
    ("citygml3/lod2_buildings_v3.gml", None, "a2"),
    ("cityjson/3dbag_b2.city.jsonl", None, None),
    ("cityjson/DH_01_subs.city.json", "EPSG:28992", "a2"),
    ("delft/delft.city.json", None, "a1"),
    ("delft/3dfier_testarea.json", "EPSG:28992", "a1"),
]
ZONE = {
    "54363371_bldg_6697.gml": "EPSG:6675",
    "52397519_bldg_6697_op.gml": "EPSG:6677",
    "64413325_bldg_6697_op.gml": "EPSG:6680",
    "53394517_bldg_6697_2_op_CityGML3.gml": "EPSG:6677",
    "Potsdam_LoD1.gml": "EPSG:25833",
    "delft.city.json": "EPSG:28992",
}
"""Kaga lies in zone VII, Yokosuka and Tokyo in IX, Sapporo in XII."""


@pytest.fixture(scope="module")
def base(samples):
    """Folder of the building samples."""
    return samples / "buildings"


def counted(base, relative):
    """What was counted of a file."""
    return counts(base)[relative.rpartition("/")[2]]


def buildings_of(model):
    """Number of buildings, each with its parts."""
    frame = model.buildings
    return len(set(frame["parent_id"].fillna(frame["building_id"])))


@pytest.mark.parametrize(("relative", "crs", "level"), FILES)
def test_counts_and_areas(base, relative, crs, level):
    """The plane is found; buildings, parts and areas are those that were counted."""
    entry = counted(base, relative)
    model = citytwin.read_citymodel(base / relative, source_crs=crs, themes=["bldg"])
    name = relative.rpartition("/")[2]
    assert model.crs == ZONE.get(name, model.crs)
    assert buildings_of(model) == entry["buildings"]
    assert model.buildings["parent_id"].notna().sum() == entry["parts"]
    if level is not None:
        # the counts are rounded to 0.1 m2
        total = model.buildings.area.sum()
        assert total == pytest.approx(entry[level], rel=5e-4, abs=0.06)


@pytest.mark.parametrize(("relative", "crs", "level"), FILES)
def test_exports_hold_the_same(base, relative, crs, level, tmp_path):
    """All three exports give the buildings back: count, areas, heights, faces."""
    model = citytwin.read_citymodel(base / relative, source_crs=crs, themes=["bldg"])
    model.to_geoparquet(tmp_path)
    model.to_geopackage(tmp_path / "m.gpkg")
    assert model.to_cityjsonseq(tmp_path / "m.city.jsonl") == counted(base, relative)["buildings"]
    parquet = gpd.read_parquet(tmp_path / "buildings.parquet")
    package = pyogrio.read_dataframe(tmp_path / "m.gpkg", layer="buildings")
    faces = gpd.read_parquet(tmp_path / "surfaces.parquet")
    sequence = citytwin.read_citymodel(tmp_path / "m.city.jsonl")
    area = model.buildings.area.sum()
    for back in (parquet, package, sequence.buildings):
        assert len(back) == len(model.buildings)
        assert back.area.sum() == pytest.approx(area, rel=5e-4)
        assert sorted(back["height_m"].dropna()) == pytest.approx(
            sorted(model.buildings["height_m"].dropna()), abs=2e-3
        )
    assert len(faces) == len(sequence.surfaces) == len(model.surfaces)


def test_a_whole_data_set(base):
    """Every theme of the PLATEAU samples at once; what was counted is there."""
    model = citytwin.read_citymodel(base / "plateau")
    entries = [counted(base, path.name) for path in sorted((base / "plateau").rglob("*_bldg_*"))]
    assert buildings_of(model) == sum(entry["buildings"] for entry in entries)
    relief = [counted(base, path.name) for path in sorted((base / "plateau").rglob("*_dem_*"))]
    assert len(model.relief) == sum(entry["tin_triangles"] for entry in relief)
    for table in ("roads", "land_use", "vegetation", "zones", "hazard_surfaces"):
        assert len(getattr(model, table)), table


def test_delft_with_everything(base):
    """City model, register, laser points and rasters of one place stand in one CRS."""
    model = citytwin.read_citymodel(base / "delft", source_crs="EPSG:7415")
    assert model.crs == "EPSG:28992"
    assert {"ahn3_dsm_max_0.5m", "ahn3_ground_mean_0.5m"} < set(model.rasters)
    assert np.isfinite(model.rasters["ahn3_dsm_max_0.5m"].values).any()


@pytest.mark.parametrize("name", ["LoD2_32_690_5336.gml", "690_5336.gml", "city.xml"])
def test_german_names(base, tmp_path, name):
    """A file of German cities is known by its content."""
    source = base / "citygml2" / "Potsdam_LoD1.gml"
    (tmp_path / name).write_bytes(source.read_bytes())
    model = citytwin.read_citymodel(tmp_path)
    assert (model.crs, len(model.buildings)) == ("EPSG:25833", 97)
