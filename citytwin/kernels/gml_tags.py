"""Start tags of attributes, and what it takes to pass over the rest, in scanned bytes.

The document was found well-formed before, so that nothing is checked twice (W3C XML 1.0, 2008).
"""

from __future__ import annotations

import numpy as np

from citytwin.kernels import attribute_words as words
from citytwin.kernels import gml_names as names
from citytwin.kernels import xml_bytes as xml
from citytwin.kernels import xml_names as xn
from citytwin.kernels.borrowing import inlined
from citytwin.kernels.byte_blocks import first_behind_name, first_odd_in_text
from citytwin.kernels.llvm_blocks import BLOCK

Tag = tuple[int, int, int, int, int, int, int, int, int, int, int, int]
(
    INSIDE, EMPTY, LOCAL, LOCAL_END, FLAGS, WORD,
    SPACE, SPACE_END, UOM, UOM_END, TITLE, TITLE_END,
) = range(12)  # fmt: skip
"""Entries of a start tag: position behind it, whether it is an empty tag; local name, flags of its
namespace, number in the vocabulary; values of codeSpace, uom and name. Positions count from the
begin of the bytes; both are 0 where there is no such attribute."""


@inlined
def begins(data: np.ndarray, tag: Tag, letters: np.ndarray) -> bool:
    """Whether the local name of a tag begins with some letters.

    Parameters
    ----------
    data
        Shape (n,), uint8: the bytes (integers).
    tag
        From :func:`read_tag`.
    letters
        Shape (m,), uint8: the letters (integers).
    """
    end = tag[LOCAL] + len(letters)
    return end <= tag[LOCAL_END] and xn.same_bytes(data[tag[LOCAL] : end], letters)


@inlined
def read_tag(
    data: np.ndarray, begin: int, prefixes: np.ndarray, memories: tuple[np.ndarray, np.ndarray]
) -> Tag:
    """Read a start tag of a document that the scanner owns.

    Parameters
    ----------
    data
        Shape (n,), uint8: the bytes (integers).
    begin
        Position of the tag (an integer).
    prefixes
        Shape (n_prefix, 2), int64: codes of the declared prefixes, flags of their namespaces
        (integers).
    memories
        Of names of elements and of attributes, shape (n_row, n_column) each, int64 (integers), see
        :func:`citytwin.kernels.xml_names.remembered`.

    Returns
    -------
    tuple
        Entries as above; a first one of -1 where a value is not written plainly.
    """
    stop = len(data)
    met, met_attributes = memories
    end, name = xn.remembered(data, begin + 1, stop, met)
    if end < 0:
        end = xn.learned(data, begin + 1, stop, prefixes, words.VOCABULARY, met, name)
    local = begin + 2 + met[name, xn.COLON]
    word, flags = met[name, xn.NUMBER], met[name, xn.FLAGS]
    space = space_end = uom = uom_end = title = title_end = 0
    p = end
    while True:
        p = xml.after_space(data, p, stop)
        if data[p] == xml.GREATER:
            break
        if data[p] == xml.SLASH:
            return (
                p + 2, 1, local, end, flags, word,
                space, space_end, uom, uom_end, title, title_end,
            )  # fmt: skip
        first = p
        p, name = xn.remembered(data, first, stop, met_attributes)
        if p < 0:
            p = xn.learned(
                data, first, stop, prefixes, names.ATTRIBUTE_VOCABULARY, met_attributes, name
            )
        kind = met_attributes[name, xn.NUMBER] if met_attributes[name, xn.COLON] < 0 else 0
        p = xml.after_space(data, xml.after_space(data, p, stop) + 1, stop)
        first = p + 1
        p, plain = xml.after_value(data, p, stop)
        if kind in (names.CODE_SPACE, names.UOM, names.TITLE) and not plain:
            return (-1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
        if kind == names.CODE_SPACE:
            space, space_end = first, p
        elif kind == names.UOM:
            uom, uom_end = first, p
        elif kind == names.TITLE:
            title, title_end = first, p
        p += 1
    return (p + 1, 0, local, end, flags, word, space, space_end, uom, uom_end, title, title_end)


@inlined
def trimmed(data: np.ndarray, begin: int, end: int) -> tuple[int, int]:
    """Begin and end of a text without the white space around it.

    Parameters
    ----------
    data
        Shape (n,), uint8: the bytes (integers).
    begin, end
        Positions (integers).
    """
    while begin < end and xml.is_space(data[begin]):
        begin += 1
    while begin < end and xml.is_space(data[end - 1]):
        end -= 1
    return begin, end


@inlined
def behind_end_tag(data: np.ndarray, begin: int, stop: int) -> int:
    """Position behind an end tag.

    Parameters
    ----------
    data
        Shape (n,), uint8: the bytes (integers).
    begin, stop
        Where it begins, and what is not read (integers).
    """
    p = begin + 2
    if p + BLOCK <= len(data):
        p += first_behind_name(data, p)
    while p < stop and data[p] != xml.GREATER:
        p += 1
    return p + 1


@inlined
def behind_element(  # noqa: C901 - one branch for each kind of markup
    data: np.ndarray, inside: int, stop: int
) -> int:
    """Position behind an element; -1 where it is not owned.

    Parameters
    ----------
    data
        Shape (n,), uint8: the bytes (integers).
    inside, stop
        Where its content begins, and what is not read (integers).
    """
    depth, p = 1, inside
    while p < stop:
        if p + BLOCK <= len(data):
            p += first_odd_in_text(data, p)
        if p >= stop or data[p] != xml.LESS:
            p += 1
            continue
        c = data[p + 1]
        if c in (xml.BANG, xml.QUESTION):
            p = xml.after_aside(data, p, stop)
            if p < 0:
                return -1
            continue
        if c == xml.SLASH:
            depth -= 1
            p = behind_end_tag(data, p, stop)
            if depth == 0:
                return int(p)
            continue
        quote = 0
        while p < stop and (quote != 0 or data[p] != xml.GREATER):
            if quote == 0 and (data[p] == xml.QUOTE or data[p] == xml.APOSTROPHE):
                quote = int(data[p])
            elif data[p] == quote:
                quote = 0
            p += 1
        depth += 0 if data[p - 1] == xml.SLASH else 1
        p += 1
    return -1
