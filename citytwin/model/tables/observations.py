"""What an observation is, column by column: for the table of a run, and for the store that keeps versions.

A run has the rows of its files (`OBSERVATIONS`). The store of the running twin keeps the same columns of
every version of a row, with those that say when it was known (`VERSIONED`), and writes what names a
series once (:mod:`citytwin.store.observations.schema`).
"""

from __future__ import annotations

from citytwin.model.tables.schema import Column, Table

SERIES = (
    Column("source", "string", nullable=False),
    Column("thing", "string", nullable=False, meaning="URN"),
    Column("property", "string", nullable=False, meaning="name in model/properties.py"),
    Column("unit", "string", nullable=False, meaning="canonical unit of the property"),
)
"""What all rows of a series have in common."""
OBSERVATIONS = Table(
    "observations",
    (
        *SERIES,
        Column("phenomenon_start", "time", nullable=False),
        Column("phenomenon_end", "time", nullable=False, meaning="equals start for an instant"),
        Column("result", "float64", meaning="in `unit`; null when missing"),
        Column("flag", "int8", "1", nullable=False, meaning="see Flag"),
        Column("tests", "int32", "1", meaning="bits, see QualityTest; null: none was made"),
        Column("synthetic", "bool", nullable=False),
        Column("raw_ref", "string", nullable=False, meaning="sha256 of the raw bytes"),
    ),
)
VERSIONED = (
    Column("issued_at", "time", meaning="of forecasts: when they were made"),
    Column("known_at", "time", nullable=False, meaning="when the row became known"),
    Column(
        "superseded_at",
        "time",
        meaning="when a version that had arrived before it replaced it; null where none had",
    ),
    Column(
        "revises", "bool", nullable=False, meaning="a version known before had arrived before it"
    ),
    Column("seq", "int32", "1", nullable=False, meaning="number of the record in its payload"),
    Column("raw_value", "float64", meaning="as it came, where it was converted"),
    Column("raw_unit", "string", meaning="of `raw_value`, as the feed spells it"),
    Column("text", "string", meaning="of edits: the new value"),
)
"""What the store says of a version besides."""
