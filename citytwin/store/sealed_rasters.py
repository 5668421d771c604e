"""Rasters on the disk, in clear or sealed, read by GDAL window by window."""

from __future__ import annotations

import os
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, BinaryIO

import rasterio
from rasterio.abc import FileContainer

from citytwin.errors import SealError
from citytwin.security.sealed_folders import sealed_root
from citytwin.store.at_rest import open_file


def open_raster(path: Path) -> AbstractContextManager[Any]:
    """Open a raster with GDAL; windows of a sealed one open only the chunks they touch.

    Parameters
    ----------
    path
        Such as a GeoTIFF.

    Returns
    -------
    rasterio.DatasetReader
        A context manager.
    """
    return rasterio.open(str(path), **opener_for(path))  # type: ignore[no-any-return]


def opener_for(path: Path) -> dict[str, FileContainer]:
    """Return what `rasterio.open`, or a library that hands it on, must be given for a file.

    Parameters
    ----------
    path
        The raster.

    Returns
    -------
    dict
        Keyword arguments; none for a file in clear.
    """
    return {} if sealed_root(path) is None else {"opener": _SealedFiles(path)}


class _SealedFiles(FileContainer):  # type: ignore[misc]
    """What GDAL asks of a file system of one file; files beside it do not exist for it.

    The file is opened at once, for GDAL would put damage and missing keys into words of its own.
    """

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path
        first = open_file(path)
        self._size = first.seek(0, os.SEEK_END)
        first.seek(0)
        self._first: BinaryIO | None = first

    def open(self, path: str, mode: str = "r", **_: object) -> BinaryIO:
        """Open the file for reading."""
        if mode not in ("r", "rb") or Path(path).name != self._path.name:
            msg = f"{path} is sealed, and cannot be changed"
            raise SealError(msg, hint="make it again")
        first, self._first = self._first, None
        return open_file(self._path) if first is None else first

    def isfile(self, path: str) -> bool:
        """Whether it is this file: GDAL asks for others that may lie beside, each several times."""
        return path == str(self._path)

    def isdir(self, path: str) -> bool:
        """Whether it is the folder of this file."""
        return path == str(self._path.parent)

    def ls(self, path: str) -> list[str]:
        """Names in its folder: its own alone, so that GDAL looks for nothing beside the raster."""
        del path
        return [self._path.name]

    def mtime(self, path: str) -> int:
        """When the file was written [s]."""
        del path
        return int(self._path.stat().st_mtime)

    def rm(self, path: str) -> None:
        """Remove nothing."""
        msg = f"{path} is sealed, and cannot be changed"
        raise SealError(msg, hint="make it again")

    def size(self, path: str) -> int:
        """Bytes of a file's content."""
        del path
        return self._size
