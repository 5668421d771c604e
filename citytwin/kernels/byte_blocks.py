# ruff: noqa: ARG005, PLW0108 - numba matches functions by the names of their parameters
"""Sixty-four bytes at a look: what kind of byte comes first, and whether two stretches are the same.

The processor compares a block of bytes in a few instructions and counts to the first of them
(Langdale and Lemire 2019, "Parsing gigabytes of JSON per second"). Numba has no words for that, so
these functions are written twice: in Python, one byte after the other, as they are to be
understood and as they run uncompiled, and in :mod:`citytwin.kernels.llvm_blocks`.

Callers see to it that a whole block lies in the bytes.
"""

from __future__ import annotations

import numpy as np
from numba.extending import overload

from citytwin.kernels.llvm_blocks import (
    BEHIND_DIGITS,
    BEHIND_NAME,
    BLOCK,
    DECIMAL_SHAPE,
    DIFFERENCE,
    FEW_DIGITS,
    HALF_BLOCK,
    NEXT_EIGHT,
    ODD_IN_TEXT,
    ODD_IN_VALUE,
    SHORT_HASH,
)

_TAB, _LINE_FEED, _RETURN, _SPACE = 9, 10, 13, 32
_QUOTE, _AMPERSAND, _APOSTROPHE, _LESS, _CLOSING = 34, 38, 39, 60, 93
_POINT, _UNDERSCORE = 46, 95


def first_odd_in_text(data: np.ndarray, begin: int) -> int:
    """Place in a block of the first byte that is not plain text of an element; 64 for none.

    Plain are ASCII characters but ``<``, ``&`` and ``]``, and the white space of XML.

    Parameters
    ----------
    data
        Shape (n,), uint8: the bytes (integers).
    begin
        Where the block begins (an integer).
    """
    for k in range(BLOCK):
        c = int(data[begin + k])
        if c >= 128 or c in (_LESS, _AMPERSAND, _CLOSING):
            return k
        if c < _SPACE and c not in (_TAB, _LINE_FEED, _RETURN):
            return k
    return BLOCK


def first_odd_in_value(data: np.ndarray, begin: int) -> int:
    """Place in a block of the first byte that is not plain in the value of an attribute; 64 for none.

    Plain are ASCII characters from the space on, but quotes, ``<`` and ``&``.

    Parameters
    ----------
    data
        Shape (n,), uint8: the bytes (integers).
    begin
        Where the block begins (an integer).
    """
    for k in range(BLOCK):
        c = int(data[begin + k])
        if c < _SPACE or c >= 128 or c in (_QUOTE, _APOSTROPHE, _LESS, _AMPERSAND):
            return k
    return BLOCK


def first_behind_name(data: np.ndarray, begin: int) -> int:
    """Place in a block of the first byte that is neither of an ASCII name nor a colon; 64 for none.

    Parameters
    ----------
    data
        Shape (n,), uint8: the bytes (integers).
    begin
        Where the block begins (an integer).
    """
    for k in range(BLOCK):
        c = int(data[begin + k])
        letter = 65 <= c <= 90 or 97 <= c <= 122
        if not (letter or 45 <= c <= 46 or 48 <= c <= 58 or c == _UNDERSCORE):
            return k
    return BLOCK


def first_difference(data: np.ndarray, a: int, b: int) -> int:
    """Place of the first byte in which two blocks differ; 64 for none.

    Parameters
    ----------
    data
        Shape (n,), uint8: the bytes (integers).
    a, b
        Where the blocks begin (integers).
    """
    for k in range(BLOCK):
        if data[a + k] != data[b + k]:
            return k
    return BLOCK


def first_behind_digits(data: np.ndarray, begin: int) -> int:
    """Place in a block of the first byte that is no decimal digit; 64 for none.

    Parameters
    ----------
    data
        Shape (n,), uint8: the bytes (integers).
    begin
        Where the block begins (an integer).
    """
    for k in range(BLOCK):
        if not 48 <= data[begin + k] <= 57:
            return k
    return BLOCK


def decimal_shape(data: np.ndarray, begin: int) -> int:
    """How the decimal number is written that a block of 32 bytes begins with.

    Parameters
    ----------
    data
        Shape (n,), uint8: the bytes (integers).
    begin
        Where the block begins (an integer).

    Returns
    -------
    int
        Digits it begins with; 256 for each digit behind a point that follows, 65536 for the point.
        Digits end with the block.
    """
    end = begin + HALF_BLOCK
    p = begin
    while p < end and 48 <= data[p] <= 57:
        p += 1
    whole = p - begin
    if p == end or data[p] != _POINT:
        return whole
    p += 1
    while p < end and 48 <= data[p] <= 57:
        p += 1
    return whole + ((p - begin - whole - 1) << 8) + (1 << 16)


def few_digits(data: np.ndarray, begin: int, count: int) -> int:
    """Number that at most eight decimal digits make.

    Parameters
    ----------
    data
        Shape (n,), uint8: the bytes (integers).
    begin, count
        Where they begin, at least eight bytes before the end, and how many there are (integers).
    """
    number = 0
    for k in range(count):
        number = number * 10 + int(data[begin + k]) - 48
    return number


def next_eight(data: np.ndarray, begin: int) -> int:
    """Eight bytes as one integer with a sign, the first of them its lowest.

    Parameters
    ----------
    data
        Shape (n,), uint8: the bytes (integers).
    begin
        Where they begin, at least eight bytes before the end (an integer).
    """
    return int.from_bytes(data[begin : begin + 8].tobytes(), "little", signed=True)


def short_hash(data: np.ndarray, begin: int, end: int) -> int:
    """Hash of the length, the first eight and the last eight of some bytes, not negative.

    The compiled one gives other numbers: it only leads to where a name may have been entered.

    Parameters
    ----------
    data
        Shape (n,), uint8: the bytes (integers).
    begin, end
        Positions at least eight bytes before the end of the bytes (integers).
    """
    code = int(end - begin)
    for k in range(min(8, code)):
        code = code * 33 + int(data[begin + k])
        code = code * 33 + int(data[end - 1 - k])
    return code & 0xFFFFFF


overload(first_odd_in_text)(lambda data, begin: lambda data, begin: ODD_IN_TEXT(data, begin, 0))
overload(first_odd_in_value)(lambda data, begin: lambda data, begin: ODD_IN_VALUE(data, begin, 0))
overload(first_behind_name)(lambda data, begin: lambda data, begin: BEHIND_NAME(data, begin, 0))
overload(first_difference)(lambda data, a, b: lambda data, a, b: DIFFERENCE(data, a, b))
overload(short_hash)(lambda data, begin, end: lambda data, begin, end: SHORT_HASH(data, begin, end))
overload(first_behind_digits)(lambda data, begin: lambda data, begin: BEHIND_DIGITS(data, begin, 0))
overload(decimal_shape)(lambda data, begin: lambda data, begin: DECIMAL_SHAPE(data, begin, 0))
overload(few_digits)(
    lambda data, begin, count: lambda data, begin, count: FEW_DIGITS(data, begin, count)
)
overload(next_eight)(lambda data, begin: lambda data, begin: NEXT_EIGHT(data, begin, 0))
