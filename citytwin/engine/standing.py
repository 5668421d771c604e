"""What stands during a run: digests, extremes and descent of every resource."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from citytwin.engine.lineage import Lineage
from citytwin.engine.plan import Resource
from citytwin.engine.results import FieldPart
from citytwin.model.fields import Field
from citytwin.model.grid import Bounds, Tile
from citytwin.model.layer import ValueRange
from citytwin.model.notes import Note
from citytwin.model.raster import RasterRole
from citytwin.model.record import Record
from citytwin.model.tables import Table
from citytwin.store.placed import Places, TableFile, places_of
from citytwin.store.row_index import rows_near
from citytwin.store.tables import ANYWHERE


@dataclass(frozen=True)
class Piece:
    """Consecutive rows of a table, whose places are looked at when somebody asks for them."""

    first_row: int
    rows: int
    box: tuple[float, float, float, float]
    """x_min, y_min, x_max, y_max of all rows [m]; infinite where they may lie anywhere."""
    places: Callable[[], Places]


class TableEntry:
    """A table with its owner, and the places and digests of its rows.

    Parameters
    ----------
    owner
        Whose table it is.
    pieces
        In order.
    files
        Digests of the files that it lies in, if it does.
    """

    def __init__(self, owner: str, pieces: Iterable[Piece], files: Iterable[str] = ()) -> None:
        self.owner = owner
        self.files = tuple(files)
        self._pieces = [piece for piece in pieces if piece.rows]
        self._boxes = np.array([piece.box for piece in self._pieces]).reshape(-1, 4)
        self.rows = sum(piece.rows for piece in self._pieces)
        """Rows of the table."""

    @classmethod
    def of(cls, owner: str, places: Places) -> TableEntry:
        """Return the entry of a table whose places are at hand.

        Parameters
        ----------
        owner
            Whose table it is.
        places
            Of its rows.
        """
        return cls(owner, [Piece(0, len(places.digests), ANYWHERE, lambda: places)])

    @classmethod
    def stored(cls, owner: str, root: Path, files: Iterable[TableFile]) -> TableEntry:
        """Return the entry of a table that lies in files.

        Parameters
        ----------
        owner
            Whose table it is.
        root
            Folder of the store.
        files
            All files of the table, in order.
        """
        own = list(files)
        return cls(
            owner,
            [
                Piece(f.first_row, f.rows, f.box or ANYWHERE, partial(places_of, root, f))
                for f in own
            ],
            [f.digest for f in own],
        )

    @property
    def boxes(self) -> NDArray[np.float64]:
        """Box of each row, shape (n, 4) [m]."""
        own = [piece.places().index.boxes for piece in self._pieces]
        return np.concatenate([np.empty((0, 4)), *own])

    def digest(self, area: Bounds | None = None) -> str:
        """Digest of what steps see of the rows that touch an area, or of all."""
        total = hashlib.sha256()
        wanted = range(len(self._pieces)) if area is None else rows_near(self._boxes, area)
        for piece in (self._pieces[place] for place in wanted):
            places = piece.places()
            rows = np.arange(piece.rows) if area is None else places.index.near(area)
            total.update((rows + piece.first_row).astype(np.int64).tobytes())
            total.update(places.digests[rows].tobytes())
        return total.hexdigest()


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
