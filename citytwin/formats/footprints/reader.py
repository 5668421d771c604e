"""Buildings of one vector file: what is recorded about each, and its outline."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
import shapely
from numpy.typing import NDArray

from citytwin.formats.city.attribute_json import attribute_json
from citytwin.formats.city.buildings import BuildingRow, assemble
from citytwin.formats.city.draft import Draft
from citytwin.formats.city.faces import RawFace
from citytwin.formats.city.ledger import Ledger
from citytwin.formats.city.outliers import Z_MAX_M, Z_MIN_M
from citytwin.formats.city.recorded import recorded_height, recorded_storeys
from citytwin.formats.city.site import FileSite
from citytwin.formats.footprints.batches import Batch, VectorFile, open_vector
from citytwin.formats.footprints.columns import Columns, Role, columns_of, refuse_feet
from citytwin.formats.footprints.lengths import Unit, UnreadableLengthError, metres_of
from citytwin.formats.footprints.usual import UsualHeights
from citytwin.formats.vector.values import number_of, text_of
from citytwin.model import crs as crs_of
from citytwin.model.grid import Bounds

FloatArray = NDArray[np.float64]
GeometryZ = Literal["ignored", "ground", "roof"]

_UNKNOWN = -1.0
"""Height of buildings without one in the footprints of Microsoft."""
_NO_USAGE = ("yes", "unclassified")
"""Values of the OpenStreetMap key ``building`` that say nothing."""


@dataclass(frozen=True)
class Wanted:
    """What the user wants of the files."""

    layer: str | None
    columns: dict[Role, str | None]
    detect: bool
    unit: Unit | None
    storey_m: float
    geometry_z: GeometryZ
    bounds: Bounds | None


@dataclass(eq=False)
class _Record:
    """What one row says."""

    height_m: float | None = None
    storeys: int | None = None
    level_m: float | None = None
    """Elevation of the ground, or of the roof."""
    level_is_roof: bool = False
    defects: list[str] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)


@dataclass(eq=False)
class FootprintReader:
    """Reads one file, in batches."""

    file: VectorFile
    site: FileSite
    wanted: Wanted
    columns: Columns
    known: str
    """Data set whose columns were recognised; empty if none."""
    counts: Counter[str] = field(default_factory=Counter)

    @classmethod
    def open(cls, path: Path, site: FileSite, wanted: Wanted) -> FootprintReader:
        """Look at a file.

        Parameters
        ----------
        path
            The file.
        site
            Its place; receives its CRS.
        wanted
            What the user wants.

        Raises
        ------
        SourceError
            If it cannot be used.
        """
        file = open_vector(path, wanted.layer, site.given)
        site.srs_name = file.crs
        columns, known = columns_of(file.names, wanted.columns, path.name, detect=wanted.detect)
        if wanted.unit is None:
            refuse_feet(columns, path.name)
        return cls(file, site, wanted, columns, known)

    def _batches(self, names: Sequence[str]) -> Iterator[Batch]:
        return self.file.batches(names, self.wanted.bounds, self.site.target)

    def survey(self, usual: UsualHeights) -> None:
        """Take in the heights that the file records.

        Parameters
        ----------
        usual
            Receives them.
        """
        named = [name for columns in self.columns.values() for name in columns]
        for batch in self._batches(named):
            heights = [self._known_height(batch, row) for row in range(len(batch.geometry))]
            usual.add(*self._middles(batch), np.array(heights, dtype=np.float64))

    def _known_height(self, batch: Batch, row: int) -> float:
        record = self._record(batch, row)
        if record.height_m is not None:
            return record.height_m
        return record.storeys * self.wanted.storey_m if record.storeys is not None else np.nan

    def _middles(self, batch: Batch) -> tuple[FloatArray, FloatArray]:
        """Middle of each outline in the CRS of the city; not finite where it has no place."""
        box = shapely.bounds(batch.geometry)
        x, y = (box[:, 0] + box[:, 2]) / 2, (box[:, 1] + box[:, 3]) / 2
        return crs_of.transform(x, y, self.file.crs, self.site.target)

    def rows(self, usual: UsualHeights | None, ledger: Ledger) -> Iterator[BuildingRow]:
        """Read the buildings.

        Parameters
        ----------
        usual
            Heights for buildings that record none; None when they shall stay flat.
        ledger
            Receives what was set aside.
        """
        for batch in self._batches(self.file.names):
            count = len(batch.geometry)
            assumed: list[float | None] = [None] * count
            if usual is not None:
                assumed = usual.at(*self._middles(batch))
            for row in range(count):
                draft = self._draft(batch, row, assumed[row], ledger)
                found = assemble(draft, self.site, ledger) if draft is not None else None
                if found is not None and self._inside(found):
                    yield found

    def _inside(self, row: BuildingRow) -> bool:
        box = self.wanted.bounds
        if box is None:
            return True
        frame = shapely.box(box.x_min, box.y_min, box.x_max, box.y_max)
        return bool(shapely.intersects(row.footprint, frame))

    def _draft(self, batch: Batch, row: int, assumed: float | None, ledger: Ledger) -> Draft | None:
        number = batch.first + row + 1
        name = text_of(self._value(batch, row, "id")) or f"{self.site.source}:{number}"
        if self._value(batch, row, "underground") in (True, 1, "yes", "true"):
            self.counts["underground"] += 1
            return None
        geometry = batch.geometry[row]
        if geometry is None or geometry.is_empty:
            message = "geometry is empty, or cannot be read"
            ledger.reject(self.site.source, name, "no-geometry", message)
            return None
        record = self._record(batch, row)
        for message in record.unreadable:
            ledger.reject(self.site.source, name, "height-unreadable", message)
        usage = text_of(self._value(batch, row, "usage"))
        usage = None if usage in _NO_USAGE else usage
        level, is_roof = record.level_m, record.level_is_roof
        if geometry.has_z and level is None:
            self.counts[f"z-{self.wanted.geometry_z}"] += 1
            is_roof = self.wanted.geometry_z == "roof"
        return Draft(
            name,
            self.site.source,
            outline=self._outline(geometry, level),
            outline_is_roof=is_roof,
            stable_key=text_of(self._value(batch, row, "stable_key")),
            measured_height_m=record.height_m,
            storeys=record.storeys,
            storey_m=self.wanted.storey_m,
            assumed_height_m=assumed,
            usage=usage,
            usage_code=usage,
            lods="0",
            attributes=self._others(batch, row),
            defects=record.defects,
        )

    def _outline(
        self, geometry: shapely.Geometry, level: float | None
    ) -> Callable[[], list[RawFace]]:
        with_z = level is None and self.wanted.geometry_z != "ignored"
        unit_m = crs_of.height_unit(self.file.crs).metres

        def ring(line: shapely.LinearRing) -> FloatArray:
            points: FloatArray = shapely.get_coordinates(line, include_z=True)
            if with_z:
                points[:, 2] *= unit_m
            else:
                points[:, 2] = np.nan if level is None else level
            return points

        def read() -> list[RawFace]:
            parts = shapely.get_parts(shapely.get_parts([geometry]))
            return [
                RawFace("", "ground", [ring(line) for line in (part.exterior, *part.interiors)])
                for part in parts
                if part.geom_type == "Polygon" and not part.is_empty
            ]

        return read

    def _value(self, batch: Batch, row: int, role: Role) -> Any:
        column = self._column(batch, row, role)
        return None if column is None else batch.columns[column][row]

    def _column(self, batch: Batch, row: int, role: Role) -> str | None:
        """First column of a role that says something."""
        for column in self.columns.get(role, ()):
            value = batch.columns[column][row]
            if value is not None and text_of(value) is not None:
                return column
        return None

    def _others(self, batch: Batch, row: int) -> str | None:
        """What no role has taken."""
        taken = {self._column(batch, row, role) for role in self.columns}
        values = {name: column[row] for name, column in batch.columns.items()}
        return attribute_json(values, taken)

    def _length(self, batch: Batch, row: int, role: Role, record: _Record) -> float | None:
        value = self._value(batch, row, role)
        try:
            return metres_of(value, self.wanted.unit or "m")
        except UnreadableLengthError as error:
            record.unreadable.append(f"{role} {str(error)!r} is no length")
            return None

    def _record(self, batch: Batch, row: int) -> _Record:
        record = _Record()
        height = self._length(batch, row, "height", record)
        ground = _elevation(self._length(batch, row, "ground", record), record)
        roof = _elevation(self._length(batch, row, "roof", record), record)
        if height == _UNKNOWN:
            height = None
        if height is None and ground is not None and roof is not None:
            height = roof - ground
        record.height_m, defects = recorded_height(height)
        record.defects += defects
        record.storeys = recorded_storeys(number_of(self._value(batch, row, "storeys")))
        record.level_m = ground
        if ground is None and roof is not None and record.height_m is not None:
            record.level_m, record.level_is_roof = roof, True
        underside = self._length(batch, row, "underside", record)
        if underside is not None and underside > 0.0:
            record.defects.append("underside-ignored")
        return record


def _elevation(value: float | None, record: _Record) -> float | None:
    if value is None or Z_MIN_M <= value <= Z_MAX_M:
        return value
    if value not in (-9999.0, 9999.0, -32768.0, -99999.0):
        record.defects.append("elevation-absurd")
    return None
