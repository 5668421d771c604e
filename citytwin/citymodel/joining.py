"""One table of each kind from those of several sources."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import geopandas as gpd
import pandas as pd

from citytwin.engine.unique_ids import (
    Clash,
    clashes,
    note_of,
    settled_buildings,
    settled_surfaces,
)
from citytwin.model.notes import Note
from citytwin.model.tables import BUILDINGS, SURFACES, Table

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
    owners = {name: tables[BUILDINGS] for name, tables in sources if BUILDINGS in tables}
    clash = clashes(owners) if len(owners) > 1 else {}
    frames: dict[Table, list[pd.DataFrame]] = {}
    for name, tables in sources:
        own = clash.get(name, Clash())
        for table, frame in tables.items():
            if table is BUILDINGS:
                frame = settled_buildings(frame, own)
            elif table is SURFACES:
                frame = settled_surfaces(frame, own, name)
            frames.setdefault(table, []).append(frame)
    notes = tuple(note for name, own in clash.items() for note in note_of(name, own))
    return {table: _concatenated(table, parts, crs) for table, parts in frames.items()}, notes


def _concatenated(table: Table, frames: Sequence[pd.DataFrame], crs: str) -> pd.DataFrame:
    filled = [frame for frame in frames if len(frame)] or [frames[0]]
    frame = pd.concat(filled, ignore_index=True) if len(filled) > 1 else filled[0]
    return frame if table.geometry == "none" else gpd.GeoDataFrame(frame, crs=crs)
