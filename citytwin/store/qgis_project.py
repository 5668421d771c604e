"""A QGIS project that opens every published layer with its style, by relative paths."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import rasterio

from citytwin.model import crs as crs_of
from citytwin.model.layer import LayerDocument, PublishedLayer, Style
from citytwin.model.text import Text, text
from citytwin.store.paint import both
from citytwin.store.qgis_time import controller, project_time
from citytwin.store.qml import QGIS_VERSION, renderer
from citytwin.store.run_info import RunInfo
from citytwin.store.series_vrt import vrt_name
from citytwin.store.style_target import RasterTarget, Target, VectorTarget

_GROUPS = {
    "base": text("まちの形", "Shape of the city"),
    "buildings": text("建物", "Buildings"),
    "exposure": text("影響", "Exposure"),
    "flood": text("浸水", "Flood"),
    "sunlight": text("日照", "Sunlight"),
    "traffic": text("交通", "Traffic"),
    "wind": text("風", "Wind"),
}
_DOCTYPE = "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"


@dataclass(frozen=True)
class ProjectLayer:
    """A published layer as the project opens it."""

    document: LayerDocument
    style: Style
    source: str
    """Data source, relative to the project."""
    classes: bool
    """Whether a raster holds classes rather than quantities."""

    @property
    def times(self) -> tuple[datetime, ...]:
        """Moments of its bands, where there are several."""
        times = [frame.time for frame in self.document.frames if frame.time is not None]
        return tuple(map(datetime.fromisoformat, times)) if len(times) > 1 else ()

    @property
    def key(self) -> str:
        """Identifier inside the project."""
        return f"{self.document.id}_layer"

    @property
    def title(self) -> str:
        """Name in the list of layers."""
        return both(self.document.title)

    @property
    def provider(self) -> str:
        """Name of QGIS's reader."""
        return "gdal" if self.document.kind == "raster" else "ogr"


def project_layer(city_dir: Path, published: PublishedLayer) -> ProjectLayer:
    """Read what the project needs to know of a published layer.

    Parameters
    ----------
    city_dir
        Folder of the city.
    published
        Entry of ``latest.json``, old or about to be.
    """
    folder = city_dir / published.path
    document = LayerDocument.model_validate_json((folder / "layer.json").read_bytes())
    style = Style.model_validate_json((folder / document.style).read_bytes())
    if document.kind == "raster":
        name = vrt_name(document.id) if document.frames else f"{document.id}.tif"
        source = f"./{published.path}/{name}"
        with rasterio.open(folder / name) as file:
            classes = file.dtypes[0] == "uint8"
        return ProjectLayer(document, style, source, classes)
    source = f"./{published.path}/{document.id}.gpkg|layername={document.id}"
    return ProjectLayer(document, style, source, classes=False)


def qgis_project(layers: Sequence[ProjectLayer], run: RunInfo) -> str:
    """Return a ``.qgs`` project.

    Parameters
    ----------
    layers
        In the order of the map: the first is drawn lowest.
    run
        City, CRS and the view it opens on.
    """
    root = ET.Element("qgis", projectname=both(run.city.title), version=QGIS_VERSION)
    ET.SubElement(root, "homePath", path="")
    ET.SubElement(root, "title").text = both(run.city.title)
    ET.SubElement(root, "projectCrs").append(_crs(run.crs))
    drawn_first_on_top = list(reversed(layers))
    root.append(_tree(drawn_first_on_top))
    root.append(_canvas(run))
    maps = ET.SubElement(root, "projectlayers")
    for layer in drawn_first_on_top:
        maps.append(_map_layer(layer))
    order = ET.SubElement(root, "layerorder")
    for layer in drawn_first_on_top:
        ET.SubElement(order, "layer", id=layer.key)
    timed = _steering(drawn_first_on_top)
    if timed:
        root.append(project_time(timed))
    root.append(_properties(timed))
    ET.indent(root)
    return _DOCTYPE + ET.tostring(root, encoding="unicode") + "\n"


def _text(parent: ET.Element, name: str, value: str) -> ET.Element:
    element = ET.SubElement(parent, name)
    element.text = value
    return element


def _crs(code: str) -> ET.Element:
    element = ET.Element("spatialrefsys")
    # QGIS looks for a code only when a number of its own list stands first; the code wins
    _text(element, "srsid", "1")
    _text(element, "srid", code.removeprefix("EPSG:"))
    _text(element, "authid", code)
    return element


