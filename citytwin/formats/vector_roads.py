"""The format ``vector_roads``: roads from GeoPackage, SQLite, GeoJSON, FlatGeobuf or GeoParquet."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import shapely
from pydantic import Field

from citytwin.formats.city.batch import read_files
from citytwin.formats.city.defects import with_defects
from citytwin.formats.city.frames import RoadRow, road_frame
from citytwin.formats.city.ledger import Ledger
from citytwin.formats.city.site import FileSite
from citytwin.formats.vector.files import PATTERNS
from citytwin.formats.vector.layers import (
    VectorLayer,
    area_or_reject,
    columns_named,
    load_layer,
    placed_geometry,
)
from citytwin.formats.vector.row_ranges import DENSITY, row_ranges
from citytwin.formats.vector.values import is_null, number_of, text_of
from citytwin.model.steps import ByteRange, Dataset, Decoded, Format, NotApartError, Params
from citytwin.model.tables import DEFECTS, ROADS
from citytwin.model.text import text

_WIDEST_M = 200.0


class VectorRoadParams(Params):
    """Which layer and columns carry what."""

    layer: str | None = None
    """Layer of the file; the first when not given."""
    id_column: str | None = None
    """Identifier; the number of the row when not given."""
    name_column: str | None = None
    function_column: str | None = None
    """Class of road."""
    level_column: str | None = None
    """0 on the ground, 1 and more on bridges, negative in tunnels."""
    width_column: str | None = None
    """Width [m]; needed where the roads are lines, unless `line_width_m` is given."""
    line_width_m: float | None = Field(default=None, gt=0, le=_WIDEST_M)
    """Width of lines that record none [m]."""
    ended_column: str | None = None
    """Date at which a record ceased to hold; rows that have one are left out."""


@dataclass(eq=False)
class _RoadReader:
    layer: VectorLayer
    params: VectorRoadParams
    site: FileSite
    ledger: Ledger

    def rows(self) -> list[RoadRow]:
        params, frame = self.params, self.layer.frame
        rows: list[RoadRow] = []
        for number, geometry in enumerate(frame.geometry.to_numpy()):
            if params.ended_column and not is_null(self.layer.value(number, params.ended_column)):
                continue
            name = text_of(self.layer.value(number, params.id_column))
            record = name or f"{self.site.source}:{self.layer.first + number + 1}"
            area = self._area(record, number, geometry)
            if area is None:
                continue
            level = number_of(self.layer.value(number, params.level_column))
            rows.append(
                RoadRow(
                    road_id=record,
                    name=text_of(self.layer.value(number, params.name_column)),
                    function=text_of(self.layer.value(number, params.function_column)),
                    width_m=self._width(number),
                    level=round(level) if level is not None and abs(level) < 100 else 0,
                    source=self.site.source,
                    area=area,
                )
            )
        return rows

    def _width(self, number: int) -> float | None:
        width = number_of(self.layer.value(number, self.params.width_column))
        return width if width is not None and 0.0 < width <= _WIDEST_M else None

    def _area(
        self, record: str, number: int, geometry: shapely.Geometry | None
    ) -> shapely.MultiPolygon | None:
        placed = placed_geometry(record, geometry, self.layer, self.site, self.ledger)
        if geometry is None or placed is None:
            return None
        if shapely.get_dimensions(placed) == 1:
            width = self._width(number) or self.params.line_width_m
            if width is None:
                message = "a line without a width; give `width_column` or `line_width_m`"
                self.ledger.reject(self.site.source, record, "no-width", message)
                return None
            placed = shapely.buffer(placed, width / 2.0, cap_style="flat")
        return area_or_reject(record, placed, geometry.geom_type, self.site, self.ledger)


def _read_one(
    path: Path, dataset: Dataset, params: VectorRoadParams, ledger: Ledger
) -> list[RoadRow]:
    part = dataset.part
    layer = load_layer(path, params.layer, columns_named(params), dataset.source_crs, part)
    site = FileSite(path.name, dataset.target_crs, dataset.source_crs, east_first=True)
    rows = _RoadReader(layer, params, site, ledger).rows()
    if part is not None and site.misplaced and not site.placed:
        msg = f"{path.name}: no road of a range lies in its CRS"
        raise NotApartError(msg)  # whether the CRS is at fault, all of the file tells
    site.finish(ledger)
    return rows


def read(dataset: Dataset, params: VectorRoadParams) -> Decoded:
    """Read roads of vector files, or of a range of one: polygons as they are, lines with their width.

    Parameters
    ----------
    dataset
        The files.
    params
        Which layer and columns carry what.

    Raises
    ------
    SourceError
        If no file can be used.
    NotApartError
        If the range means nothing without the rest of its file.
    """
    ledger = Ledger()
    found = read_files(dataset, lambda path, own: _read_one(path, dataset, params, own), ledger)
    frame = road_frame([row for _, rows in found for row in rows], dataset.target_crs)
    decoded = Decoded({ROADS: frame}, rejects=ledger.all_rejects(), notes=tuple(ledger.notes))
    return with_defects(decoded, dataset.target_crs)


def _ranges(path: Path, range_bytes: int) -> list[ByteRange] | None:
    """Ranges of a file whose rows can be entered in the middle, which Parquet read whole cannot."""
    return None if path.suffix.lower() == ".parquet" else row_ranges(path, range_bytes)


FORMAT = Format(
    name="vector_roads",
    title=text("道路（ベクタデータ）", "Roads (vector files)"),
    patterns=PATTERNS,
    produces=(ROADS, DEFECTS),
    params=VectorRoadParams,
    ranges=_ranges,
    density=DENSITY,
    read=read,
)
