"""Names of elements and attributes in bytes of XML, with their prefixes (W3C Namespaces, 2009).

A city model writes the same few names again and again. Each is read once, byte by byte, and kept in
a memory; after that a comparison of blocks knows it.
"""

from __future__ import annotations

import numpy as np

from citytwin.kernels import gml_names as names
from citytwin.kernels import xml_bytes as xml
from citytwin.kernels.borrowing import borrowing, inlined
from citytwin.kernels.byte_blocks import first_behind_name, first_difference, short_hash
from citytwin.kernels.llvm_blocks import BLOCK

MAX_PREFIX = 7
"""Longer prefixes are declined where they are used."""
AT, LENGTH, COLON, NUMBER, FLAGS, HASH = range(6)
"""Columns of the memory of names: where it was met, its length (0 for no name), place of its colon
in it (-1 for none), its number, flags of its namespace (-1 where it is not declared), hash of its
local part."""
MEMORY = (2048, 6)
"""Shape of a memory: many more places than names, as one of two in the same place is forgotten."""


@borrowing
def qualified(data: np.ndarray, begin: int, stop: int) -> tuple[int, int, int]:
    """Read a qualified name.

    Parameters
    ----------
    data
        Shape (n,), uint8: the bytes (integers).
    begin, stop
        Positions (integers).

    Returns
    -------
    tuple
        Its end, -1 if there is none; its colon, -1 if it has none; the hash of its local part.
    """
    p, colon, code = begin, -1, 0
    if p >= stop or not xml.begins_name(data[p]):
        return -1, colon, code
    while p < stop:
        c = int(data[p])
        if xml.is_name(c):
            code = code * 33 + c
        elif c == xml.COLON and colon < 0:
            colon, code = p, 0
            if p + 1 >= stop or not xml.begins_name(data[p + 1]):
                return -1, colon, code
        else:
            break
        p += 1
    if p >= stop or p - begin > 200:
        return -1, colon, code
    # Where integers have 64 bits the product has lost only bits that are masked here.
    return p, colon, code & names.HASH_MASK


@borrowing
def prefix_code(data: np.ndarray, begin: int, end: int) -> int:
    """Pack a prefix of at most seven bytes into one integer; -1 for longer ones.

    Parameters
    ----------
    data
        Shape (n,), uint8: the bytes (integers).
    begin, end
        Positions of the prefix (integers).
    """
    if end - begin > MAX_PREFIX:
        return -1
    code = 0
    for k in range(begin, end):
        code = code * 256 + int(data[k])
    return code


@borrowing
def prefix_flags(prefixes: np.ndarray, code: int) -> int:
    """Flags of the namespace of a prefix; -1 where it is not declared.

    Parameters
    ----------
    prefixes
        Shape (n_prefix, 2), int64: codes of the declared prefixes, flags of their namespaces.
    code
        From :func:`prefix_code` (an integer).
    """
    for k in range(prefixes.shape[0]):
        if prefixes[k, 0] == code:
            return int(prefixes[k, 1])
    return -1


@borrowing
def number_of(
    data: np.ndarray, begin: int, end: int, code: int, table: tuple[np.ndarray, ...]
) -> int:
    """Number of a name in a vocabulary; zero where it is not listed.

    Parameters
    ----------
    data
        Shape (n,), uint8: the bytes (integers).
    begin, end
        Positions of the local name (integers).
    code
        Its hash, from :func:`qualified` (an integer).
    table
        Slots, shape (n_slot,), bytes, shape (n_byte,), uint8, and starts, shape (n_name + 1,), of the
        vocabulary, see :func:`citytwin.kernels.gml_names.vocabulary` (all integers).
    """
    slots, letters, starts = table
    last = len(slots) - 1
    slot = (code ^ (code >> 11)) & last
    while slots[slot] != 0:
        number = slots[slot]
        first = starts[number]
        if starts[number + 1] - first == end - begin:
            same = True
            for k in range(end - begin):
                if data[begin + k] != letters[first + k]:
                    same = False
                    break
            if same:
                return int(number)
        slot = (slot + 1) & last
    return 0


@inlined
def remembered(data: np.ndarray, begin: int, stop: int, memory: np.ndarray) -> tuple[int, int]:
    """Look up a name that may have been met before.

    What was met is a name to the last byte, and what ended it then was no part of one either, so
    that bytes which are the same need not be read again.

    Parameters
    ----------
    data
        Shape (n,), uint8: the bytes (integers).
    begin, stop
        Positions (integers).
    memory
        Of shape `MEMORY`, int64, zeros at first: of names in these bytes (integers).

    Returns
    -------
    tuple
        Its end, -1 where it has to be read by :func:`learned`; the row of `memory` for it.
    """
    if begin + BLOCK > stop:
        return -1, 0
    length = first_behind_name(data, begin)
    place = short_hash(data, begin, begin + length) & (MEMORY[0] - 1)
    if memory[place, LENGTH] != length or length in (0, BLOCK):
        return -1, place
    if first_difference(data, memory[place, AT], begin) < length:
        return -1, place
    return begin + length, place


@borrowing
def learned(
    data: np.ndarray,
    begin: int,
    stop: int,
    prefixes: np.ndarray,
    vocabulary: tuple[np.ndarray, ...],
    memory: np.ndarray,
    place: int,
) -> int:
    """Read a qualified name and enter it into a memory; its end, -1 if there is none.

    Parameters
    ----------
    data
        Shape (n,), uint8: the bytes (integers).
    begin, stop
        Positions (integers).
    prefixes
        Shape (n_prefix, 2), int64: codes of the declared prefixes, flags of their namespaces.
    vocabulary
        See :func:`number_of`, shape (n,) each [integers]; the same for all names of a memory.
    memory
        Shape (n_row, n_column), int64 (integers).
    place
        The row for the name (an integer).
    """
    end, colon, code = qualified(data, begin, stop)
    memory[place, LENGTH] = 0
    if end < 0:
        return -1
    spaced = prefix_code(data, begin, colon) if colon >= 0 else 0
    memory[place, AT] = begin
    if begin + BLOCK <= stop:  # else a block would reach behind the bytes
        memory[place, LENGTH] = end - begin
    memory[place, COLON] = colon - begin if colon >= 0 else -1
    memory[place, NUMBER] = number_of(data, max(begin, colon + 1), end, code, vocabulary)
    memory[place, FLAGS] = prefix_flags(prefixes, spaced)
    memory[place, HASH] = code
    return int(end)


@inlined
def same_bytes(a: np.ndarray, b: np.ndarray) -> bool:
    """Whether two stretches of bytes of one length are the same.

    Parameters
    ----------
    a, b
        Shape (n,) each, uint8: the bytes (integers).
    """
    k = 0
    while k < len(a) and a[k] == b[k]:
        k += 1
    return k == len(a)


@inlined
def same_stretch(data: np.ndarray, a: int, b: int, length: int) -> bool:
    """Whether two stretches of the same bytes are the same.

    Parameters
    ----------
    data
        Shape (n,), uint8: the bytes (integers).
    a, b, length
        Where they begin, and how long they are (integers).
    """
    if length <= BLOCK and max(a, b) + BLOCK <= len(data):
        return bool(first_difference(data, a, b) >= length)
    return bool(same_bytes(data[a : a + length], data[b : b + length]))
