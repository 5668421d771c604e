"""Pieces of XML as bytes: names, white space, texts, entities, UTF-8 (W3C XML 1.0, 2008).

Every function takes the bytes and two positions, never reads at or behind the second one, and
answers with a position, or -1 where the bytes are not what this scanner owns. Not owned means
damaged or merely unusual: another reader then gives its verdict.
"""

from __future__ import annotations

import numpy as np

from citytwin.kernels.borrowing import borrowing, inlined
from citytwin.kernels.byte_blocks import first_odd_in_text, first_odd_in_value
from citytwin.kernels.llvm_blocks import BLOCK

_NAME, _NAME_START, _SPACE, _PLAIN, _HIGH, _DIGIT = 1, 2, 4, 8, 16, 32
LESS, GREATER, SLASH, COLON, AMPERSAND, EQUALS = 60, 62, 47, 58, 38, 61
BANG, QUESTION, DASH, QUOTE, APOSTROPHE, CLOSING = 33, 63, 45, 34, 39, 93
_HASH, _SEMICOLON, _X = 35, 59, 120


def _classes() -> np.ndarray:
    kinds = np.zeros(256, dtype=np.uint8)
    for code in range(0x20, 0x80):
        kinds[code] = _PLAIN
    for code in (9, 10, 13):
        kinds[code] = _PLAIN
    for code in (9, 10, 13, 32):
        kinds[code] |= _SPACE
    for code in (*range(65, 91), *range(97, 123), 95):
        kinds[code] |= _NAME | _NAME_START
    for code in range(48, 58):
        kinds[code] |= _NAME | _DIGIT
    for code in (45, 46):
        kinds[code] |= _NAME
    for code in (LESS, AMPERSAND, CLOSING):
        kinds[code] = 0
    kinds[0x80:] = _HIGH
    return kinds


_CLASS = _classes()
_ENTITIES = tuple(int.from_bytes(name, "big") for name in (b"lt", b"gt", b"amp", b"quot", b"apos"))
_CDATA = np.frombuffer(b"[CDATA[", dtype=np.uint8).copy()


@inlined
def is_space(byte: int) -> bool:
    """Whether a byte is white space of XML.

    Parameters
    ----------
    byte
        Value of the byte, 0 to 255 (an integer).
    """
    return bool(_CLASS[byte] & _SPACE)


@inlined
def is_name(byte: int) -> bool:
    """Whether an ASCII byte may stand in a name.

    Parameters
    ----------
    byte
        Value of the byte, 0 to 255 (an integer).
    """
    return bool(_CLASS[byte] & _NAME)


@inlined
def begins_name(byte: int) -> bool:
    """Whether an ASCII byte may begin a name.

    Parameters
    ----------
    byte
        Value of the byte, 0 to 255 (an integer).
    """
    return bool(_CLASS[byte] & _NAME_START)


@inlined
def after_space(data: np.ndarray, begin: int, stop: int) -> int:
    """Position behind white space.

    Parameters
    ----------
    data
        Shape (n,), uint8: the bytes (integers).
    begin, stop
        Positions (integers).
    """
    p = begin
    while p < stop and is_space(data[p]):
        p += 1
    return p


@borrowing
def after_character(data: np.ndarray, begin: int, stop: int) -> int:
    """Position behind a character of more than one byte; -1 where it is none of XML.

    Refuses overlong forms, surrogates and the two non-characters that XML excludes
    (RFC 3629, Yergeau 2003).

    Parameters
    ----------
    data
        Shape (n,), uint8: the bytes (integers).
    begin, stop
        Positions (integers).
    """
    first = int(data[begin])
    if first < 0xC2 or first > 0xF4:
        return -1
    length = 2 if first < 0xE0 else (3 if first < 0xF0 else 4)
    if begin + length > stop:
        return -1
    for k in range(1, length):
        if (int(data[begin + k]) & 0xC0) != 0x80:
            return -1
    second = int(data[begin + 1])
    if (first == 0xE0 and second < 0xA0) or (first == 0xED and second > 0x9F):
        return -1
    if (first == 0xF0 and second < 0x90) or (first == 0xF4 and second > 0x8F):
        return -1
    if first == 0xEF and second == 0xBF and int(data[begin + 2]) >= 0xBE:
        return -1
    return begin + length


@borrowing
def after_entity(data: np.ndarray, begin: int, stop: int) -> int:
    """Position behind one of the five entities or a decimal or hexadecimal character number.

    Parameters
    ----------
    data
        Shape (n,), uint8: the bytes (integers).
    begin, stop
        Positions (integers); at `begin` stands the ampersand.
    """
    end = begin + 1
    while end < stop and end < begin + 10 and data[end] != _SEMICOLON:
        end += 1
    if end >= stop or data[end] != _SEMICOLON:
        return -1
    length = end - begin - 1
    if length >= 2 and data[begin + 1] == _HASH:
        return end + 1 if _is_character(data, begin + 2, end) else -1
    return end + 1 if _is_named(data, begin + 1, length) else -1


@borrowing
def _is_named(data: np.ndarray, begin: int, length: int) -> bool:
    code = 0
    for k in range(min(length, 5)):
        code = code * 256 + int(data[begin + k])
    return code in _ENTITIES


