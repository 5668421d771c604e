"""One line from files of any format to tables."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely
from rasterio.transform import from_origin

import citytwin
from citytwin.errors import ConfigError, SourceError
from tests.unit.formats import gml_documents as gml


def house(number, name=None):
    """House of 10 m x 6 m x 4 m, the n-th of a row."""
    x = gml.X0 + 20 * number
    return gml.building(
        gml.lod1(gml.box(x, gml.Y0, x + 10, gml.Y0 + 6, 112.0, 116.0)), name or f"b{number}"
    )


def road(number):
    """Road of 30 m x 5 m."""
    ring = gml.rectangle(gml.X0, gml.Y0 - 10, gml.X0 + 30, gml.Y0 - 5, 112.0)
    surface = gml.multi_surface(gml.polygon(ring))
    return (
        f'<tran:Road gml:id="r{number}"><tran:lod1MultiSurface>{surface}'
        "</tran:lod1MultiSurface></tran:Road>"
    )


def test_one_file_of_several_themes(tmp_path):
    """Buildings and roads of one file, in its own CRS, with units; what is absent is empty."""
    (tmp_path / "city.xml").write_text(gml.city_model(house(0), road(1)))
    model = citytwin.read_citymodel(tmp_path / "city.xml")
    assert model.crs == "EPSG:25832"
    assert model.buildings.area.tolist() == pytest.approx([60.0])
    assert model.buildings["height_m"].tolist() == pytest.approx([4.0])
    assert model.buildings.attrs["units"]["height_m"] == "m"
    assert len(model.surfaces) == 6
    assert model.roads.area.tolist() == pytest.approx([150.0])
    assert len(model.zones) == 0
    assert "floor_area_ratio_max" in model.zones.columns
    assert model.zones.crs.to_epsg() == 25832
    assert len(model.report) == 0
    assert "buildings" in repr(model)
    assert "<table>" in model._repr_html_()


def test_a_broken_file_is_in_the_report(tmp_path):
    """The others go on; the report names file and reason."""
    gml.write(tmp_path, gml.city_model(house(0)), "1_bldg_25832.gml")
    gml.write(tmp_path, gml.city_model(house(1))[:-200], "2_bldg_25832.gml")
    gml.write(tmp_path, "<html/>", "3_bldg_25832.gml")
    gml.write(tmp_path, "<html/>", "4.gml")
    model = citytwin.read_citymodel(tmp_path)
    assert model.buildings["building_id"].tolist() == ["b0"]
    codes = dict(zip(model.report["source"], model.report["code"], strict=True))
    assert codes == {
        "2_bldg_25832.gml": "file-refused",
        "3_bldg_25832.gml": "file-refused",
        "4.gml": "not-recognised",
    }
    files = model.sources.set_index("file")
    assert len(files) == 4
    assert files["sha256"].str.len().eq(64).all()


def test_nothing_usable(tmp_path):
    """The first reason is raised."""
    path = gml.write(tmp_path, gml.city_model(house(0))[:-200], "2_bldg_25832.gml")
    with pytest.raises(SourceError, match="not well-formed"):
        citytwin.read_citymodel(path)
    with pytest.raises(SourceError, match="no such file"):
        citytwin.read_citymodel(tmp_path / "absent.gml")
    gml.write(tmp_path, gml.city_model(house(0)), "2_bldg_25832.gml")
    with pytest.raises(SourceError, match="nothing of the themes"):
        citytwin.read_citymodel(path, themes=["tran"])


def test_themes_and_crs(tmp_path):
    """Themes limit what is read; a CRS that is asked for is used, one in degrees is refused."""
    (tmp_path / "city.xml").write_text(gml.city_model(house(0), road(1)))
    model = citytwin.read_citymodel(tmp_path, themes=("tran",), crs="EPSG:32632")
    assert (len(model.buildings), len(model.roads)) == (0, 1)
    assert model.roads.crs.to_epsg() == 32632
    with pytest.raises(ConfigError, match="not a projected CRS"):
        citytwin.read_citymodel(tmp_path, crs="EPSG:4326")


def test_a_file_without_crs(tmp_path):
    """It must be given."""
    path = tmp_path / "city.xml"
    path.write_text(gml.city_model(house(0), srs_name=None))
    with pytest.raises(SourceError, match="source_crs"):
        citytwin.read_citymodel(path)
    model = citytwin.read_citymodel(path, source_crs="EPSG:25832")
    assert model.buildings.area.sum() == pytest.approx(60.0)


def test_one_building_in_two_formats_and_two_data_sets(tmp_path):
    """The same building of two data sets counts once; another with its id is kept and told."""
    gml.write(tmp_path / "a", gml.city_model(house(0), house(1)), "1_bldg_25832.gml")
    gml.write(tmp_path / "b", gml.city_model(house(0), house(2, "b1")), "1_bldg_25832.gml")
    model = citytwin.read_citymodel([tmp_path / "a", tmp_path / "b"])
    assert len(model.buildings) == 3
    assert model.buildings["building_id"].is_unique
    assert len(model.surfaces) == 18
    assert {note.severity for note in model.notes} == {"info", "loss"}


def test_footprints(tmp_path):
    """Footprints of a vector file stand beside a city model, both in one CRS."""
    gpd.GeoDataFrame(
        {"id": ["f"], "height": [7.0], "num_floors": [2], "class": ["house"]},
        geometry=[shapely.box(8.4365, 49.0985, 8.4367, 49.0986)],
        crs="EPSG:4326",
    ).to_file(tmp_path / "overture.gpkg")
    (tmp_path / "city.xml").write_text(gml.city_model(house(0)))
    model = citytwin.read_citymodel(tmp_path)
    assert model.crs == "EPSG:25832"
    assert sorted(model.buildings["height_m"]) == pytest.approx([4.0, 7.0])
    x, y = model.buildings.set_index("building_id").geometry.centroid["f"].coords[0]
    assert abs(x - gml.X0) < 200
    assert abs(y - gml.Y0) < 400


def test_rasters_are_labelled(tmp_path):
    """Row 0 lies in the north, coordinates are those of the middle of each cell."""
    place = {"crs": "EPSG:25832", "transform": from_origin(gml.X0, gml.Y0 + 4, 2, 2)}
    values = np.array([[1, 2], [3, -9999]], dtype="float32")
    with rasterio.open(
        tmp_path / "dtm.tif", "w", driver="GTiff", height=2, width=2, count=1, dtype="float32",
        nodata=-9999, **place,
    ) as raster:  # fmt: skip
        raster.write(values, 1)
    model = citytwin.read_citymodel(tmp_path)
    array = model.rasters["dtm"]
    assert array.sel(x=gml.X0 + 1, y=gml.Y0 + 3).item() == 1
    assert np.isnan(array.sel(x=gml.X0 + 3, y=gml.Y0 + 1).item())
    assert array.rio.crs.to_epsg() == 25832
    assert array.attrs["units"] == "m"


def test_every_refused_file_is_in_the_report(tmp_path):
    """Files that are refused for one reason have a row each."""
    gml.write(tmp_path, gml.city_model(house(0)), "good.gml")
    for name in ("empty1.gml", "empty2.gml"):
        (tmp_path / name).write_bytes(b"")
    model = citytwin.read_citymodel(tmp_path)
    assert model.report["source"].tolist() == ["empty1.gml", "empty2.gml"]


def test_a_crs_that_proj_does_not_know(tmp_path):
    """It is an option that makes no sense."""
    path = gml.write(tmp_path, gml.city_model(house(0)))
    with pytest.raises(ConfigError, match="nonsense"):
        citytwin.read_citymodel(path, crs="nonsense")
