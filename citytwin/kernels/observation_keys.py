"""The keys of observations met so far, in a hash table; the numbers here are names and times.

Open addressing with linear probing (Knuth 1998, section 6.4, algorithm L); keys are compared whole,
so that two of them are never taken for one. Versions of one key form a chain in the order of arrival.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

NEW, REVISION, REPEAT = 0, 1, 2
"""What a row is: the first of its key, another version of it, or one that is known already."""
NEVER = np.iinfo(np.int64).max
"""Time at which a version that still holds is replaced [us]."""
_GOLDEN, _STIR = 0x1E3779B97F4A7C15, 0x3F58476D1CE4E5B9
"""Odd factors after those of SplitMix64 (Steele et al. 2014)."""
_MODULO = (1 << 62) - 1


class Versions(NamedTuple):
    """Rows of observations, by column.

    Parameters
    ----------
    series
        Shape (n,), int32: which time series (integers).
    start_us, end_us
        Shape (n,), int64: interval [us since 1970-01-01T00:00Z].
    issued_us
        Shape (n,), int64: when a forecast was issued; 0 for an observation [us].
    known_us
        Shape (n,), int64: when the row became known [us].
    content
        Shape (n,), int64: bits that differ where results do (integers).
    flag
        Shape (n,), int8: its quality as its producer gave it (integers).
    """

    series: np.ndarray
    start_us: np.ndarray
    end_us: np.ndarray
    issued_us: np.ndarray
    known_us: np.ndarray
    content: np.ndarray
    flag: np.ndarray


@njit(cache=True, nogil=True)
def _slot_of(series: int, start: int, end: int, issued: int, mask: int) -> int:
    # Modulo 2^62, so that the sign of 64 bits never counts, and Python gives the same numbers.
    code = ((start + series * _GOLDEN) * _STIR) & _MODULO
    code = ((code ^ (code >> 29)) + end) * _GOLDEN & _MODULO
    code = ((code ^ (code >> 31)) + issued) * _STIR & _MODULO
    return (code ^ (code >> 32)) & mask


@njit(cache=True, nogil=True)
def first_slot(table: Versions, slots: np.ndarray, rows: Versions, i: int) -> int:
    """Return the slot that holds the first version of a key, or is free for it.

    Parameters
    ----------
    table
        The versions that are kept, each column of shape (capacity,) [us].
    slots
        Shape (power of two,), int32: as `rehash` fills it (integers).
    rows
        Columns of shape (n,) [us].
    i
        Which row's key (an integer).

    Returns
    -------
    int
        Where in `slots`.
    """
    mask = len(slots) - 1
    at = _slot_of(
        int(rows.series[i]),
        int(rows.start_us[i]),
        int(rows.end_us[i]),
        int(rows.issued_us[i]),
        mask,
    )
    while slots[at] >= 0:
        k = slots[at]
        if (
            table.series[k] == rows.series[i]
            and table.start_us[k] == rows.start_us[i]
            and table.end_us[k] == rows.end_us[i]
            and table.issued_us[k] == rows.issued_us[i]
        ):
            break
        at = (at + 1) & mask
    return int(at)


@njit(cache=True, nogil=True)
def is_later(table: Versions, k: int, rows: Versions, i: int) -> bool:
    """Return whether a version comes after another of the same key.

    Versions are ordered by the time they became known, then by content and flag, so that the order
    of arrival does not matter.

    Parameters
    ----------
    table, rows
        Columns of shape (n,) each [us].
    k, i
        Row of `table`, and of `rows` that it is compared with (integers).
    """
    if table.known_us[k] != rows.known_us[i]:
        return bool(table.known_us[k] > rows.known_us[i])
    if table.content[k] != rows.content[i]:
        return bool(table.content[k] > rows.content[i])
    return bool(table.flag[k] > rows.flag[i])


@njit(cache=True, nogil=True)
def _put(table: Versions, n: int, rows: Versions, i: int) -> None:
    table.series[n] = rows.series[i]
    table.start_us[n] = rows.start_us[i]
    table.end_us[n] = rows.end_us[i]
    table.issued_us[n] = rows.issued_us[i]
    table.known_us[n] = rows.known_us[i]
    table.content[n] = rows.content[i]
    table.flag[n] = rows.flag[i]


@njit(cache=True, nogil=True)
def rehash(table: Versions, count: int, slots: np.ndarray, chain: np.ndarray) -> None:
    """Fill an empty hash table from the versions that are kept.

    Parameters
    ----------
    table
        The versions, each column of shape (capacity,) [us].
    count
        How many of them there are (an integer).
    slots
        Shape (power of two > count,), int32: filled with the first version of each key, -1 where
        there is none (integers).
    chain
        Shape (capacity,), int32: filled with the next version of the same key, or -1 (integers).
    """
    slots[:] = -1
    for k in range(count):
        at = first_slot(table, slots, table, k)
        chain[k] = slots[at]
        slots[at] = k


@njit(cache=True, nogil=True)
def admit(
    table: Versions,
    count: int,
    slots: np.ndarray,
    chain: np.ndarray,
    rows: Versions,
    replayed: bool,
    verdict: np.ndarray,
    superseded_us: np.ndarray,
) -> int:
    """Sort rows into new ones, further versions and repeats, and keep the first two.

    A live row is a repeat if the
    version that holds says the same, and is known later than it in any case. A replayed row is a
    repeat only of the very same version.

    Parameters
    ----------
    table
        The versions, each column of shape (capacity,) with room for all rows [us].
    count
        How many of them there are (an integer).
    slots
        Shape (power of two,), int32: as `rehash` fills it; at least twice as long as all versions
        together (integers).
    chain
        Shape (capacity,), int32: next version of the same key (integers).
    rows
        Columns of shape (n,) [us]; ``known_us`` is moved on where a live row is not later than
        the version before it.
    replayed
        Whether the rows bring their own time of knowledge.
    verdict
        Shape (n,), int8: filled with `NEW`, `REVISION` or `REPEAT` (integers).
    superseded_us
        Shape (n,), int64: filled with the time at which a later version that is kept already
        replaces this one, `NEVER` where there is none [us].

    Returns
    -------
    int
        How many versions there are now.
    """
    for i in range(len(rows.series)):
        at = first_slot(table, slots, rows, i)
        before, after, same = -1, -1, False
        k = slots[at]
        while k >= 0:
            if not replayed or is_later(rows, i, table, k):
                if before < 0 or is_later(table, k, table, before):
                    before = k
            elif is_later(table, k, rows, i):
                if after < 0 or is_later(table, after, table, k):
                    after = k
            else:
                same = True
            k = chain[k]
        if not replayed and before >= 0:
            same = table.content[before] == rows.content[i] and table.flag[before] == rows.flag[i]
            rows.known_us[i] = max(rows.known_us[i], table.known_us[before] + 1)
        superseded_us[i] = NEVER if after < 0 else table.known_us[after]
        if same:
            verdict[i] = REPEAT
            continue
        verdict[i] = NEW if before < 0 else REVISION
        _put(table, count, rows, i)
        chain[count] = slots[at]
        slots[at] = count
        count += 1
    return count
