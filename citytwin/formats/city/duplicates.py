"""One id for one building: the same building met twice is kept once, different ones both."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from citytwin.formats.city.buildings import BuildingRow
from citytwin.formats.city.ledger import Ledger
from citytwin.formats.city.unique_names import UniqueNames
from citytwin.model.identities import RENAMED, Identities, repeated


def are_distinct(ids: Sequence[str]) -> bool:
    """Whether no id occurs twice.

    Parameters
    ----------
    ids
        Of all buildings.
    """
    return len(set(ids)) == len(ids)


def without_duplicates(rows: Iterable[BuildingRow], ledger: Ledger) -> list[BuildingRow]:
    """Drop repeated buildings and rename different ones that share an id.

    Parameters
    ----------
    rows
        Buildings in the order of the files.
    ledger
        Receives what was dropped or renamed.

    Returns
    -------
    list of BuildingRow
        In the same order, each id once.
    """
    met = Identities()
    kept: list[BuildingRow] = []
    names = UniqueNames()
    for row in rows:
        name = row.draft.building_id
        verdict = met.meet(name, row.digest)
        if verdict != "first":
            ledger.enter(repeated(row.draft.source, name, verdict))
        if verdict == "again":
            continue
        if verdict == "another":
            row.defects.append(RENAMED)
        row.building_id = names.take(name)
        kept.append(row)
    return kept
