"""Building outlines of well-known data sets, by their columns."""

from __future__ import annotations

import json

import geopandas as gpd
import pandas as pd
import pytest
from footprint_files import HOME, HOUSE, NAMED, frame, read, row_of_houses, said, write

from citytwin.errors import SourceError


def overture(count=1):
    """Columns of an Overture building, as its Parquet files have them."""
    return {
        "id": [f"08b2a{n}" for n in range(count)],
        "height": [8.5] * count,
        "num_floors": [2] * count,
        "min_height": [None] * count,
        "subtype": ["residential"] * count,
        "class": ["house"] * count,
        "names": [{"primary": "家"}] * count,
        "is_underground": [False] * count,
    }


def test_overture(tmp_path):
    """Recognised by its columns, which is told; its identifier outlives a release."""
    columns = overture(4)
    columns["class"][1] = None
    columns["min_height"][2] = 3.0
    columns["is_underground"][3] = True
    places = gpd.GeoDataFrame(columns, geometry=row_of_houses(4), crs=HOME).to_crs(4326)
    path = tmp_path / "a.parquet"
    places.to_parquet(path)
    buildings, _, decoded = read(path)
    assert buildings["building_id"].tolist() == ["08b2a0", "08b2a1", "08b2a2"]
    assert buildings["stable_key"].tolist() == buildings["building_id"].tolist()
    assert buildings["usage"].tolist() == ["house", "residential", "house"]
    assert buildings["height_m"].tolist() == [8.5] * 3
    assert ["underside-ignored" in d for d in buildings["defects"]] == [False, False, True]
    notes = dict(reversed(said(decoded)))
    assert any("read as those of Overture: id = id" in note.en for note in decoded.notes)
    assert "1 buildings below the ground are left out" in [n.en for n in decoded.notes]
    assert "fallback" in notes


@pytest.mark.parametrize("name", ["a.gpkg", "a.sqlite", "a.fgb", "a.parquet"])
def test_columns_that_carry_nothing_else(tmp_path, name):
    """They are attributes, in the order of the file; what is null says nothing."""
    more = {"built": pd.to_datetime(["1984-05-06", None]), "note": ["井", None], "code": [7, 8]}
    path = write(tmp_path, frame(*row_of_houses(2), **more), name)
    found = map(json.loads, read(path, **NAMED)[0]["attributes"])
    first, second = sorted(found, key=lambda one: one["code"])  # FlatGeobuf sorts by place
    assert list(first) == ["built", "note", "code"]
    assert first["built"].startswith("1984-05-06")
    assert (first["note"], first["code"], second) == ("井", 7, {"code": 8})


def test_attributes_of_overture(tmp_path):
    """Structures stay structures; the column that served as fallback only stays too."""
    places = gpd.GeoDataFrame(overture(1), geometry=row_of_houses(1), crs=HOME).to_crs(4326)
    path = tmp_path / "a.parquet"
    places.to_parquet(path, write_covering_bbox=True)
    row = read(path)[0].iloc[0]
    assert json.loads(row["attributes"]) == {"subtype": "residential", "names": {"primary": "家"}}
    assert (row["lods"], row["height_from"]) == ("0", "attribute")


def test_openstreetmap(tmp_path):
    """Tags are texts; ``yes`` is no usage."""
    columns = {
        "@id": ["way/1", "way/2"],
        "building": ["yes", "school"],
        "height": ["9.5 m", None],
        "building:levels": [None, "3"],
    }
    path = write(tmp_path, gpd.GeoDataFrame(columns, geometry=row_of_houses(2), crs=HOME), "a.gpkg")
    buildings, _, _ = read(path)
    assert buildings["building_id"].tolist() == ["way/1", "way/2"]
    assert buildings["height_m"].tolist() == [9.5, 9.0]
    assert buildings["usage"].isna().tolist() == [True, False]


def test_3dbag(tmp_path):
    """Elevations of ground and roof; the 70th percentile is what its LOD1.2 uses."""
    columns = {
        "identificatie": ["NL.IMBAG.Pand.1"],
        "b3_h_maaiveld": [1.25],
        "b3_h_dak_50p": [8.0],
        "b3_h_dak_70p": [9.25],
        "b3_bouwlagen": [3],
    }
    path = write(tmp_path, gpd.GeoDataFrame(columns, geometry=[HOUSE], crs=HOME), "a.gpkg")
    row = read(path)[0].iloc[0]
    assert (row["ground_z_m"], row["roof_z_m"], row["height_m"]) == (1.25, 9.25, 8.0)
    assert row["stable_key"] == "NL.IMBAG.Pand.1"


def test_what_the_user_names_counts_before_what_is_recognised(tmp_path):
    """And recognition can be switched off."""
    places = gpd.GeoDataFrame({**overture(), "mine": [20.0]}, geometry=[HOUSE], crs=HOME)
    path = write(tmp_path, places.drop(columns="names"), "a.gpkg")
    assert read(path, height_column="mine")[0]["height_m"].tolist() == [20.0]
    buildings, _, decoded = read(path, detect=False)
    assert buildings["building_id"].tolist() == ["a.gpkg:1"]
    assert buildings["defects"].tolist() == ["ground-unknown,height-unknown"]
    assert not any("read as those" in text for _, text in said(decoded))


def test_a_column_that_is_not_there(tmp_path):
    """A misspelt column is refused with the names that exist."""
    path = write(tmp_path, frame(HOUSE), "a.gpkg")
    with pytest.raises(SourceError, match=r"no column 'hight'.*bid, h, floors"):
        read(path, height_column="hight")
