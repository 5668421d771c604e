"""Symbols of a layer as Styled Layer Descriptor 1.0.0 (OGC 02-070), for GeoServer and others."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from citytwin.model.layer import Rgb, Style, StyleItem
from citytwin.store.paint import NO_DATA_LABEL, NO_DATA_RGB, both, stop_of
from citytwin.store.style_target import RasterTarget, Target, VectorTarget

_NAMESPACES = {
    "version": "1.0.0",
    "xmlns": "http://www.opengis.net/sld",
    "xmlns:ogc": "http://www.opengis.net/ogc",
    "xmlns:xsi": "http://www.w3.org/2001/XMLSchema-instance",
    "xsi:schemaLocation": (
        "http://www.opengis.net/sld http://schemas.opengis.net/sld/1.0.0/StyledLayerDescriptor.xsd"
    ),
}
_ABOVE_ALL = 1e9
"""Quantity that ends an open bin."""


def sld(style: Style, target: Target) -> str:
    """Return a ``.sld`` file.

    Parameters
    ----------
    style
        Checked style.
    target
        What it colours.
    """
    root = ET.Element("StyledLayerDescriptor", _NAMESPACES)
    layer = ET.SubElement(root, "NamedLayer")
    _text(layer, "Name", target.layer)
    user = ET.SubElement(layer, "UserStyle")
    _text(user, "Name", target.layer)
    _text(user, "Title", both(style.title))
    feature = ET.SubElement(user, "FeatureTypeStyle")
    if isinstance(target, RasterTarget):
        rule = ET.SubElement(feature, "Rule")
        rule.append(_raster(style))
    else:
        _vector(feature, style, target)
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _text(parent: ET.Element, name: str, value: str) -> ET.Element:
    element = ET.SubElement(parent, name)
    element.text = value
    return element


def _hex(rgb: Rgb) -> str:
    return "#{:02x}{:02x}{:02x}".format(*rgb)


def _raster(style: Style) -> ET.Element:
    """Colour map; an entry of type ``intervals`` paints what lies below its quantity."""
    symbolizer = ET.Element("RasterSymbolizer")
    _text(symbolizer, "Opacity", "1.0")
    kind = "intervals" if style.kind == "class" else "ramp"
    colour_map = ET.SubElement(symbolizer, "ColorMap", type=kind)
    first = style.items[0]
    if style.kind == "class" and first.min is not None:
        ET.SubElement(
            colour_map,
            "ColorMapEntry",
            color="#000000",
            quantity=f"{first.min:.10g}",
            label="",
            opacity="0",
        )
    for item in style.items:
        end = _ABOVE_ALL if item.max is None else item.max
        quantity = end if style.kind == "class" else stop_of(item)
        ET.SubElement(
            colour_map,
            "ColorMapEntry",
            color=_hex(item.rgb),
            quantity=f"{quantity:.10g}",
            label=both(item.label),
            opacity="0" if item.transparent else "1",
        )
    return symbolizer


def _vector(feature: ET.Element, style: Style, target: VectorTarget) -> None:
    for number, item in enumerate(style.items):
        rule = ET.SubElement(feature, "Rule")
        _text(rule, "Name", str(number))
        _text(rule, "Title", both(item.label))
        _filter(rule, item, target.column)
        rule.append(_symbolizer(item, target))
    rule = ET.SubElement(feature, "Rule")
    _text(rule, "Name", "no data")
    _text(rule, "Title", both(NO_DATA_LABEL))
    null = ET.SubElement(ET.SubElement(rule, "ogc:Filter"), "ogc:PropertyIsNull")
    _text(null, "ogc:PropertyName", target.column)
    missing = StyleItem(min=None, max=None, rgb=NO_DATA_RGB, label=NO_DATA_LABEL)
    rule.append(_symbolizer(missing, target))


def _filter(rule: ET.Element, item: StyleItem, column: str) -> None:
    bounds = (
        ("ogc:PropertyIsGreaterThanOrEqualTo", item.min),
        ("ogc:PropertyIsLessThan", item.max),
    )
    given = [(operator, bound) for operator, bound in bounds if bound is not None]
    if not given:
        return
    parent = ET.SubElement(rule, "ogc:Filter")
    if len(given) > 1:
        parent = ET.SubElement(parent, "ogc:And")
    for operator, bound in given:
        comparison = ET.SubElement(parent, operator)
        _text(comparison, "ogc:PropertyName", column)
        _text(comparison, "ogc:Literal", f"{bound:.10g}")


def _symbolizer(item: StyleItem, target: VectorTarget) -> ET.Element:
    opacity = "0" if item.transparent else "1"
    if target.geometry == "line":
        symbolizer = ET.Element("LineSymbolizer")
        stroke = ET.SubElement(symbolizer, "Stroke")
        _css(stroke, "stroke", _hex(item.rgb))
        _css(stroke, "stroke-opacity", opacity)
        _css(stroke, "stroke-width", "1" if target.thin else "2")
        return symbolizer
    if target.geometry == "point":
        symbolizer = ET.Element("PointSymbolizer")
        graphic = ET.SubElement(symbolizer, "Graphic")
        shape = ET.SubElement(graphic, "Mark")
        _text(shape, "WellKnownName", "circle")
        _fill_and_edge(shape, item, opacity)
        _text(graphic, "Size", "10")
        return symbolizer
    symbolizer = ET.Element("PolygonSymbolizer")
    _fill_and_edge(symbolizer, item, opacity)
    return symbolizer


def _fill_and_edge(parent: ET.Element, item: StyleItem, opacity: str) -> None:
    fill = ET.SubElement(parent, "Fill")
    _css(fill, "fill", _hex(item.rgb))
    _css(fill, "fill-opacity", opacity)
    stroke = ET.SubElement(parent, "Stroke")
    _css(stroke, "stroke", "#444444")
    _css(stroke, "stroke-width", "0.5")


def _css(parent: ET.Element, name: str, value: str) -> None:
    ET.SubElement(parent, "CssParameter", name=name).text = value
