"""One id for one thing over all parts of a source, and one for one building over all sources.

Files are read side by side, so none knows what another has used. Here ids that were given more than
once are found by their hashes; only the rows that have one are looked at, and only files with such
rows are written again. What is the same is kept once, the rest renamed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import accumulate, repeat
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from citytwin.engine.building_digests import building_digests
from citytwin.engine.part_rows import PartRows
from citytwin.model import tables as t
from citytwin.model.identities import RENAMED, Identities, Verdict
from citytwin.model.notes import Note
from citytwin.model.tables import Table

Hashes = NDArray[np.uint64]
Naming = Callable[[int, str], Iterator[str]]
"""From the number of a part and an id: names for another thing of that id, the first free is taken."""
_SUFFIX = re.compile(r"#\d+$")


@dataclass(frozen=True)
class Clash:
    """Ids of one part that a part before it has used."""

    dropped: frozenset[str] = frozenset()
    """The same buildings again."""
    renamed: Mapping[str, str] = field(default_factory=dict)
    """Other things, with their new ids."""
    met: tuple[tuple[str, str, Verdict], ...] = ()
    """Of each building concerned, in order: file, id, and what became of it."""

    def __bool__(self) -> bool:
        return bool(self.dropped or self.renamed)


def clashes(
    parts: Sequence[PartRows], tables: Iterable[Table], naming: Naming
) -> list[dict[Table, Clash]]:
    """Find ids that several parts have used.

    Parameters
    ----------
    parts
        In the order in which they count; no id occurs twice in one.
    tables
        Tables with a key; rows are dropped where they are buildings met again.
    naming
        Names for other things of an id.

    Returns
    -------
    list of dict
        Clashes of each part by table; the first part has none.
    """
    found = {table: _clashes(parts, table, naming) for table in tables}
    return [{table: own[place] for table, own in found.items()} for place in range(len(parts))]


def _clashes(parts: Sequence[PartRows], table: Table, naming: Naming) -> list[Clash]:
    hashes = [_hashed(part, table) for part in parts]
    every = _sorted(ids for ids, _ in hashes)
    # Two ids may be one although their roots are not: ``a#2`` of a file, and a second ``a``.
    twice = _repeated(every), _repeated(_sorted(roots for _, roots in hashes))
    if not any(map(len, twice)):
        return [Clash()] * len(parts)
    taken = _Taken(every)
    identities = Identities()
    found = []
    for number, (part, own) in enumerate(zip(parts, hashes, strict=True)):
        rows = np.flatnonzero(np.isin(own[0], twice[0]) | np.isin(own[1], twice[1]))
        if not len(rows):
            found.append(Clash())
            continue
        frame = _keys(part, table).iloc[rows]
        names = partial(naming, number)
        if table is t.BUILDINGS:
            digests = building_digests(part, frame["id"])
            found.append(_buildings(frame, digests, identities, taken, names))
        else:
            found.append(Clash(renamed=_renamed(frame["id"], taken, names)))
    return found


@dataclass(eq=False)
class _Taken:
    """Names that nothing else may have."""

    hashes: Hashes
    """Of the ids of all parts, sorted."""
    given: set[str] = field(default_factory=set)
    """Ids given so far."""

    def free(self, names: Iterator[str]) -> str:
        """Return the first name that nothing has, here or in a part still to come."""
        for name in names:
            own = _hash([name])[0]
            place = int(np.searchsorted(self.hashes, own))
            held = place < len(self.hashes) and self.hashes[place] == own
            if not held and name not in self.given:
                self.given.add(name)
                return name
        raise AssertionError  # namings never end


def _renamed(
    ids: pd.Series[str], taken: _Taken, names: Callable[[str], Iterator[str]]
) -> dict[str, str]:
    renamed = {}
    for one in ids:
        if one in taken.given:
            renamed[one] = taken.free(names(one))
        taken.given.add(one)
    return renamed


def _buildings(
    frame: pd.DataFrame,
    digests: Mapping[str, str],
    identities: Identities,
    taken: _Taken,
    names: Callable[[str], Iterator[str]],
) -> Clash:
    dropped: set[str] = set()
    met: list[tuple[str, str, Verdict]] = []
    others: set[str] = set()
    for one, root, source in zip(frame["id"], frame["root"], frame["source"], strict=True):
        verdict = identities.meet(root, partial(digests.__getitem__, one))
        if verdict == "again":
            dropped.add(one)
        elif one in taken.given:
            others.add(one)
            verdict = "another"
        if verdict == "again" or (one in others and one == root):
            met.append((source, root, verdict))  # names given inside the part are told by the part
        taken.given.add(one)
    renamed = {one: taken.free(names(one)) for one in frame["id"] if one in others}
    return Clash(frozenset(dropped), renamed, tuple(met))


def _keys(part: PartRows, table: Table) -> pd.DataFrame:
    """Ids of a part, and the ids that its features had where the part had used them before."""
    more = [name for name in ("defects", "source") if name in table.column_names]
    stored = part.columns(table, [table.key, *more])
    ids = stored[table.key].astype(object)
    roots = ids
    if "defects" in more:
        again = stored["defects"].str.contains(RENAMED, regex=False).to_numpy(dtype=np.bool_)
        roots = ids.where(~again, ids.str.replace(_SUFFIX, "", regex=True))
    return pd.DataFrame({"id": ids, "root": roots, "source": stored.get("source")})


def _hashed(part: PartRows, table: Table) -> tuple[Hashes, Hashes]:
    if not part.has(table):
        return np.empty(0, np.uint64), np.empty(0, np.uint64)
    keys = _keys(part, table)
    return _hash(keys["id"]), _hash(keys["root"])


def _sorted(hashes: Iterable[Hashes]) -> Hashes:
    return np.sort(np.concatenate([np.empty(0, np.uint64), *hashes]))


def _repeated(ordered: Hashes) -> Hashes:
    return np.unique(ordered[1:][ordered[1:] == ordered[:-1]])


def _hash(names: Any) -> Hashes:
    return np.asarray(pd.util.hash_array(np.asarray(names, dtype=object), categorize=False))


def numbered(_part: int, one: str) -> Iterator[str]:
    """Names of further things of one id inside a source: ``a#2``, ``a#3``.

    Parameters
    ----------
    _part
        Does not matter.
    one
        The id, or one of those names.
    """
    root, number = _SUFFIX.sub("", one), 1
    while True:
        number += 1
        yield f"{root}#{number}"


def between_sources(owners: Sequence[str]) -> Naming:
    """Return names of buildings whose id a source before theirs has: ``source:a``.

    Parameters
    ----------
    owners
        Name of the source of each part.
    """

    def naming(part: int, one: str) -> Iterator[str]:
        return accumulate(repeat("'"), initial=f"{owners[part]}:{one}")

    return naming


def note_of(owner: str, found: Sequence[Mapping[Table, Clash]]) -> tuple[Note, ...]:
    """Say what became of the ids of a source that sources before it have used.

    Parameters
    ----------
    owner
        Name of the source.
    found
        What :func:`clashes` found of its parts.
    """
    buildings = [clash[t.BUILDINGS] for clash in found if t.BUILDINGS in clash]
    dropped = {one for clash in buildings for one in clash.dropped}
    renamed = {old: new for clash in buildings for old, new in clash.renamed.items()}
    said = []
    if dropped:
        said.append(
            Note(
                severity="info",
                ja=f"データ「{owner}」の建物 {len(dropped)} 棟は、前のデータと同一のため"
                "一度だけ数えます",
                en=f"{len(dropped)} buildings of source {owner} are in a source before it "
                f"as well, such as {min(dropped)}; they count once",
            )
        )
    if renamed:
        old = min(renamed)
        said.append(
            Note(
                severity="loss",
                ja=f"データ「{owner}」の建物 {len(renamed)} 棟は、別の建物と ID が重複する"
                f"ため改名しました（例: {old} → {renamed[old]}）",
                en=f"{len(renamed)} buildings of source {owner} have the id of another "
                f"building in a source before it and were renamed, such as {old} to "
                f"{renamed[old]}; where they are the same building it counts twice",
            )
        )
    return tuple(said)
