"""One id for one building: the same building met twice is kept once, different ones both."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from citytwin.formats.city.buildings import BuildingRow
from citytwin.formats.city.ledger import Ledger
from citytwin.formats.city.unique_names import UniqueNames


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
    first: dict[str, BuildingRow] = {}
    digests: dict[str, set[str]] = {}
    kept: list[BuildingRow] = []
    names = UniqueNames()
    for row in rows:
        name = row.draft.building_id
        if name not in first:
            first[name] = row
        else:
            known = digests.setdefault(name, {first[name].digest()})
            digest = row.digest()
            place = f"{row.draft.source} {name}"
            if digest in known:
                ledger.reject(row.draft.source, name, "duplicate", f"{place}: same building again")
                continue
            known.add(digest)
            row.defects.append("duplicate-id")
            message = f"{place}: another building has this id; both are kept"
            ledger.reject(row.draft.source, name, "duplicate-id", message)
        row.building_id = names.take(name)
        kept.append(row)
    return kept
