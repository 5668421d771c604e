"""Folders of a data set: a PLATEAU model below ``udx``, what files refer to and consist of beside that."""

from __future__ import annotations

from pathlib import Path

from citytwin.transports.files import children, is_file

CODE_LISTS = "codelists"
LARGEST_CODE_LIST = 20_000_000
"""No larger file is read as a code list [bytes]."""
SHAPEFILE_COMPANIONS = (".dbf", ".shx", ".prj", ".cpg")
"""Files that a Shapefile consists of beside its own."""
_DATABASES = (".gpkg", ".sqlite")
_JOURNALS = ("-wal", "-journal")
"""Of SQLite: while another program has a database open, its newest rows stand in these."""


def data_set_root(file: Path) -> Path:
    """Folder above ``udx`` in a PLATEAU data set, else the folder of the file.

    Parameters
    ----------
    file
        A file of the data set.
    """
    for parent in file.parents:
        if parent.name == "udx":
            return parent.parent
    return file.parent


def companions_of(file: Path) -> tuple[Path, ...]:
    """Return the files that are read with a file, since what it holds is divided among them.

    Parameters
    ----------
    file
        Such as a Shapefile, or a database.
    """
    suffix = file.suffix.lower()
    if suffix == ".shp":
        return tuple(
            other
            for other in children(file.parent)
            if other.stem == file.stem and other.suffix.lower() in SHAPEFILE_COMPANIONS
        )
    if suffix in _DATABASES:
        names = (file.name + journal for journal in _JOURNALS)
        return tuple(other for name in names if is_file(other := file.with_name(name)))
    return ()
