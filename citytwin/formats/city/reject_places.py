"""Which feature and which of its surfaces a reject speaks of."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet

import pandas as pd

from citytwin.model.notes import Reject
from citytwin.model.tables import Table

_OF_FILES = frozenset(
    {
        "archive-member", "bad-line", "code-list-outside", "code-list-unreadable", "code-unlisted",
        "file-refused",
    }
)  # fmt: skip
_OF_WHOLE_FEATURES = frozenset({"no-geometry", "range", "duplicate", "duplicate-id"})
_SURPLUS = "further records"
_FACE = re.compile(r"(.+) (face \d+)")


def placed_rejects(
    rejects: Sequence[Reject],
    features: Mapping[Table, pd.DataFrame],
    carried: AbstractSet[str],
    theme: str | None,
) -> pd.DataFrame:
    """Rejects as rows: one for each feature and code, with the first surface and their number.

    Parameters
    ----------
    rejects
        As the reader wrote them; the record is a feature, or a feature and one of its surfaces.
    features
        Tables of the features that were kept.
    carried
        Codes that the features carry themselves, so that none is missing where a ledger was full.
    theme
        Theme of features that were not kept, if there is but one.
    """
    known = {r.record for r in rejects if r.code in _OF_WHOLE_FEATURES}
    if rejects:
        for table, frame in features.items():
            known.update(frame[table.columns[0].name].astype(str))
    renamed = "duplicate-id" in carried
    rows: dict[tuple[str | None, str, str], dict[str, object]] = {}
    for reject in rejects:
        if (reject.record == _SURPLUS and reject.code in carried) or (
            renamed and reject.code == "duplicate-id"
        ):
            continue  # told by the features that carry the code, under their new names
        feature, surface = _place_of(reject, known)
        key = (feature or reject.message, reject.code, reject.source)
        if key in rows:
            rows[key]["count"] = int(str(rows[key]["count"])) + 1
            continue
        rows[key] = {
            "feature_id": feature,
            "surface_id": surface,
            "theme": theme,
            "code": reject.code,
            "message": reject.message,
            "rule": reject.rule,
            "source": reject.source,
            "count": 1,
        }
    return pd.DataFrame(list(rows.values()), dtype=object)


def _place_of(reject: Reject, known: AbstractSet[str]) -> tuple[str | None, str | None]:
    """Feature and surface; ids may hold spaces themselves."""
    record = reject.record
    if reject.code in _OF_FILES or record == _SURPLUS:
        return None, None
    if record in known:
        return record, None
    cut = record.rfind(" ")
    while cut > 0:
        if record[:cut] in known:
            return record[:cut], record[cut + 1 :]
        cut = record.rfind(" ", 0, cut)
    match = _FACE.fullmatch(record)
    return (match[1], match[2]) if match else (record, None)
