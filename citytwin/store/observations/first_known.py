"""Since when a value has been known: the first of the versions that said so without a break."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from citytwin.store.observations.as_of import Answer
from citytwin.store.observations.blocks import Block
from citytwin.store.observations.schema import IntArray


def first_known(
    answer: Answer, known_us: IntArray, asked_us: int
) -> tuple[IntArray, NDArray[np.bool_]]:
    """Return since when the latest row of each series has been known, and whether it corrects one.

    Parameters
    ----------
    answer
        Latest rows of m series, one at least of each.
    known_us
        Shape (m,): when these rows became known [us].
    asked_us
        Versions known later do not count [us].

    Returns
    -------
    known_us : ndarray
        Shape (m,) [us].
    corrected : ndarray
        Shape (m,): whether another result was known before.
    """
    first, corrected = known_us.copy(), np.zeros(len(known_us), dtype=np.bool_)
    position = np.full(int(answer.series[-1]) + 1, -1, dtype=np.int64)
    position[answer.series] = np.arange(len(answer.series))
    several = np.zeros(len(known_us), dtype=np.bool_)
    for block in answer.blocks.values():
        at, _ = _of_same_keys(answer, position, block, block.revised)
        several[at] = True
    if not several.any():
        return first, corrected
    position[answer.series[~several]] = -1
    found = []
    for block in answer.blocks.values():
        at, rows = _of_same_keys(answer, position, block, np.arange(len(block)))
        v = block.versions
        found.append(np.stack([at, v.known_us[rows], v.content[rows], v.flag[rows]]))
    at, known, content, flag = np.concatenate(found, axis=1)
    seen = known <= asked_us
    order = np.lexsort((flag[seen], content[seen], known[seen], at[seen]))
    at, known, content, flag = (c[seen][order] for c in (at, known, content, flag))
    changes = np.ones(len(at), dtype=np.bool_)
    changes[1:] = (np.diff(at) != 0) | (np.diff(content) != 0) | (np.diff(flag) != 0)
    last = np.append(np.diff(at) != 0, True)
    begin = np.maximum.accumulate(np.where(changes, np.arange(len(at)), 0))[last]
    first[at[last]] = known[begin]
    corrected[at[last]] = (begin > 0) & (at[np.maximum(begin - 1, 0)] == at[last])
    return first, corrected


def _of_same_keys(
    answer: Answer, position: IntArray, block: Block, rows: NDArray[np.int64]
) -> tuple[IntArray, NDArray[np.int64]]:
    """Return which of some rows have the key of the latest row of their series."""
    v, recent = block.versions, answer.recent
    series = v.series[rows]
    at = np.full(len(rows), -1, dtype=np.int64)
    inside = series < len(position)
    at[inside] = position[series[inside]]
    same = at >= 0
    same &= v.start_us[rows] == recent.start_us[at, 0]
    same &= v.end_us[rows] == recent.end_us[at, 0]
    same &= v.issued_us[rows] == recent.issued_us[at, 0]
    return at[same], rows[same]
