"""Where the observations of a city lie, and what people have corrected of it; no heavy import."""

from __future__ import annotations

from pathlib import Path

from citytwin.security.sealed_folders import SEALED

FOLDER = ".observations"
"""Observations of a city lie in a folder of this name beside the published city. They are made by
no run, and no run can make them again."""


def folder_of(city: Path, *, sealed: bool | None = None) -> Path:
    """Return the folder of a city's observations.

    Parameters
    ----------
    city
        Folder of the published city, such as ``out/demo`` or ``out/.sealed/demo``.
    sealed
        Whether observations reach the disk only sealed; None: as the published city does.
    """
    published_sealed = city.parent.name == SEALED
    out = city.parent.parent if published_sealed else city.parent
    sealed = published_sealed if sealed is None else sealed
    return (out / FOLDER / SEALED if sealed else out / FOLDER) / city.name
