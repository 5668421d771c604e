"""Folders of a PLATEAU data set: the model below ``udx``, what it refers to beside that."""

from __future__ import annotations

from pathlib import Path

CODE_LISTS = "codelists"


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
