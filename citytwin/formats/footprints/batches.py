"""Rows of vector files in batches, so that a file larger than the memory can be read."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.dataset as pads
import pyarrow.parquet as pq
import pyogrio
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from citytwin.errors import SourceError
from citytwin.formats.vector.files import DAMAGED, Kind, code_of, for_gdal, kind_of
from citytwin.formats.vector.row_ranges import Rows, rows_of
from citytwin.model import crs as crs_of
from citytwin.model.grid import Bounds
from citytwin.model.steps import ByteRange
from citytwin.transports.files import open_seekable, size_of

Box = tuple[float, float, float, float]

_ROWS = 10_000
_LARGEST_GEOMETRY = 32_000_000
"""Bytes of one geometry."""


@dataclass(frozen=True, eq=False)
class Batch:
    """Some rows of a file."""

    first: int
    """Number of the first row among those that were read."""
    geometry: NDArray[np.object_]
    """Shape (n,): None where there is none that can be read."""
    columns: dict[str, list[Any]]


@dataclass(frozen=True)
class VectorFile:
    """A layer of a vector file, with the names of its columns."""

    path: Path
    kind: Kind
    layer: str | None
    names: tuple[str, ...]
    crs: str
    geometry: str = ""
    """Column of the geometry in Parquet."""
    rows: Rows | None = None
    """Rows that are wanted alone; all when None."""

    def part(self, wanted: ByteRange) -> VectorFile:
        """Return a range of the file.

        Parameters
        ----------
        wanted
            One of :func:`citytwin.formats.vector.row_ranges.row_ranges`.

        Raises
        ------
        SourceError
            If the file cannot be read.
        """
        with _told(self.path):
            number = self._number_of_rows()
        return replace(self, rows=rows_of(wanted, size_of(self.path), number))

    def _number_of_rows(self) -> int:
        if self.kind == "parquet":
            with open_seekable(self.path) as file:
                return int(pq.read_metadata(file).num_rows)
        with _quiet():
            info = pyogrio.read_info(
                for_gdal(self.path, self.kind), layer=self.layer, force_feature_count=True
            )
        return int(info["features"])

    def batches(
        self, columns: Sequence[str], bounds: Bounds | None, target: str
    ) -> Iterator[Batch]:
        """Read the rows.

        Parameters
        ----------
        columns
            Columns wanted beside the geometry.
        bounds
            Rows wholly outside may be left out [m]; None for all.
        target
            CRS of the bounds.

        Raises
        ------
        SourceError
            If the file cannot be read to its end.
        """
        apart = self.rows is not None  # rows are counted before any is left out
        box = _box(bounds, target, self.crs) if bounds is not None and not apart else None
        first = 0 if self.rows is None else self.rows.first
        with _told(self.path):
            for batch in self._arrow(list(dict.fromkeys(columns)), box):
                *values, shapes = batch.columns
                yield Batch(
                    first,
                    _geometries(shapes),
                    {name: values[n].to_pylist() for n, name in enumerate(batch.schema.names[:-1])},
                )
                first += batch.num_rows

    def _arrow(self, columns: list[str], box: Box | None) -> Iterator[pa.RecordBatch]:
        """Batches with the geometry, as WKB, in the last column."""
        if self.kind == "parquet":
            names = [*columns, self.geometry]
            if self.rows is not None:
                yield from self._parquet_rows(names, self.rows)
                return
            with open_seekable(self.path) as file:
                table = pads.ParquetFileFormat().make_fragment(file)
                chosen = _filter(table.physical_schema, box)
                scan = table.scanner(columns=names, filter=chosen, batch_size=_ROWS)
                yield from scan.to_batches()
            return
        opened = pyogrio.open_arrow(
            for_gdal(self.path, self.kind),
            layer=self.layer,
            columns=columns,
            bbox=box,
            skip_features=0 if self.rows is None else self.rows.first,
            batch_size=_ROWS,
            use_pyarrow=True,
        )
        left = None if self.rows is None else self.rows.count
        with ExitStack() as stack:
            with _quiet():
                meta, reader = stack.enter_context(opened)
            geometry = meta["geometry_name"] or "wkb_geometry"
            while left is None or left > 0:
                with _quiet():
                    batch = next(reader, None)
                if batch is None:
                    return
                wanted = batch.slice(0, left)
                left = None if left is None else left - wanted.num_rows
                yield wanted.select([*columns, geometry])

    def _parquet_rows(self, names: list[str], rows: Rows) -> Iterator[pa.RecordBatch]:
        """Rows of the groups that hold them; the others are not read."""
        with open_seekable(self.path) as file:
            table = pq.ParquetFile(file)
            sizes = [table.metadata.row_group(g).num_rows for g in range(table.num_row_groups)]
            starts = np.cumsum([0, *sizes])
            end = rows.first + rows.count
            groups = np.flatnonzero((starts[:-1] < end) & (starts[1:] > rows.first))
            at = int(starts[groups[0]]) if len(groups) else 0
            for batch in table.iter_batches(_ROWS, groups.tolist(), names):
                low, high = max(rows.first - at, 0), min(end - at, batch.num_rows)
                at += batch.num_rows
                if low < high:
                    yield batch.select(names).slice(low, high - low)


def _quiet() -> warnings.catch_warnings[None]:
    """What GDAL warns of (unclosed rings, measures) is checked feature by feature here."""
    return warnings.catch_warnings(action="ignore")


def open_vector(path: Path, layer: str | None, given: str | None) -> VectorFile:
    """Look at a vector file.

    Parameters
    ----------
    path
        The file.
    layer
        Layer wanted; the first when None.
    given
        CRS that the user gave for files that name none.

    Raises
    ------
    SourceError
        If it is of no kind that is read, or has no geometry or CRS.
    """
    kind = kind_of(path)
    with _told(path):
        if kind == "parquet":
            return _open_parquet(path, given)
        with _quiet():
            info = pyogrio.read_info(for_gdal(path, kind), layer=layer)
    if info["geometry_type"] is None:
        raise SourceError("has no geometry", source=path.name, hint="check `layer`")
    names = tuple(map(str, info["fields"]))
    crs = CRS.from_user_input(info["crs"]) if info["crs"] else None
    return VectorFile(path, kind, layer, names, code_of(crs, path, given))


def _open_parquet(path: Path, given: str | None) -> VectorFile:
    with open_seekable(path) as file:
        schema = pq.read_schema(file)
    meta = json.loads((schema.metadata or {}).get(b"geo", b"{}"))
    name = meta.get("primary_column")
    column = meta.get("columns", {}).get(name)
    if not isinstance(name, str) or not isinstance(column, dict) or name not in schema.names:
        msg = "is Parquet without geometry"
        raise SourceError(msg, source=path.name, hint="write it as GeoParquet")
    if column.get("encoding") != "WKB":
        raise SourceError(
            f"has its geometry encoded as {str(column.get('encoding'))[:40]!r}",
            source=path.name,
            hint="write it as GeoParquet with geometry_encoding='WKB'",
        )
    # GeoParquet: without `crs` longitude and latitude; null when it is not known.
    crs = column.get("crs", "OGC:CRS84")
    known = CRS.from_user_input(crs) if crs is not None else None
    boxes = {place[0] for one in meta["columns"].values() if (place := _box_column(one))}
    names = tuple(o for o in schema.names if o not in meta["columns"] and o not in boxes)
    return VectorFile(path, "parquet", None, names, code_of(known, path, given), name)


def _box_column(column: Any) -> list[str] | None:
    """Path of the column that has the boxes of a geometry (GeoParquet 1.1)."""
    try:
        path = column["covering"]["bbox"]["xmin"]
    except (KeyError, TypeError):
        return None
    return path if isinstance(path, list) and path and isinstance(path[0], str) else None


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """Turn what the readers raise on damaged files into a SourceError."""
    try:
        yield
    except SourceError:
        raise
    except DAMAGED as error:
        msg = f"cannot be read: {str(error)[:200]}"
        raise SourceError(msg, source=path.name, hint="check the file and `layer`") from error


def _filter(schema: pa.Schema, box: Box | None) -> pads.Expression | None:
    """Rows whose box meets another, by the column that Overture and GeoParquet 1.1 give."""
    kind = schema.field("bbox").type if box and "bbox" in schema.names else None
    wanted = ("xmin", "ymin", "xmax", "ymax")
    if box is None or kind is None or not pa.types.is_struct(kind):
        return None
    if any(kind.get_field_index(name) < 0 for name in wanted):
        return None
    low_x, low_y, high_x, high_y = (pads.field("bbox", name) for name in wanted)
    west, south, east, north = box
    return (low_x <= east) & (high_x >= west) & (low_y <= north) & (high_y >= south)


def _box(bounds: Bounds, target: str, source: str) -> Box | None:
    """Box in the CRS of the file that holds the bounds."""
    x, y = np.meshgrid(
        np.linspace(bounds.x_min, bounds.x_max, 21), np.linspace(bounds.y_min, bounds.y_max, 21)
    )
    east, north = crs_of.transform(x.ravel(), y.ravel(), target, source)
    if not (np.isfinite(east).all() and np.isfinite(north).all()):
        return None
    margin = 0.01 * max(float(np.ptp(east)), float(np.ptp(north)))
    return (
        float(east.min()) - margin,
        float(north.min()) - margin,
        float(east.max()) + margin,
        float(north.max()) + margin,
    )


def _geometries(column: pa.Array) -> NDArray[np.object_]:
    storage = column.storage if isinstance(column, pa.ExtensionArray) else column
    raw = [
        None if value is None or len(value) > _LARGEST_GEOMETRY else value
        for value in storage.to_pylist()
    ]
    wkb = np.array(raw, dtype=object)
    with np.errstate(invalid="ignore"):
        found: NDArray[np.object_] = shapely.from_wkb(wkb, on_invalid="ignore")
    return found
