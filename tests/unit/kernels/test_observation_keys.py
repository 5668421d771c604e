"""The table of keys, against a dictionary of lists."""

from __future__ import annotations

import numpy as np
import pytest

from citytwin.kernels.observation_keys import (
    NEVER,
    NEW,
    REPEAT,
    REVISION,
    Versions,
    admit,
    rehash,
)


def rows_of(n: int, seed: int) -> Versions:
    """Rows of few keys, with times before and after 1970."""
    rng = np.random.default_rng(seed)
    return Versions(
        rng.integers(0, 3, n).astype(np.int32),
        rng.integers(-2, 2, n) * 60_000_000,
        rng.integers(2, 4, n) * 60_000_000,
        rng.integers(0, 2, n) * 3_600_000_000,
        rng.integers(1, 5, n),
        rng.integers(-1, 2, n),
        rng.integers(1, 3, n).astype(np.int8),
    )


def empty(n: int) -> Versions:
    """Room for versions."""
    return Versions(
        np.zeros(n, np.int32), *np.zeros((5, n), np.int64), np.zeros(n, np.int8)
    )  # fmt: skip


@pytest.mark.parametrize("replayed", [False, True])
@pytest.mark.parametrize("seed", [1, 2])
def test_against_a_dictionary(seed: int, replayed: bool) -> None:
    """Verdicts, times of knowledge, and what replaces a row that comes after its successor."""
    n, half = 400, 150
    rows = rows_of(n, seed)
    known: dict[tuple[int, ...], list[tuple[int, int, int]]] = {}
    want = []
    for i in range(n):
        key = tuple(int(column[i]) for column in rows[:4])
        time, content, flag = int(rows.known_us[i]), int(rows.content[i]), int(rows.flag[i])
        versions = known.setdefault(key, [])
        latest = max(versions, default=None)
        if replayed:
            version, repeat = (time, content, flag), (time, content, flag) in versions
        else:
            repeat = latest is not None and latest[1:] == (content, flag)
            version = (time if latest is None else max(time, latest[0] + 1), content, flag)
        after = min((v for v in versions if v > version), default=None)
        before = any(v < version for v in versions)
        verdict = REPEAT if repeat else REVISION if before else NEW
        want.append((verdict, NEVER if after is None else after[0], version[0]))
        if not repeat:
            versions.append(version)
    table, slots, chain = empty(n), np.full(1024, -1, np.int32), np.zeros(n, np.int32)
    verdict, superseded = np.zeros(n, np.int8), np.zeros(n, np.int64)
    count = 0
    for low, high in ((0, half), (half, n)):
        part = Versions(*(column[low:high] for column in rows))
        count = admit(
            table, count, slots, chain, part, replayed, verdict[low:high], superseded[low:high]
        )
        rehash(table, count, slots, chain)  # a table made anew is as good
    assert count == sum(map(len, known.values()))
    stored = verdict != REPEAT
    assert verdict.tolist() == [w[0] for w in want]
    assert superseded[stored].tolist() == [w[1] for w in want if w[0] != REPEAT]
    assert rows.known_us[stored].tolist() == [w[2] for w in want if w[0] != REPEAT]
