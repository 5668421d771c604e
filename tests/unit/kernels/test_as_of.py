"""The latest rows of series, against sorting all of them."""

from __future__ import annotations

import numpy as np
import pytest

from citytwin.kernels.as_of import Asked, Recent, Revisions, take_latest
from citytwin.kernels.observation_keys import (
    NEVER,
    REPEAT,
    REVISION,
    Versions,
    admit,
    rehash,
)

DEPTH = 3


def recent_of(m: int) -> Recent:
    """Nothing found yet."""
    return Recent(
        *np.zeros((3, m, DEPTH), np.int64), np.full((m, DEPTH), -1, np.int32),
        np.zeros((m, DEPTH), np.int64),
    )  # fmt: skip


def table_of(rows: Versions) -> tuple[np.ndarray, np.ndarray]:
    """A hash table of all rows."""
    slots = np.zeros(2048, np.int32)
    chain = np.zeros(len(rows.series), np.int32)
    rehash(rows, len(rows.series), slots, chain)
    return slots, chain


@pytest.mark.parametrize("forecast", [False, True])
def test_against_sorting(forecast: bool) -> None:
    """Two segments, three versions of many keys, arriving in any order."""
    rng = np.random.default_rng(5)
    n, m = 500, 4
    start = rng.integers(0, 12, n)
    rows = Versions(
        rng.integers(0, m + 1, n).astype(np.int32),
        start,
        start + rng.integers(0, 2, n),
        rng.integers(1, 4, n) if forecast else np.zeros(n, np.int64),
        rng.integers(1, 9, n),
        rng.integers(0, 4, n),
        rng.choice([1, 4], n).astype(np.int8),
    )
    room = Versions(np.zeros(n, np.int32), *np.zeros((5, n), np.int64), np.zeros(n, np.int8))
    slots, chain = np.full(2048, -1, np.int32), np.zeros(n, np.int32)
    verdict, superseded = np.zeros(n, np.int8), np.zeros(n, np.int64)
    admit(room, 0, slots, chain, rows, True, verdict, superseded)
    kept = verdict != REPEAT
    rows, superseded = Versions(*(column[kept] for column in rows)), superseded[kept]
    marked = (verdict[kept] == REVISION) | (superseded != NEVER)
    revised = Versions(*(column[marked] for column in rows))
    position = np.array([0, 1, 2, -1, 3], np.int32)
    usable = np.zeros(16, np.bool_)
    usable[1] = True
    for valid, known in ((6, 4), (11, 8), (3, 2)):
        asked = Asked(position, usable, 1, valid, known, forecast)
        recent = recent_of(m)
        half = len(rows.series) // 2
        for segment, part in ((7, slice(0, half)), (9, slice(half, None))):
            some = Versions(*(column[part] for column in rows))
            found = Revisions(revised, *table_of(revised))
            take_latest(some, superseded[part], segment, asked, found, recent)
        versions: dict[tuple[int, ...], tuple[int, ...]] = {}
        for i in range(len(rows.series)):
            s, b, e, issued, k, content, flag = (int(column[i]) for column in rows)
            if k <= known:
                key = (s, issued, e, b)
                versions[key] = max(versions.get(key, ()), (k, content, flag))
        for series, p in enumerate(position):
            if p < 0:
                continue
            want = sorted(
                (
                    key[1:]
                    for key, (_, _, flag) in versions.items()
                    if key[0] == series and flag == 1 and key[2] > 1
                    and (
                        key[3] <= valid and key[1] <= known and (key[2] > valid or key[2] == key[3])
                        if forecast
                        else key[2] <= valid
                    )
                ),
                reverse=True,
            )[:DEPTH]  # fmt: skip
            here = recent.segment[p] >= 0
            got = zip(recent.issued_us[p], recent.end_us[p], recent.start_us[p], strict=True)
            assert [tuple(map(int, g)) for g, k in zip(got, here, strict=True) if k] == want
