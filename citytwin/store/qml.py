"""Symbols of a layer as QGIS keeps them: in .qml files, in GeoPackages and in projects."""

from __future__ import annotations

import math
from uuid import NAMESPACE_URL, uuid5
from xml.etree import ElementTree as ET

from citytwin.model.layer import Rgb, Style, StyleItem
from citytwin.store.paint import NO_DATA_LABEL, NO_DATA_RGB, both, stop_of
from citytwin.store.qgis_time import band_times
from citytwin.store.style_target import RasterTarget, Target, VectorTarget

QGIS_VERSION = "3.22.0"
"""Version whose files these are; later ones read them too."""
_LINE_MM = "0.1"
_ROAD_MM = "0.8"
_DIAGRAM_MM = "0.35"
_MARKER_MM = "3.2"
_ARROW_MM = "1.8"
_EDGE_RGB: Rgb = (68, 68, 68)


def qml(style: Style, target: Target) -> str:
    """Return a ``.qml`` file.

    Parameters
    ----------
    style
        Checked style.
    target
        What it colours.
    """
    timed = isinstance(target, RasterTarget) and target.times
    categories = "Symbology|Temporal" if timed else "Symbology"
    root = ET.Element("qgis", version=QGIS_VERSION, styleCategories=categories)
    for element in renderer(style, target):
        root.append(element)
    ET.indent(root)
    return ET.tostring(root, encoding="unicode") + "\n"


def renderer(style: Style, target: Target) -> list[ET.Element]:
    """Return the elements that a ``maplayer`` of a project and a ``.qml`` file share.

    Parameters
    ----------
    style
        Checked style.
    target
        What it colours.
    """
    if isinstance(target, RasterTarget):
        pipe = ET.Element("pipe")
        drawn = _paletted(style) if target.classes else _pseudo_colour(style, target)
        drawn.set("band", str(target.band))
        pipe.append(drawn)
        for name in ("brightnesscontrast", "huesaturation"):
            ET.SubElement(pipe, name)
        ET.SubElement(pipe, "rasterresampler", maxOversampling="2")
        moments = [band_times(target.times)] if target.times else []
        return [*moments, pipe, _with_text("blendMode", "0")]
    return [_rules(style, target), _with_text("blendMode", "0")]


def _with_text(name: str, value: str) -> ET.Element:
    element = ET.Element(name)
    element.text = value
    return element


def _hex(rgb: Rgb) -> str:
    return "#{:02x}{:02x}{:02x}".format(*rgb)


def _raster_renderer(kind: str) -> ET.Element:
    element = ET.Element(
        "rasterrenderer", type=kind, band="1", opacity="1", alphaBand="-1", nodataColor=""
    )
    ET.SubElement(element, "rasterTransparency")
    return element


def _paletted(style: Style) -> ET.Element:
    """Classes of whole numbers: one entry per value."""
    element = _raster_renderer("paletted")
    palette = ET.SubElement(element, "colorPalette")
    for value, item in class_values(style):
        ET.SubElement(
            palette,
            "paletteEntry",
            value=str(value),
            color=_hex(item.rgb),
            alpha="0" if item.transparent else "255",
            label=both(item.label),
        )
    return element


def class_values(style: Style) -> list[tuple[int, StyleItem]]:
    """Return every whole number from 0 to 254 that an item holds, with the item.

    Parameters
    ----------
    style
        Style of a field of classes. An open end holds one number only.
    """
    values = []
    for item in style.items:
        low = 0 if item.min is None else math.ceil(item.min)
        high = low + 1 if item.max is None else math.ceil(item.max)
        values += [(value, item) for value in range(max(low, 0), min(high, 255))]
    return values


