"""Physics and raster arithmetic on plain arrays; knows nothing of files, tables or tiles.

Compiled kernels are cached on disk. Numba checks only the file of each function, not the files
of the functions it calls, so a cache may hold old code after an edit elsewhere: it is therefore
kept in a folder named after the digest of all kernels, which begins with what still holds of others.
"""

from __future__ import annotations

import os
from pathlib import Path

# Threads that wait for each other sleep: by default they spin, and where other processes fill the
# cores, as workers do, a step took ten times the processor time of its work. Read by OpenMP when it
# is loaded, which is with the first of the kernels that have threads.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

import numba

from citytwin.kernels._compiled import cache_folder


def _root() -> Path:
    """Beside the kernels where that can be written, else in the user's cache (XDG base folders)."""
    here = Path(__file__).parent
    beside = here / "__pycache__"
    writable = os.access(beside if beside.is_dir() else here, os.W_OK)
    caches = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return beside if writable else caches / "citytwin"


if not numba.config.CACHE_DIR:
    _sources = {file.stem: file.read_bytes() for file in Path(__file__).parent.glob("*.py")}
    numba.config.CACHE_DIR = str(cache_folder(_sources, _root()))
