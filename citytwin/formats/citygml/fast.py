"""The fast path: buildings of a whole file as columns, the unusual ones element by element.

The file is scanned by compiled kernels. Buildings that need no decision become columns at once;
any other one is cut out of the bytes, set into the root element of its file and read by the
element-wise reader, so that both ways give the same rows, rejects and notes, in the same order.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

import numpy as np
import shapely
from numpy.typing import NDArray

from citytwin.errors import SourceError
from citytwin.formats.city.block import Block, block_of_rows, joined, taken
from citytwin.formats.city.buildings import BuildingRow
from citytwin.formats.city.ledger import Ledger
from citytwin.formats.city.site import FileSite
from citytwin.formats.citygml.assembly import Assembled, assemble_units, locate
from citytwin.formats.citygml.columns import Described, describe, odd_texts
from citytwin.formats.citygml.document import GmlBytes, open_document
from citytwin.formats.citygml.footprints import Outlines, footprints, uncovered
from citytwin.formats.citygml.placing import Solids, place_shapes
from citytwin.formats.citygml.reader import UNITS, BuildingReader
from citytwin.formats.citygml.scanning import (
    DeclinedError,
    Elements,
    Shapes,
    read_shapes,
    scan_windows,
    span_of,
    with_cavities,
)
from citytwin.formats.citygml.semantics import semantic_of
from citytwin.formats.citygml.telling import Telling, Told
from citytwin.formats.citygml.written_ids import holds_any
from citytwin.formats.gml.code_lists import CodeLists
from citytwin.formats.gml.document import GmlFile
from citytwin.kernels import gml_names as names
from citytwin.kernels import gml_units as gu
from citytwin.kernels import xml_scan as xs
from citytwin.kernels.gml_faces import mark_of
from citytwin.model.steps import ByteRange, Dataset

IntArray = NDArray[np.int64]
_MOST_LINKS_SOUGHT = 100_000


@dataclass(frozen=True, eq=False)
class FastFile:
    """Buildings of one file."""

    blocks: list[Block]
    odd: list[BuildingRow]
    """Rows of the buildings that were read element by element."""
    site: FileSite | None = None
    """How many could be placed; None where that was judged already."""


def read_fast(
    path: Path,
    dataset: Dataset,
    lists: CodeLists,
    ledger: Ledger,
    part: ByteRange | None = None,
) -> FastFile | None:
    """Read a file by scanning; None where the element-wise reader must read all of it.

    Of a range of members alone the account of misplaced buildings is left open: whoever puts all
    ranges of a file together has to add up their sites and call :meth:`FileSite.finish`.

    Parameters
    ----------
    path
        The file.
    dataset
        Gives the CRS of the city and that of files that name none.
    lists
        Code lists of the data set.
    ledger
        Receives rejects and notes.
    part
        One of :func:`citytwin.formats.citygml.ranges.member_ranges`; the whole file when None.

    Raises
    ------
    SourceError
        If the file cannot be used.
    """
    document = open_document(path, part)
    if document is None:
        return None
    trial = lists.trial()
    own = Ledger()
    site = FileSite(path.name, dataset.target_crs, dataset.source_crs)
    reading = _Reading(document, GmlFile(path, site, semantic_of), trial, own, part is not None)
    try:
        for elements in scan_windows(document):
            reading.take(elements)
        reading.seek_missing_links()
    except DeclinedError:
        return None
    if part is None:
        site.finish(own)
    lists.adopt(trial)
    ledger.absorb(own)
    return FastFile(reading.blocks, reading.odd, None if part is None else site)


@dataclass(eq=False)
class _Reading:
    document: GmlBytes
    file: GmlFile
    lists: CodeLists
    ledger: Ledger
    is_range: bool
    """Whether these are some members of a file only."""
    blocks: list[Block] = field(default_factory=list)
    odd: list[BuildingRow] = field(default_factory=list)
    _started: bool = False

    def take(self, elements: Elements) -> None:
        """Read the buildings of a window."""
        self._check_context(elements)
        shapes = read_shapes(elements)
        if not len(shapes.units):
            return
        described = describe(shapes)
        shapes.spoil(odd_texts(shapes) | with_cavities(shapes))
        self._spoil_nameless(shapes, described)
        solids, outlines = _placed(shapes, self.file.site)
        told, odd = self._in_order(shapes, described)
        name = self.file.path.name
        assembled = assemble_units(shapes, solids, outlines, described, told, name)
        self.file.site.placed += len(assembled.block)
        self.blocks.append(_merged(assembled, odd))
        self.odd.extend(row for _, rows in odd for row in rows)

    def seek_missing_links(self) -> None:
        """Decline if a link that leads nowhere in its building leads somewhere else.

        Raises
        ------
        DeclinedError
            If its target is written anywhere in the file.
        """
        missing = self.file.links.missing
        if len(missing) > _MOST_LINKS_SOUGHT:
            _decline("many links that lead out of their buildings")
        if missing and holds_any(self.file.path, missing):
            _decline("a link from one building into another")

    def _check_context(self, elements: Elements) -> None:
        """Use the Envelope of the model; decline what would hold for single geometries only."""
        table = elements.table
        kinds = names.ROLES[table[:, xs.NAME]]
        boxes = np.flatnonzero((kinds & names.ENVELOPE) != 0)
        units = np.flatnonzero((kinds & names.UNIT) != 0)
        own = -1
        for row in boxes:
            parent = table[row, xs.PARENT]
            direct = bool(table[row, xs.FLAGS] & xs.DIRECT)
            if parent < 0 or (not direct and table[parent, xs.PARENT] < 0):
                _decline("an Envelope in an unusual place")
            if table[parent, xs.PARENT] < 0 and direct and table[parent, xs.FLAGS] & xs.DIRECT:
                if own >= 0 or self._started or (len(units) and units[0] < row):
                    _decline("an Envelope of the model behind its first member")
                own = int(row)
        if own >= 0:
            self._take_envelope(elements, int(table[own, xs.PARENT]))
        elif len(boxes) and not self.file.site.srs_name:
            self._take_first_crs(elements, int(boxes[0]), units)
        self._started |= bool(len(units))
        self._check_marks(elements, own)

    def _take_envelope(self, elements: Elements, holder: int) -> None:
        begin, end = span_of(elements, holder)
        content = self.document.wrapped([(begin, end)])
        file = self.file
        box = GmlFile(file.path, file.site, file.semantic_of, content=content)
        for _ in box.parts(()):
            pass
        file.srs_dimension = box.srs_dimension
        if file.srs_dimension == 2:
            _decline("coordinates without heights")

    def _take_first_crs(self, elements: Elements, box: int, units: IntArray) -> None:
        """Without an Envelope of the model, that of its first building names the CRS."""
        first = self._started or not len(units) or box >= elements.table[units[0], xs.LAST]
        mark = mark_of(elements.marks, elements.table, box, names.SRS_NAME)
        if first or mark < 0 or elements.table[box, xs.FLAGS] & xs.COMPLEX:
            _decline("no Envelope of the model, and none in its first building")
        self.file.site.srs_name = elements.text_of_mark(mark).decode().strip()

    def _check_marks(self, elements: Elements, envelope: int) -> None:
        """Decline where a CRS or dimension at a geometry is not that of the file."""
        marks = elements.marks
        flags = elements.table[:, xs.FLAGS]
        for kind in (names.SRS_NAME, names.SRS_DIMENSION):
            rows = np.flatnonzero(marks[:, xs.MARK_KIND] == kind)
            rows = rows[marks[rows, xs.MARK_ROW] != envelope]
            if (flags[marks[rows, xs.MARK_ROW]] & xs.COMPLEX).any():
                _decline("a CRS written in an unusual way")
            for value in {elements.text_of_mark(int(row)) for row in rows}:
                same = self._same_crs(value) if kind == names.SRS_NAME else value == b"3"
                if not same:
                    _decline("a CRS or dimension of a single geometry")

    def _same_crs(self, value: bytes) -> bool:
        site = self.file.site
        try:
            name = value.decode()
            same = site.crs(name) == site.crs()
            return same and site.height_unit(name) == site.height_unit()
        except SourceError:
            return False

    def _spoil_nameless(self, shapes: Shapes, described: Described) -> None:
        """Give buildings without an id to the reader that numbers them over the whole file."""
        nameless = np.array([not name for name in described.building_id], dtype=np.bool_)
        if nameless.any() and self.is_range:
            _decline("a building without an id in a range of a file")
        shapes.spoil(nameless)

    def _in_order(
        self, shapes: Shapes, described: Described
    ) -> tuple[Told, list[tuple[int, list[BuildingRow]]]]:
        """Texts of codes, and the rows of unclean features with the unit each begins at.

        Both write to the ledger, so both are done in the order of the file.
        """
        spoiled = shapes.spoiled
        telling = Telling(shapes, described, self.file, self.lists, self.ledger)
        whole = np.flatnonzero(spoiled & (shapes.owners < 0))
        reader = self._odd_rows(shapes, whole)
        odd: list[tuple[int, list[BuildingRow]]] = []
        owners = shapes.owners.tolist()
        for u, is_odd in enumerate(spoiled.tolist()):
            if not is_odd:
                telling.take(u)
            elif owners[u] < 0:
                odd.append((u, next(reader)))
        return telling.told(), odd

    def _odd_rows(self, shapes: Shapes, units: IntArray) -> Iterator[list[BuildingRow]]:
        if not len(units):
            return
        spans = [span_of(shapes.elements, int(shapes.units[u, gu.ROW])) for u in units]
        file = self.file
        file.content = self.document.wrapped(spans)
        reader = BuildingReader(file, self.lists, self.ledger)
        for u, unit in zip(units.tolist(), file.features(UNITS), strict=True):
            rows = reader.rows_of(unit)
            locate(rows, shapes, u)
            yield rows


def _placed(shapes: Shapes, site: FileSite) -> tuple[Solids, Outlines]:
    """Place what is clean; buildings without an area, or not covered, turn out not to be."""
    while True:
        solids = place_shapes(shapes, site)
        outlines = footprints(solids)
        doubtful = shapely.is_empty(outlines.areas)
        doubtful |= uncovered(solids, outlines, shapes.units[solids.units, gu.LOD])
        if not doubtful.any():
            return solids, outlines
        bad = np.zeros(len(shapes.units), dtype=np.bool_)
        bad[solids.units[doubtful]] = True
        shapes.spoil(bad)


def _merged(assembled: Assembled, odd: list[tuple[int, list[BuildingRow]]]) -> Block:
    """Put the rows of both ways into the order of the file."""
    rows = [row for _, some in odd for row in some]
    if not rows:
        return assembled.block
    both = joined([assembled.block, block_of_rows(rows)])
    units = np.concatenate(
        [assembled.units, np.repeat([u for u, _ in odd], [len(some) for _, some in odd])]
    )
    return taken(both, np.argsort(units, kind="stable"))


def _decline(reason: str) -> NoReturn:
    msg = f"not owned: {reason}"
    raise DeclinedError(msg)
