"""Attributes of buildings as nodes: generic ones, those of i-UR, and plain children.

A building's content is walked once, without its geometry. What carries a value becomes a leaf,
what holds further values an object: the type around the properties of i-UR, or a set of generic
attributes. The properties that only lead to such a type give no node, so that a value is found by
type and name. The rules are those of the element-wise reader (CityGML 2.0, Kolbe et al., 2012, and
3.0, Kolbe et al., 2021; i-UR 1.4 to 4.0); a unit that needs entities, comments or CDATA to be
resolved is left to it.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from citytwin.kernels import attribute_nodes as an
from citytwin.kernels import attribute_words as words
from citytwin.kernels import gml_names as names
from citytwin.kernels import gml_tags as tags
from citytwin.kernels import xml_bytes as xml
from citytwin.kernels import xml_names as xn
from citytwin.kernels import xml_scan as xs
from citytwin.kernels.borrowing import borrowing, inlined
from citytwin.kernels.byte_blocks import first_odd_in_text
from citytwin.kernels.llvm_blocks import BLOCK

MOST_NODES = 2000
"""A unit with more is left to the element-wise reader: siblings are compared with each other."""
_HOLDS_GEOMETRY = xs.CITYGML | xs.HAS_CHILD
_GEOMETRY = names.LEVEL | names.BOUNDARY | names.OUTSIDE | names.PART_HOLDER

_IN_UNIT, _IN_PROPERTY, _IN_OBJECT, _IN_WRAPPER, _IN_SET, _IN_GENERIC, _IN_HOOK, _OUTSIDE = range(8)
"""What the content of an element is: of a unit; of a property of i-UR, which holds types; of such
a type; of a property of CityGML 3.0 that holds a generic attribute; of a set of these; of one of
these; of the hook of an extension; nothing that is looked at."""
_NO_LEAF = -1
_I, _D = 73, 68


@njit(cache=True, nogil=True)
def list_attributes(
    document: tuple[np.ndarray, int, np.ndarray, np.ndarray],
    rows: np.ndarray,
    nodes: np.ndarray,
    firsts: np.ndarray,
    odd: np.ndarray,
) -> int:
    """List the attributes of some units.

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
        Shape (n_unit,), bool: filled with whether each is left to the element-wise reader; it has
        no nodes then.

    Returns
    -------
    int
        Number of nodes, -1 where `nodes` is too small.
    """
    memories = (np.zeros(xn.MEMORY, dtype=np.int64), np.zeros(xn.MEMORY, dtype=np.int64))
    states = np.empty(words.DEEPEST + 1, dtype=np.int64)
    owners = np.empty(words.DEEPEST + 1, dtype=np.int64)
    met = np.empty(words.WORD_COUNT, dtype=np.bool_)
    return _list(document, rows, nodes, firsts, odd, memories, (states, owners, met))


@borrowing
def _list(
    document: tuple[np.ndarray, int, np.ndarray, np.ndarray],
    rows: np.ndarray,
    nodes: np.ndarray,
    firsts: np.ndarray,
    odd: np.ndarray,
    memories: tuple[np.ndarray, np.ndarray],
    work: tuple[np.ndarray, np.ndarray, np.ndarray],
) -> int:
    count = 0
    letters = document[0][document[1] :]
    for u in range(len(rows)):
        firsts[u] = count
        if nodes.shape[0] - count < MOST_NODES:
            return -1
        found = _walk(document, int(rows[u]), nodes[: count + MOST_NODES], count, memories, work)
        odd[u] = found < 0
        if found >= 0:
            an.link_siblings(letters, nodes, count, found)
            count = found
    firsts[len(rows)] = count
    return count


@inlined
def _walk(  # noqa: C901 - one step through the bytes for each kind of markup
    document: tuple[np.ndarray, int, np.ndarray, np.ndarray],
    row: int,
    nodes: np.ndarray,
    first: int,
    memories: tuple[np.ndarray, np.ndarray],
    work: tuple[np.ndarray, np.ndarray, np.ndarray],
) -> int:
    """List the attributes of one unit behind `first` nodes; -1 where it is odd."""
    data, base, table, prefixes = document
    states, owners, met = work
    states[0], owners[0] = _IN_UNIT, -1
    met[:] = False
    depth, count = 0, first
    child, behind = row + 1, int(table[row, xs.LAST])
    p, stop = base + int(table[row, xs.TEXT]), base + int(table[row, xs.CLOSE])
    while p < stop:
        if p + BLOCK <= len(data):
            p += first_odd_in_text(data, p)
        if p >= stop or data[p] != xml.LESS:
            p += 1
            continue
        c = data[p + 1]
        if c == xml.SLASH:
            if owners[depth] != owners[depth - 1]:
                an.close_node(nodes, int(owners[depth]), count)
            depth -= 1
            p = tags.behind_end_tag(data, p, stop)
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
                    p = tags.behind_end_tag(data, base + int(table[child, xs.CLOSE]), stop)
                    continue
        tag = tags.read_tag(data, p, prefixes, memories)
        inside = tag[tags.INSIDE]
        if inside < 0:
            return -1
        leaf, kind, state = _decide(data, int(states[depth]), tag)
        if states[depth] == _IN_UNIT and words.COLUMNS_FROM <= tag[tags.WORD] <= words.COLUMNS_TO:
            if not met[tag[tags.WORD]]:
                leaf, state = _NO_LEAF, _OUTSIDE
            met[tag[tags.WORD]] = True
        if tag[tags.EMPTY]:
            p = inside
            continue
        if depth == words.DEEPEST or (leaf == _NO_LEAF and state == _OUTSIDE):
            p = tags.behind_element(data, inside, stop)
            if p < 0:
                return -1
            continue
        end = inside
        if end + BLOCK <= len(data):
            end += first_odd_in_text(data, end)
        while data[end] != xml.LESS:
            if data[end] == xml.AMPERSAND:
                return -1
            end += 1
        if data[end + 1] == xml.BANG or data[end + 1] == xml.QUESTION:
            return -1
        if data[end + 1] == xml.SLASH:
            if leaf != _NO_LEAF:
                begin, end_of_text = tags.trimmed(data, inside, end)
                if end_of_text > begin:
                    if states[depth] == _IN_GENERIC or states[depth] == _IN_SET:
                        an.complete_node(base, nodes, int(owners[depth]), tag, begin, end_of_text)
                    else:
                        if count == len(nodes):
                            return -1
                        an.add_node(nodes, count, int(owners[depth]), leaf)
                        an.name_node(base, nodes, count, tag[tags.LOCAL], tag[tags.LOCAL_END])
                        an.fill_leaf(base, nodes, count, tag, begin, end_of_text)
                        count += 1
            p = tags.behind_end_tag(data, end, stop)
            continue
        if state == _OUTSIDE:
            p = tags.behind_element(data, inside, stop)
            if p < 0:
                return -1
            continue
        depth += 1
        states[depth], owners[depth] = state, owners[depth - 1]
        if kind != an.NONE:
            if count == len(nodes):
                return -1
            an.add_node(nodes, count, int(owners[depth - 1]), kind)
            if kind == an.OBJECT:
                an.name_node(base, nodes, count, tag[tags.LOCAL], tag[tags.LOCAL_END])
            else:
                begin, end = tags.trimmed(data, tag[tags.TITLE], tag[tags.TITLE_END])
                an.name_node(base, nodes, count, begin, end)
            owners[depth] = count
            count += 1
        p = inside
    return count


@inlined
def _decide(  # noqa: C901 - one branch for each place
    data: np.ndarray, state: int, tag: tags.Tag
) -> tuple[int, int, int]:
    """What an element is in its place: kind as a leaf, kind of its node, state of its content."""
    word, flags = tag[tags.WORD], tag[tags.FLAGS]
    if state == _IN_GENERIC:
        return (an.TEXT if word in (words.VALUE, words.NAME) else _NO_LEAF), an.NONE, _OUTSIDE
    if state == _IN_SET and word == words.NAME:
        return an.TEXT, an.NONE, _OUTSIDE
    if state in (_IN_UNIT, _IN_WRAPPER, _IN_SET):
        if flags & xs.CITYGML and 0 < word < words.PROPERTY:
            if word < words.VALUES_FROM:
                return _NO_LEAF, an.TEXT, _IN_GENERIC
            if word < words.SETS_FROM:
                return _NO_LEAF, an.GUESSED, _IN_GENERIC
            return _NO_LEAF, an.SET, _IN_SET
        if flags & xs.CITYGML and word == words.PROPERTY and state != _IN_WRAPPER:
            return _NO_LEAF, an.NONE, _IN_WRAPPER
        if state != _IN_UNIT:
            return _NO_LEAF, an.NONE, _OUTSIDE
        if tags.begins(data, tag, words.HOOK_BYTES):
            return _NO_LEAF, an.NONE, _IN_HOOK
        return _leaf_kind(data, tag), an.NONE, (_IN_PROPERTY if flags & xs.IUR else _OUTSIDE)
    if not flags & xs.IUR:
        return _NO_LEAF, an.NONE, _OUTSIDE
    if state == _IN_HOOK:
        return _NO_LEAF, an.NONE, _IN_UNIT
    if state == _IN_PROPERTY:
        return _NO_LEAF, an.OBJECT, _IN_OBJECT
    return _leaf_kind(data, tag), an.NONE, _IN_PROPERTY


@inlined
def _leaf_kind(data: np.ndarray, tag: tags.Tag) -> int:
    if tag[tags.SPACE_END] > tag[tags.SPACE]:
        return an.CODE
    if tag[tags.UOM_END] > tag[tags.UOM]:
        return an.MEASURE
    if tag[tags.WORD] >= words.TEXTS_FROM or tag[tags.WORD] == words.USAGE:
        return an.TEXT
    end = tag[tags.LOCAL_END]
    is_id = end - tag[tags.LOCAL] >= 2 and data[end - 2] == _I and data[end - 1] == _D
    return an.TEXT if is_id else an.GUESSED
