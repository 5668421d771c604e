"""A theme of a city model: which features it has, and reading the files of one.

Every format of one theme opens in the same way: file by file, each with its code lists and its
book of losses. A file that holds another theme gives no rows, and is named.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Generic, TypeVar

import pandas as pd
import shapely

from citytwin.formats.city.areas import Outline
from citytwin.formats.city.batch import read_files
from citytwin.formats.city.defects import with_defects
from citytwin.formats.city.ledger import Ledger
from citytwin.formats.city.theme_rows import ThemeRow, theme_frame
from citytwin.formats.gml.areas import child_text, feature_outline, first_text
from citytwin.formats.gml.code_lists import CodeLists
from citytwin.formats.gml.document import MEMBERS, GmlFile, read_gml
from citytwin.formats.gml.features import READ_BY
from citytwin.formats.xml import Element, local_name, stream
from citytwin.model.steps import Dataset, Decoded, NoParams
from citytwin.model.tables import Table

T = TypeVar("T")

_LOOKED_AT = 1000


@dataclass(frozen=True)
class Theme:
    """Wording of a theme."""

    ja: str
    en: str
    """Plural, such as ``roads``."""


@dataclass(frozen=True, eq=False)
class ThemeFile:
    """One file with what reading its features takes."""

    file: GmlFile
    lists: CodeLists
    ledger: Ledger

    @property
    def source(self) -> str:
        """Name of the file."""
        return self.file.path.name

    def outline(self, feature: Element, record: str) -> Outline | None:
        """Area of a feature with its heights; None when it has no usable surface.

        Parameters
        ----------
        feature
            The feature.
        record
            Its identifier.
        """
        return feature_outline(feature, record, self.file, self.ledger)

    def area(self, feature: Element, record: str) -> shapely.MultiPolygon | None:
        """Area of a feature; None when it has no usable surface.

        Parameters
        ----------
        feature
            The feature.
        record
            Its identifier.
        """
        outline = self.outline(feature, record)
        return None if outline is None else outline.area

    def child(self, feature: Element, name: str) -> str | None:
        """Text of the first child of a name, through its code list where it has one.

        Parameters
        ----------
        feature
            The feature.
        name
            Local name.
        """
        return self.meaning(*child_text(feature, name))

    def anywhere(self, feature: Element, *names: str) -> str | None:
        """Text of the first descendant that has one of some names, through its code list.

        Parameters
        ----------
        feature
            The feature.
        names
            Local names, the one wanted most first.
        """
        for name in names:
            code, element = first_text(feature, name)
            if code is not None:
                return self.meaning(code, element)
        return None

    def meaning(self, code: str | None, element: Element | None) -> str | None:
        """Text of a code; the code itself where no list explains it.

        Parameters
        ----------
        code
            As written; None where there is none.
        element
            The element it stands in.
        """
        if code is None or element is None:
            return None
        return self.lists.text(code, element.get("codeSpace"), self.file.path, self.ledger)


@dataclass(frozen=True, eq=False)
class ThemeResult(Generic[T]):
    """What the files of a source gave."""

    files: list[tuple[Path, T]]
    ledger: Ledger
    crs: str
    """CRS of the city."""

    def decoded(self, tables: Mapping[Table, pd.DataFrame]) -> Decoded:
        """Tables with the losses, defects and remarks of all files.

        Parameters
        ----------
        tables
            Made from the files.
        """
        ledger = self.ledger
        decoded = Decoded(tables, rejects=ledger.all_rejects(), notes=tuple(ledger.notes))
        return with_defects(decoded, self.crs)


def read_theme(dataset: Dataset, theme: Theme, read: Callable[[ThemeFile], T]) -> ThemeResult[T]:
    """Read a theme from every file of a source.

    Parameters
    ----------
    dataset
        The files.
    theme
        What is looked for, for messages.
    read
        Reads the features of one file.

    Raises
    ------
    SourceError
        If no file can be used.
    """
    lists = CodeLists(dataset.root)
    ledger = Ledger()

    def read_one(path: Path, own: Ledger) -> T:
        found = 0

        def read_features(file: GmlFile, book: Ledger) -> T:
            nonlocal found
            result = read(ThemeFile(file, lists, book))
            found = file.found
            return result

        result = read_gml(path, dataset, read_features, own)
        if not found:
            _name_content(path, theme, own)
        return result

    return ThemeResult(read_files(dataset, read_one, ledger), ledger, dataset.target_crs)


def theme_reader(
    theme: Theme, table: Table, rows: Callable[[ThemeFile], Sequence[ThemeRow]]
) -> Callable[[Dataset, NoParams], Decoded]:
    """Return the reader of a format whose features are the rows of one table.

    Parameters
    ----------
    theme
        What is looked for, for messages.
    table
        Schema of the rows.
    rows
        Reads the features of one file.
    """

    def read(dataset: Dataset, params: NoParams) -> Decoded:
        del params
        result = read_theme(dataset, theme, rows)
        found = [row for _, of_file in result.files for row in of_file]
        return result.decoded({table: theme_frame(table, found, dataset.target_crs)})

    return read


def _name_content(path: Path, theme: Theme, ledger: Ledger) -> None:
    """Say what a file without any feature of the theme holds instead."""
    kinds: set[str] = set()
    for member in islice(stream(path, MEMBERS), _LOOKED_AT):
        kinds.update(local_name(child)[:80] for child in member)
    if not kinds:
        ledger.note(
            "info",
            f"{path.name} には地物がありません（{theme.ja}として読み込み）",
            f"{path.name} holds no features at all; it was read for {theme.en}",
        )
        return
    held = ", ".join(sorted(kinds)[:8])
    readers = sorted({READ_BY[kind] for kind in kinds if kind in READ_BY})
    by = f"; formats that read it: {', '.join(readers)}" if readers else ""
    by_ja = f"。読み込める形式：{', '.join(readers)}" if readers else ""
    ledger.note(
        "loss",
        f"{path.name} に{theme.ja}はなく、{held} が入っています{by_ja}",
        f"{path.name} holds no {theme.en} but {held}{by}",
    )
