"""Links inside one document: where an ``xlink:href="#id"`` leads, by a hash table of ids.

An id counts in the feature that names it; the first of a name wins, as in the element-wise
reader. Bytes decide, the hash only finds them (open addressing, Knuth 1998, section 6.4).
"""

from __future__ import annotations

import numpy as np

from citytwin.kernels import gml_names as names
from citytwin.kernels import xml_scan as xs
from citytwin.kernels.borrowing import borrowing, inlined
from citytwin.kernels.byte_blocks import next_eight
from citytwin.kernels.xml_names import same_stretch

_FACTOR, _MASK = 0x1E3779B97F4A7C15, (1 << 62) - 1


@inlined
def text_hash(data: np.ndarray, begin: int, end: int) -> int:
    """Hash of some bytes, not negative.

    Parameters
    ----------
    data
        Shape (n,), uint8: the bytes (integers).
    begin, end
        Positions (integers).
    """
    p, code = int(begin), int(end) - int(begin)
    while p + 8 <= end:
        code = (code ^ next_eight(data, p)) * _FACTOR
        p += 8
    if p < end and p > begin:  # the last eight, of which some are in the hash already
        code = (code ^ next_eight(data, end - 8)) * _FACTOR
        p = end
    while p < end:
        code = code * 256 + int(data[p])
        p += 1
    # A product carries bits up only, so shifts bring them down.
    code = code & _MASK
    code = ((code ^ (code >> 32)) * _FACTOR) & _MASK
    return int(code ^ (code >> 31))


@borrowing
def index_targets(
    data: np.ndarray, base: int, table: np.ndarray, marks: np.ndarray, slots: np.ndarray
) -> None:
    """Enter the ids of all geometries that links may lead to.

    Parameters
    ----------
    data
        Shape (n,), uint8: the document (integers).
    base
        Position that the tables count from (an integer).
    table
        Shape (n_row, 8), int32: the elements (integers).
    marks
        Shape (n_mark, 4), int32: their attributes (integers).
    slots
        Shape (n_slot,), int32, a power of two, larger than `marks`: filled with rows of `marks`,
        -1 where empty (integers).
    """
    slots[:] = -1
    last = len(slots) - 1
    for m in range(marks.shape[0]):
        row = marks[m, xs.MARK_ROW]
        if marks[m, xs.MARK_KIND] != names.ID:
            continue
        if not names.ROLES[table[row, xs.NAME]] & names.TARGET:
            continue
        slot = text_hash(data, base + marks[m, xs.MARK_START], base + marks[m, xs.MARK_END]) & last
        while slots[slot] >= 0:
            slot = (slot + 1) & last
        slots[slot] = m


@inlined
def target_of(
    data: np.ndarray,
    base: int,
    link: int,
    within: tuple[int, int],
    marks: np.ndarray,
    slots: np.ndarray,
) -> tuple[int, bool]:
    """Row that a link leads to, in the feature that it is in.

    Parameters
    ----------
    data
        Shape (n,), uint8: the document (integers).
    base
        Position that the tables count from (an integer).
    link
        Row of `marks` with the link (an integer).
    within
        First row of the feature and the row behind its last one (integers).
    marks
        Shape (n_mark, 4), int32: attributes (integers).
    slots
        Shape (n_slot,), int32: from :func:`index_targets` (integers).

    Returns
    -------
    tuple
        Row of the element table, -1 where there is none in the feature; whether there is one
        anywhere in the tables.
    """
    begin = base + marks[link, xs.MARK_START] + 1
    length = base + marks[link, xs.MARK_END] - begin
    if length < 0 or data[begin - 1] != 35:
        return -1, False
    last = len(slots) - 1
    slot = text_hash(data, begin, begin + length) & last
    found, anywhere = -1, False
    while slots[slot] >= 0:
        m = slots[slot]
        first = base + marks[m, xs.MARK_START]
        same = base + marks[m, xs.MARK_END] - first == length
        if same and same_stretch(data, first, begin, length):
            row = marks[m, xs.MARK_ROW]
            anywhere = True
            if within[0] <= row < within[1] and (found < 0 or row < found):
                found = int(row)
        slot = (slot + 1) & last
    return found, anywhere
