"""The latest observations of many series as of a time, of all versions that were known at another.

A selection of the K largest in one pass, with insertion into short sorted lists (Knuth 1998,
section 5.2.1); exact: no number is changed.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from citytwin.kernels.observation_keys import Versions, first_slot, is_later


class Recent(NamedTuple):
    """The latest rows of each of m series, the latest first.

    Parameters
    ----------
    start_us, end_us, issued_us
        Shape (m, k), int64: interval and time of issue [us since 1970-01-01T00:00Z].
    segment
        Shape (m, k), int32: which segment each is in; -1 where there are no more (integers).
    row
        Shape (m, k), int64: which row of the segment (integers).
    """

    start_us: np.ndarray
    end_us: np.ndarray
    issued_us: np.ndarray
    segment: np.ndarray
    row: np.ndarray


class Revisions(NamedTuple):
    """Rows whose key had a version before, in a hash table.

    Parameters
    ----------
    rows
        Columns of shape (n,) [us].
    slots, chain
        As :func:`citytwin.kernels.observation_keys.rehash` fills them.
    """

    rows: Versions
    slots: np.ndarray
    chain: np.ndarray


class Asked(NamedTuple):
    """What is looked for.

    Parameters
    ----------
    position
        Shape (number of series,), int32: row of the answer for each series, -1 for none (integers).
    usable
        Shape (16,), bool: which flags count.
    low_us, valid_us
        Intervals end after the first, and not after the second; forecasts begin not after it and
        have not ended by then, or are instants [us].
    known_us
        Versions known later are left out [us].
    forecast
        Whether a later issue counts more than a later time.
    """

    position: np.ndarray
    usable: np.ndarray
    low_us: int
    valid_us: int
    known_us: int
    forecast: bool


@njit(cache=True, nogil=True)
def _replaced(revisions: Revisions, rows: Versions, i: int, known_us: int) -> bool:
    """Return whether a version known by then comes after a row."""
    k = revisions.slots[first_slot(revisions.rows, revisions.slots, rows, i)]
    while k >= 0:
        if revisions.rows.known_us[k] <= known_us and is_later(revisions.rows, k, rows, i):
            return True
        k = revisions.chain[k]
    return False


@njit(cache=True, nogil=True)
def _in_time(rows: Versions, i: int, asked: Asked) -> bool:
    start, end = rows.start_us[i], rows.end_us[i]
    if end <= asked.low_us:
        return False
    if not asked.forecast:
        return bool(end <= asked.valid_us)
    begun = start <= asked.valid_us and rows.issued_us[i] <= asked.known_us
    return bool(begun and (end > asked.valid_us or end == start))


@njit(cache=True, nogil=True)
def _precedes(recent: Recent, p: int, k: int, rows: Versions, i: int) -> bool:
    """Return whether a row comes before the k-th one that is kept."""
    if recent.segment[p, k] < 0:
        return True
    if recent.issued_us[p, k] != rows.issued_us[i]:
        return bool(rows.issued_us[i] > recent.issued_us[p, k])
    if recent.end_us[p, k] != rows.end_us[i]:
        return bool(rows.end_us[i] > recent.end_us[p, k])
    return bool(rows.start_us[i] > recent.start_us[p, k])


@njit(cache=True, nogil=True)
def take_latest(
    rows: Versions,
    superseded_us: np.ndarray,
    segment: int,
    asked: Asked,
    revisions: Revisions,
    recent: Recent,
) -> None:
    """Take over the rows of a segment that are among the latest of their series.

    Parameters
    ----------
    rows
        Columns of shape (n,) [us].
    superseded_us
        Shape (n,): when a version that had come before replaced each row [us].
    segment
        Number of the segment (an integer).
    asked
        What is looked for [us].
    revisions
        Of all segments that are looked at [us].
    recent
        Changed in place; begin with ``segment`` all -1 [us].
    """
    last = recent.segment.shape[1] - 1
    for i in range(len(rows.series) - 1, -1, -1):  # the latest rows stand last, mostly
        series = rows.series[i]
        p = asked.position[series] if series < len(asked.position) else -1
        if p < 0 or not _in_time(rows, i, asked) or rows.known_us[i] > asked.known_us:
            continue
        if not asked.usable[rows.flag[i]] or not _precedes(recent, p, last, rows, i):
            continue
        if superseded_us[i] <= asked.known_us or _replaced(revisions, rows, i, asked.known_us):
            continue
        k = last
        while k > 0 and _precedes(recent, p, k - 1, rows, i):
            recent.start_us[p, k] = recent.start_us[p, k - 1]
            recent.end_us[p, k] = recent.end_us[p, k - 1]
            recent.issued_us[p, k] = recent.issued_us[p, k - 1]
            recent.segment[p, k] = recent.segment[p, k - 1]
            recent.row[p, k] = recent.row[p, k - 1]
            k -= 1
        recent.start_us[p, k] = rows.start_us[i]
        recent.end_us[p, k] = rows.end_us[i]
        recent.issued_us[p, k] = rows.issued_us[i]
        recent.segment[p, k] = segment
        recent.row[p, k] = i
