"""The manifest survives a kill and tells stale hashes from good ones."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from citytwin.errors import StoreError
from citytwin.store.manifest import FinishedRun, Manifest, Standing


def test_records_are_written_read_and_forgotten(tmp_path: Path) -> None:
    """A second opening reads what the first wrote."""
    first = Manifest(tmp_path / "m.sqlite")
    first.record("simulate:sun", "r0", Standing("f1", "{}", 1.5))
    first.record("simulate:sun", "r1", Standing("f2", "{}", 2.5))
    first.close()
    second = Manifest(tmp_path / "m.sqlite")
    assert second.standing("simulate:sun", "r0") == Standing("f1", "{}", 1.5)
    assert second.seconds_of("simulate:sun") == 4.0
    second.forget("simulate:sun", "r0")
    assert second.standing("simulate:sun", "r0") is None
    second.close()


def test_only_the_last_finished_request_stands(tmp_path: Path) -> None:
    """Finishing another request forgets the first; beginning one forgets all."""
    manifest = Manifest(tmp_path / "m.sqlite")
    manifest.finish("a", FinishedRun("r1", "{}"))
    manifest.finish("b", FinishedRun("r2", "{}"))
    assert manifest.finished("a") is None
    assert manifest.finished("b") == FinishedRun("r2", "{}")
    manifest.unfinish()
    assert manifest.finished("b") is None
    manifest.close()


def test_a_hash_holds_only_while_size_and_time_do(tmp_path: Path) -> None:
    """A touched file is hashed again."""
    file = tmp_path / "data"
    file.write_bytes(b"abc")
    manifest = Manifest(tmp_path / "m.sqlite")
    assert manifest.hash_anew(file, lambda _: "digest") == "digest"
    assert manifest.hash_of(file) == "digest"
    os.utime(file, ns=(1, 1))
    assert manifest.hash_of(file) is None
    manifest.close()


def test_a_file_written_to_while_it_is_hashed_is_hashed_again(tmp_path: Path) -> None:
    """The digest is kept with the stamp from before, which no longer holds."""
    file = tmp_path / "data"
    file.write_bytes(b"abc")
    os.utime(file, ns=(1, 1))

    def hashed(path: Path) -> str:
        path.write_bytes(b"abd")
        return "digest of what was there before"

    manifest = Manifest(tmp_path / "m.sqlite")
    manifest.hash_anew(file, hashed)
    assert manifest.hash_of(file) is None
    manifest.close()


def test_a_damaged_manifest_is_named(tmp_path: Path) -> None:
    """A file that is no database is reported with its path."""
    file = tmp_path / "m.sqlite"
    file.write_bytes(b"this is no database, but long enough to be read as one" * 20)
    with pytest.raises(StoreError, match=r"m\.sqlite"):
        Manifest(file)
