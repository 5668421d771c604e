"""What a worker reports of a finished part, small enough for a message and the manifest."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict

from citytwin.model.layer import LayerDocument
from citytwin.model.notes import Fact, Note, Premise, Reject, Tally
from citytwin.store.drawing import DrawnFiles
from citytwin.store.placed import TableFile


class _Result(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


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


class TileResult(_Result):
    """A tile that a gridder or simulation made."""

    parts: dict[str, FieldPart]
    """By field."""
    facts: tuple[Fact, ...] = ()
    notes: tuple[Premise | Tally | Note, ...] = ()
    valid_time: datetime | None = None
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
    valid_time: datetime | None = None
    seconds: float = 0.0
    """Time on the worker [s]."""


class LayerResult(_Result):
    """A layer that lies ready in the staging folder."""

    document: LayerDocument
    checksum: str
    drawn: tuple[DrawnFiles, ...] = ()
    """Which of its files the next run may take."""
    seconds: float = 0.0
    """Time on the worker [s]."""
