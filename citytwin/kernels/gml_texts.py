"""Texts of elements and attributes in scanned bytes: where they are, and which are the same.

Buildings share most of what is written about them, so each different text is to be made into a
string once. Bytes decide, the hash only finds them (open addressing, Knuth 1998, section 6.4).
"""

from __future__ import annotations

import numpy as np

from citytwin.kernels import xml_scan as xs
from citytwin.kernels.borrowing import borrowing
from citytwin.kernels.gml_faces import mark_of
from citytwin.kernels.gml_links import text_hash
from citytwin.kernels.xml_names import same_stretch

CONTENT = -1
"""Stands for the content of an element, where the number of one of its attributes could stand."""
_BEGIN, _END = 0, 1


@borrowing
def find_texts(
    table: np.ndarray, marks: np.ndarray, rows: np.ndarray, kinds: np.ndarray, spans: np.ndarray
) -> None:
    """Find columns of texts.

    Parameters
    ----------
    table
        Shape (n_row, 8), int32: elements (integers).
    marks
        Shape (n_mark, 4), int32: attributes (integers).
    rows
        Shape (n_column, n), int64: rows of the elements, -1 for none (integers).
    kinds
        Shape (n_column,), int64: number of the attribute, or `CONTENT` (integers).
    spans
        Shape (n_column, n, 2), int64: filled with where each text begins and ends, counted as in
        the tables; -1 for both where there is none (integers).
    """
    for c in range(rows.shape[0]):
        for i in range(rows.shape[1]):
            row = int(rows[c, i])
            begin, end = -1, -1
            if row >= 0 and kinds[c] == CONTENT:
                begin, end = int(table[row, xs.TEXT]), int(table[row, xs.CLOSE])
            elif row >= 0:
                mark = mark_of(marks, table, row, kinds[c])
                if mark >= 0:
                    begin, end = int(marks[mark, xs.MARK_START]), int(marks[mark, xs.MARK_END])
            spans[c, i, _BEGIN] = begin
            spans[c, i, _END] = end


@borrowing
def number_texts(
    letters: np.ndarray,
    spans: np.ndarray,
    slots: np.ndarray,
    numbers: np.ndarray,
    firsts: np.ndarray,
    ends: np.ndarray,
) -> None:
    """Number the different texts of each column in the order in which they come first.

    Parameters
    ----------
    letters
        Shape (n_byte,), uint8: the bytes that the spans count from (integers).
    spans
        Shape (n_column, n, 2), int64: from :func:`find_texts` (integers).
    slots
        Shape (n_slot,), int32, a power of two, larger than n: work space (integers).
    numbers
        Shape (n_column, n), int64: filled with the number of each text in its column, -1 where there
        is none (integers).
    firsts
        Shape (n_column * n, 2), int64: filled with the spans of the different texts of all columns
        (integers).
    ends
        Shape (n_column,), int64: filled with the row of `firsts` behind each column (integers).
    """
    count, last = 0, len(slots) - 1
    for c in range(spans.shape[0]):
        slots[:] = -1
        start = count
        for i in range(spans.shape[1]):
            begin, end = int(spans[c, i, _BEGIN]), int(spans[c, i, _END])
            numbers[c, i] = -1
            if begin < 0:
                continue
            slot = text_hash(letters, begin, end) & last
            while slots[slot] >= 0:
                other = int(slots[slot])
                same = firsts[other, _END] - firsts[other, _BEGIN] == end - begin
                if same and same_stretch(letters, firsts[other, _BEGIN], begin, end - begin):
                    break
                slot = (slot + 1) & last
            if slots[slot] < 0:
                slots[slot] = count
                firsts[count, _BEGIN] = begin
                firsts[count, _END] = end
                count += 1
            numbers[c, i] = slots[slot] - start
        ends[c] = count


@borrowing
def gather_texts(letters: np.ndarray, spans: np.ndarray, out: np.ndarray) -> None:
    """Copy texts one behind the other.

    Parameters
    ----------
    letters
        Shape (n_byte,), uint8: the bytes that the spans count from (integers).
    spans
        Shape (n, 2), int64: where each begins and ends (integers).
    out
        Shape (n_out,), uint8: filled (integers).
    """
    p = 0
    for i in range(len(spans)):
        for k in range(spans[i, _BEGIN], spans[i, _END]):
            out[p] = letters[k]
            p += 1
