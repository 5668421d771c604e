"""A span of time cut at the ends of the intervals that a record covers."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

LONGEST_INSTANT_S = 3 * 3600.0
"""Main synoptic observations of clouds are three hours apart."""


class Pieces(NamedTuple):
    """Short stretches of time, one after the other, without gap or overlap.

    Parameters
    ----------
    middle_s
        Shape (np,) [s since 1970-01-01T00:00Z].
    length_s
        Shape (np,), > 0 [s].
    interval
        Shape (np,), int64: which interval of the record each lies in; -1 = none.
    """

    middle_s: np.ndarray
    length_s: np.ndarray
    interval: np.ndarray


def standing_intervals(start_s: np.ndarray, end_s: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Give instants a duration: half way to their neighbours, at most 1.5 hours either way.

    Parameters
    ----------
    start_s, end_s
        Shape (n,), rising [s]; an instant ends where it begins.

    Returns
    -------
    start_s, end_s : numpy.ndarray
        Shape (n,) [s]; intervals that had a duration are as before.
    """
    if not start_s.size:
        return start_s, end_s
    most = LONGEST_INSTANT_S / 2.0
    half = np.minimum(np.diff(start_s) / 2.0, most)
    before, after = np.append(most, half), np.append(half, most)
    instant = end_s <= start_s
    return np.where(instant, start_s - before, start_s), np.where(instant, start_s + after, end_s)


def pieces_of(
    low_s: float, high_s: float, start_s: np.ndarray, end_s: np.ndarray, longest_s: float
) -> Pieces:
    """Cut a span at the ends of intervals, and what is longer than a step into equal parts.

    Parameters
    ----------
    low_s, high_s
        The span [s]; ``low_s < high_s``.
    start_s, end_s
        Shape (n,): intervals in order of their begin [s]. Of two that overlap the earlier counts.
    longest_s
        Longest piece, > 0 [s]. Time outside of all intervals is cut at whole multiples of it
        after the begin of the span.

    Returns
    -------
    Pieces
        In order of time, from ``low_s`` to ``high_s``.
    """
    begin = np.clip(start_s, low_s, high_s)
    end = np.clip(end_s, low_s, high_s)
    reached = np.maximum.accumulate(np.concatenate([[low_s], end]))[:-1]
    begin = np.maximum(begin, reached)
    kept = np.flatnonzero(end > begin)
    steps = np.arange(low_s, high_s, longest_s)
    inside = np.zeros(steps.size, dtype=np.bool_)
    if kept.size:
        at = np.searchsorted(begin[kept], steps, side="right") - 1
        inside = (at >= 0) & (steps < end[kept][np.maximum(at, 0)])
    cuts = np.unique(np.concatenate([begin[kept], end[kept], steps[~inside], [low_s, high_s]]))
    middle = (cuts[1:] + cuts[:-1]) / 2.0
    owner = np.full(middle.size, -1, dtype=np.int64)
    if kept.size:
        at = np.searchsorted(begin[kept], middle, side="right") - 1
        within = (at >= 0) & (middle < end[kept][np.maximum(at, 0)])
        owner[within] = kept[at[within]]
    parts = np.ceil(np.diff(cuts) / longest_s - 1e-9).astype(np.int64)
    length = np.repeat(np.diff(cuts) / parts, parts)
    number = np.arange(length.size) - np.repeat(np.cumsum(parts) - parts, parts)
    return Pieces(
        np.repeat(cuts[:-1], parts) + (number + 0.5) * length, length, np.repeat(owner, parts)
    )
