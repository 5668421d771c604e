"""One table of each kind from those of several sources."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import geopandas as gpd
import pandas as pd

from citytwin.engine.part_rows import HeldRows
from citytwin.engine.settled_rows import is_touched, settled
from citytwin.engine.unique_ids import between_sources, clashes, note_of
from citytwin.model.notes import Note
from citytwin.model.tables import BUILDINGS, DEFECTS, Table

Named = tuple[str, Mapping[Table, pd.DataFrame]]


def joined_tables(
    sources: Sequence[Named], crs: str
) -> tuple[dict[Table, pd.DataFrame], tuple[Note, ...]]:
    """Join the tables of all sources; a building that two of them have counts once.

    Parameters
    ----------
    sources
        Name and tables of each, in the order in which they count.
    crs
        CRS of the tables.

    Returns
    -------
    tuple
        Tables, and what must be said of ids that two sources have.
    """
    owners = [name for name, _ in sources]
    parts = [HeldRows(tables) for _, tables in sources]
    clash = clashes(parts, (BUILDINGS, DEFECTS), between_sources(owners))
    frames: dict[Table, list[pd.DataFrame]] = {}
    for (name, tables), own in zip(sources, clash, strict=True):
        for table, frame in tables.items():
            kept = settled(table, frame, own, name) if is_touched(table, own) else frame
            frames.setdefault(table, []).append(kept)
    notes = tuple(
        note for name, own in zip(owners, clash, strict=True) for note in note_of(name, [own])
    )
    return {table: _concatenated(table, parts, crs) for table, parts in frames.items()}, notes


def _concatenated(table: Table, frames: Sequence[pd.DataFrame], crs: str) -> pd.DataFrame:
    filled = [frame for frame in frames if len(frame)] or [frames[0]]
    frame = pd.concat(filled, ignore_index=True) if len(filled) > 1 else filled[0]
    return frame if table.geometry == "none" else gpd.GeoDataFrame(frame, crs=crs)
