"""What the attributes of many buildings mean: codes explained in the order of the file."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from citytwin.formats.city.block import Texts
from citytwin.formats.city.ledger import Ledger
from citytwin.formats.citygml.attribute_columns import list_nodes
from citytwin.formats.citygml.attribute_tree import AttributeTree
from citytwin.formats.citygml.columns import Described
from citytwin.formats.citygml.scanning import DeclinedError, Shapes, span_of
from citytwin.formats.gml.code_lists import CodeLists
from citytwin.formats.gml.document import GmlFile
from citytwin.formats.xml import read_skeleton
from citytwin.kernels import gml_units as gu


@dataclass(frozen=True, eq=False)
class Told:
    """What the attributes of the units say once codes are explained; one entry per unit."""

    usage: list[str | None]
    """Text of the usage."""
    attributes: Texts
    """JSON object of what has no column; None for nothing."""


class Telling:
    """Asks code lists for the buildings of a window, one building after the other.

    Parameters
    ----------
    shapes
        Buildings of a window.
    described
        Their attributes.
    file
        The file.
    lists
        Code lists of the data set.
    ledger
        Receives lists that cannot be used.
    """

    def __init__(
        self,
        shapes: Shapes,
        described: Described,
        file: GmlFile,
        lists: CodeLists,
        ledger: Ledger,
    ) -> None:
        self._shapes, self._described = shapes, described
        self._path, self._lists, self._ledger = file.path, lists, ledger
        self._listed = list_nodes(shapes)
        self._by_parser = set(self._listed.units[self._listed.odd].tolist())
        self._usage: list[str | None] = [None] * len(shapes.units)
        self._attributes = np.full(len(shapes.units), None, dtype=object)
        self._meanings: list[str] = []
        self._known: dict[tuple[str, str | None], str] = {}

    def take(self, unit: int) -> None:
        """Look up the codes that a building is the first to have.

        Parameters
        ----------
        unit
            Row of the unit table.
        """
        described, codes = self._described, self._listed.codes
        code = described.usage_code[unit]
        if code is not None:
            self._usage[unit] = self._text(code, described.code_space[unit])
        while len(self._meanings) < len(codes) and codes[len(self._meanings)].unit == unit:
            first = codes[len(self._meanings)]
            self._meanings.append(self._text(first.code, first.code_space))
        if unit in self._by_parser:
            self._attributes[unit] = self._parsed(unit)

    def _text(self, code: str, code_space: str | None) -> str:
        pair = (code, code_space)
        if pair not in self._known:
            self._known[pair] = self._lists.text(code, code_space, self._path, self._ledger)
        return self._known[pair]

    def _parsed(self, unit: int) -> str | None:
        """Attributes that are written so that only a parser can read them."""
        elements = self._shapes.elements
        span = span_of(elements, int(self._shapes.units[unit, gu.ROW]))
        root = read_skeleton(elements.document.wrapped([span]))
        if root is None:
            msg = "not owned: attributes that only a parser can read"
            raise DeclinedError(msg)
        return AttributeTree(self._path, self._lists, self._ledger).text(root[0])

    def told(self) -> Told:
        """What was told of all buildings, once each was taken."""
        plain = ~self._listed.odd
        self._attributes[self._listed.units[plain]] = self._listed.texts(self._meanings)[plain]
        return Told(self._usage, self._attributes)
