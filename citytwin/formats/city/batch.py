"""Reads the files of a source one by one: a broken file is set aside, the others go on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from citytwin.errors import SourceError
from citytwin.formats.city.ledger import Ledger
from citytwin.model.notes import refused as refused_file
from citytwin.model.steps import Dataset

T = TypeVar("T")


def read_files(
    dataset: Dataset, read_one: Callable[[Path, Ledger], T], ledger: Ledger
) -> list[tuple[Path, T]]:
    """Read every file of a data set.

    A file that cannot be used as a whole gives no partial result: it becomes one reject and a
    note. When not one file can be used, the first error is raised.

    Parameters
    ----------
    dataset
        The files.
    read_one
        Reads one file; enters losses into the ledger it is given.
    ledger
        Receives the entries of the files that could be read, and the refusals.

    Raises
    ------
    SourceError
        If there are files and none could be read.
    """
    results: list[tuple[Path, T]] = []
    refused: list[SourceError] = []
    for path in dataset.files:
        own = Ledger()
        try:
            result = read_one(path, own)
        except SourceError as error:
            refused.append(error)
            ledger.enter(refused_file(path.name, error))
            continue
        results.append((path, result))
        ledger.absorb(own)
    if refused and not results:
        raise refused[0]
    if refused:
        ledger.note(
            "loss",
            f"データ「{dataset.name}」の {{count}} ファイルは読めないため除外しました",
            f"{{count}} files of source {dataset.name} could not be read and were left out",
            len(refused),
        )
    return results
