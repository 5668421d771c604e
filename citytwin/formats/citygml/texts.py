"""Texts of elements and attributes out of the bytes of a document, many at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from citytwin.formats.citygml.scanning import Elements
from citytwin.kernels import xml_scan as xs
from citytwin.kernels.gml_places import gather_texts
from citytwin.model.ragged import offsets_of

T = TypeVar("T")
Rows = NDArray[np.int64]
"""Shape (n,): rows of a table, -1 for none."""


def strings(elements: Elements, begin: Rows, end: Rows) -> pa.LargeStringArray:
    """Texts between positions.

    Parameters
    ----------
    elements
        Elements of a range.
    begin, end
        Positions in the document.
    """
    sizes = end - begin
    offsets = offsets_of(sizes)
    letters = np.empty(int(offsets[-1]), dtype=np.uint8)
    gather_texts(elements.document.data, begin, end, letters)
    return pa.LargeStringArray.from_buffers(
        len(begin), pa.py_buffer(offsets), pa.py_buffer(letters)
    )


def contents(elements: Elements, rows: Rows) -> pa.LargeStringArray:
    """Texts of elements; empty where there is no element.

    Parameters
    ----------
    elements
        Elements of a range.
    rows
        Rows of the element table.
    """
    known = rows >= 0
    table = elements.table[np.where(known, rows, 0)] if len(elements.table) else None
    if table is None:
        return pa.array([""] * len(rows), type=pa.large_string())
    begin = elements.base + np.where(known, table[:, xs.TEXT], 0).astype(np.int64)
    end = elements.base + np.where(known, table[:, xs.CLOSE], 0).astype(np.int64)
    return strings(elements, begin, end)


def values(elements: Elements, rows: Rows, kind: int) -> tuple[pa.LargeStringArray, Rows]:
    """Values of an attribute of elements, and its row in the attribute table.

    Parameters
    ----------
    elements
        Elements of a range.
    rows
        Rows of the element table.
    kind
        Number of the attribute.

    Returns
    -------
    tuple
        Texts, empty where it is absent; rows, -1 there.
    """
    marks = elements.marks
    of_kind = np.flatnonzero(marks[:, xs.MARK_KIND] == kind)
    owners = marks[of_kind, xs.MARK_ROW]
    place = np.searchsorted(owners, rows)
    found = np.full(len(rows), -1, dtype=np.int64)
    inside = place < len(of_kind)
    hit = np.zeros(len(rows), dtype=np.bool_)
    hit[inside] = owners[place[inside]] == rows[inside]
    found[hit] = of_kind[place[hit]]
    begin = np.where(hit, marks[found, xs.MARK_START], 0).astype(np.int64) if len(marks) else found
    end = np.where(hit, marks[found, xs.MARK_END], 0).astype(np.int64) if len(marks) else found
    return strings(elements, elements.base + begin, elements.base + end), found


def each(column: pa.LargeStringArray, of_text: Callable[[str], T]) -> list[T]:
    """Apply a function to every text; once for each different one.

    Parameters
    ----------
    column
        Texts.
    of_text
        Function of one text, with line ends as a parser gives them.
    """
    coded = column.dictionary_encode()
    results = [of_text(line_ends(text)) for text in coded.dictionary.to_pylist()]
    return [results[code] for code in coded.indices.to_pylist()]


def line_ends(text: str) -> str:
    """Return a text with line ends as a parser gives them.

    Parameters
    ----------
    text
        As in the file.
    """
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text
