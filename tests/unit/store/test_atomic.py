"""Atomic files: there whole or not at all."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from citytwin.errors import StoreError
from citytwin.store import atomic


def test_replaces_whole(tmp_path: Path) -> None:
    """The new content stands under the name, and nothing else is left."""
    target = tmp_path / "deep" / "a.json"
    atomic.write_text(target, "old")
    atomic.write_text(target, "new 水")
    assert target.read_bytes() == "new 水".encode()
    assert list(target.parent.iterdir()) == [target]


def test_failure_leaves_the_old_file(tmp_path: Path) -> None:
    """An error inside the block keeps the old content and removes the temporary file."""
    target = tmp_path / "a.txt"
    atomic.write_text(target, "old")

    def break_off() -> None:
        with atomic.replacing(target) as temporary:
            temporary.write_text("half")
            raise KeyError("stop")

    with pytest.raises(KeyError):
        break_off()
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_disk_error_is_a_store_error(tmp_path: Path) -> None:
    """A folder that is a file gives a StoreError that names the path."""
    (tmp_path / "file").write_text("x")
    with pytest.raises(StoreError, match="cannot be written"):
        atomic.write_text(tmp_path / "file" / "a.txt", "x")


def test_killed_writer_leaves_the_old_file(tmp_path: Path) -> None:
    """SIGKILL in the middle of writing leaves the old content and one temporary file."""
    target = tmp_path / "a.bin"
    atomic.write_bytes(target, b"old")
    program = (
        "import os, signal, sys; from pathlib import Path;"
        "from citytwin.store.atomic import replacing\n"
        f"with replacing(Path({str(target)!r})) as temporary:\n"
        "    temporary.write_bytes(b'half'); os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], check=False)
    assert done.returncode == -signal.SIGKILL
    assert target.read_bytes() == b"old"
    left = atomic.remove_stale(tmp_path)
    assert len(left) == 1
    assert list(tmp_path.iterdir()) == [target]


def test_remove_stale_keeps_what_is_in_use(tmp_path: Path) -> None:
    """Only names with the prefix go, and not those that hold a path in use."""
    used = tmp_path / ".tmp-1" / "layer"
    used.mkdir(parents=True)
    (tmp_path / ".tmp-2").mkdir()
    (tmp_path / ".tmp-3").write_text("x")
    (tmp_path / "kept").mkdir()
    atomic.remove_stale(tmp_path, keep=[used])
    assert sorted(p.name for p in tmp_path.iterdir()) == [".tmp-1", "kept"]


def test_move_folder_never_overwrites(tmp_path: Path) -> None:
    """A folder that stands is not replaced."""
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    with pytest.raises(StoreError, match="exists already"):
        atomic.move_folder(tmp_path / "a", tmp_path / "b")
    atomic.move_folder(tmp_path / "a", tmp_path / "deep" / "c")
    assert (tmp_path / "deep" / "c").is_dir()
    assert not (tmp_path / "a").exists()
