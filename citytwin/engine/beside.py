"""Files that count beside those of sources: code lists, what a file consists of, and files named in parameters."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from citytwin.formats.data_set import CODE_LISTS, LARGEST_CODE_LIST, companions_of, data_set_root
from citytwin.transports.files import is_file, is_folder, open_binary, size_of
from citytwin.transports.finding import files_below
from citytwin.transports.places import inside

_XML = ".xml"
_OF_LISTS = re.compile(rb"Dictionary|Definition")
"""What the elements of code lists are called (gml:Dictionary); other files of XML, of feeds and of
programs, come and go without any meaning for a model."""
_HEAD_BYTES = 4096


def files_beside(
    files: Iterable[Path], root: Path | None, params: Mapping[str, object], *, code_lists: bool
) -> tuple[Path, ...]:
    """Return the files that count for a source although its patterns do not find them.

    Parameters
    ----------
    files
        The files of the source.
    root
        Folder that references may not leave, where it is known; else that of the data set counts.
    params
        Parameters of the format as configured; a text that names a file below the root counts.
    code_lists
        Whether the files may name code lists outside of the folder for these: any other file of XML in
        the data set that looks like one may then be one.

    Returns
    -------
    tuple of Path
        Sorted, each once.
    """
    own = set(files)
    first = {file.parent: file for file in own}
    roots = {data_set_root(file) for file in first.values()}
    if root is not None:
        roots.add(root)
    folders = roots.union(*(_up(parent, roots) for parent in first))
    found = {other for file in own for other in companions_of(file)}
    for folder in folders:
        if is_folder(folder / CODE_LISTS):
            found.update(files_below(folder / CODE_LISTS))
        for value in params.values():
            if isinstance(value, str) and value and "\0" not in value and is_file(folder / value):
                found.add(folder / value)
    if code_lists:
        tops = [one for one in roots if roots.isdisjoint(one.parents)]
        found.update(other for top in tops for other in _lists_below(top, lone=top in first))
    return tuple(sorted({file.resolve() for file in found - own}))


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


def _up(folder: Path, roots: Iterable[Path]) -> set[Path]:
    """A folder and those above it in its data set."""
    return {folder}.union(
        above for above in folder.parents if any(above.is_relative_to(root) for root in roots)
    )


def _lists_below(top: Path, *, lone: bool) -> Iterator[Path]:
    """Files that may be code lists, anywhere in a data set; of a file without one, in its folder and those
    in it.
    """
    for file in _files_of(top, lone=lone):
        if file.suffix.lower() == _XML and _may_be_list(file):
            yield file


def _files_of(top: Path, *, lone: bool) -> Iterator[Path]:
    if inside(top) is not None:
        yield from files_below(top)
        return
    # What cannot be looked into cannot be read as a list either.
    for place, folders, names in os.walk(top):
        below = Path(place) != top
        folders[:] = [] if lone and below else [one for one in folders if not one.startswith(".")]
        yield from (Path(place, name) for name in names if not name.startswith("."))


def _may_be_list(file: Path) -> bool:
    try:
        if size_of(file) > LARGEST_CODE_LIST:
            return False
        with open_binary(file) as content:
            return _OF_LISTS.search(content.read(_HEAD_BYTES)) is not None
    except OSError:  # gone meanwhile, or nobody may read it
        return False
