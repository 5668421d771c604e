"""All moments, directions or seasons of a layer as bands of one virtual raster, for GDAL and QGIS."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree import ElementTree as ET

from rasterio.crs import CRS

from citytwin.model.axes import Coordinate, Season
from citytwin.model.instants import Instant
from citytwin.store.atomic import write_text
from citytwin.store.raster_layer import RasterPlan

VRT_TYPE = "application/xml"
_TYPES = {"float32": "Float32", "uint8": "Byte", "int32": "Int32"}


def vrt_name(layer: str) -> str:
    """Return the name of the virtual raster of a layer of several moments, directions or seasons.

    Parameters
    ----------
    layer
        Id of the layer.
    """
    return f"{layer}.vrt"


def write_series_vrt(plan: RasterPlan, files: Sequence[str], along: Sequence[Coordinate]) -> None:
    """Write ``<layer>.vrt``: a band per moment, direction or season, each a view onto its GeoTIFF.

    Parameters
    ----------
    plan
        The layer.
    files
        GeoTIFFs in its folder, in order.
    along
        The moments, directions or seasons.
    """
    grid, field = plan.grid, plan.field
    rows, cols = grid.shape
    root = ET.Element("VRTDataset", rasterXSize=str(cols), rasterYSize=str(rows))
    _text(root, "SRS", CRS.from_string(grid.crs).to_wkt())
    _text(root, "GeoTransform", ", ".join(f"{part!r}" for part in grid.transform.to_gdal()))
    for number, (file, place) in enumerate(zip(files, along, strict=True), start=1):
        band = ET.SubElement(root, "VRTRasterBand", dataType=_TYPES[field.dtype], band=str(number))
        metadata = ET.SubElement(band, "Metadata")
        if isinstance(place, Instant):
            _text(metadata, "MDI", place.iso).set("key", "time")
            _text(band, "Description", f"{field.name} {place.iso}")
        elif isinstance(place, Season):
            _text(metadata, "MDI", ",".join(map(str, place.months))).set("key", "months")
            _text(band, "Description", f"{field.name} {place.name.en}")
        else:
            _text(metadata, "MDI", f"{place.from_deg:g}").set("key", "from_deg")
            _text(band, "Description", f"{field.name} from {place.from_deg:g}")
        _text(band, "NoDataValue", f"{field.nodata:g}")
        _text(band, "UnitType", field.unit)
        source = ET.SubElement(band, "SimpleSource")
        _text(source, "SourceFilename", file).set("relativeToVRT", "1")
        _text(source, "SourceBand", "1")
        whole = {"xOff": "0", "yOff": "0", "xSize": str(cols), "ySize": str(rows)}
        ET.SubElement(source, "SrcRect", whole)
        ET.SubElement(source, "DstRect", whole)
    ET.indent(root)
    text = ET.tostring(root, encoding="unicode") + "\n"
    write_text(plan.directory / vrt_name(plan.layer), text)


def _text(parent: ET.Element, name: str, value: str) -> ET.Element:
    element = ET.SubElement(parent, name)
    element.text = value
    return element
