"""Attributes of a building as a tree of nodes in one table, each before what is inside it.

Columns of a node: kind; node behind the last one inside it; node around it (-1 for none);
name, value, and code list or unit of measure, each from one position to another; next node of
the same name in the same place (-1 for none); for the first of these the last one, for the
others -1 less the first one; hash of the name. Positions count from the position that the
tables count from. Model of objects and their properties as in GML (Cox et al., 2004).
"""

from __future__ import annotations

import numpy as np

from citytwin.kernels import attribute_words as words
from citytwin.kernels import gml_tags as tags
from citytwin.kernels.borrowing import inlined
from citytwin.kernels.gml_links import text_hash
from citytwin.kernels.xml_names import same_stretch

(
    KIND, LAST, PARENT, NAME_BEGIN, NAME_END, VALUE_BEGIN, VALUE_END, SPACE_BEGIN, SPACE_END,
    NEXT, TAIL, HASH,
) = range(12)  # fmt: skip
NODE_COLUMNS = 12
"""Columns of the node table, see above."""

NONE, OBJECT, SET, TEXT, GUESSED, CODE, MEASURE = range(7)
"""Kinds of nodes: nothing to be told; type of i-UR; set of generic attributes; leaves: a text, a
number if it is written as one, a code of a list, a number with a unit."""


@inlined
def add_node(nodes: np.ndarray, n: int, owner: int, kind: int) -> None:
    """Write a node that has no name and no value yet.

    Parameters
    ----------
    nodes
        Shape (n_node, 12), int64: the nodes (integers).
    n, owner, kind
        Its row, that of the node around it (-1 for none), and its kind (integers).
    """
    nodes[n, :] = 0
    nodes[n, KIND] = kind
    nodes[n, LAST] = n + 1
    nodes[n, PARENT] = owner
    nodes[n, NEXT] = -1
    nodes[n, TAIL] = n


@inlined
def name_node(base: int, nodes: np.ndarray, n: int, begin: int, end: int) -> None:
    """Give a node its name.

    Parameters
    ----------
    base
        Position that the nodes count from (an integer).
    nodes
        Shape (n_node, 12), int64: the nodes (integers).
    n, begin, end
        Its row, and where the name begins and ends (integers).
    """
    nodes[n, NAME_BEGIN], nodes[n, NAME_END] = begin - base, end - base


@inlined
def fill_leaf(base: int, nodes: np.ndarray, n: int, tag: tags.Tag, begin: int, end: int) -> None:
    """Give a leaf its value, and the list or unit that its kind has.

    Parameters
    ----------
    base
        Position that the nodes count from (an integer).
    nodes
        Shape (n_node, 12), int64: the nodes (integers).
    n
        Its row (an integer).
    tag
        Start tag of the element that holds the value.
    begin, end
        Where the value begins and ends (integers).
    """
    nodes[n, VALUE_BEGIN], nodes[n, VALUE_END] = begin - base, end - base
    if nodes[n, KIND] == CODE:
        nodes[n, SPACE_BEGIN], nodes[n, SPACE_END] = (
            tag[tags.SPACE] - base,
            tag[tags.SPACE_END] - base,
        )
    if nodes[n, KIND] == MEASURE:
        nodes[n, SPACE_BEGIN], nodes[n, SPACE_END] = tag[tags.UOM] - base, tag[tags.UOM_END] - base


@inlined
def complete_node(
    base: int, nodes: np.ndarray, n: int, tag: tags.Tag, begin: int, end: int
) -> None:
    """Give a generic attribute or a set of them the name or value that stands in a child.

    Parameters
    ----------
    base
        Position that the nodes count from (an integer).
    nodes
        Shape (n_node, 12), int64: the nodes (integers).
    n
        Its row (an integer).
    tag
        Start tag of the child.
    begin, end
        Where the text of the child begins and ends (integers).
    """
    if tag[tags.WORD] == words.NAME:
        if nodes[n, NAME_END] == nodes[n, NAME_BEGIN]:
            name_node(base, nodes, n, begin, end)
    elif nodes[n, VALUE_END] == nodes[n, VALUE_BEGIN]:
        if nodes[n, KIND] == GUESSED and tag[tags.SPACE_END] > tag[tags.SPACE]:
            nodes[n, KIND] = CODE
        elif nodes[n, KIND] == GUESSED and tag[tags.UOM_END] > tag[tags.UOM]:
            nodes[n, KIND] = MEASURE
        fill_leaf(base, nodes, n, tag, begin, end)


@inlined
def close_node(nodes: np.ndarray, n: int, count: int) -> None:
    """End a node: an object without anything, or what has no name or value, is none.

    Parameters
    ----------
    nodes
        Shape (n_node, 12), int64: the nodes (integers).
    n, count
        Its row, and how many there are so far (integers).
    """
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


@inlined
def link_siblings(letters: np.ndarray, nodes: np.ndarray, first: int, count: int) -> None:
    """Chain the nodes of one name in one place, in the order of the document.

    Parameters
    ----------
    letters
        Shape (n,), uint8: bytes that the nodes count from (integers).
    nodes
        Shape (n_node, 12), int64: the nodes (integers).
    first, count
        First node of a unit, and the one behind its last (integers).
    """
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
                if as_long and same_stretch(letters, begin, other, length):
                    nodes[nodes[sibling, TAIL], NEXT] = n
                    nodes[sibling, TAIL] = n
                    nodes[n, TAIL] = -1 - sibling
                    break
            sibling = nodes[sibling, LAST]
