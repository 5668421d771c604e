"""The format ``vector_hydraulic_structures``: culverts, underpasses and walls as lines."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

import shapely
from pydantic import model_validator

from citytwin.formats.city.batch import read_files
from citytwin.formats.city.defects import with_defects
from citytwin.formats.city.ledger import Ledger
from citytwin.formats.city.site import FileSite
from citytwin.formats.city.theme_rows import StructureRow, theme_frame
from citytwin.formats.vector.files import PATTERNS
from citytwin.formats.vector.layers import VectorLayer, columns_named, load_layer, placed_geometry
from citytwin.formats.vector.values import is_null, number_of, text_of
from citytwin.kernels.culvert_inlets import INLET_NAMES, PIPE_INLETS
from citytwin.model.steps import Dataset, Decoded, Format, Params
from citytwin.model.tables import DEFECTS, HYDRAULIC_STRUCTURES
from citytwin.model.text import text
from citytwin.wording import nearest

Kind = Literal["culvert", "underpass", "wall"]

_LARGEST_M = 100.0
"""Wider or higher is no culvert, underpass or wall, but a mistaken unit."""
_LOWEST_M, _HIGHEST_M = -500.0, 9000.0
_ROUND = 0.01
"""By how much width and height of a pipe may differ."""


class StructureParams(Params):
    """Which layer and columns carry what."""

    layer: str | None = None
    """Layer of the file; the first when not given."""
    kind: Kind | None = None
    """What all lines of the file are ..."""
    kind_column: str | None = None
    """... or the column that says it: culvert, underpass or wall."""
    id_column: str | None = None
    """Identifier; the number of the row when not given."""
    width_column: str | None = None
    """Width inside [m]."""
    height_column: str | None = None
    """Clear height of a culvert, height of a wall above the ground [m]."""
    start_level_column: str | None = None
    """Invert, floor or crest at the first place of the line [m above the vertical datum]."""
    end_level_column: str | None = None
    """The same at the last place [m above the vertical datum]."""
    inlet: str | None = None
    """Inlet of all culverts of the file, such as pipe_concrete_headwall; those of boxes and pipes
    stand in docs/flood.md ..."""
    inlet_column: str | None = None
    """... or the column that names it."""

    @model_validator(mode="after")
    def _one_kind(self) -> StructureParams:
        if (self.kind is None) == (self.kind_column is None):
            msg = "give either kind or kind_column"
            raise ValueError(msg)
        if self.inlet is not None and self.inlet_column is not None:
            msg = "give either inlet or inlet_column"
            raise ValueError(msg)
        if self.inlet is not None and self.inlet not in INLET_NAMES:
            msg = f"there is no inlet {self.inlet!r}{nearest(self.inlet, INLET_NAMES)}"
            raise ValueError(msg)
        return self


class _BadValueError(Exception):
    """A value that no structure can have."""


@dataclass(eq=False)
class _StructureReader:
    layer: VectorLayer
    params: StructureParams
    site: FileSite
    ledger: Ledger

    def rows(self) -> list[StructureRow]:
        found: list[StructureRow] = []
        for number, geometry in enumerate(self.layer.frame.geometry.to_numpy()):
            name = text_of(self.layer.value(number, self.params.id_column))
            record = name or f"{self.site.source}:{number + 1}"
            lines = self._lines(record, geometry)
            try:
                found += [self._row(record, number, line) for line in lines]
            except _BadValueError as error:
                self.ledger.reject(self.site.source, record, "range", str(error))
        return found

    def _lines(
        self, record: str, geometry: shapely.Geometry | None
    ) -> tuple[shapely.LineString, ...]:
        """Lines of a feature; what has none, or only points, is set aside."""
        placed = placed_geometry(record, geometry, self.layer, self.site, self.ledger)
        if geometry is None or placed is None:
            return ()
        merged = shapely.line_merge(placed)
        lines = tuple(line for line in shapely.get_parts(merged) if line.length > 0)
        if shapely.get_dimensions(placed) != 1 or not lines:
            message = f"a {geometry.geom_type} is no line with a length"
            self.ledger.reject(self.site.source, record, "no-line", message)
            return ()
        levels = (self.params.start_level_column, self.params.end_level_column)
        if len(lines) > 1 and any(levels):
            message = f"{len(lines)} lines in one record: levels at its ends mean none of them"
            self.ledger.reject(self.site.source, record, "no-line", message)
            return ()
        return lines

    def _row(self, record: str, number: int, line: shapely.LineString) -> StructureRow:
        params = self.params
        kind = params.kind or self._kind(number)
        inlet = self._inlet(number) if kind == "culvert" else None
        width = self._size(number, params.width_column)
        height = self._size(number, params.height_column)
        if inlet in PIPE_INLETS:
            width = height = _diameter(width, height)
        return StructureRow(
            structure_id=record,
            kind=kind,
            width_m=width,
            height_m=height,
            start_level_m=self._level(number, params.start_level_column),
            end_level_m=self._level(number, params.end_level_column),
            inlet=inlet,
            source=self.site.source,
            geometry=line,
        )

    def _kind(self, number: int) -> str:
        said = (text_of(self.layer.value(number, self.params.kind_column)) or "").lower()
        if said not in get_args(Kind):
            msg = f"{self.params.kind_column} is {said!r}, not culvert, underpass or wall"
            raise _BadValueError(msg)
        return said

    def _inlet(self, number: int) -> str | None:
        said = text_of(self.layer.value(number, self.params.inlet_column)) or self.params.inlet
        if said is not None and said not in INLET_NAMES:
            known = ", ".join(INLET_NAMES)
            msg = f"{self.params.inlet_column} is {said!r}, not one of {known}"
            raise _BadValueError(msg)
        return said

    def _size(self, number: int, column: str | None) -> float | None:
        return self._number(number, column, 0.01, _LARGEST_M)

    def _level(self, number: int, column: str | None) -> float | None:
        return self._number(number, column, _LOWEST_M, _HIGHEST_M)

    def _number(self, number: int, column: str | None, low: float, high: float) -> float | None:
        said = self.layer.value(number, column)
        if is_null(said):
            return None
        value = number_of(said)
        if value is None or not low <= value <= high:
            msg = f"{column} is {text_of(said)}, not {low:g} to {high:g} m"
            raise _BadValueError(msg)
        return value


def _diameter(width_m: float | None, height_m: float | None) -> float | None:
    """Diameter of a pipe, which its width, its height, or both say."""
    if width_m is None or height_m is None:
        return height_m if width_m is None else width_m
    if abs(width_m - height_m) > _ROUND * height_m:
        msg = f"a pipe is {width_m:g} m wide and {height_m:g} m high: give its diameter, or a box"
        raise _BadValueError(msg)
    return height_m


def _read_one(
    path: Path, dataset: Dataset, params: StructureParams, ledger: Ledger
) -> list[StructureRow]:
    layer = load_layer(path, params.layer, columns_named(params), dataset.source_crs)
    site = FileSite(path.name, dataset.target_crs, dataset.source_crs, east_first=True)
    rows = _StructureReader(layer, params, site, ledger).rows()
    site.finish(ledger)
    return rows


def read(dataset: Dataset, params: StructureParams) -> Decoded:
    """Read the lines of vector files as culverts, underpasses or walls.

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
    """
    ledger = Ledger()
    found = read_files(dataset, lambda path, own: _read_one(path, dataset, params, own), ledger)
    rows = [row for _, rows in found for row in rows]
    frame = theme_frame(HYDRAULIC_STRUCTURES, rows, dataset.target_crs)
    decoded = Decoded(
        {HYDRAULIC_STRUCTURES: frame}, rejects=ledger.all_rejects(), notes=tuple(ledger.notes)
    )
    return with_defects(decoded, dataset.target_crs)


FORMAT = Format(
    name="vector_hydraulic_structures",
    title=text(
        "暗渠・アンダーパス・壁（ベクタデータ）", "Culverts, underpasses and walls (vector files)"
    ),
    patterns=PATTERNS,
    produces=(HYDRAULIC_STRUCTURES, DEFECTS),
    params=StructureParams,
    read=read,
)
