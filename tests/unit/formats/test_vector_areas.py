"""Sites and zones of use from vector files."""

from __future__ import annotations

import geopandas as gpd
import pytest
import shapely

from citytwin.errors import SourceError
from citytwin.formats import vector_sites, vector_zones
from citytwin.model.steps import Dataset
from citytwin.model.tables import DEFECTS, SITES, ZONES
from citytwin.store.tables import conform

X0, Y0 = -44_300.0, -94_200.0
LOT = shapely.box(X0, Y0, X0 + 20, Y0 + 30)
DRIVERS = {"gpkg": "GPKG", "geojson": "GeoJSON", "fgb": "FlatGeobuf"}


def written(folder, name, crs="EPSG:6677", geometry=(LOT,), **columns):
    """A file with those features."""
    frame = gpd.GeoDataFrame(columns, geometry=list(geometry), crs="EPSG:6677").to_crs(crs)
    path = folder / name
    frame.to_file(path, driver=DRIVERS[name.rpartition(".")[2]])
    return path


def read(form, path, source_crs=None, **params):
    """What the format gives."""
    data = Dataset("land", path.parent, (path,), "EPSG:6677", "Asia/Tokyo", source_crs)
    return form.FORMAT.read(data, form.FORMAT.params(**params))


@pytest.mark.parametrize("name", ["a.gpkg", "a.geojson", "a.fgb"])
def test_sites(tmp_path, name):
    """Parcels keep their numbers; degrees become metres."""
    crs = "EPSG:4326" if name.endswith("geojson") else "EPSG:6677"
    path = written(tmp_path, name, crs, lot=["12-3"])
    decoded = read(vector_sites, path, id_column="lot")
    rows = conform(SITES, decoded.tables[SITES], "EPSG:6677")
    assert rows["site_id"].tolist() == ["12-3"]
    assert rows.geometry.area.tolist() == [pytest.approx(600.0, abs=0.2)]


def test_features_without_area_are_set_aside(tmp_path):
    """A line is no site; the others go on, and the defect says which."""
    line = shapely.LineString([(X0, Y0), (X0 + 9, Y0)])
    path = written(tmp_path, "a.gpkg", geometry=[line, LOT], lot=["1", "2"])
    decoded = read(vector_sites, path, id_column="lot")
    assert decoded.tables[SITES]["site_id"].tolist() == ["2"]
    assert [(r.record, r.code) for r in decoded.rejects] == [("1", "no-geometry")]
    assert len(decoded.tables[DEFECTS]) == 1


def test_zones_with_ratios_in_percent(tmp_path):
    """Names as they are; 200 and 60 are percent, 0.6 is a ratio."""
    path = written(
        tmp_path, "a.gpkg", geometry=[LOT, LOT.buffer(9)], zone=["第1種住居地域", None],
        far=[200, 80], cover=["60", "0.6"],
    )  # fmt: skip
    decoded = read(
        vector_zones, path, zone_column="zone", floor_area_ratio_column="far",
        building_coverage_ratio_column="cover",
    )  # fmt: skip
    rows = conform(ZONES, decoded.tables[ZONES], "EPSG:6677")
    assert rows["text"].fillna("-").tolist() == ["第1種住居地域", "-"]
    assert rows["kind"].tolist() == ["UseDistrict"] * 2
    assert rows["floor_area_ratio_max"].tolist() == [2.0, 0.8]
    assert rows["building_coverage_ratio_max"].tolist() == [0.6, 0.6]


def test_a_column_that_is_not_there_is_named(tmp_path):
    """With the columns that are."""
    path = written(tmp_path, "a.gpkg", youto=["x"])
    with pytest.raises(SourceError, match="no column 'zone'; it has youto"):
        read(vector_zones, path, zone_column="zone")


def test_a_file_in_no_place_is_refused(tmp_path):
    """Degrees beyond the poles are no coordinates of this Earth."""
    far = shapely.box(500.0, 100.0, 500.1, 100.1)
    frame = gpd.GeoDataFrame({"lot": ["1"]}, geometry=[far], crs="EPSG:4326")
    frame.to_file(tmp_path / "a.gpkg", driver="GPKG")
    with pytest.raises(SourceError):
        read(vector_sites, tmp_path / "a.gpkg", id_column="lot")
