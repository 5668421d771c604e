"""One id for one building over all sources: what is the same is kept once, the rest renamed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd

from citytwin.model.notes import Note
from citytwin.store.tables import row_digests

_NOT_THE_BUILDING = ["source", "offset", "defects", "stable_key"]
"""Columns that may differ between two records of one building."""


@dataclass(frozen=True)
class Clash:
    """Ids of one source that a source before it has used."""

    dropped: frozenset[str] = frozenset()
    """The same buildings again."""
    renamed: Mapping[str, str] = field(default_factory=dict)
    """Other buildings, with their new ids."""


def clashes(buildings: Mapping[str, pd.DataFrame]) -> dict[str, Clash]:
    """Compare the buildings of several sources.

    Parameters
    ----------
    buildings
        Table ``buildings`` by source, in the order in which sources count.

    Returns
    -------
    dict
        By source; the first has none.
    """
    known: dict[str, set[int]] = {}
    found = {}
    for owner, frame in buildings.items():
        ids = frame["building_id"].astype(str)
        digests = row_digests(frame.drop(columns=_NOT_THE_BUILDING))
        pairs = list(zip(ids, digests.tolist(), strict=True))
        again = {one for one, digest in pairs if digest in known.get(one, ())}
        others = [one for one, _ in pairs if one in known and one not in again]
        taken = known.keys() | set(ids)
        found[owner] = Clash(frozenset(again), {o: _free(f"{owner}:{o}", taken) for o in others})
        for one, digest in pairs:
            known.setdefault(found[owner].renamed.get(one, one), set()).add(digest)
            known.setdefault(one, set()).add(digest)
    return found


def _free(name: str, taken: set[str]) -> str:
    while name in taken:
        name += "'"
    return name


def settled_buildings(frame: pd.DataFrame, clash: Clash) -> pd.DataFrame:
    """Return the buildings of a source with ids that no other source has.

    Parameters
    ----------
    frame
        Table ``buildings`` of the source.
    clash
        What :func:`clashes` found.
    """
    kept = frame[~frame["building_id"].isin(clash.dropped)]
    return _renamed(kept, ["building_id", "parent_id"], clash)


def settled_surfaces(frame: pd.DataFrame, clash: Clash, owner: str) -> pd.DataFrame:
    """Return the surfaces of the buildings that were kept, under the ids that these have now.

    Parameters
    ----------
    frame
        Table ``surfaces`` of the source.
    clash
        What :func:`clashes` found.
    owner
        Name of the source.
    """
    kept = frame[~frame["building_id"].isin(clash.dropped)]
    moved = kept["building_id"].isin(clash.renamed)
    surface_id = kept["surface_id"].where(~moved, f"{owner}:" + kept["surface_id"])
    return _renamed(kept.assign(surface_id=surface_id), ["building_id"], clash)


def _renamed(frame: pd.DataFrame, columns: list[str], clash: Clash) -> pd.DataFrame:
    if not clash.renamed:
        return frame
    new = {
        name: frame[name].map(lambda one: clash.renamed.get(one, one), na_action="ignore")
        for name in columns
    }
    return frame.assign(**{name: column.astype("string") for name, column in new.items()})


def note_of(owner: str, clash: Clash) -> tuple[Note, ...]:
    """Say what became of the ids of a source.

    Parameters
    ----------
    owner
        Name of the source.
    clash
        What :func:`clashes` found.
    """
    said = []
    if clash.dropped:
        said.append(
            Note(
                severity="info",
                ja=f"データ「{owner}」の建物 {len(clash.dropped)} 棟は、前のデータと同一のため"
                "一度だけ数えます",
                en=f"{len(clash.dropped)} buildings of source {owner} are in a source before it "
                f"as well, such as {min(clash.dropped)}; they count once",
            )
        )
    if clash.renamed:
        old = min(clash.renamed)
        said.append(
            Note(
                severity="loss",
                ja=f"データ「{owner}」の建物 {len(clash.renamed)} 棟は、別の建物と ID が重複する"
                f"ため改名しました（例: {old} → {clash.renamed[old]}）",
                en=f"{len(clash.renamed)} buildings of source {owner} have the id of another "
                f"building in a source before it and were renamed, such as {old} to "
                f"{clash.renamed[old]}; where they are the same building it counts twice",
            )
        )
    return tuple(said)
