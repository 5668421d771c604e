"""Files of building outlines, and reading them."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely

from citytwin.formats.footprints.format import FORMAT, FootprintParams
from citytwin.model.steps import Dataset
from citytwin.model.tables import BUILDINGS, SURFACES
from citytwin.store.tables import conform

X0, Y0 = -44_300.0, -94_200.0
HOME = "EPSG:6677"
HOUSE = shapely.box(X0, Y0, X0 + 10, Y0 + 6)
NAMED = {
    "id_column": "bid",
    "height_column": "h",
    "storeys_column": "floors",
    "ground_column": "ground",
    "roof_column": "roof",
    "usage_column": "use",
}
DRIVERS = {
    "gpkg": "GPKG",
    "sqlite": "SQLite",
    "geojson": "GeoJSON",
    "fgb": "FlatGeobuf",
    "shp": "ESRI Shapefile",
}


def frame(*geometry, crs=HOME, **columns):
    """Buildings with the columns of the tests."""
    count = len(geometry)
    known = {
        "bid": [f"b{n}" for n in range(count)],
        "h": [12.0] * count,
        "floors": [4] * count,
        "ground": [3.5] * count,
        "roof": [np.nan] * count,
        "use": ["住宅"] * count,
    }
    return gpd.GeoDataFrame({**known, **columns}, geometry=list(geometry), crs=crs)


def write(folder, buildings, name):
    """Write a frame in the format of the name."""
    path = folder / name
    if name.endswith(".parquet"):
        buildings.to_parquet(path)
    else:
        buildings.to_file(path, driver=DRIVERS[path.suffix[1:]])
    return path


def read(*paths, source=None, **params):
    """Buildings and surfaces of files by their schemas, and the result."""
    data = Dataset("buildings", paths[0].parent, paths, HOME, "Asia/Tokyo", source)
    decoded = FORMAT.read(data, FootprintParams(**params))
    tables = [conform(t, decoded.tables[t], HOME) for t in (BUILDINGS, SURFACES)]
    return *tables, decoded


def said(decoded):
    """Notes in English by severity."""
    return [(note.severity, note.en) for note in decoded.notes]


def row_of_houses(count, start=0.0):
    """Houses 20 m apart."""
    return [shapely.box(X0 + x, Y0, X0 + x + 10, Y0 + 6) for x in start + 20.0 * np.arange(count)]
