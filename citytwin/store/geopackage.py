"""GeoPackage for desktop GIS: one styled layer, the same bytes for the same rows."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyogrio
import shapely
from pyogrio.errors import DataLayerError, DataSourceError

from citytwin.errors import StoreError
from citytwin.model.text import Text
from citytwin.store.atomic import replacing, temporary_beside
from citytwin.store.paint import both
from citytwin.store.scratch_database import let_gdal_fill, opened

_STYLES_TABLE = """
CREATE TABLE layer_styles (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    f_table_catalog TEXT(256), f_table_schema TEXT(256), f_table_name TEXT(256),
    f_geometry_column TEXT(256), styleName TEXT(30), styleQML TEXT, styleSLD TEXT,
    useAsDefault BOOLEAN, description TEXT, owner TEXT(30), ui TEXT(30), update_time DATETIME
)
"""
DATASET_OPTIONS = {"VERSION": "1.3", "DATETIME_FORMAT": "UTC"}
"""What QGIS 3.22 and newer read without complaint."""


@dataclass(frozen=True)
class GeoPackageStyle:
    """Symbols that QGIS applies when the layer is opened."""

    qml: str
    sld: str


def write_geopackage(
    path: Path,
    frame: gpd.GeoDataFrame,
    layer: str,
    title: Text,
    valid_time: datetime,
    style: GeoPackageStyle,
) -> None:
    """Write the features of a layer with its style.

    Parameters
    ----------
    path
        File.
    frame
        Rows in a CRS with a code.
    layer
        Name of the table.
    title
        Title shown to readers.
    valid_time
        Instant of the data; stands where GeoPackage wants the time of the last change, so that
        the file does not depend on when it was written.
    style
        Its symbols.

    Raises
    ------
    StoreError
        If the file cannot be written.
    """
    instant = valid_time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    with built(path, instant) as loose:
        # Multi-part throughout: one table holds one type of geometry
        pyogrio.write_dataframe(
            frame,
            loose,
            driver="GPKG",
            layer=layer,
            promote_to_multi=_is_mixed(frame),
            use_arrow=True,  # in half the time, with the same content
            dataset_options=DATASET_OPTIONS,
        )
        with opened(loose) as connection:
            _finish(connection, layer, title, instant, style)


@contextmanager
def built(path: Path, instant: str) -> Iterator[Path]:
    """Yield a file to be filled by GDAL; what it holds then becomes `path`, whole or not at all.

    Parameters
    ----------
    path
        File.
    instant
        Stands where GeoPackage wants the time of the last change.

    Raises
    ------
    StoreError
        If the file cannot be written.
    """
    with replacing(path) as packed:
        loose = temporary_beside(path)
        try:
            let_gdal_fill()
            yield loose
            with opened(loose) as connection:
                connection.execute("UPDATE gpkg_contents SET last_change = ?", (instant,))
                # a fresh copy has no pages left over from building
                connection.execute("VACUUM INTO ?", (str(packed),))
        except (sqlite3.Error, DataSourceError, DataLayerError) as error:
            msg = f"{path} cannot be written: {error}"
            raise StoreError(msg, hint="check the free space of the disk") from error
        finally:
            loose.unlink(missing_ok=True)


def _is_mixed(frame: gpd.GeoDataFrame) -> bool:
    return len(np.unique(shapely.get_type_id(frame.geometry.to_numpy()))) != 1


def _finish(
    connection: sqlite3.Connection,
    layer: str,
    title: Text,
    instant: str,
    style: GeoPackageStyle,
) -> None:
    column = connection.execute(
        "SELECT column_name FROM gpkg_geometry_columns WHERE table_name = ?", (layer,)
    ).fetchone()[0]
    connection.execute(_STYLES_TABLE)
    connection.execute(
        "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name,"
        " f_geometry_column, styleName, styleQML, styleSLD, useAsDefault, description, owner,"
        " update_time) VALUES ('', '', ?, ?, ?, ?, ?, 1, ?, '', ?)",
        (layer, column, layer[:30], style.qml, style.sld, both(title), instant),
    )
    connection.execute(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier, description, last_change,"
        " srs_id) VALUES ('layer_styles', 'attributes', 'layer_styles', '', ?, 0)",
        (instant,),
    )
    connection.execute(
        "UPDATE gpkg_contents SET identifier = ?, description = ? WHERE table_name = ?",
        (layer, both(title), layer),
    )
