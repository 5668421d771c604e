"""Atomic files: there whole or not at all."""

from __future__ import annotations

import errno
import os
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
    """Only names that :mod:`atomic` gives go, and not those that hold a path in use."""
    first, second, third = (atomic.temporary_beside(tmp_path / "a.tif") for _ in range(3))
    used = first / "layer"
    used.mkdir(parents=True)
    second.mkdir()
    third.write_text("x")
    strange = (".tmp-mine", ".tmp-0123456789abcdef", "kept")
    for name in strange:
        (tmp_path / name).mkdir()
    atomic.remove_stale(tmp_path, keep=[used])
    assert {p.name for p in tmp_path.iterdir()} == {first.name, *strange}


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (errno.EEXIST, "move it away"),
        (errno.EXDEV, "one disk"),
        (errno.ENOSPC, "free some space"),
        (errno.EACCES, "rights"),
    ],
)
def test_the_hint_is_about_what_the_disk_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, said: str
) -> None:
    """Whatever kept a folder from being moved."""
    (tmp_path / "a").mkdir()

    def refuse(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(Path, "rename", refuse)
    with pytest.raises(StoreError, match=said):
        atomic.move_folder(tmp_path / "a", tmp_path / "b")


def test_move_folder_never_overwrites(tmp_path: Path) -> None:
    """A folder that stands is not replaced."""
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    with pytest.raises(StoreError, match="exists already"):
        atomic.move_folder(tmp_path / "a", tmp_path / "b")
    atomic.move_folder(tmp_path / "a", tmp_path / "deep" / "c")
    assert (tmp_path / "deep" / "c").is_dir()
    assert not (tmp_path / "a").exists()
