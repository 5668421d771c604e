"""The QGIS project: layers, groups, styles and CRS, by relative paths."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from citytwin.store.publish import publish
from tests.unit.store import little_city as lc

RUN = "20261123T210000Z"
NAMES = ("terrain", "flood_depth_max", "buildings", "traffic")


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A city with two raster and two vector layers."""
    folder = tmp_path_factory.mktemp("city")
    publish(folder, [lc.stage(folder / ".work", name) for name in NAMES], lc.run_info(RUN))
    return folder


@pytest.fixture
def project(city: Path) -> ET.Element:
    """The project of the city."""
    return ET.parse(city / "little.qgs").getroot()


def test_sources_are_relative_and_exist(city: Path, project: ET.Element) -> None:
    """Every layer's source starts with ./ and exists beside the project."""
    sources = [element.text or "" for element in project.iter("datasource")]
    assert len(sources) == 4
    for source in sources:
        path, _, layer = source.partition("|layername=")
        assert path.startswith("./")
        assert (city / path).is_file()
        assert not layer or f"{layer}.gpkg" in path
    assert str(city) not in (city / "little.qgs").read_text(encoding="utf-8")
    assert project.findtext("properties/Paths/Absolute") == "false"


def test_tree_is_in_the_order_of_drawing(project: ET.Element) -> None:
    """The layer drawn last stands on top; groups and titles are bilingual."""
    groups = project.findall("layer-tree-group/layer-tree-group")
    assert [group.get("name") for group in groups] == [
        "交通 / Traffic",
        "建物 / Buildings",
        "浸水 / Flood",
        "まちの形 / Shape of the city",
    ]
    layers = project.findall(".//layer-tree-layer")
    assert [layer.get("name") for layer in layers][1] == "建物 / Buildings"
    assert [layer.get("checked") for layer in layers] == [
        "Qt::Unchecked",
        "Qt::Checked",
        "Qt::Checked",
        "Qt::Unchecked",
    ]
    maps = {element.findtext("id"): element for element in project.iter("maplayer")}
    assert {layer.get("id") for layer in layers} == set(maps)


def test_crs_and_view(project: ET.Element) -> None:
    """Project, canvas and layers are in the city's CRS; the view is the city's."""
    assert {e.findtext("authid") for e in project.iter("spatialrefsys")} == {"EPSG:6677"}
    assert project.findtext("properties/SpatialRefSys/ProjectionsEnabled") == "1"
    x_min = float(project.findtext("mapcanvas/extent/xmin") or "nan")
    x_max = float(project.findtext("mapcanvas/extent/xmax") or "nan")
    assert -7100 < x_min < x_max < -6400


def test_styles_are_those_of_the_layers(project: ET.Element) -> None:
    """Rasters have a discrete or interpolated ramp, vectors rules; wording travels along."""
    maps = {e.findtext("id"): e for e in project.iter("maplayer")}
    shader = maps["flood_depth_max_layer"].find(".//colorrampshader")
    assert shader is not None
    assert shader.get("colorRampType") == "DISCRETE"
    assert [item.get("color") for item in shader][1] == "#f7f5a9"
    ramp = maps["terrain_layer"].find(".//colorrampshader")
    assert ramp is not None
    assert ramp.get("colorRampType") == "INTERPOLATED"
    assert len(maps["traffic_layer"].findall("renderer-v2/rules/rule")) == 5
    assert maps["buildings_layer"].get("geometry") == "Polygon"
    aliases = {a.get("field"): a.get("name") for a in maps["buildings_layer"].iter("alias")}
    assert aliases["height_m"] == "高さ / Height [m]"
    abstract = maps["flood_depth_max_layer"].findtext("abstract") or ""
    assert "not an official hazard map" in abstract
    assert "Synthetic data" in abstract
