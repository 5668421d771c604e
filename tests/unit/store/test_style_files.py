"""QML, SLD, colour tables and MapLibre layers all say what the style says."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from citytwin.model.layer import Style, StyleItem
from citytwin.model.text import text
from citytwin.store.qml import qml
from citytwin.store.sld import sld
from citytwin.store.style_files import (
    colour_relief,
    colour_table,
    maplibre_layer,
    style_json,
    write_style_files,
)
from citytwin.store.style_target import RasterTarget, VectorTarget

DRY = StyleItem(
    min=None, max=0.01, rgb=(255, 255, 255), label=text("浸水なし", "Dry"), transparent=True
)
LOW = StyleItem(min=0.01, max=0.5, rgb=(247, 245, 169), label=text("0.5 m 未満", "under 0.5 m"))
HIGH = StyleItem(min=0.5, max=None, rgb=(255, 216, 192), label=text("0.5 m 以上", "0.5 m or more"))
STYLE = Style(kind="class", unit="m", title=text("深さ", "Depth"), items=(DRY, LOW, HIGH))
RASTER = RasterTarget("depth", 0.001)
VECTOR = VectorTarget("buildings", "depth_m", "polygon", height="height_m", base="base_m")
OGC = "{http://www.opengis.net/ogc}"
SLD = "{http://www.opengis.net/sld}"


def test_json_is_what_the_page_reads() -> None:
    """Kind, unit, bilingual title and items with open ends; the mark of hidden items only there."""
    read = json.loads(style_json(STYLE))
    assert (read["kind"], read["unit"]) == ("class", "m")
    assert read["title"] == {"ja": "深さ", "en": "Depth"}
    assert read["items"][1] == {
        "min": 0.01,
        "max": 0.5,
        "rgb": [247, 245, 169],
        "label": {"ja": "0.5 m 未満", "en": "under 0.5 m"},
    }
    assert read["items"][0]["transparent"] is True
    assert read["items"][2]["max"] is None
    assert Style.model_validate(read) == STYLE


def test_raster_qml() -> None:
    """Upper ends half a millimetre short make QGIS's (low, high] the style's [low, high)."""
    root = ET.fromstring(qml(STYLE, RASTER))
    renderer = root.find("pipe/rasterrenderer")
    assert renderer is not None
    assert renderer.get("type") == "singlebandpseudocolor"
    shader = root.find(".//colorrampshader")
    assert shader is not None
    assert shader.get("colorRampType") == "DISCRETE"
    items = [(i.get("value"), i.get("color"), i.get("alpha")) for i in shader.findall("item")]
    assert items == [
        ("0.0095", "#ffffff", "0"),
        ("0.4995", "#f7f5a9", "255"),
        ("inf", "#ffd8c0", "255"),
    ]


def test_ramp_qml_and_sld_have_the_stops() -> None:
    """A ramp is interpolated between the middles of its items."""
    items = (
        StyleItem(min=None, max=10, rgb=(0, 0, 0), label=text("低", "low")),
        StyleItem(min=10, max=30, rgb=(9, 9, 9), label=text("中", "mid")),
        StyleItem(min=30, max=None, rgb=(99, 99, 99), label=text("高", "high")),
    )
    ramp = Style(kind="ramp", unit="m", title=text("高さ", "Height"), items=items)
    shader = ET.fromstring(qml(ramp, RASTER)).find(".//colorrampshader")
    assert shader is not None
    assert shader.get("colorRampType") == "INTERPOLATED"
    assert [i.get("value") for i in shader.findall("item")] == ["10", "20", "30"]
    colour_map = ET.fromstring(sld(ramp, RASTER).encode()).find(f".//{SLD}ColorMap")
    assert colour_map is not None
    assert colour_map.get("type") == "ramp"
    assert [e.get("quantity") for e in colour_map] == ["10", "20", "30"]


def test_classes_are_a_palette() -> None:
    """Whole numbers get one entry each, in QML and in the colour table."""
    items = (
        StyleItem(min=0, max=2, rgb=(1, 2, 3), label=text("甲", "a")),
        StyleItem(min=2, max=None, rgb=(4, 5, 6), label=text("乙", "b"), transparent=True),
    )
    style = Style(kind="class", unit="", title=text("種", "Kind"), items=items)
    palette = ET.fromstring(qml(style, RasterTarget("kind", 0, classes=True))).find(
        ".//colorPalette"
    )
    assert palette is not None
    assert [(e.get("value"), e.get("color")) for e in palette] == [
        ("0", "#010203"),
        ("1", "#010203"),
        ("2", "#040506"),
    ]
    assert colour_table(style) == {0: (1, 2, 3, 255), 1: (1, 2, 3, 255), 2: (4, 5, 6, 0)}


def test_vector_qml_rules() -> None:
    """One rule per item and one for missing values, with stable keys and no gap."""
    text_of_file = qml(STYLE, VECTOR)
    rules = ET.fromstring(text_of_file).findall(".//rule")
    assert [rule.get("filter") for rule in rules] == [
        '"depth_m" < 0.01',
        '"depth_m" >= 0.01 AND "depth_m" < 0.5',
        '"depth_m" >= 0.5',
        '"depth_m" IS NULL',
    ]
    assert rules[3].get("label") == "データなし / No data"
    assert len({rule.get("key") for rule in rules}) == 4
    assert text_of_file == qml(STYLE, VECTOR)


def test_lines_that_lead_somewhere_bear_an_arrow() -> None:
    """In the middle of each line, turned along it, of the colour of the line; other lines none."""
    target = VectorTarget("streams", "ratio", "line", thin=True, directed=True)
    symbols = ET.fromstring(qml(STYLE, target)).findall("./renderer-v2/symbols/symbol")
    for symbol, colour in zip(symbols, ("255,255,255,0", "247,245,169,255"), strict=False):
        marks = symbol.find("layer[@class='MarkerLine']")
        assert marks is not None
        said = {one.get("name"): one.get("value") for one in marks.findall("Option/Option")}
        assert said == {"placement": "centralpoint", "rotate": "1"}
        head = marks.find("symbol/layer[@class='SimpleMarker']")
        assert head is not None
        looks = {one.get("name"): one.get("value") for one in head.findall("Option/Option")}
        assert (looks["name"], looks["color"]) == ("filled_arrowhead", colour)
    assert "MarkerLine" not in qml(STYLE, VectorTarget("roads", "ratio", "line"))


@pytest.mark.parametrize(
    ("geometry", "symbolizer"),
    [("polygon", "PolygonSymbolizer"), ("line", "LineSymbolizer"), ("point", "PointSymbolizer")],
)
def test_vector_sld(geometry: str, symbolizer: str) -> None:
    """Bounds are >= and <, a missing value has its own rule, and the symbol fits the geometry."""
    target = VectorTarget("buildings", "depth_m", geometry)  # type: ignore[arg-type]
    root = ET.fromstring(sld(STYLE, target).encode())
    rules = root.findall(f".//{SLD}Rule")
    assert len(rules) == 4
    both = rules[1].find(f"{OGC}Filter/{OGC}And")
    assert both is not None
    assert [(e.tag.removeprefix(OGC), e.findtext(f"{OGC}Literal")) for e in both] == [
        ("PropertyIsGreaterThanOrEqualTo", "0.01"),
        ("PropertyIsLessThan", "0.5"),
    ]
    assert rules[3].find(f"{OGC}Filter/{OGC}PropertyIsNull") is not None
    assert all(rule.find(f"{SLD}{symbolizer}") is not None for rule in rules)


def test_colour_relief_paints_like_the_style(tmp_path: Path) -> None:
    """Between the lines of one bin the colour is the same; bins meet half a step apart."""
    lines = [line.split() for line in colour_relief(STYLE, RASTER).splitlines()]
    assert lines[0] == ["nv", "0", "0", "0", "0"]
    stops = np.array([float(line[0]) for line in lines[1:]])
    assert (np.diff(stops) > 0).all()
    red, alpha = (np.array([int(line[i]) for line in lines[1:]]) for i in (1, 4))
    values = np.array([0.02, 0.499, 0.5, 7.0])
    assert np.interp(values, stops, red).tolist() == [247, 247, 255, 255]
    assert np.interp([0.0, 0.009], stops, alpha).tolist() == [0, 0]


def test_maplibre_expression() -> None:
    """Steps at the lower ends, grey for what is no number, extruded from base to height."""
    layer = json.loads(maplibre_layer(STYLE, VECTOR))
    assert layer["type"] == "fill-extrusion"
    assert layer["source-layer"] == "buildings"
    case = layer["paint"]["fill-extrusion-color"]
    assert case[:2] == ["case", ["==", ["typeof", ["get", "depth_m"]], "number"]]
    assert case[2] == [
        "step",
        ["get", "depth_m"],
        "rgb(255,255,255)",
        0.01,
        "rgb(247,245,169)",
        0.5,
        "rgb(255,216,192)",
    ]
    assert layer["paint"]["fill-extrusion-base"] == ["coalesce", ["get", "base_m"], 0]


def test_files_written(tmp_path: Path) -> None:
    """Every file named exists, and every file is named."""
    for name, target in (("r", RASTER), ("v", VECTOR)):
        files = write_style_files(tmp_path / name, STYLE, target)
        there = {
            p.relative_to(tmp_path / name).as_posix()
            for p in (tmp_path / name).rglob("*")
            if p.is_file()
        }
        assert {file.href for file in files} == there
