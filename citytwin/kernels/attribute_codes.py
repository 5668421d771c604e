"""Codes of attributes, each different pair of list and code once.

Bytes decide, the hash only finds them (open addressing, Knuth 1998, section 6.4).
"""

from __future__ import annotations

import numpy as np

from citytwin.kernels import attribute_nodes as an
from citytwin.kernels.borrowing import borrowing, inlined
from citytwin.kernels.gml_links import text_hash
from citytwin.kernels.xml_names import same_stretch

_ODD = 1000003
_TELLING = 20
"""Bytes at the end of the name of a list that are hashed: lists share the folder."""


@borrowing
def number_codes(
    letters: np.ndarray, nodes: np.ndarray, slots: np.ndarray, code_of: np.ndarray
) -> int:
    """Number the codes in the order in which they come first.

    Parameters
    ----------
    letters
        Shape (n,), uint8: bytes that the nodes count from (integers).
    nodes
        Shape (n_node, 12), int64: see :mod:`citytwin.kernels.attribute_nodes` (integers).
    slots
        Shape (n_slot,), int64, a power of two, larger than `nodes`: work space (integers).
    code_of
        Shape (n_node,), int64: filled with the number of the code of each node, -1 for other nodes
        (integers).

    Returns
    -------
    int
        How many different ones there are.
    """
    slots[:] = -1
    last = len(slots) - 1
    count = 0
    for n in range(len(nodes)):
        code_of[n] = -1
        if nodes[n, an.KIND] != an.CODE:
            continue
        code = text_hash(letters, nodes[n, an.VALUE_BEGIN], nodes[n, an.VALUE_END])
        end = nodes[n, an.SPACE_END]
        listed = text_hash(letters, max(nodes[n, an.SPACE_BEGIN], end - _TELLING), end)
        slot = (code * _ODD + listed) & last
        while slots[slot] >= 0 and not _is_same(letters, nodes, n, int(slots[slot])):
            slot = (slot + 1) & last
        if slots[slot] < 0:
            slots[slot] = n
            code_of[n] = count
            count += 1
        else:
            code_of[n] = code_of[slots[slot]]
    return count


@inlined
def _is_same(letters: np.ndarray, nodes: np.ndarray, a: int, b: int) -> bool:
    code = nodes[a, an.VALUE_END] - nodes[a, an.VALUE_BEGIN]
    listed = nodes[a, an.SPACE_END] - nodes[a, an.SPACE_BEGIN]
    if nodes[b, an.VALUE_END] - nodes[b, an.VALUE_BEGIN] != code:
        return False
    if nodes[b, an.SPACE_END] - nodes[b, an.SPACE_BEGIN] != listed:
        return False
    same = same_stretch(letters, nodes[a, an.VALUE_BEGIN], nodes[b, an.VALUE_BEGIN], code)
    return bool(
        same and same_stretch(letters, nodes[a, an.SPACE_BEGIN], nodes[b, an.SPACE_BEGIN], listed)
    )
