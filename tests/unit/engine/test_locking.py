"""One command at a time: a short one is waited for, a long one is told of."""

from __future__ import annotations

from pathlib import Path

import pytest
from filelock import FileLock

from citytwin.engine import locking
from citytwin.engine.locking import holding_folder
from citytwin.errors import BusyError, StoreError


def test_a_command_that_ends_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The block runs once the other has let go: here as soon as the wait is told of."""
    monkeypatch.setattr(locking, "_TOLD_AFTER_S", 0.01)
    other = FileLock(tmp_path / "lock", thread_local=False)
    other.acquire()
    monkeypatch.setattr(locking.log, "warning", lambda *_: other.release())
    with holding_folder(tmp_path, tmp_path / "out", patience_s=60.0):
        assert not other.is_locked


def test_one_that_goes_on_is_told_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A while after the begin, and when patience ends."""
    monkeypatch.setattr(locking, "_TOLD_AFTER_S", 0.01)
    with (
        FileLock(tmp_path / "lock"),
        pytest.raises(BusyError, match="another run holds"),
        holding_folder(tmp_path, tmp_path / "out", patience_s=0.02),
    ):
        pytest.fail("two hold it")
    assert "another command holds" in caplog.text


def test_a_disk_that_takes_no_lock_is_told_of(tmp_path: Path) -> None:
    """With the folder, and what to do: here a file lies where it would be."""
    (tmp_path / "work").write_bytes(b"")
    with (
        pytest.raises(StoreError, match=r"work cannot be written to: .*\("),
        holding_folder(tmp_path / "work", tmp_path / "out"),
    ):
        pytest.fail("it is held")
