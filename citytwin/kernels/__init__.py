"""Physics and raster arithmetic on plain arrays; knows nothing of files, tables or tiles.

Compiled kernels are cached on disk. Numba checks only the file of each function, not the files
of the functions it calls, so a cache may hold old code after an edit elsewhere: it is therefore
kept in a folder named after the digest of all kernels.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import numba


def _digest(folder: Path) -> str:
    total = hashlib.sha256()
    for file in sorted(folder.glob("*.py")):
        total.update(file.read_bytes())
    return total.hexdigest()[:16]


def _cache_folder() -> Path:
    """Beside the kernels where that can be written, else in the user's cache (XDG base folders)."""
    here = Path(__file__).parent
    beside = here / "__pycache__"
    writable = os.access(beside if beside.is_dir() else here, os.W_OK)
    caches = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    root = beside if writable else caches / "citytwin"
    return root / _digest(here)


if not numba.config.CACHE_DIR:
    numba.config.CACHE_DIR = str(_cache_folder())
