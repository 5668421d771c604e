"""A folder that others put files into."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import pytest

from citytwin.transports.watching import FolderWatching, Watch
from tests.unit.rights import closed_to_us, open_folder


def put(folder: Path, name: str, content: bytes, age_s: float = 10.0) -> Path:
    """Put a file that was last written to a while ago."""
    path = folder / name
    path.write_bytes(content)
    then = time.time() - age_s
    os.utime(path, (then, then))
    return path


def watching(folder: Path) -> FolderWatching:
    """A watch on JSON files."""
    return FolderWatching(Watch("f", folder, "*.json"), threading.Event())


def test_files_come_once_and_changed_ones_again(tmp_path: Path) -> None:
    """The oldest first; others, hidden ones, links and empty ones never."""
    put(tmp_path, "b.json", b"old", 20.0)
    put(tmp_path, "a.json", b"new")
    put(tmp_path, "c.csv", b"other")
    put(tmp_path, ".d.json", b"hidden")
    put(tmp_path, "e.json", b"")
    (tmp_path / "f.json").symlink_to(tmp_path / "c.csv")
    feed = watching(tmp_path)
    first = feed.take("", 0.0)
    assert first is not None
    assert [(p.origin, p.content) for p in first.payloads] == [
        ("b.json", b"old"),
        ("a.json", b"new"),
    ]
    assert feed.take(first.cursor, 0.0) is None
    put(tmp_path, "b.json", b"corrected", 5.0)
    second = watching(tmp_path).take(first.cursor, 0.0)
    assert second is not None
    assert [p.content for p in second.payloads] == [b"corrected"]
    (tmp_path / "b.json").unlink()
    put(tmp_path, "g.json", b"last")
    third = feed.take(second.cursor, 0.0)
    assert third is not None
    assert "b.json" not in third.cursor


def test_a_file_that_is_being_written_waits(tmp_path: Path) -> None:
    """Until nobody has written to it for two seconds."""
    put(tmp_path, "a.json", b"ha", age_s=0.5)
    feed = watching(tmp_path)
    assert feed.take("", 0.0) is None
    delivery = feed.take("", 4.0)
    assert delivery is not None


def test_a_file_that_cannot_be_read_is_told_and_tried_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Others come meanwhile; so it is with one that is too large."""
    with open_folder() as folder:
        closed = put(folder, "a.json", b"closed", 20.0)
        put(folder, "b.json", b"open")
        feed = FolderWatching(Watch("f", folder, "*.json", most_bytes=10), threading.Event())
        with closed_to_us(closed):
            first = feed.take("", 0.0)
            assert first is not None
            assert [p.origin for p in first.payloads] == ["b.json"]
            assert feed.take(first.cursor, 0.0) is None
            standing = feed.standing()
        assert (standing.connected, standing.failures) == (False, 2)
        assert "a.json" in standing.last_error
        assert standing.last_success_s is not None
        assert caplog.text.count("Permission denied") == 1
        put(folder, "c.json", b"much too large")
        second = feed.take(first.cursor, 0.0)
        assert second is not None
        assert [p.origin for p in second.payloads] == ["a.json"]
        assert "c.json has 14 bytes, more than 10" in feed.standing().last_error
        (folder / "c.json").unlink()
        assert feed.take(second.cursor, 0.0) is None
        assert feed.standing().connected


def test_a_folder_that_is_missing_is_no_end(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """It may be mounted later; until then the feed is in trouble, which is told once."""
    feed = watching(tmp_path / "later")
    for failures in (1, 2):
        assert feed.take("", 0.0) is None
        standing = feed.standing()
        assert (standing.connected, standing.failures) == (False, failures)
        assert "later cannot be read: No such file" in standing.last_error
    assert caplog.text.count("cannot be read") == 1
    (tmp_path / "later").mkdir()
    put(tmp_path / "later", "a.json", b"x")
    assert feed.take("", 0.0) is not None
    good = feed.standing()
    assert (good.connected, good.last_error) == (True, "")
    assert "can be read again" in caplog.text
    (tmp_path / "later").rename(tmp_path / "gone")
    (tmp_path / "later").write_text("no folder")
    assert feed.take("", 0.0) is None
    assert "Not a directory" in feed.standing().last_error
    assert feed.standing().last_success_s == good.last_success_s
