"""Declaration of the format ``citygml``."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from citytwin.formats.city.batch import read_files
from citytwin.formats.city.block import block_of_rows, joined
from citytwin.formats.city.buildings import BuildingRow
from citytwin.formats.city.defects import with_defects
from citytwin.formats.city.duplicates import are_distinct, without_duplicates
from citytwin.formats.city.frames import building_block_frame, surface_block_frame
from citytwin.formats.city.ledger import Ledger
from citytwin.formats.city.summary import note_buildings
from citytwin.formats.citygml.fast import FastFile, read_fast
from citytwin.formats.citygml.ranges import member_ranges
from citytwin.formats.citygml.reader import BuildingReader
from citytwin.formats.citygml.semantics import semantic_of
from citytwin.formats.gml.code_lists import CodeLists
from citytwin.formats.gml.document import GmlFile, read_gml
from citytwin.model.steps import (
    ByteRange,
    Dataset,
    Decoded,
    Format,
    NoParams,
    NotApartError,
    always,
)
from citytwin.model.tables import BUILDINGS, DEFECTS, SURFACES
from citytwin.model.text import text


def _rows(lists: CodeLists, file: GmlFile, ledger: Ledger) -> list[BuildingRow]:
    return BuildingReader(file, lists, ledger).rows()


def read(dataset: Dataset, params: NoParams) -> Decoded:
    """Read the buildings of CityGML files, or of a range of one.

    Parameters
    ----------
    dataset
        The files.
    params
        None needed.

    Raises
    ------
    SourceError
        If no file can be used.
    NotApartError
        If the range means nothing without the rest of its file.
    """
    del params
    lists = CodeLists(dataset.root)

    def read_one(path: Path, ledger: Ledger) -> FastFile:
        if dataset.part is not None:
            return _read_range(path, dataset, dataset.part, lists, ledger)
        fast = read_fast(path, dataset, lists, ledger)
        if fast is not None:
            return fast
        rows = read_gml(path, dataset, partial(_rows, lists), ledger, semantic_of)
        return FastFile([block_of_rows(rows)], rows)

    ledger = Ledger()
    files = [file for _, file in read_files(dataset, read_one, ledger)]
    block = joined([block for file in files for block in file.blocks] or [block_of_rows([])])
    odd = [row for file in files for row in file.odd]
    if not are_distinct(block.building_id.tolist()):
        odd = without_duplicates(block.rows(), ledger)
        block = block_of_rows(odd)
    note_buildings(odd, ledger)
    decoded = Decoded(
        tables={
            BUILDINGS: building_block_frame(block, dataset.target_crs),
            SURFACES: surface_block_frame(block),
        },
        rejects=ledger.all_rejects(),
        notes=tuple(ledger.notes),
    )
    return with_defects(decoded, dataset.target_crs, block)


def _read_range(
    path: Path, dataset: Dataset, part: ByteRange, lists: CodeLists, ledger: Ledger
) -> FastFile:
    found = read_fast(path, dataset, lists, ledger, part)
    site = None if found is None else found.site
    if found is None or site is None:
        msg = f"{path.name}: bytes {part[0]} to {part[1]} need the rest of the file"
        raise NotApartError(msg)
    if site.misplaced and not site.placed:
        msg = f"{path.name}: no building of bytes {part[0]} to {part[1]} lies in its CRS"
        raise NotApartError(msg)  # whether the CRS is at fault, all of the file tells
    site.finish(ledger)
    return found


FORMAT = Format(
    name="citygml",
    title=text("CityGML（建築物）", "CityGML buildings"),
    patterns=("*_bldg_*.gml", "*.citygml"),
    produces=(BUILDINGS, SURFACES, DEFECTS),
    params=NoParams,
    code_lists=True,
    by_file=always,
    ranges=member_ranges,
    read=read,
)
