"""What stands during a run: digests, extremes and descent of every resource."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np

from citytwin.engine.lineage import Lineage
from citytwin.engine.plan import Resource
from citytwin.engine.results import FieldPart
from citytwin.engine.table_entry import TableEntry
from citytwin.model.fields import Field
from citytwin.model.grid import Tile
from citytwin.model.layer import ValueRange
from citytwin.model.notes import Note
from citytwin.model.raster import RasterRole
from citytwin.model.record import Record
from citytwin.model.tables import Table


@dataclass
class Standing:
    """Everything that later jobs may need to know of earlier ones."""

    fields: dict[Field, dict[Tile, FieldPart]] = field(default_factory=dict)
    tables: dict[Table, TableEntry] = field(default_factory=dict)
    rasters: list[tuple[str, RasterRole, str]] = field(default_factory=list)
    """Owner, role and digest, in the order of the sources."""
    records: dict[str, Record] = field(default_factory=dict)
    """By observed property."""
    moment: datetime | None = None
    """Time of the run, which ends the records of steps of the moment (aware); None = they see all."""
    lineage: dict[Resource, Lineage] = field(default_factory=dict)
    shares: dict[Resource, dict[str, Lineage]] = field(default_factory=dict)
    """Descent of what each source gave to a table, by the name of the source."""
    lost: dict[Resource, Lineage] = field(default_factory=dict)
    """Remarks of sources that could not be read, on all that is poorer without them."""
    warnings: list[Lineage] = field(default_factory=list)
    """What must be said beside results, with the sources it speaks of: losses that assessments
    found, a poor CRS."""
    losses: list[str] = field(default_factory=list)
    """Losses in joining the sources, for the report."""

    def field_digests(self, wanted: Field, window: Tile) -> list[str]:
        """Digests of the parts of a field that a window touches."""
        return self.digests_near([wanted])(window)

    def digests_near(self, wanted: Iterable[Field]) -> Callable[[Tile], list[str]]:
        """Return a function from a window to the digests of the parts of fields that it touches.

        It looks up all tiles of a city in time: their edges are put into arrays once.
        """
        fields = list(wanted)
        said = [
            [f"{field.name}@{tile.name}={part.digest}" for tile, part in self.fields[field].items()]
            for field in fields
        ]
        edges = [
            np.array([(t.row0, t.row1, t.col0, t.col1) for t in self.fields[field]]).reshape(-1, 4)
            for field in fields
        ]

        def near(window: Tile) -> list[str]:
            found: list[str] = []
            for digests, (row0, row1, col0, col1) in zip(
                said, (edge.T for edge in edges), strict=True
            ):
                hit = (row0 < window.row1) & (row1 > window.row0)
                hit &= (col0 < window.col1) & (col1 > window.col0)
                found += [digests[place] for place in np.flatnonzero(hit)]
            return found

        return near

    def range_of(self, wanted: Field) -> ValueRange:
        """Smallest and largest value of a field; 0 to 0 where it has no data."""
        parts = self.fields[wanted].values()
        lows = [part.low for part in parts if part.low is not None]
        highs = [part.high for part in parts if part.high is not None]
        return ValueRange(min(lows, default=0.0), max(highs, default=0.0))

    def warnings_for(self, descent: Lineage) -> tuple[Note, ...]:
        """Losses that concern a result of this descent and that it does not carry yet."""
        found = [w.notes for w in self.warnings if w.sources & descent.sources]
        told = (note for notes in found for note in notes if note not in descent.notes)
        return tuple(dict.fromkeys(told))

    def parents(
        self, needs: Iterable[Resource], used: Mapping[str, Sequence[str]] | None = None
    ) -> list[Lineage]:
        """Descent of several resources; of a table named in `used`, of these sources' rows only."""
        told = used or {}
        found: list[Lineage] = []
        for need in needs:
            if isinstance(need, Table) and need.name in told:
                shares = self.shares.get(need, {})
                found += [shares[name] for name in told[need.name] if name in shares]
            else:
                found.append(self.lineage.get(need, Lineage()))
        return found


def record_digest(record: Record) -> str:
    """Digest of all that a record says.

    Parameters
    ----------
    record
        The record.
    """
    head = (record.observed.name, record.source, record.thing, record.station, record.kind)
    sensor = (
        str(record.sensor_height_m),
        str(record.distance_m),
        str(record.synthetic),
        str(record.lag),
    )
    total = hashlib.sha256("|".join((*head, *sensor)).encode())
    doubted = np.zeros(record.result.shape) if record.doubted is None else record.doubted * 1.0
    for array in (record.start_s, record.end_s, record.result, doubted):
        total.update(np.ascontiguousarray(array).tobytes())
    return total.hexdigest()
