"""Tables of a city model as GeoParquet 1.1, batch by batch: outlines as WKB, faces as nested lists.

Every column carries its unit and meaning in the metadata of its field; geopandas, pyarrow and GDAL
open all of them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from citytwin.model.tables import Column, Table
from citytwin.store.atomic import replacing
from citytwin.store.faces_arrow import (
    BOX,
    POLYGON_Z,
    faces_of_frame,
    multipolygons,
    nested,
)
from citytwin.store.geoparquet import COMPRESSION_LEVEL
from citytwin.store.tables import row_boxes

_LEAST_ROWS = 10_000
"""Of a group of rows but the last: fewer would cost more than they save when an area is read."""
Box = tuple[float, float, float, float]
Encoding = Literal["native", "wkb"]
"""Of faces: nested lists of vertices, or MultiPolygons with heights."""
_TYPES: dict[str, pa.DataType] = {
    "string": pa.string(),
    "float64": pa.float64(),
    "int64": pa.int64(),
    "int32": pa.int32(),
    "int8": pa.int8(),
    "bool": pa.bool_(),
    "time": pa.timestamp("us", tz="UTC"),
}
"""Of the columns that stay as they are; the others become the geometry."""
_KINDS = {
    "any": ["MultiPolygon", "Point"],
    "polygon": ["MultiPolygon"],
    "point": ["Point"],
    "none": [],
}
_GEOMETRY_MEANING = {
    "native": "rings of the face, the outer one first, each closed",
    "wkb": "the face as a MultiPolygon with heights",
}


def write_model_parquet(
    path: Path,
    table: Table,
    batches: Iterable[pd.DataFrame],
    crs: str,
    box: Box,
    faces: Encoding = "native",
) -> int:
    """Write a table; no more than one batch, or a few small ones, is in memory.

    Parameters
    ----------
    path
        File.
    table
        Its schema.
    batches
        Rows, as :func:`citytwin.store.tables.conform` returns them.
    crs
        CRS of the rows, ``EPSG:n``.
    box
        Around all rows: x_min, y_min, x_max, y_max [m]; not finite where there is none.
    faces
        How faces and triangles are encoded.

    Returns
    -------
    int
        Rows written.

    Raises
    ------
    StoreError
        If the disk refuses.
    """
    encoder = _Encoder(table, faces, crs, box)
    rows = 0
    with replacing(path) as temporary:
        writer = pq.ParquetWriter(
            temporary,
            encoder.schema,
            compression="zstd",
            compression_level=COMPRESSION_LEVEL,
        )
        with writer:
            for group in _row_groups(encoder.encoded(batch) for batch in batches):
                writer.write_table(group)
                rows += len(group)
            if not rows:
                writer.write_table(encoder.schema.empty_table())
    return rows


def _row_groups(batches: Iterable[pa.Table]) -> Iterator[pa.Table]:
    """Put small batches together: a city may come in thousands of files with few rows each."""
    waiting: list[pa.Table] = []
    for batch in batches:
        waiting.append(batch)
        if sum(map(len, waiting)) >= _LEAST_ROWS:
            yield pa.concat_tables(waiting)
            waiting = []
    if waiting:
        yield pa.concat_tables(waiting)


class _Encoder:
    """Turns rows of a table into batches of Parquet."""

    def __init__(self, table: Table, faces: Encoding, crs: str, box: Box) -> None:
        self.columns = [c for c in table.columns if c.kind in _TYPES]
        self.table = table
        self.outlines = table.geometry != "none"
        self.native = not self.outlines and faces == "native"
        own = next((c for c in table.columns if c.name == "geometry"), None)
        shape = own or Column("geometry", "geometry", "", False, _GEOMETRY_MEANING[faces])
        kind = POLYGON_Z if self.native else pa.binary()
        self.schema = pa.schema(
            [
                *(pa.field(c.name, _TYPES[c.kind], c.nullable, _told(c)) for c in self.columns),
                pa.field("geometry", kind, shape.nullable, _told(shape)),
                pa.field("bbox", BOX, shape.nullable),
            ],
            metadata={"geo": json.dumps(self._geo(table, crs, box))},
        )

    def encoded(self, frame: pd.DataFrame) -> pa.Table:
        """Batch of Parquet."""
        arrays = [
            pa.Array.from_pandas(frame[column.name], type=_TYPES[column.kind])
            for column in self.columns
        ]
        edges = row_boxes(self.table, frame)
        nowhere = pa.array(np.isnan(edges).any(axis=1))
        bbox = pa.StructArray.from_arrays(
            [pa.array(edge) for edge in edges.T], fields=list(BOX), mask=nowhere
        )
        return pa.Table.from_arrays([*arrays, self._shapes(frame), bbox], schema=self.schema)

    def _shapes(self, frame: pd.DataFrame) -> pa.Array:
        if self.outlines:
            return _wkb(gpd.GeoSeries(frame["geometry"]).to_numpy())
        faces = faces_of_frame(frame)
        return nested(faces) if self.native else _wkb(multipolygons(faces))

    def _geo(self, table: Table, crs: str, box: Box) -> dict[str, object]:
        """Metadata of GeoParquet."""
        kinds = _KINDS[table.geometry]
        if not self.outlines:
            kinds = ["Polygon Z" if self.native else "MultiPolygon Z"]
        column: dict[str, object] = {
            "encoding": "polygon" if self.native else "WKB",
            "geometry_types": kinds,
            "crs": CRS.from_user_input(crs).to_json_dict(),
            "covering": {"bbox": {name: ["bbox", name] for name in BOX.names}},
        }
        if np.isfinite(box).all():
            column["bbox"] = [float(edge) for edge in box]
        return {
            "version": "1.1.0",
            "primary_column": "geometry",
            "columns": {"geometry": column},
        }


def _wkb(geometry: NDArray[np.object_]) -> pa.Array:
    """Geometries as WKB, areas throughout as MultiPolygons."""
    single = shapely.get_type_id(geometry) == shapely.GeometryType.POLYGON.value
    multi = geometry.copy()
    multi[single] = shapely.multipolygons(geometry[single], indices=np.arange(int(single.sum())))
    return pa.array(shapely.to_wkb(multi, flavor="iso", include_srid=False), type=pa.binary())


def _told(column: Column) -> dict[str, str]:
    return {"unit": column.unit, "meaning": column.meaning}