@borrowing
def _is_character(data: np.ndarray, begin: int, end: int) -> bool:
    base, p = 10, begin
    if data[p] == _X:
        base, p = 16, p + 1
    if p == end:
        return False
    code = 0
    while p < end:
        c = int(data[p])
        if 48 <= c <= 57:
            digit = c - 48
        elif base == 16 and (65 <= c <= 70 or 97 <= c <= 102):
            digit = (c | 32) - 87
        else:
            return False
        code = code * base + digit
        p += 1
    if code < 32:
        return code in (9, 10, 13)
    return code < 0xD800 or 0xE000 <= code < 0xFFFE or 0x10000 <= code < 0x110000


@inlined
def after_text(  # noqa: C901 - one branch for each kind of byte
    data: np.ndarray, begin: int, stop: int
) -> tuple[int, bool]:
    """Position of the next markup, and whether the text on the way is written plainly.

    Parameters
    ----------
    data
        Shape (n,), uint8: the bytes (integers).
    begin, stop
        Positions (integers).

    Returns
    -------
    tuple
        Position, -1 where the text is not owned; false if it holds an entity.
    """
    p, plain = begin, True
    while p < stop:
        if p + BLOCK <= stop:
            step = first_odd_in_text(data, p)
            p += step
            if step == BLOCK:
                continue
        kind = _CLASS[data[p]]
        if kind & _PLAIN:
            p += 1
            continue
        c = int(data[p])
        if c == LESS:
            return p, plain
        if kind & _HIGH:
            p = after_character(data, p, stop)
        elif c == AMPERSAND:
            plain = False
            p = after_entity(data, p, stop)
        elif c == CLOSING:
            if p + 2 < stop and data[p + 1] == CLOSING and data[p + 2] == GREATER:
                return -1, plain
            p += 1
        else:
            return -1, plain
        if p < 0:
            return -1, plain
    return p, plain


@inlined
def after_value(data: np.ndarray, begin: int, stop: int) -> tuple[int, bool]:
    """Position of the closing quote of an attribute, and whether its value is written plainly.

    Parameters
    ----------
    data
        Shape (n,), uint8: the bytes (integers).
    begin, stop
        Positions (integers); at `begin` stands the opening quote.

    Returns
    -------
    tuple
        Position, -1 where the value is not owned; false if it holds an entity or white space
        that a parser replaces.
    """
    quote = data[begin]
    p, plain = begin + 1, True
    while p < stop:
        if p + BLOCK <= stop:
            step = first_odd_in_value(data, p)
            p += step
            if step == BLOCK:
                continue
        if data[p] == quote:
            return p, plain
        kind = _CLASS[data[p]]
        c = int(data[p])
        if kind & _HIGH:
            p = after_character(data, p, stop)
        elif c == AMPERSAND:
            plain = False
            p = after_entity(data, p, stop)
        elif kind & _PLAIN or c == CLOSING:
            plain = plain and c >= 32
            p += 1
        else:
            return -1, plain
        if p < 0:
            return -1, plain
    return -1, plain


@borrowing
def after_aside(data: np.ndarray, begin: int, stop: int) -> int:
    """Position behind a comment, a CDATA section or a processing instruction.

    Parameters
    ----------
    data
        Shape (n,), uint8: the bytes (integers).
    begin, stop
        Positions (integers); at `begin` stands ``<!`` or ``<?``.

    Returns
    -------
    int
        -1 for a document type declaration and whatever is damaged.
    """
    if begin + 4 > stop:
        return -1
    if data[begin + 1] == QUESTION:
        return int(_after_instruction(data, begin, stop))
    if data[begin + 2] == DASH and data[begin + 3] == DASH:
        p = _found(data, begin + 4, stop, DASH, DASH)
        return int(p + 1) if 0 <= p < stop and data[p] == GREATER else -1
    if begin + 9 > stop:
        return -1
    for k in range(7):
        if data[begin + 2 + k] != _CDATA[k]:
            return -1
    p = begin + 9
    while True:
        p = _found(data, p, stop, CLOSING, CLOSING)
        if p < 0 or p >= stop:
            return -1
        if data[p] == GREATER:
            return int(p + 1)
        p -= 1


@borrowing
def _after_instruction(data: np.ndarray, begin: int, stop: int) -> int:
    """Behind ``?>``; an XML declaration in the midst of a document is refused."""
    p = begin + 2
    if not begins_name(data[p]):
        return -1
    while p < stop and is_name(data[p]):
        p += 1
    if p - begin == 5 and _is_xml(data, begin + 2):
        return -1
    if p >= stop or not (is_space(data[p]) or data[p] == QUESTION):
        return -1
    return int(_found(data, p, stop, QUESTION, GREATER))


@borrowing
def _is_xml(data: np.ndarray, begin: int) -> bool:
    x, m, ell = int(data[begin]), int(data[begin + 1]), int(data[begin + 2])
    return (x | 32) == 120 and (m | 32) == 109 and (ell | 32) == 108


@borrowing
def _found(data: np.ndarray, begin: int, stop: int, first: int, second: int) -> int:
    """Position behind two bytes in a row; -1 if they do not come, or a character is no XML."""
    p = begin
    while p + 1 < stop:
        c = int(data[p])
        if c == first and data[p + 1] == second:
            return p + 2
        if c >= 0x80:
            p = after_character(data, p, stop)
            if p < 0:
                return -1
        elif c < 32 and not is_space(c):
            return -1
        else:
            p += 1
    return -1
