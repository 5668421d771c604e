"""Runs the kernels over a document: elements, buildings, polygons, coordinates, window by window."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from citytwin.formats.citygml.document import GmlBytes
from citytwin.kernels import gml_faces as gf
from citytwin.kernels import gml_names as names
from citytwin.kernels import gml_units as gu
from citytwin.kernels import xml_scan as xs
from citytwin.kernels.gml_coordinates import read_coordinates
from citytwin.kernels.gml_links import index_targets

IntArray = NDArray[np.int32]
_LEAST_LETTERS = len("0 0 0")
"""Of a vertex."""


class DeclinedError(Exception):
    """The scanner does not own this document; a full parser must read it."""


@dataclass(frozen=True, eq=False)
class Elements:
    """Elements of one window of a document."""

    document: GmlBytes
    base: int
    """Position in its bytes at hand that positions in the tables count from."""
    table: IntArray
    """Shape (n, 8): see :func:`citytwin.kernels.xml_scan.scan`."""
    marks: IntArray
    """Shape (m, 4): attributes, see there."""

    @property
    def letters(self) -> NDArray[np.uint8]:
        """Shape (n,): bytes that positions in the tables count from."""
        return self.document.data[self.base :]

    def text_of_mark(self, mark: int) -> bytes:
        """Value of an attribute.

        Parameters
        ----------
        mark
            Row of `marks`.
        """
        begin, end = self.base + self.marks[mark, xs.MARK_START : xs.MARK_END + 1].astype(np.int64)
        return self.document.text(int(begin), int(end))


def span_of(elements: Elements, row: int) -> tuple[int, int]:
    """Positions in the bytes at hand where an element begins and ends.

    Parameters
    ----------
    elements
        Elements of a window.
    row
        Row of `table`.
    """
    begin = elements.base + int(elements.table[row, xs.OPEN])
    end = elements.base + int(elements.table[row, xs.CLOSE])
    if not elements.table[row, xs.FLAGS] & xs.SELF_CLOSED:
        end = elements.document.behind_tag(end)
    return begin, end


@dataclass(eq=False)
class Shapes:
    """Buildings of one window and the polygons of those that could be read."""

    elements: Elements
    units: IntArray
    """Shape (n_unit, 19): see :mod:`citytwin.kernels.gml_units`."""
    faces: IntArray
    """Shape (n_face, 5): see :mod:`citytwin.kernels.gml_faces`."""
    rings: NDArray[np.int64]
    """Shape (n_ring + 1,): first vertex of each ring."""
    points: NDArray[np.float64]
    """Shape (n_point, 3): as in the file."""

    @property
    def spoiled(self) -> NDArray[np.bool_]:
        """Whether each unit belongs to a feature that is to be read element by element."""
        whole = np.where(self.units[:, gu.OWNER] < 0, np.arange(len(self.units)), self.owners)
        return np.asarray(self.units[whole, gu.STATUS] == gu.UNCLEAN)

    @property
    def owners(self) -> IntArray:
        """Unit that each is a part of, -1 for whole buildings."""
        return self.units[:, gu.OWNER]

    def spoil(self, bad: NDArray[np.bool_]) -> None:
        """Give the features of some units to the element-wise reader.

        Parameters
        ----------
        bad
            Shape (n_unit,).
        """
        rows = np.flatnonzero(bad)
        whole = np.where(self.owners[rows] < 0, rows, self.owners[rows])
        self.units[whole, gu.STATUS] = gu.UNCLEAN


def scan_windows(document: GmlBytes) -> Iterator[Elements]:
    """Scan a document window by window, and close it.

    The tables and bytes of a window are used again once the next one is asked for.

    Parameters
    ----------
    document
        The document.

    Raises
    ------
    DeclinedError
        If it holds anything that the scanner does not own.
    SourceError
        If it cannot be read to its end.
    """
    try:
        yield from _windows(document)
    except (OSError, UnicodeDecodeError) as error:
        raise DeclinedError(str(error)) from error
    finally:
        document.close()


def _windows(document: GmlBytes) -> Iterator[Elements]:
    size = len(document.data)
    table = np.empty((size // 24 + 64, 8), dtype=np.int32)
    marks = np.empty((size // 48 + 64, 4), dtype=np.int32)
    stuck = -1
    while True:
        start = document.start
        done = xs.scan(document.data, start, document.root.prefixes, table, marks)
        if done.code == xs.FULL:
            table = np.empty((2 * len(table), 8), dtype=np.int32)
            marks = np.empty((2 * len(marks), 4), dtype=np.int32)
            continue
        if done.whole > start:
            yield Elements(document, start, table[: done.rows], marks[: done.marks])
        if done.code == xs.END:
            if not document.ends_well(done.position):
                msg = "not owned behind the root element"
                raise DeclinedError(msg)
            return
        # The bytes may have ended in the midst of it; with more of them it would be read.
        position = document.offset + done.position
        if document.is_complete or position == stuck or not document.advance(done.whole):
            msg = f"not owned at byte {position}"
            raise DeclinedError(msg)
        stuck = position


def read_shapes(elements: Elements) -> Shapes:
    """Find the buildings of a window and read their polygons.

    Parameters
    ----------
    elements
        Elements of the window.

    Raises
    ------
    DeclinedError
        If a building is no CityGML, or links lead from one building into another.
    """
    table, marks = elements.table, elements.marks
    number = gu.tally(table)
    units = np.empty((number.units + 1, gu.UNIT_COLUMNS), dtype=np.int32)
    count, sound = gu.find_units(table, len(table), units)
    if not sound or number.models:
        msg = "not owned: a building or a model that is no CityGML"
        raise DeclinedError(msg)
    gu.describe_units(table, units, count)
    slots = np.empty(1 << int(2 * len(marks) + 1).bit_length(), dtype=np.int32)
    index_targets(elements.document.data, elements.base, table, marks, slots)
    faces = np.empty((2 * number.faces + 16, gf.FACE_COLUMNS), np.int32)
    whole = (elements.document.data, elements.base, table, marks, slots)
    _, crossing = gf.find_faces(whole, units, count, faces)
    if crossing:
        msg = "not owned: a link from one building into another"
        raise DeclinedError(msg)
    points = np.empty((number.letters // _LEAST_LETTERS + 16, 3))
    rings = np.empty(2 * number.rings + 16, dtype=np.int64)
    rings[0] = 0
    n_faces, n_rings, n_points = read_coordinates(whole[:3], units, count, faces, points, rings)
    return Shapes(elements, units[:count], faces[:n_faces], rings[: n_rings + 1], points[:n_points])


_INTERIOR, _SHELLS = (
    names.NAMES.index("interior"),
    [names.NAMES.index(n) for n in ("Solid", "Shell")],
)


def with_cavities(shapes: Shapes) -> NDArray[np.bool_]:
    """Units with a solid that has inner shells, which are to be told.

    Parameters
    ----------
    shapes
        Buildings of a window.
    """
    table = shapes.elements.table
    inner = np.flatnonzero(table[:, xs.NAME] == _INTERIOR)
    inner = inner[np.isin(table[table[inner, xs.PARENT], xs.NAME], _SHELLS)]
    found = np.zeros(len(shapes.units), dtype=np.bool_)
    owner = np.searchsorted(shapes.units[:, gu.ROW], inner, side="right") - 1
    found[owner[owner >= 0]] = True
    return found
