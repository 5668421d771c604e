"""Attributes as JSON: a tree of nodes to one object per unit, written into a buffer.

Keys stand in the order in which they occur first; what occurs more than once under one key is a
list (JSON, Bray, 2017). Numbers are copied as they are written, so that no digit is lost.
"""

from __future__ import annotations

import numpy as np

from citytwin.kernels import attribute_nodes as an
from citytwin.kernels import attribute_words as words
from citytwin.kernels.borrowing import borrowing, inlined
from citytwin.kernels.xml_names import same_bytes

LONGEST_NUMBER = 24
"""Longer numbers stay texts: readers of JSON would round them."""
ROOM_PER_NODE = 48
"""Bytes that a node takes at most besides its texts, see :func:`write_attributes`."""

_QUOTE, _BACKSLASH, _COMMA, _COLON = 34, 92, 44, 58
_OPEN, _CLOSED, _FIRST, _BEHIND = 123, 125, 91, 93
_NEWLINE, _TAB, _RETURN, _SPACE, _N, _T = 10, 9, 13, 32, 110, 116
_ZERO, _NINE, _MINUS, _PLUS, _POINT, _E = 48, 57, 45, 43, 46, 101
_CODE_KEY = np.frombuffer(b'{"code":"', dtype=np.uint8).copy()
_VALUE_KEY = np.frombuffer(b'{"value":', dtype=np.uint8).copy()
_UOM_KEY = np.frombuffer(b',"uom":"', dtype=np.uint8).copy()
_REPEATABLE_BEGIN = np.frombuffer(words.REPEATABLE_BEGIN.encode(), dtype=np.uint8).copy()
_REPEATABLE_END = np.frombuffer(words.REPEATABLE_END.encode(), dtype=np.uint8).copy()


@borrowing
def write_attributes(
    letters: np.ndarray,
    nodes: np.ndarray,
    firsts: np.ndarray,
    meanings: tuple[np.ndarray, np.ndarray, np.ndarray],
    out: np.ndarray,
    ends: np.ndarray,
) -> None:
    """Write the attributes of all units.

    A node takes its name, value and list or unit, at most twice their length where every byte is
    escaped, the meaning of its code, and `ROOM_PER_NODE`.

    Parameters
    ----------
    letters
        Shape (n,), uint8: bytes that the positions in the node table count from (integers).
    nodes
        Shape (n_node, 12), int64: see :mod:`citytwin.kernels.attribute_nodes`
        (integers).
    firsts
        Shape (n_unit + 1,), int64: first node of each unit (integers).
    meanings
        Bytes of what stands behind each different code, shape (n_byte,), uint8; where each begins
        and ends, shape (n_code + 1,), int64; number of the code of each node, shape (n_node,),
        int64, -1 for other nodes (integers all).
    out
        Shape (n_out,), uint8: filled with the texts, one behind the other (integers).
    ends
        Shape (n_unit,), int64: filled with the end of each; a unit without attributes has an empty
        text (integers).
    """
    p = 0
    for u in range(len(firsts) - 1):
        if _any(nodes, int(firsts[u]), int(firsts[u + 1])):
            p = _write_unit(letters, nodes, (int(firsts[u]), int(firsts[u + 1])), meanings, out, p)
        ends[u] = p


@inlined
def _any(nodes: np.ndarray, first: int, behind: int) -> bool:
    n = first
    while n < behind:
        if nodes[n, an.KIND] != an.NONE:
            return True
        n = int(nodes[n, an.LAST])
    return False


@inlined
def _write_unit(
    letters: np.ndarray,
    nodes: np.ndarray,
    span: tuple[int, int],
    meanings: tuple[np.ndarray, np.ndarray, np.ndarray],
    out: np.ndarray,
    begin: int,
) -> int:
    """Write one unit: down into objects, along the nodes of one name, on to the next name."""
    p = _put(out, begin, _OPEN)
    n, end, owner, item, is_written = span[0], span[1], -1, -1, False
    while True:
        if item < 0:
            while n < end and (nodes[n, an.KIND] == an.NONE or nodes[n, an.TAIL] < 0):
                n = int(nodes[n, an.LAST])
            is_written = n >= end
            item = owner if is_written else n
            if is_written:
                p = _put(out, p, _CLOSED)
                if owner < 0:
                    return int(p)
            else:
                p = _put_key(letters, nodes, n, out, p)
        if not is_written and nodes[item, an.KIND] in (an.OBJECT, an.SET):
            p = _put(out, p, _OPEN)
            owner, n, end, item = item, item + 1, int(nodes[item, an.LAST]), -1
            continue
        if not is_written:
            p = _put_leaf(letters, nodes, item, meanings, out, p)
        following = int(nodes[item, an.NEXT])
        if following >= 0:
            p = _put(out, p, _COMMA)
            item, is_written = following, False
            continue
        head = item if nodes[item, an.TAIL] >= 0 else -1 - int(nodes[item, an.TAIL])
        if _is_list(letters, nodes, head):
            p = _put(out, p, _BEHIND)
        owner, n, item = int(nodes[head, an.PARENT]), int(nodes[head, an.LAST]), -1
        end = span[1] if owner < 0 else int(nodes[owner, an.LAST])


