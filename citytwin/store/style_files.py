"""The files that carry a layer's style: JSON, QML, SLD, colour table and MapLibre layer."""

from __future__ import annotations

import json
from pathlib import Path

from citytwin.model.layer import FileAsset, Rgb, Style
from citytwin.model.text import text
from citytwin.store.atomic import write_text
from citytwin.store.paint import NO_DATA_RGB, stop_of
from citytwin.store.qml import class_values, qml
from citytwin.store.sld import sld
from citytwin.store.style_target import RasterTarget, Target, VectorTarget

STYLES = "styles"
"""Folder of the style files inside that of the layer."""


def style_json(style: Style) -> str:
    """Return the style as the map page reads it.

    Parameters
    ----------
    style
        Checked style.
    """
    return style.model_dump_json(indent=1, exclude_defaults=True) + "\n"


def colour_table(style: Style) -> dict[int, tuple[int, int, int, int]]:
    """Return the colours of a field of classes, by value.

    Parameters
    ----------
    style
        Checked style.
    """
    return {
        value: (*item.rgb, 0 if item.transparent else 255) for value, item in class_values(style)
    }


def colour_relief(style: Style, target: RasterTarget) -> str:
    """Return a colour table for ``gdaldem color-relief``, which blends between its lines.

    Parameters
    ----------
    style
        Checked style.
    target
        Its precision ends each bin half a step before the next.
    """
    lines = ["nv 0 0 0 0"]
    for item in style.items:
        colour = " ".join(str(part) for part in (*item.rgb, 0 if item.transparent else 255))
        if style.kind == "ramp":
            lines.append(f"{stop_of(item):.10g} {colour}")
            continue
        if item.min is not None:
            lines.append(f"{item.min:.10g} {colour}")
        if item.max is not None:
            lines.append(f"{item.max - target.precision / 2:.10g} {colour}")
    return "\n".join(lines) + "\n"


def maplibre_layer(style: Style, target: VectorTarget) -> str:
    """Return a layer for the style of a MapLibre map, with a source of the layer's name.

    Parameters
    ----------
    style
        Checked style.
    target
        Column and geometry.
    """
    column = ["get", target.column]
    steps: list[object] = ["step", column, _css(style.items[0].rgb)]
    for item in style.items[1:]:
        steps += [item.min, _css(item.rgb)]
    by_value = steps if len(style.items) > 1 else _css(style.items[0].rgb)
    colour = ["case", ["==", ["typeof", column], "number"], by_value, _css(NO_DATA_RGB)]
    paint: dict[str, object]
    if target.height is not None:
        kind = "fill-extrusion"
        paint = {
            "fill-extrusion-color": colour,
            "fill-extrusion-height": ["coalesce", ["get", target.height], 0],
        }
        if target.base is not None:
            paint["fill-extrusion-base"] = ["coalesce", ["get", target.base], 0]
    else:
        kind = {"polygon": "fill", "line": "line", "point": "circle"}[target.geometry]
        paint = {f"{kind}-color": colour}
    layer = {
        "id": target.layer,
        "type": kind,
        "source": target.layer,
        "source-layer": target.layer,
        "paint": paint,
    }
    return json.dumps(layer, ensure_ascii=False, indent=1) + "\n"


def _css(rgb: Rgb) -> str:
    return "rgb({},{},{})".format(*rgb)


def write_style_files(directory: Path, style: Style, target: Target) -> list[FileAsset]:
    """Write every form of a style into the folder of its layer.

    Parameters
    ----------
    directory
        Folder of the layer.
    style
        Checked style.
    target
        What it colours.

    Returns
    -------
    list of FileAsset
        What was written, the JSON first.
    """
    stem = f"{STYLES}/{target.layer}"
    write_text(directory / f"{stem}.json", style_json(style))
    write_text(directory / f"{stem}.sld", sld(style, target))
    files = [
        FileAsset(
            href=f"{stem}.json", type="application/json", title=text("凡例と配色", "Style (JSON)")
        ),
        FileAsset(
            href=f"{stem}.sld",
            type="application/vnd.ogc.sld+xml",
            title=text("スタイル (SLD)", "Style (SLD)"),
        ),
    ]
    if isinstance(target, RasterTarget):
        write_text(directory / f"{target.layer}.qml", qml(style, target))
        write_text(directory / f"{stem}.clr", colour_relief(style, target))
        files += [
            FileAsset(
                href=f"{target.layer}.qml",
                type="application/xml",
                title=text("スタイル (QGIS)", "Style (QGIS)"),
            ),
            FileAsset(
                href=f"{stem}.clr",
                type="text/plain",
                title=text("配色表 (GDAL)", "Colour table (GDAL)"),
            ),
        ]
    else:
        write_text(directory / f"{stem}.maplibre.json", maplibre_layer(style, target))
        files.append(
            FileAsset(
                href=f"{stem}.maplibre.json",
                type="application/json",
                title=text("スタイル (MapLibre)", "Style (MapLibre)"),
            )
        )
    return files
