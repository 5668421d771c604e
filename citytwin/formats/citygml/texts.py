"""Texts of elements and attributes out of the bytes of a document, many at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from citytwin.formats.citygml.scanning import Elements
from citytwin.kernels import xml_scan as xs
from citytwin.kernels.gml_faces import marks_of
from citytwin.kernels.gml_places import gather_texts
from citytwin.model.ragged import offsets_of

T = TypeVar("T")
Rows = NDArray[np.int64]
"""Shape (n,): rows of a table, -1 for none."""


def _strings(elements: Elements, begin: Rows, end: Rows) -> pa.LargeStringArray:
    """Texts between positions in the bytes at hand."""
    sizes = end - begin
    offsets = offsets_of(sizes)
    letters = np.empty(int(offsets[-1]), dtype=np.uint8)
    gather_texts(elements.document.data, begin, end, letters)
    return pa.LargeStringArray.from_buffers(
        len(begin), pa.py_buffer(offsets), pa.py_buffer(letters)
    )


def contents(elements: Elements, *rows: Rows) -> list[pa.LargeStringArray]:
    """Texts of elements, empty where there is no element; several columns of them at once.

    Parameters
    ----------
    elements
        Elements of a window.
    rows
        Rows of the element table, the same number in each column.
    """
    every = np.concatenate(rows)
    known = every >= 0
    begin, end = np.zeros(len(every), dtype=np.int64), np.zeros(len(every), dtype=np.int64)
    begin[known] = elements.table[every[known], xs.TEXT]
    end[known] = elements.table[every[known], xs.CLOSE]
    texts = _strings(elements, elements.base + begin, elements.base + end)
    number = len(rows[0])
    return [texts.slice(k * number, number) for k in range(len(rows))]


def values(elements: Elements, rows: Rows, kind: int) -> tuple[pa.LargeStringArray, Rows]:
    """Values of an attribute of elements, and its row in the attribute table.

    Parameters
    ----------
    elements
        Elements of a window.
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
    found = np.empty(len(rows), dtype=np.int64)
    marks_of(marks, elements.table, rows, kind, found)
    hit = found >= 0
    begin, end = np.zeros(len(rows), dtype=np.int64), np.zeros(len(rows), dtype=np.int64)
    begin[hit] = marks[found[hit], xs.MARK_START]
    end[hit] = marks[found[hit], xs.MARK_END]
    return _strings(elements, elements.base + begin, elements.base + end), found


def each(column: pa.LargeStringArray, of_text: Callable[[str], T]) -> list[T]:
    """Apply a function to every text; once for each different one.

    Parameters
    ----------
    column
        Texts.
    of_text
        Function of one text, with line ends as a parser gives them.
    """
    texts = column.to_numpy(zero_copy_only=False).tolist()
    results = {text: of_text(line_ends(text)) for text in set(texts)}
    return [results[text] for text in texts]


def line_ends(text: str) -> str:
    """Return a text with line ends as a parser gives them.

    Parameters
    ----------
    text
        As in the file.
    """
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text