@inlined
def _is_list(letters: np.ndarray, nodes: np.ndarray, n: int) -> bool:
    """Whether the first node of a name is a list: it occurs again, or is of a type that may."""
    if nodes[n, an.NEXT] >= 0:
        return True
    if nodes[n, an.KIND] != an.OBJECT:
        return False
    begin, end = int(nodes[n, an.NAME_BEGIN]), int(nodes[n, an.NAME_END])
    front, back = len(_REPEATABLE_BEGIN), len(_REPEATABLE_END)
    return bool(
        (end - begin >= front and same_bytes(letters[begin : begin + front], _REPEATABLE_BEGIN))
        or (end - begin >= back and same_bytes(letters[end - back : end], _REPEATABLE_END))
    )


@inlined
def _put_key(letters: np.ndarray, nodes: np.ndarray, n: int, out: np.ndarray, begin: int) -> int:
    p = begin
    if out[p - 1] != _OPEN:
        p = _put(out, p, _COMMA)
    p = _put(out, p, _QUOTE)
    p = _put_text(letters, nodes[n, an.NAME_BEGIN], nodes[n, an.NAME_END], out, p)
    p = _put(out, _put(out, p, _QUOTE), _COLON)
    return int(_put(out, p, _FIRST) if _is_list(letters, nodes, n) else p)


@inlined
def _put_leaf(
    letters: np.ndarray,
    nodes: np.ndarray,
    n: int,
    meanings: tuple[np.ndarray, np.ndarray, np.ndarray],
    out: np.ndarray,
    begin: int,
) -> int:
    kind = nodes[n, an.KIND]
    first, end = nodes[n, an.VALUE_BEGIN], nodes[n, an.VALUE_END]
    p = begin
    if kind == an.CODE:
        p = _put_text(letters, first, end, out, _put_bytes(_CODE_KEY, 0, len(_CODE_KEY), out, p))
        p = _put(out, p, _QUOTE)
        texts, starts, code_of = meanings
        if code_of[n] >= 0:
            p = _put_bytes(texts, starts[code_of[n]], starts[code_of[n] + 1], out, p)
        return int(_put(out, p, _CLOSED))
    if kind == an.MEASURE:
        p = _put_bytes(_VALUE_KEY, 0, len(_VALUE_KEY), out, p)
    if kind != an.TEXT and is_number(letters, first, end):
        p = _put_bytes(letters, first, end, out, p)
    else:
        p = _put_text(letters, first, end, out, _put(out, p, _QUOTE))
        p = _put(out, p, _QUOTE)
    if kind == an.MEASURE:
        p = _put_bytes(_UOM_KEY, 0, len(_UOM_KEY), out, p)
        p = _put_text(letters, nodes[n, an.SPACE_BEGIN], nodes[n, an.SPACE_END], out, p)
        p = _put(out, _put(out, p, _QUOTE), _CLOSED)
    return int(p)


@inlined
def is_number(letters: np.ndarray, begin: int, end: int) -> bool:
    """Whether a text is a number of JSON that a reader takes as it stands.

    Parameters
    ----------
    letters
        Shape (n,), uint8: the bytes (integers).
    begin, end
        Positions (integers).
    """
    if end - begin > LONGEST_NUMBER:
        return False
    p = begin + 1 if begin < end and letters[begin] == _MINUS else begin
    q = _behind_digits(letters, p, end)
    if q == p or (letters[p] == _ZERO and q > p + 1):
        return False
    if q < end and letters[q] == _POINT:
        p = q + 1
        q = _behind_digits(letters, p, end)
        if q == p:
            return False
    if q < end and letters[q] | 32 == _E:
        p = q + 1
        if p < end and (letters[p] == _PLUS or letters[p] == _MINUS):
            p += 1
        q = _behind_digits(letters, p, end)
        if q == p or q - p > 2:
            return False
    return bool(q == end)


@inlined
def _behind_digits(letters: np.ndarray, begin: int, end: int) -> int:
    p = begin
    while p < end and _ZERO <= letters[p] <= _NINE:
        p += 1
    return p


@inlined
def _put(out: np.ndarray, p: int, byte: int) -> int:
    out[p] = byte
    return p + 1


@inlined
def _put_bytes(letters: np.ndarray, begin: int, end: int, out: np.ndarray, p: int) -> int:
    for k in range(begin, end):
        out[p + k - begin] = letters[k]
    return int(p + end - begin)


@inlined
def _put_text(letters: np.ndarray, begin: int, end: int, out: np.ndarray, first: int) -> int:
    """Write a text with what JSON escapes; line ends as a parser of XML gives them."""
    odd = False
    for k in range(begin, end):
        c = letters[k]
        odd |= (c < _SPACE) | (c == _QUOTE) | (c == _BACKSLASH)
    if not odd:
        return int(_put_bytes(letters, begin, end, out, first))
    p, k = first, begin
    while k < end:
        c = letters[k]
        k += 1
        if c == _RETURN:
            if k < end and letters[k] == _NEWLINE:
                continue
            c = _NEWLINE
        if c in (_QUOTE, _BACKSLASH):
            p = _put(out, _put(out, p, _BACKSLASH), c)
        elif c in (_NEWLINE, _TAB):
            p = _put(out, _put(out, p, _BACKSLASH), _N if c == _NEWLINE else _T)
        else:
            p = _put(out, p, c)
    return p
