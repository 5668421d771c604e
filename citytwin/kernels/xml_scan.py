"""Structural scan of XML: bytes to a table of elements, in one pass and without a tree.

The scanner owns plain well-formed documents and says so only of those: tags must match, names and
characters be legal, prefixes be declared at the root. Whatever else it meets makes it decline with
the offset, so that a full parser may give the verdict. It never raises, reads nothing outside
the bytes and goes no deeper than `MAX_DEPTH` (W3C XML 1.0, 2008; W3C Namespaces, 2009).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from citytwin.kernels import gml_names as names
from citytwin.kernels import xml_bytes as xml
from citytwin.kernels import xml_names as xn
from citytwin.kernels.borrowing import borrowing, inlined

MAX_DEPTH = 200
_MAX_ATTRIBUTES = 16

END, FULL, DECLINED = 0, 1, 2
"""Codes: at the end tag of the root; a table is full; not owned, or the bytes end before."""

NAME, FLAGS, PARENT, LAST, OPEN, TEXT, CLOSE, MARK = range(8)
"""Columns of the element table, see :func:`scan`."""
MARK_ROW, MARK_KIND, MARK_START, MARK_END = range(4)
"""Columns of the attribute table, see :func:`scan`."""

DIRECT, HAS_CHILD, MIXED, COMPLEX, CITYGML, IUR, INHERITED, SELF_CLOSED = (
    1,
    2,
    4,
    8,
    16,
    32,
    64,
    128,
)
"""Flags of an element: its parent in the document is its parent in the table; it has a child
element; its text holds comments, CDATA, instructions or entities; so does an attribute; its
namespace is CityGML; is i-UR; it has an attribute that holds for what is in it; is an empty tag."""

_NAME_AT, _NAME_END, _ROW, _NEAREST = range(4)
_MOST_BYTES = (1 << 31) - 1
"""Positions in the tables have 32 bits."""
_XMLNS = int.from_bytes(b"xmlns", "big")


class Scanned(NamedTuple):
    """How far a scan came.

    Parameters
    ----------
    code
        END, FULL or DECLINED.
    position
        Where it stopped; for DECLINED, the text or markup that it does not own or that the bytes
        cut off.
    whole
        Position behind the last child of the root that is whole, and owned.
    rows, marks
        Rows of the two tables that hold the elements up to there.
    """

    code: int
    position: int
    whole: int
    rows: int
    marks: int


@inlined
def _attributes(  # noqa: C901 - one pass over the attributes of a tag: every branch ends it
    data: np.ndarray,
    begin: int,
    base: int,
    row: int,
    marks: np.ndarray,
    n_marks: int,
    prefixes: np.ndarray,
    work: tuple[np.ndarray, np.ndarray],
) -> tuple[int, int, int]:
    """Position of ``>`` or ``/>`` behind the attributes, number of marks, flags.

    For unknown elements (row -1 - n) only what holds for their content is marked, at row n. A
    position of -1 declines, -2 says that the table is full.
    """
    stop = len(data)
    met, seen = work
    count, flags, p = 0, 0, begin
    while True:
        q = xml.after_space(data, p, stop)
        if q >= stop:
            return -1, n_marks, flags
        if data[q] == xml.GREATER or data[q] == xml.SLASH:
            return q, n_marks, flags
        if q == p or count == _MAX_ATTRIBUTES:
            return -1, n_marks, flags
        end, name = xn.remembered(data, q, stop, met)
        if end < 0:
            end = xn.learned(data, q, stop, prefixes, names.ATTRIBUTE_VOCABULARY, met, name)
        if end < 0:
            return -1, n_marks, flags
        code, kind, colon = met[name, xn.HASH], met[name, xn.NUMBER], met[name, xn.COLON]
        for k in range(count):
            if seen[k] == code:
                return -1, n_marks, flags
        seen[count] = code
        count += 1
        if colon >= 0:
            if met[name, xn.FLAGS] < 0:
                return -1, n_marks, flags
        elif end - q == 5 and xn.prefix_code(data, q, end) == _XMLNS:
            return -1, n_marks, flags
        p = xml.after_space(data, end, stop)
        if p >= stop or data[p] != xml.EQUALS:
            return -1, n_marks, flags
        p = xml.after_space(data, p + 1, stop)
        if p >= stop or (data[p] != xml.QUOTE and data[p] != xml.APOSTROPHE):
            return -1, n_marks, flags
        first = p + 1
        p, plain = xml.after_value(data, p, stop)
        if p < 0:
            return -1, n_marks, flags
        if colon >= 0 and kind > names.HREF:
            kind = 0
        inherited = kind in (names.SRS_NAME, names.SRS_DIMENSION)
        if inherited or (row >= 0 and kind > 0):
            if n_marks >= marks.shape[0]:
                return -2, n_marks, flags
            marks[n_marks, MARK_ROW] = row if row >= 0 else -1 - row
            marks[n_marks, MARK_KIND] = kind
            marks[n_marks, MARK_START] = first - base
            marks[n_marks, MARK_END] = p - base
            n_marks += 1
            flags |= (0 if plain else COMPLEX) | (INHERITED if inherited else 0)
        p += 1


@njit(cache=True, nogil=True)
def scan(
    data: np.ndarray,
    begin: int,
    prefixes: np.ndarray,
    table: np.ndarray,
    marks: np.ndarray,
) -> Scanned:
    """Scan the content of the root element, or as many of its children as the bytes hold.

    Columns of `table`: number of the local name, flags, row of the nearest listed ancestor (-1 for
    none), row behind the last descendant, positions of the start tag, of the content and of the
    end tag, first row in `marks`. Columns of `marks`: row of the element, number of the attribute,
    begin and end of its value. Positions count from `begin`. Elements whose names are not listed
    are checked but get no row, unless they carry a CRS or dimension for what is in them.

    Parameters
    ----------
    data
        Shape (n,), uint8: the document, or a part of it from any of its beginnings on (integers).
    begin
        Position inside the root element, between two of its children (an integer).
    prefixes
        Shape (n_prefix, 2), int64: codes of the declared prefixes, flags of their namespaces.
    table
        Shape (n_row, 8), int32: filled with the elements.
    marks
        Shape (n_mark, 4), int32: filled with their attributes.
    """
    opened = np.empty((MAX_DEPTH, 4), dtype=np.int64)
    met = np.zeros(xn.MEMORY, dtype=np.int64)
    work = (np.zeros(xn.MEMORY, dtype=np.int64), np.empty(_MAX_ATTRIBUTES, dtype=np.int64))
    return _pass(data, begin, prefixes, table, marks, (opened, met), work)


@borrowing
def _pass(  # noqa: C901 - the state of one pass over the bytes lives here, split it would be copied
    data: np.ndarray,
    begin: int,
    prefixes: np.ndarray,
    table: np.ndarray,
    marks: np.ndarray,
    memory: tuple[np.ndarray, np.ndarray],
    work: tuple[np.ndarray, np.ndarray],
) -> Scanned:
    stop = len(data)
    opened, met = memory
    depth, rows, n_marks, p = 0, 0, 0, begin
    whole, whole_rows, whole_marks = begin, 0, 0
    while True:
        here = p
        p, plain = xml.after_text(data, p, stop)
        if p < 0 or p + 1 >= stop or p - begin > _MOST_BYTES:
            return Scanned(DECLINED, here, whole, whole_rows, whole_marks)
        here = p
        holder = opened[depth - 1, _ROW] if depth > 0 else -1
        if not plain and holder >= 0:
            table[holder, FLAGS] |= MIXED
        c = int(data[p + 1])
        if c == xml.SLASH:
            if depth == 0:
                return Scanned(END, p, p, rows, n_marks)
            first = opened[depth - 1, _NAME_AT]
            length = opened[depth - 1, _NAME_END] - first
            p += 2
            if p + length >= stop:
                return Scanned(DECLINED, here, whole, whole_rows, whole_marks)
            if not xn.same_stretch(data, p, first, length):
                return Scanned(DECLINED, here, whole, whole_rows, whole_marks)
            p = xml.after_space(data, p + length, stop)
            if p >= stop or data[p] != xml.GREATER:
                return Scanned(DECLINED, here, whole, whole_rows, whole_marks)
            if holder >= 0:
                table[holder, CLOSE] = here - begin
                table[holder, LAST] = rows
            depth -= 1
            p += 1
            if depth == 0:
                whole, whole_rows, whole_marks = p, rows, n_marks
            continue
        if c in (xml.BANG, xml.QUESTION):
            p = xml.after_aside(data, p, stop)
            if p < 0:
                return Scanned(DECLINED, here, whole, whole_rows, whole_marks)
            if holder >= 0:
                table[holder, FLAGS] |= MIXED
            continue
        end, name = xn.remembered(data, p + 1, stop, met)
        if end < 0:
            end = xn.learned(data, p + 1, stop, prefixes, names.ELEMENT_VOCABULARY, met, name)
        if end < 0 or depth == MAX_DEPTH:
            return Scanned(DECLINED, here, whole, whole_rows, whole_marks)
        flags, number = met[name, xn.FLAGS], met[name, xn.NUMBER]
        if flags < 0:
            return Scanned(DECLINED, here, whole, whole_rows, whole_marks)
        if rows >= table.shape[0]:
            return Scanned(FULL, here, whole, whole_rows, whole_marks)
        first_mark = n_marks
        q = end
        if data[q] != xml.GREATER:
            row = rows if number > 0 else -1 - rows
            q, n_marks, found = _attributes(data, q, begin, row, marks, n_marks, prefixes, work)
            if q < 0:
                code = FULL if q == -2 else DECLINED
                return Scanned(code, here, whole, whole_rows, whole_marks)
            flags |= found
        empty = data[q] == xml.SLASH
        if empty:
            q += 1
            if q >= stop or data[q] != xml.GREATER:
                return Scanned(DECLINED, here, whole, whole_rows, whole_marks)
        p = q + 1
        if holder >= 0:
            table[holder, FLAGS] |= HAS_CHILD
        nearest = opened[depth - 1, _NEAREST] if depth > 0 else -1
        row = -1
        if number > 0 or flags & INHERITED:
            row = rows
            rows += 1
            if nearest == holder:
                flags |= DIRECT
            table[row, NAME] = number
            table[row, FLAGS] = flags | (SELF_CLOSED if empty else 0)
            table[row, PARENT] = nearest
            table[row, LAST] = rows
            table[row, OPEN] = here - begin
            table[row, TEXT] = p - begin
            table[row, CLOSE] = p - begin
            table[row, MARK] = first_mark
        if empty:
            if depth == 0:
                whole, whole_rows, whole_marks = p, rows, n_marks
            continue
        opened[depth, _NAME_AT] = here + 1
        opened[depth, _NAME_END] = end
        opened[depth, _ROW] = row
        opened[depth, _NEAREST] = row if row >= 0 else nearest
        depth += 1
