"""Files that count beside those of sources: code lists, and files named in parameters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from citytwin.formats.data_set import CODE_LISTS
from citytwin.transports.files import is_file, is_folder
from citytwin.transports.finding import files_below

_LEVELS = 4
"""From ``udx/bldg/lod2/file.gml`` up to the data set."""


def files_beside(
    files: Iterable[Path], root: Path | None, params: Mapping[str, object]
) -> tuple[Path, ...]:
    """Return the files that count for a source although its patterns do not find them.

    Parameters
    ----------
    files
        The files of the source: what lies beside or above any of them counts.
    root
        Folder that references may not leave, where it is known.
    params
        Parameters of the format as configured; a text that names a file below the root counts.

    Returns
    -------
    tuple of Path
        Sorted, each once.
    """
    folders = {folder for parent in {file.parent for file in files} for folder in _up(parent)}
    if root is not None:
        folders.add(root)
    found = {
        file
        for folder in folders
        if is_folder(folder / CODE_LISTS)
        for file in files_below(folder / CODE_LISTS)
    }
    for value in params.values():
        if isinstance(value, str) and value and "\0" not in value:
            found.update(folder / value for folder in folders if is_file(folder / value))
    return tuple(sorted(file.resolve() for file in found))


def files_named(params: object, folder: Path) -> tuple[Path, ...]:
    """Return the files that parameters of a step name, such as hydrographs.

    Parameters
    ----------
    params
        Parameters as configured, lists and mappings in them; a text that names a file counts.
    folder
        That relative paths lead from.

    Returns
    -------
    tuple of Path
        Sorted, each once.
    """
    if isinstance(params, str):
        named = bool(params) and "\0" not in params and is_file(folder / params)
        return ((folder / params).resolve(),) if named else ()
    if isinstance(params, Mapping):
        params = list(params.values())
    if not isinstance(params, list | tuple):
        return ()
    return tuple(sorted({file for one in params for file in files_named(one, folder)}))


def _up(folder: Path) -> tuple[Path, ...]:
    return (folder, *folder.parents[: _LEVELS - 1])
