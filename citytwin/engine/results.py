"""What a worker reports of a finished part, small enough for a message and the manifest."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Self

from pydantic import BaseModel, ConfigDict, ValidationError

from citytwin.engine.spots import Spot
from citytwin.model.kept_figures import Figures
from citytwin.model.layer import LayerDocument
from citytwin.model.notes import Fact, Note, Premise, Reject, Tally
from citytwin.store.drawing import Drawn
from citytwin.store.layer_writer import checksum_over
from citytwin.store.placed import TableFile


class _Result(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    @classmethod
    def on_record(cls, payload: str) -> Self | None:
        """Return what the manifest holds; None where another version has written it."""
        try:
            return cls.model_validate_json(payload)
        except ValidationError:
            return None


class RasterPart(_Result):
    """A raster that a source gave."""

    digest: str
    cells: int


class DecodedPart(_Result):
    """A part of a source that was read: all of it, a file, or a range of one."""

    tables: dict[str, TableFile]
    """What it gave, by table."""
    rasters: dict[str, RasterPart] = {}
    """What it gave, by role."""
    rejects: tuple[Reject, ...]
    notes: tuple[Tally | Note, ...]
    seconds: float = 0.0
    """Time on the worker [s]."""


class DecodedSource(_Result):
    """A source that was read, all its parts together."""

    rows: dict[str, int]
    """Rows by table, cells by raster role."""
    digests: dict[str, str]
    """Digest by raster role."""
    rejects: tuple[Reject, ...]
    notes: tuple[Note, ...]
    files: dict[str, str]
    """sha256 by file name, relative to the source's root; files read beside them come last."""


class FieldPart(_Result):
    """One field of one tile."""

    digest: str
    low: float | None
    """Smallest value; None where the tile has no data."""
    high: float | None
    cells: dict[int, int] = {}
    """Cells by value, for fields of classes; cells without data are left out."""
    before: str = ""
    """Digest of the values that these took the place of; empty where none were compared."""
    spots: tuple[Spot, ...] = ()
    """Where they are others than those."""


class Seen(_Result):
    """What a tile was made from, so that the next night knows what has changed."""

    beside: str
    """Digest of all but the values of fields, and of a gridder the rows of tables: code, parameters,
    records, place."""
    fields: dict[str, str]
    """Digest of each tile of a field within reach, by ``field@tile``."""
    rows: dict[str, dict[str, str]] = {}
    """Of a gridder: digest of the rows within reach, by table and file."""
    unread: tuple[str, ...] = ()
    """Names of the tables that it did not look at, whatever was in them."""


class TileResult(_Result):
    """A tile that a gridder or simulation made."""

    parts: dict[str, FieldPart]
    """By field."""
    facts: tuple[Fact, ...] = ()
    notes: tuple[Premise | Tally | Note, ...] = ()
    valid_time: datetime | None = None
    seen: Seen | None = None
    """What it was made from; None where all of it is made anew whatever has changed."""
    seconds: float = 0.0
    """Time on the worker [s]."""


class TableResult(_Result):
    """A table that an assessment made."""

    digest: str
    rows: int
    facts: tuple[Fact, ...] = ()
    notes: tuple[Premise | Note, ...] = ()
    used: dict[str, tuple[str, ...]] = {}
    """By table: the sources of the rows used, where the assessment told."""
    beside: str = ""
    """Digest of code and parameters, under which the figures hold."""
    figures: dict[str, Figures] = {}
    """Of places, each by the digest of all else that it follows from."""
    valid_time: datetime | None = None
    seconds: float = 0.0
    """Time on the worker [s]."""


class LayerResult(_Result):
    """A layer that lies ready in the staging folder."""

    document: LayerDocument
    digests: Mapping[str, str]
    """sha256 of its files, as they were written, by name."""
    drawn: Drawn = Drawn()
    """Which of its files the next run may take."""
    seconds: float = 0.0
    """Time on the worker [s]."""

    @property
    def checksum(self) -> str:
        """Digest over the names and contents of its files."""
        return checksum_over(self.digests)
