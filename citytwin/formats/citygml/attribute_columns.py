"""Attributes of many buildings as JSON at once, the same as those of a single one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from citytwin.formats.citygml.attribute_tree import meaning_of
from citytwin.formats.citygml.scanning import Elements, Shapes
from citytwin.formats.citygml.texts import line_ends
from citytwin.kernels import attribute_nodes as an
from citytwin.kernels import gml_attributes as ga
from citytwin.kernels import gml_units as gu
from citytwin.kernels.attribute_codes import number_codes
from citytwin.kernels.attribute_json import ROOM_PER_NODE, write_attributes

IntArray = NDArray[np.int64]
_NODES_PER_UNIT = 64


@dataclass(frozen=True)
class Code:
    """A code with its list, where it is met first."""

    unit: int
    """Row of the unit table."""
    code: str
    code_space: str


@dataclass(frozen=True, eq=False)
class AttributeNodes:
    """Attributes of the buildings of one window, codes not yet explained."""

    elements: Elements
    units: IntArray
    """Shape (n,): rows of the unit table, in the order of the file."""
    odd: NDArray[np.bool_]
    """Shape (n,): units whose attributes only a parser can read."""
    nodes: IntArray
    """Shape (n_node, 12): see :mod:`citytwin.kernels.attribute_nodes`."""
    firsts: IntArray
    """Shape (n + 1,): first node of each unit."""
    codes: list[Code]
    """Every different code, in the order of the file."""
    code_of: IntArray
    """Shape (n_node,): place in `codes`, -1 for nodes without a code."""

    def texts(self, meanings: list[str]) -> NDArray[np.object_]:
        """JSON object of each unit; None where it has no attributes, or is odd.

        Parameters
        ----------
        meanings
            Text of each of `codes`; the code itself where no list has it.
        """
        pairs = zip(self.codes, meanings, strict=True)
        parts = [meaning_of(code.code, text).encode() for code, text in pairs]
        starts = np.cumsum([0, *map(len, parts)])
        behind = np.frombuffer(b"".join(parts), dtype=np.uint8)
        out = np.empty(self._most_bytes(starts), dtype=np.uint8)
        ends = np.zeros(len(self.units) + 1, dtype=np.int64)
        letters = self.elements.letters
        write_attributes(
            letters, self.nodes, self.firsts, (behind, starts, self.code_of), out, ends[1:]
        )
        written = pa.LargeStringArray.from_buffers(
            len(self.units), pa.py_buffer(ends), pa.py_buffer(out)
        )
        texts: NDArray[np.object_] = written.to_numpy(zero_copy_only=False)
        texts[ends[1:] == ends[:-1]] = None
        return texts

    def _most_bytes(self, starts: IntArray) -> int:
        nodes = self.nodes
        letters = nodes[:, [an.NAME_END, an.VALUE_END, an.SPACE_END]].sum()
        letters -= nodes[:, [an.NAME_BEGIN, an.VALUE_BEGIN, an.SPACE_BEGIN]].sum()
        coded = self.code_of[self.code_of >= 0]
        meant = (starts[coded + 1] - starts[coded]).sum()
        return int(2 * letters + meant + ROOM_PER_NODE * (len(nodes) + len(self.units)))


def list_nodes(shapes: Shapes) -> AttributeNodes:
    """List the attributes of all units that are not read element by element.

    Parameters
    ----------
    shapes
        Buildings of a window.
    """
    elements = shapes.elements
    units = np.flatnonzero(~shapes.spoiled)
    rows = shapes.units[units, gu.ROW].astype(np.int64)
    firsts = np.zeros(len(units) + 1, dtype=np.int64)
    odd = np.zeros(len(units), dtype=np.bool_)
    data, prefixes = elements.document.data, elements.document.root.prefixes
    document = (data, elements.base, elements.table, prefixes)
    most = _NODES_PER_UNIT * len(units) + ga.MOST_NODES
    while True:
        nodes = np.empty((most, an.NODE_COLUMNS), dtype=np.int64)
        count = ga.list_attributes(document, rows, nodes, firsts, odd)
        if count >= 0:
            break
        most *= 2
    nodes = nodes[:count]
    codes, code_of = _codes(elements, units, nodes, firsts)
    return AttributeNodes(elements, units, odd, nodes, firsts, codes, code_of)


def _codes(
    elements: Elements, units: IntArray, nodes: IntArray, firsts: IntArray
) -> tuple[list[Code], IntArray]:
    """Every different pair of code list and code; its place for each node."""
    letters = elements.letters
    slots = np.empty(1 << int(2 * len(nodes) + 1).bit_length(), dtype=np.int64)
    code_of = np.empty(len(nodes), dtype=np.int64)
    number_codes(letters, nodes, slots, code_of)
    numbers, first = np.unique(code_of, return_index=True)
    first = first[numbers >= 0]
    owners = units[np.searchsorted(firsts, first, side="right") - 1].tolist()
    codes = []
    for owner, node in zip(owners, nodes[first], strict=True):
        code = letters[node[an.VALUE_BEGIN] : node[an.VALUE_END]].tobytes().decode()
        space = letters[node[an.SPACE_BEGIN] : node[an.SPACE_END]].tobytes().decode()
        codes.append(Code(owner, line_ends(code), space))
    return codes, code_of
