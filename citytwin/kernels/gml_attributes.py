"""Attributes of buildings as nodes: generic ones, those of i-UR, and plain children.

A building's content is walked once, without its geometry. What carries a value becomes a leaf,
what holds further values an object: the type around the properties of i-UR, or a set of generic
attributes. The properties that only lead to such a type give no node, so that a value is found by
type and name. The rules are those of the element-wise reader (OGC 12-019, generics; i-UR 1.4 to
4.0); a unit that needs entities, comments or CDATA to be resolved is left to it.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from citytwin.kernels import gml_names as names
from citytwin.kernels import xml_bytes as xml
from citytwin.kernels import xml_scan as xs
from citytwin.kernels.gml_links import same_text, text_hash

(
    KIND, LAST, PARENT, NAME_BEGIN, NAME_END, VALUE_BEGIN, VALUE_END, SPACE_BEGIN, SPACE_END,
    NEXT, TAIL, HASH,
) = range(12)  # fmt: skip
NODE_COLUMNS = 12
"""Columns of the node table, see :func:`list_attributes`."""

NONE, OBJECT, SET, TEXT, GUESSED, CODE, MEASURE = range(7)
"""Kinds of nodes: nothing to be told; type of i-UR; set of generic attributes; leaves: a text, a
number if it is written as one, a code of a list, a number with a unit."""

GENERIC_TEXTS = (
    "stringAttribute", "dateAttribute", "uriAttribute",
    "StringAttribute", "DateAttribute", "UriAttribute",
)  # fmt: skip
GENERIC_VALUES = (
    "intAttribute", "doubleAttribute", "measureAttribute",
    "IntAttribute", "DoubleAttribute", "MeasureAttribute", "CodeAttribute",
)  # fmt: skip
GENERIC_SETS = ("genericAttributeSet", "GenericAttributeSet")
GENERIC_PROPERTY = "genericAttribute"
IN_COLUMNS = ("measuredHeight", "storeysAboveGround", "usage")
"""Children of a building of which the first has a column of its own."""
ALWAYS_TEXT = ("class", "function", "roofType", "name", "description", "stringValue", "usage")
"""Leaves that are texts even where they look like numbers; so are those whose names end in ID."""
REPEATABLE_END, REPEATABLE_BEGIN = "RiskAttribute", "KeyValuePair"
"""Types of i-UR that a building has any number of: always lists."""
HOOK = "adeOf"
"""Begin of the names of properties through which CityGML 3.0 holds an extension."""
DEEPEST = 24
"""Elements nested deeper in a building are not looked into."""

_WORDS = (
    "", *GENERIC_TEXTS, *GENERIC_VALUES, *GENERIC_SETS, GENERIC_PROPERTY, "value", *IN_COLUMNS,
    *(word for word in ALWAYS_TEXT if word not in IN_COLUMNS),
)  # fmt: skip
_VOCABULARY = names.vocabulary(_WORDS, 128)
_VALUES_FROM = _WORDS.index(GENERIC_VALUES[0])
_SETS_FROM = _WORDS.index(GENERIC_SETS[0])
_PROPERTY = _WORDS.index(GENERIC_PROPERTY)
_VALUE, _NAME = _WORDS.index("value"), _WORDS.index("name")
_COLUMNS_FROM, _COLUMNS_TO = _WORDS.index(IN_COLUMNS[0]), _WORDS.index(IN_COLUMNS[-1])
_USAGE, _TEXTS_FROM, _WORD_COUNT = _COLUMNS_TO, _COLUMNS_TO + 1, len(_WORDS)
_HOOK = np.frombuffer(HOOK.encode(), dtype=np.uint8).copy()
_I, _D = 73, 68

_Tag = tuple[int, int, int, int, int, int, int, int, int, int, int, int]
(
    _INSIDE, _EMPTY, _LOCAL, _LOCAL_END, _FLAGS, _WORD,
    _SPACE, _SPACE_END, _UOM, _UOM_END, _TITLE, _TITLE_END,
) = range(12)  # fmt: skip
"""Entries of a start tag: position behind it, whether it is an empty tag; local name, flags of its
namespace, number in the vocabulary; values of codeSpace, uom and name. Positions count from the
begin of the bytes; both are 0 where there is no such attribute."""

MOST_NODES = 2000
"""A unit with more is left to the element-wise reader: siblings are compared with each other."""
_HOLDS_GEOMETRY = xs.CITYGML | xs.HAS_CHILD
_GEOMETRY = names.LEVEL | names.BOUNDARY | names.OUTSIDE | names.PART_HOLDER

_IN_UNIT, _IN_PROPERTY, _IN_OBJECT, _IN_WRAPPER, _IN_SET, _IN_GENERIC, _IN_HOOK, _OUTSIDE = range(8)
"""What the content of an element is: of a unit; of a property of i-UR, which holds types; of such
a type; of a property of CityGML 3.0 that holds a generic attribute; of a set of these; of one of
these; of the hook of an extension; nothing that is looked at."""
_NO_LEAF = -1


@njit(cache=True, nogil=True)
def list_attributes(
    document: tuple[np.ndarray, int, np.ndarray, np.ndarray],
    rows: np.ndarray,
    nodes: np.ndarray,
    firsts: np.ndarray,
    odd: np.ndarray,
) -> int:
    """List the attributes of some units.

    Columns of `nodes`: kind; node behind the last one inside it; node around it (-1 for none);
    name, value, and code list or unit of measure, each from one position to another; next node of
    the same name in the same place (-1 for none); for the first of these the last one, for the others -1 less
    the first one;
    hash of the name. Positions count from the position that the tables count from.

    Parameters
    ----------
    document
        The bytes, shape (n,), uint8; the position tables count from; elements, shape (n_row, 8),
        int32; declared prefixes and flags of their namespaces, shape (n_prefix, 2) (integers all).
    rows
        Shape (n_unit,), int64: rows of the units in the element table (integers).
    nodes
        Shape (n_node, 12), int64: filled (integers).
    firsts
        Shape (n_unit + 1,), int64: filled with the first node of each unit (integers).
    odd
        Shape (n_unit,): filled with the units that are left to the element-wise reader, which
        have no nodes (booleans).

    Returns
    -------
    int
        Number of nodes, -1 where `nodes` is too small.
    """
    count = 0
    letters = document[0][document[1] :]
    for u in range(len(rows)):
        firsts[u] = count
        if nodes.shape[0] - count < MOST_NODES:
            return -1
        found = _walk(document, int(rows[u]), nodes[: count + MOST_NODES], count)
        odd[u] = found < 0
        if found >= 0:
            _link(letters, nodes, count, found)
            count = found
    firsts[len(rows)] = count
    return count


@njit(cache=True, nogil=True)
def _walk(  # noqa: C901 - one step through the bytes for each kind of markup
    document: tuple[np.ndarray, int, np.ndarray, np.ndarray],
    row: int,
    nodes: np.ndarray,
    first: int,
) -> int:
    """List the attributes of one unit behind `first` nodes; -1 where it is odd."""
    data, base, table, prefixes = document
    states = np.empty(DEEPEST + 1, dtype=np.int64)
    owners = np.empty(DEEPEST + 1, dtype=np.int64)
    states[0], owners[0] = _IN_UNIT, -1
    met = np.zeros(_WORD_COUNT, dtype=np.bool_)
    depth, count = 0, first
    child, behind = row + 1, int(table[row, xs.LAST])
    p, stop = base + int(table[row, xs.TEXT]), base + int(table[row, xs.CLOSE])
    while p < stop:
        if data[p] != xml.LESS:
            p += 1
            continue
        c = data[p + 1]
        if c == xml.SLASH:
            if owners[depth] != owners[depth - 1]:
                _close(nodes, int(owners[depth]), count)
            depth -= 1
            p = _behind_end_tag(data, p, stop)
            continue
        if c in (xml.BANG, xml.QUESTION):
            p = xml.after_aside(data, p, stop)
            if p < 0:
                return -1
            continue
        if depth == 0:
            while child < behind and base + table[child, xs.OPEN] < p:
                child = int(table[child, xs.LAST])
            if child < behind and base + table[child, xs.OPEN] == p:
                flags = int(table[child, xs.FLAGS]) & _HOLDS_GEOMETRY
                if names.ROLES[table[child, xs.NAME]] & _GEOMETRY and flags == _HOLDS_GEOMETRY:
                    p = _behind_end_tag(data, base + int(table[child, xs.CLOSE]), stop)
                    continue
        tag = _read_tag(data, p, prefixes)
        inside = tag[_INSIDE]
        if inside < 0:
            return -1
        leaf, kind, state = _decide(data, int(states[depth]), tag)
        if states[depth] == _IN_UNIT and _COLUMNS_FROM <= tag[_WORD] <= _COLUMNS_TO:
            if not met[tag[_WORD]]:
                leaf, state = _NO_LEAF, _OUTSIDE
            met[tag[_WORD]] = True
        if tag[_EMPTY]:
            p = inside
            continue
        if depth == DEEPEST or (leaf == _NO_LEAF and state == _OUTSIDE):
            p = _behind_element(data, inside, stop)
            if p < 0:
                return -1
            continue
        end = inside
        while data[end] != xml.LESS:
            if data[end] == xml.AMPERSAND:
                return -1
            end += 1
        if data[end + 1] == xml.BANG or data[end + 1] == xml.QUESTION:
            return -1
        if data[end + 1] == xml.SLASH:
            if leaf != _NO_LEAF:
                begin, end_of_text = _trimmed(data, inside, end)
                if end_of_text > begin:
                    if states[depth] == _IN_GENERIC or states[depth] == _IN_SET:
                        _complete(base, nodes, int(owners[depth]), tag, begin, end_of_text)
                    else:
                        if count == len(nodes):
                            return -1
                        _add(nodes, count, int(owners[depth]), leaf)
                        _name(base, nodes, count, tag[_LOCAL], tag[_LOCAL_END])
                        _fill(base, nodes, count, tag, begin, end_of_text)
                        count += 1
            p = _behind_end_tag(data, end, stop)
            continue
        if state == _OUTSIDE:
            p = _behind_element(data, inside, stop)
            if p < 0:
                return -1
            continue
        depth += 1
        states[depth], owners[depth] = state, owners[depth - 1]
        if kind != NONE:
            if count == len(nodes):
                return -1
            _add(nodes, count, int(owners[depth - 1]), kind)
            if kind == OBJECT:
                _name(base, nodes, count, tag[_LOCAL], tag[_LOCAL_END])
            else:
                begin, end = _trimmed(data, tag[_TITLE], tag[_TITLE_END])
                _name(base, nodes, count, begin, end)
            owners[depth] = count
            count += 1
        p = inside
    return count


@njit(cache=True, nogil=True)
def _decide(  # noqa: C901 - one branch for each place
    data: np.ndarray, state: int, tag: _Tag
) -> tuple[int, int, int]:
    """What an element is in its place: kind as a leaf, kind of its node, state of its content."""
    word, flags = tag[_WORD], tag[_FLAGS]
    if state == _IN_GENERIC:
        return (TEXT if word in (_VALUE, _NAME) else _NO_LEAF), NONE, _OUTSIDE
    if state == _IN_SET and word == _NAME:
        return TEXT, NONE, _OUTSIDE
    if state in (_IN_UNIT, _IN_WRAPPER, _IN_SET):
        if flags & xs.CITYGML and 0 < word < _PROPERTY:
            if word < _VALUES_FROM:
                return _NO_LEAF, TEXT, _IN_GENERIC
            if word < _SETS_FROM:
                return _NO_LEAF, GUESSED, _IN_GENERIC
            return _NO_LEAF, SET, _IN_SET
        if flags & xs.CITYGML and word == _PROPERTY and state != _IN_WRAPPER:
            return _NO_LEAF, NONE, _IN_WRAPPER
        if state != _IN_UNIT:
            return _NO_LEAF, NONE, _OUTSIDE
        if _begins(data, tag, _HOOK):
            return _NO_LEAF, NONE, _IN_HOOK
        return _leaf_kind(data, tag), NONE, (_IN_PROPERTY if flags & xs.IUR else _OUTSIDE)
    if not flags & xs.IUR:
        return _NO_LEAF, NONE, _OUTSIDE
    if state == _IN_HOOK:
        return _NO_LEAF, NONE, _IN_UNIT
    if state == _IN_PROPERTY:
        return _NO_LEAF, OBJECT, _IN_OBJECT
    return _leaf_kind(data, tag), NONE, _IN_PROPERTY


@njit(cache=True, nogil=True)
def _leaf_kind(data: np.ndarray, tag: _Tag) -> int:
    if tag[_SPACE_END] > tag[_SPACE]:
        return CODE
    if tag[_UOM_END] > tag[_UOM]:
        return MEASURE
    if tag[_WORD] >= _TEXTS_FROM or tag[_WORD] == _USAGE:
        return TEXT
    end = tag[_LOCAL_END]
    is_id = end - tag[_LOCAL] >= 2 and data[end - 2] == _I and data[end - 1] == _D
    return TEXT if is_id else GUESSED


@njit(cache=True, nogil=True)
def _begins(data: np.ndarray, tag: _Tag, letters: np.ndarray) -> bool:
    if tag[_LOCAL_END] - tag[_LOCAL] < len(letters):
        return False
    same = True
    for k in range(len(letters)):
        same = same and data[tag[_LOCAL] + k] == letters[k]
    return same


@njit(cache=True, nogil=True)
def _add(nodes: np.ndarray, n: int, owner: int, kind: int) -> None:
    nodes[n, :] = 0
    nodes[n, KIND] = kind
    nodes[n, LAST] = n + 1
    nodes[n, PARENT] = owner
    nodes[n, NEXT] = -1
    nodes[n, TAIL] = n


@njit(cache=True, nogil=True)
def _name(base: int, nodes: np.ndarray, n: int, begin: int, end: int) -> None:
    nodes[n, NAME_BEGIN], nodes[n, NAME_END] = begin - base, end - base


@njit(cache=True, nogil=True)
def _fill(base: int, nodes: np.ndarray, n: int, tag: _Tag, begin: int, end: int) -> None:
    """Give a leaf its value, and the list or unit that the kind of leaf has."""
    nodes[n, VALUE_BEGIN], nodes[n, VALUE_END] = begin - base, end - base
    if nodes[n, KIND] == CODE:
        nodes[n, SPACE_BEGIN], nodes[n, SPACE_END] = tag[_SPACE] - base, tag[_SPACE_END] - base
    if nodes[n, KIND] == MEASURE:
        nodes[n, SPACE_BEGIN], nodes[n, SPACE_END] = tag[_UOM] - base, tag[_UOM_END] - base


@njit(cache=True, nogil=True)
def _complete(base: int, nodes: np.ndarray, n: int, tag: _Tag, begin: int, end: int) -> None:
    """Give a generic attribute or a set of them the name or value that stands in a child."""
    if tag[_WORD] == _NAME:
        if nodes[n, NAME_END] == nodes[n, NAME_BEGIN]:
            _name(base, nodes, n, begin, end)
    elif nodes[n, VALUE_END] == nodes[n, VALUE_BEGIN]:
        if nodes[n, KIND] == GUESSED and tag[_SPACE_END] > tag[_SPACE]:
            nodes[n, KIND] = CODE
        elif nodes[n, KIND] == GUESSED and tag[_UOM_END] > tag[_UOM]:
            nodes[n, KIND] = MEASURE
        _fill(base, nodes, n, tag, begin, end)


@njit(cache=True, nogil=True)
def _close(nodes: np.ndarray, n: int, count: int) -> None:
    """End a node: an object without anything, or what has no name or value, is none."""
    nodes[n, LAST] = count
    nameless = nodes[n, NAME_END] == nodes[n, NAME_BEGIN]
    if nodes[n, KIND] == OBJECT or nodes[n, KIND] == SET:
        empty, c = True, n + 1
        while c < count:
            empty = empty and nodes[c, KIND] == NONE
            c = nodes[c, LAST]
    else:
        empty = nodes[n, VALUE_END] == nodes[n, VALUE_BEGIN]
    if empty or nameless:
        nodes[n, KIND] = NONE


@njit(cache=True, nogil=True)
def _link(letters: np.ndarray, nodes: np.ndarray, first: int, count: int) -> None:
    """Chain the nodes of one name in one place, in the order of the document."""
    for n in range(first, count):
        nodes[n, HASH] = text_hash(letters, nodes[n, NAME_BEGIN], nodes[n, NAME_END])
        if nodes[n, KIND] == NONE:
            continue
        sibling = nodes[n, PARENT] + 1 if nodes[n, PARENT] >= 0 else first
        while sibling < n:
            if nodes[sibling, KIND] != NONE and nodes[sibling, HASH] == nodes[n, HASH]:
                length = nodes[n, NAME_END] - nodes[n, NAME_BEGIN]
                as_long = nodes[sibling, NAME_END] - nodes[sibling, NAME_BEGIN] == length
                begin, other = nodes[n, NAME_BEGIN], nodes[sibling, NAME_BEGIN]
                if as_long and same_text(letters, begin, other, length):
                    nodes[nodes[sibling, TAIL], NEXT] = n
                    nodes[sibling, TAIL] = n
                    nodes[n, TAIL] = -1 - sibling
                    break
            sibling = nodes[sibling, LAST]


@njit(cache=True, nogil=True)
def _read_tag(data: np.ndarray, begin: int, prefixes: np.ndarray) -> _Tag:
    """Read a start tag; a first entry of -1 where a value in it is not written plainly."""
    stop = len(data)
    end, colon, code = xs.qualified(data, begin + 1, stop)
    spaced = xs.prefix_code(data, begin + 1, colon) if colon >= 0 else 0
    local = colon + 1 if colon >= 0 else begin + 1
    word = xs.number_of(data, local, end, code, _VOCABULARY)
    flags = xs.prefix_flags(prefixes, spaced)
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
        p, colon, code = xs.qualified(data, p, stop)
        kind = 0
        if colon < 0:
            kind = xs.number_of(data, first, p, code, names.ATTRIBUTE_VOCABULARY)
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


@njit(cache=True, nogil=True)
def _trimmed(data: np.ndarray, begin: int, end: int) -> tuple[int, int]:
    while begin < end and xml.is_space(data[begin]):
        begin += 1
    while begin < end and xml.is_space(data[end - 1]):
        end -= 1
    return begin, end


@njit(cache=True, nogil=True)
def _behind_end_tag(data: np.ndarray, begin: int, stop: int) -> int:
    p = begin
    while p < stop and data[p] != xml.GREATER:
        p += 1
    return p + 1


@njit(cache=True, nogil=True)
def _behind_element(data: np.ndarray, inside: int, stop: int) -> int:
    """Position behind an element of which the content begins here; -1 where it is not owned."""
    depth, p = 1, inside
    while p < stop:
        if data[p] != xml.LESS:
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
            p = _behind_end_tag(data, p, stop)
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
