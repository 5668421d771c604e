"""Texts of elements and attributes out of the bytes of a document, many at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from citytwin.formats.citygml.scanning import Elements
from citytwin.kernels import gml_texts as gt
from citytwin.model.ragged import offsets_of

T = TypeVar("T")
Rows = NDArray[np.int64]
"""Shape (n,): rows of the element table, -1 for none."""


@dataclass(frozen=True)
class Column:
    """Texts, each different one once, with line ends as a parser gives them."""

    words: list[str]
    numbers: list[int]
    """Place of each text in `words`, -1 for none."""

    def each(self, of_text: Callable[[str], T], absent: T) -> list[T]:
        """Apply a function to every text; once for each different one.

        Parameters
        ----------
        of_text
            Function of one text.
        absent
            What stands where there is none.
        """
        results = [*map(of_text, self.words), absent]
        return [results[number] for number in self.numbers]


def columns(elements: Elements, *wanted: tuple[Rows, int]) -> list[Column]:
    """Texts of elements, several columns of them at once.

    Parameters
    ----------
    elements
        Elements of a window.
    wanted
        Rows of the element table, as many in each column; and the number of the attribute whose
        values are wanted, or :data:`citytwin.kernels.gml_texts.CONTENT`.
    """
    rows = np.array([rows for rows, _ in wanted], dtype=np.int64)
    spans = _spans(elements, rows, np.array([kind for _, kind in wanted], dtype=np.int64))
    slots = np.empty(1 << int(2 * rows.shape[1] + 1).bit_length(), dtype=np.int32)
    numbers = np.empty_like(rows)
    firsts = np.empty((rows.size, 2), dtype=np.int64)
    ends = np.empty(len(rows), dtype=np.int64)
    gt.number_texts(elements.letters, spans, slots, numbers, firsts, ends)
    words = _words(elements, firsts[: ends[-1]])
    return [
        Column(words[begin:end], places)
        for (begin, end), places in zip(
            pairwise([0, *ends.tolist()]), numbers.tolist(), strict=True
        )
    ]


def _spans(elements: Elements, rows: NDArray[np.int64], kinds: Rows) -> NDArray[np.int64]:
    spans = np.empty((*rows.shape, 2), dtype=np.int64)
    gt.find_texts(elements.table, elements.marks, rows, kinds, spans)
    return spans


def _words(elements: Elements, spans: NDArray[np.int64]) -> list[str]:
    offsets, letters = _gathered(elements, spans)
    raw = letters.tobytes()
    text = raw.decode()
    stretches = pairwise(offsets.tolist())
    if len(text) == len(raw):  # a byte for each character
        words = [text[begin:end] for begin, end in stretches]
    else:
        words = [raw[begin:end].decode() for begin, end in stretches]
    return [line_ends(word) for word in words] if "\r" in text else words


def _gathered(
    elements: Elements, spans: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
    """Where each text begins in all of them put together, and their bytes."""
    offsets = offsets_of(spans[:, 1] - spans[:, 0])
    letters = np.empty(int(offsets[-1]), dtype=np.uint8)
    gt.gather_texts(elements.letters, spans, letters)
    return offsets, letters


def values(elements: Elements, rows: Rows, kind: int) -> pa.LargeStringArray:
    """Values of an attribute of elements, empty where it is absent.

    Parameters
    ----------
    elements
        Elements of a window.
    rows
        Rows of the element table, -1 for none.
    kind
        Number of the attribute.
    """
    spans = _spans(elements, rows[None, :], np.array([kind], dtype=np.int64))[0]
    offsets, letters = _gathered(elements, spans)
    return pa.LargeStringArray.from_buffers(len(rows), pa.py_buffer(offsets), pa.py_buffer(letters))


def line_ends(text: str) -> str:
    """Return a text with line ends as a parser gives them.

    Parameters
    ----------
    text
        As in the file.
    """
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text
