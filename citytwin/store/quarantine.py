"""The list of records that were set aside, for whoever keeps the data."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

from citytwin.model.notes import Reject
from citytwin.store.atomic import replacing


def write_quarantine(file: Path, rejects: Sequence[tuple[str, Reject]]) -> None:
    """Write one row per record; without any, the file goes.

    Parameters
    ----------
    file
        CSV.
    rejects
        Name of the source, and the record.
    """
    if not rejects:
        file.unlink(missing_ok=True)
        return
    with replacing(file) as temporary, temporary.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(("source", "file", "record", "code", "message"))
        writer.writerows((name, r.source, r.record, r.code, r.message) for name, r in rejects)
