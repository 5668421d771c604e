"""Which readings are good, and what is said of those that are not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np

from citytwin.formats.observations import Batch, Reading
from citytwin.formats.reading_columns import ReadingColumns
from citytwin.model.notes import Note, Reject
from citytwin.model.properties import ObservedProperty
from citytwin.model.steps import Dataset
from citytwin.model.tables import Flag

MAX_REJECTS = 200
"""Of one property or reason; a feed that is wrong throughout must not fill the memory with its faults."""


def few(rejects: Sequence[Reject]) -> tuple[Reject, ...]:
    """Return the first rejects of each code, and the number of the others.

    Parameters
    ----------
    rejects
        Of one file.
    """
    seen: Counter[str] = Counter()
    kept = []
    for reject in rejects:
        seen[reject.code] += 1
        if seen[reject.code] <= MAX_REJECTS:
            kept.append(reject)
    for code, total in seen.items():
        if total > MAX_REJECTS:
            message = f"{total - MAX_REJECTS} more like those before"
            source = rejects[0].source
            kept.append(Reject(source=source, record="further", code=code, message=message))
    return tuple(kept)


def out_of_range(batches: Sequence[Batch]) -> tuple[Reject, ...]:
    """Return the values that are not used because they cannot be, with their file and time.

    Parameters
    ----------
    batches
        What the files of a source hold.
    """
    count: dict[ObservedProperty, int] = {}
    found = []
    for reading, batch in _flagged(batches, (Flag.BAD,)):
        seen = count[reading.observed] = count.get(reading.observed, 0) + 1
        if seen <= MAX_REJECTS:
            observed = reading.observed
            message = (
                f"{observed.name} is {reading.value:g} {observed.unit}, outside "
                f"{observed.valid_min:g} to {observed.valid_max:g}"
            )
            record = f"{reading.thing} {_time(reading)}"
            found.append(Reject(source=batch.file, record=record, code="range", message=message))
    found += [
        Reject(
            source="further files",
            record=observed.name,
            code="range",
            message=f"{total - MAX_REJECTS} more values outside the range",
        )
        for observed, total in count.items()
        if total > MAX_REJECTS
    ]
    return tuple(found)


def doubted(dataset: Dataset, batches: Sequence[Batch]) -> tuple[Note, ...]:
    """Say which values their own producer doubts, so that they are not used.

    Parameters
    ----------
    dataset
        The source.
    batches
        What its files hold.
    """
    by_property: dict[ObservedProperty, list[tuple[Reading, Batch]]] = {}
    for reading, batch in _flagged(batches, (Flag.SUSPECT, Flag.NOT_EVALUATED)):
        by_property.setdefault(reading.observed, []).append((reading, batch))
    notes = []
    for observed, found in by_property.items():
        reading, batch = found[0]
        first = (
            f"{batch.file}, {reading.thing}, {_time(reading)}, {reading.value:g} {observed.unit}"
        )
        notes.append(
            Note(
                severity="info",
                ja=f"データ「{dataset.name}」の{observed.title.ja} {len(found)} 件は提供者の品質"
                f"フラグにより使用しません（最初: {first}）",
                en=f"{len(found)} values of {observed.name} of source {dataset.name} are doubted "
                f"by their producer and not used (the first: {first})",
            )
        )
    return tuple(notes)


def _flagged(batches: Sequence[Batch], flags: tuple[Flag, ...]) -> list[tuple[Reading, Batch]]:
    every = [(ReadingColumns.of(batch.readings), batch) for batch in batches]
    return [
        (columns[row], batch)
        for columns, batch in every
        for row in np.flatnonzero(np.isin(columns.flag, flags)).tolist()
    ]


def _time(reading: Reading) -> str:
    return datetime.fromtimestamp(reading.end_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