def _pseudo_colour(style: Style, target: RasterTarget) -> ET.Element:
    """Bins (upper ends) or a ramp (stops) of a continuous field.

    QGIS puts a value that equals an upper end into the lower bin. The values of the file are
    multiples of the precision, so half a step less makes the bins [min, max).
    """
    element = _raster_renderer("singlebandpseudocolor")
    stops = [stop_of(item) for item in style.items]
    element.set("classificationMin", f"{stops[0]:g}")
    element.set("classificationMax", f"{stops[-1]:g}")
    shader = ET.SubElement(
        ET.SubElement(element, "rastershader"),
        "colorrampshader",
        colorRampType="DISCRETE" if style.kind == "class" else "INTERPOLATED",
        classificationMode="1",
        clip="0",
        minimumValue=f"{stops[0]:g}",
        maximumValue=f"{stops[-1]:g}",
        labelPrecision="4",
    )
    for item, stop in zip(style.items, stops, strict=True):
        if style.kind == "class":
            value = "inf" if item.max is None else f"{item.max - target.precision / 2:.10g}"
        else:
            value = f"{stop:.10g}"
        ET.SubElement(
            shader,
            "item",
            value=value,
            color=_hex(item.rgb),
            alpha="0" if item.transparent else "255",
            label=both(item.label),
        )
    return element


def _rules(style: Style, target: VectorTarget) -> ET.Element:
    """Rules, not ranges: QGIS ranges hold both ends, and know no missing values."""
    element = ET.Element(
        "renderer-v2",
        type="RuleRenderer",
        symbollevels="0",
        enableorderby="0",
        forceraster="0",
        referencescale="-1",
    )
    rules = ET.SubElement(element, "rules", key=_key(target, "rules"))
    symbols = ET.SubElement(element, "symbols")
    entries = [(_filter(target.column, item), item) for item in style.items]
    missing = StyleItem(min=None, max=None, rgb=NO_DATA_RGB, label=NO_DATA_LABEL)
    entries.append((f'"{target.column}" IS NULL', missing))
    for number, (condition, item) in enumerate(entries):
        ET.SubElement(
            rules,
            "rule",
            key=_key(target, str(number)),
            filter=condition,
            label=both(item.label),
            symbol=str(number),
        )
        symbols.append(_symbol(number, item, target))
    return element


def _key(target: VectorTarget, part: str) -> str:
    """Identifier that is the same in every run."""
    return "{" + str(uuid5(NAMESPACE_URL, f"citytwin:{target.layer}:{part}")) + "}"


def _filter(column: str, item: StyleItem) -> str:
    parts = []
    if item.min is not None:
        parts.append(f'"{column}" >= {item.min:.10g}')
    if item.max is not None:
        parts.append(f'"{column}" < {item.max:.10g}')
    return " AND ".join(parts) or f'"{column}" IS NOT NULL'


def _symbol(number: int, item: StyleItem, target: VectorTarget) -> ET.Element:
    alpha = 0 if item.transparent else 255
    colour = ",".join(str(part) for part in (*item.rgb, alpha))
    edge = ",".join(str(part) for part in (*_EDGE_RGB, 255))
    width = _DIAGRAM_MM if target.thin else _ROAD_MM
    kind, cls, options = {
        "polygon": (
            "fill",
            "SimpleFill",
            {"color": colour, "style": "solid", "outline_color": edge, "outline_width": _LINE_MM},
        ),
        "line": ("line", "SimpleLine", {"line_color": colour, "line_width": width}),
        "point": (
            "marker",
            "SimpleMarker",
            {
                "name": "circle",
                "color": colour,
                "outline_color": edge,
                "outline_width": _LINE_MM,
                "size": _MARKER_MM,
            },
        ),
    }[target.geometry]
    symbol = _symbol_of(str(number), kind)
    _symbol_layer(symbol, cls, options)
    if target.directed and target.geometry == "line":
        marks = _symbol_layer(symbol, "MarkerLine", {"placement": "centralpoint", "rotate": "1"})
        head = _symbol_of(f"@{number}@1", "marker")
        arrow = {"name": "filled_arrowhead", "color": colour, "outline_style": "no"}
        _symbol_layer(head, "SimpleMarker", {**arrow, "size": _ARROW_MM})
        marks.append(head)
    return symbol


def _symbol_of(name: str, kind: str) -> ET.Element:
    return ET.Element("symbol", name=name, type=kind, alpha="1", clip_to_extent="1", force_rhr="0")


def _symbol_layer(symbol: ET.Element, cls: str, options: dict[str, str]) -> ET.Element:
    layer = ET.SubElement(symbol, "layer", {"class": cls, "enabled": "1", "pass": "0"})
    layer.set("locked", "0")
    mapping = ET.SubElement(layer, "Option", type="Map")
    for name, value in options.items():
        ET.SubElement(mapping, "Option", name=name, type="QString", value=value)
    return layer
