"""Files that formats read beside those of a source: code lists, and files named in parameters."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

CODE_LISTS = "codelists"
"""Folder of the code lists of a PLATEAU data set; it lies beside ``udx``."""
_LEVELS = 4
"""From ``udx/bldg/lod2/file.gml`` up to the data set."""


def files_beside(place: Path, root: Path | None, params: Mapping[str, object]) -> tuple[Path, ...]:
    """Return the files that count for a source although its patterns do not find them.

    Parameters
    ----------
    place
        File, folder or glob pattern of the source.
    root
        Folder that references may not leave, where it is known.
    params
        Parameters of the format as configured; a text that names a file below the root counts.

    Returns
    -------
    tuple of Path
        Sorted, each once.
    """
    above = [place, *place.parents[:_LEVELS]]
    folders = above if root is None else [*above, root]
    found = {
        file
        for folder in folders
        if (folder / CODE_LISTS).is_dir()
        for file in (folder / CODE_LISTS).rglob("*")
        if file.is_file()
    }
    for value in params.values():
        if isinstance(value, str) and value and "\0" not in value:
            found.update(folder / value for folder in folders if (folder / value).is_file())
    return tuple(sorted(file.resolve() for file in found))
