"""Room in memory for files that must not reach a disk in clear, while they are made."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from citytwin.errors import StoreError

MEMORY_FOLDER = "CITYTWIN_MEMORY_DIR"
"""Environment variable that names a folder in memory, where it is not the usual one."""
_USUAL = "/dev/shm"
_IN_MEMORY = ("tmpfs", "ramfs")
_PREFIX = "citytwin-"
_MOUNTS = Path("/proc/self/mounts")
_SWAPS = Path("/proc/swaps")


def memory_folder() -> Path:
    """Return a folder that lies in memory.

    Raises
    ------
    StoreError
        If there is none: such files are then not made at all.
    """
    named = Path(os.environ.get(MEMORY_FOLDER) or _USUAL)
    kind = _file_system(named)
    if kind in _IN_MEMORY and os.access(named, os.W_OK):
        return named
    msg = (
        f"restricted data are made in memory before they are sealed, and {named} is "
        f"{'no folder to write to' if kind in _IN_MEMORY else f'of the file system {kind}'}"
    )
    hint = (
        f"set {MEMORY_FOLDER} to a tmpfs that this user may write to; in Kubernetes an emptyDir of "
        "`medium: Memory`"
    )
    raise StoreError(msg, hint=hint)


def _file_system(folder: Path) -> str:
    """Kind of the file system that a folder lies on, as Linux names it."""
    try:
        mounts = _MOUNTS.read_text(encoding="utf-8", errors="replace").splitlines()
        whole = folder.resolve(strict=True)
    except OSError:
        return "unknown"
    found, depth = "unknown", -1
    for line in mounts:
        _, place, kind, *_ = line.split(" ")
        mounted = Path(place.replace("\\040", " "))
        if (whole == mounted or mounted in whole.parents) and len(mounted.parts) >= depth:
            found, depth = kind, len(mounted.parts)
    return found


def swaps_to_disk() -> tuple[str, ...]:
    """Return the places on disks that memory may be swapped out to, as Linux names them.

    Compressed memory is none. Whether a place is encrypted cannot be told from here.
    """
    try:
        lines = _SWAPS.read_text(encoding="utf-8", errors="replace").splitlines()[1:]
    except OSError:
        return ()
    return tuple(place for place in (line.split()[0] for line in lines) if "zram" not in place)


@contextmanager
def memory_room() -> Iterator[Path]:
    """Yield a new folder in memory that only this user reads; it goes with the block.

    What killed processes left behind goes first.
    """
    folder = memory_folder()
    _remove_stale(folder)
    room = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-", dir=folder))
    try:
        yield room
    finally:
        shutil.rmtree(room, ignore_errors=True)


def _remove_stale(folder: Path) -> None:
    for left in folder.glob(f"{_PREFIX}*-*"):
        number = left.name.removeprefix(_PREFIX).partition("-")[0]
        if _is_own_folder(left) and number.isdigit() and not psutil.pid_exists(int(number)):
            shutil.rmtree(left, ignore_errors=True)


def _is_own_folder(path: Path) -> bool:
    """Whether a path is a folder of this user; what has gone meanwhile is none."""
    try:
        status = path.lstat()
    except FileNotFoundError:
        return False
    return stat.S_ISDIR(status.st_mode) and status.st_uid == os.getuid()