def _group_title(group: str) -> str:
    known: Text | None = _GROUPS.get(group)
    return group if known is None else both(known)


def _tree(layers: Sequence[ProjectLayer]) -> ET.Element:
    tree = ET.Element("layer-tree-group")
    for group, members in groupby(layers, key=lambda layer: layer.document.group):
        branch = ET.SubElement(
            tree,
            "layer-tree-group",
            name=_group_title(group),
            checked="Qt::Checked",
            expanded="1",
        )
        for layer in members:
            ET.SubElement(
                branch,
                "layer-tree-layer",
                id=layer.key,
                name=layer.title,
                checked="Qt::Checked" if layer.document.visible else "Qt::Unchecked",
                expanded="0",
                providerKey=layer.provider,
                source=layer.source,
            )
    return tree


def _canvas(run: RunInfo) -> ET.Element:
    west, south, east, north = run.view.bounds
    x, y = crs_of.transform(
        np.array([west, west, east, east]),
        np.array([south, north, south, north]),
        "EPSG:4326",
        run.crs,
    )
    canvas = ET.Element("mapcanvas", name="theMapCanvas", annotationsVisible="1")
    _text(canvas, "units", "meters")
    extent = ET.SubElement(canvas, "extent")
    edges = (("xmin", x.min()), ("ymin", y.min()), ("xmax", x.max()), ("ymax", y.max()))
    for name, value in edges:
        _text(extent, name, f"{float(value):.3f}")
    _text(canvas, "rotation", "0")
    ET.SubElement(canvas, "destinationsrs").append(_crs(run.crs))
    return canvas


def _map_layer(layer: ProjectLayer) -> ET.Element:
    document = layer.document
    element = ET.Element("maplayer", type=document.kind, hasScaleBasedVisibilityFlag="0")
    if document.geometry is not None:
        element.set("geometry", document.geometry.capitalize())
        element.set("labelsEnabled", "0")
    _text(element, "id", layer.key)
    _text(element, "datasource", layer.source)
    _text(element, "layername", layer.title)
    _text(element, "title", layer.title)
    _text(element, "abstract", _abstract(document))
    _text(element, "attribution", document.licence)
    crs = document.extent.crs if document.extent else ""
    ET.SubElement(element, "srs").append(_crs(crs))
    provider = _text(element, "provider", layer.provider)
    if document.kind == "vector":
        provider.set("encoding", "UTF-8")
        element.append(_aliases(document))
    for part in renderer(layer.style, _target(layer)):
        element.append(part)
    return element


def _abstract(document: LayerDocument) -> str:
    """Say what is shown, and everything that limits how far to trust it."""
    said = [both(document.summary)]
    if document.disclaimer.en:
        said.append(both(document.disclaimer))
    said += [both(Text(ja=note.ja, en=note.en)) for note in document.notes]
    return "\n".join(said)


def _target(layer: ProjectLayer) -> Target:
    document = layer.document
    if document.geometry is None or document.style_column is None:
        band = document.opening + 1
        return RasterTarget(document.id, document.precision, layer.classes, layer.times, band)
    return VectorTarget(
        document.id,
        document.style_column,
        document.geometry,
        thin=document.thin,
        directed=document.directed,
    )


def _aliases(document: LayerDocument) -> ET.Element:
    aliases = ET.Element("aliases")
    for number, column in enumerate(document.columns):
        unit = f" [{column.unit}]" if column.unit else ""
        ET.SubElement(
            aliases, "alias", index=str(number), field=column.name, name=both(column.label) + unit
        )
    return aliases


def _steering(layers: Sequence[ProjectLayer]) -> tuple[datetime, ...]:
    """Moments that the controller opens on: of the uppermost layer that is on, else of any."""
    timed = [layer for layer in layers if layer.times]
    on = [layer for layer in timed if layer.document.visible]
    return next((layer.times for layer in (*on, *timed)), ())


def _properties(times: Sequence[datetime]) -> ET.Element:
    properties = ET.Element("properties")
    if times:
        properties.append(controller(times))
    projections = ET.SubElement(properties, "SpatialRefSys")
    _text(projections, "ProjectionsEnabled", "1").set("type", "int")
    paths = ET.SubElement(properties, "Paths")
    _text(paths, "Absolute", "false").set("type", "bool")
    return properties
