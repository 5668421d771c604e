"""The manifest survives a kill and tells stale hashes from good ones."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from citytwin.errors import StoreError
from citytwin.security.key_files import write_new_key
from citytwin.security.key_ring import open_ring
from citytwin.security.sealed_folders import forget_keys
from citytwin.store.manifest import FinishedRun, Manifest, Standing
from citytwin.store.sealed_keys import ensure_sealed


def test_records_are_written_read_and_forgotten(tmp_path: Path) -> None:
    """A second opening reads what the first wrote."""
    first = Manifest(tmp_path / "m.sqlite")
    first.record("simulate:sun", "r0", Standing("f1", "{}", 1.5))
    first.record("simulate:sun", "r1", Standing("f2", "{}", 2.5))
    first.close()
    second = Manifest(tmp_path / "m.sqlite")
    assert second.standing("simulate:sun", "r0") == Standing("f1", "{}", 1.5)
    assert second.seconds_of("simulate:sun") == 4.0
    second.forget("simulate:sun", ["r0"])
    assert second.standing("simulate:sun", "r0") is None
    second.close()


def test_only_the_last_finished_request_stands(tmp_path: Path) -> None:
    """Finishing another request forgets the first; beginning one forgets all."""
    manifest = Manifest(tmp_path / "m.sqlite")
    manifest.finish("a", FinishedRun("r1", "{}"))
    manifest.finish("b", FinishedRun("r2", "{}"))
    assert manifest.finished("a") is None
    assert manifest.finished("b") == FinishedRun("r2", "{}")
    manifest.finish("b", FinishedRun("r3", "{}", 1.5, 2.5))
    assert manifest.finished("b") == FinishedRun("r3", "{}", 1.5, 2.5)
    manifest.unfinish()
    assert manifest.finished("b") is None
    manifest.close()


def test_a_hash_holds_only_while_size_and_time_do(tmp_path: Path) -> None:
    """A touched file is hashed again, and every file when asked to."""
    file = tmp_path / "data"
    file.write_bytes(b"abc")
    manifest = Manifest(tmp_path / "m.sqlite")
    assert manifest.hashes_of([file], lambda _: "digest") == {file: "digest"}
    assert manifest.hashes_of([file], lambda _: "other") == {file: "digest"}
    assert manifest.hashes_of([file], lambda _: "other", verify=True) == {file: "other"}
    os.utime(file, ns=(1, 1))
    assert manifest.hashes_of([file], lambda _: "third") == {file: "third"}
    manifest.close()


def test_hashes_of_a_sealed_store_are_sealed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever has a guess at a source cannot confirm it; digests of a store from before go."""
    monkeypatch.setenv("CITYTWIN_KEYS", str(tmp_path / "keys"))
    forget_keys()
    write_new_key(tmp_path / "keys", "town")
    root = tmp_path / ".sealed/town"
    ensure_sealed(root, "town", open_ring())
    file = tmp_path / "data"
    file.write_bytes(b"abc")
    manifest = Manifest(root / "m.sqlite")
    assert manifest.hashes_of([file], lambda _: "digest") == {file: "digest"}
    assert b"digest" not in (root / "m.sqlite").read_bytes()
    assert manifest.hashes_of([file], lambda _: "other") == {file: "digest"}
    with closing(sqlite3.connect(root / "m.sqlite", isolation_level=None)) as before:
        before.execute("UPDATE file_hashes SET sha256='in clear'")
        before.execute("INSERT INTO file_hashes VALUES ('/gone', 3, 1, 'in clear')")
    assert manifest.hashes_of([file], lambda _: "other") == {file: "other"}
    manifest.close()
    assert b"in clear" not in (root / "m.sqlite").read_bytes()


def test_a_file_written_to_while_it_is_hashed_is_hashed_again(tmp_path: Path) -> None:
    """The digest is kept with the stamp from before, which no longer holds."""
    file = tmp_path / "data"
    file.write_bytes(b"abc")
    os.utime(file, ns=(1, 1))

    def hashed(path: Path) -> str:
        path.write_bytes(b"abd")
        return "digest of what was there before"

    manifest = Manifest(tmp_path / "m.sqlite")
    manifest.hashes_of([file], hashed)
    assert manifest.hashes_of([file], lambda _: "now") == {file: "now"}
    manifest.close()


def test_records_of_another_tiling_go(tmp_path: Path) -> None:
    """What a step no longer consists of counts in no estimate."""
    manifest = Manifest(tmp_path / "m.sqlite")
    for part, seconds in (("r0-16", 1.0), ("r16-32", 2.0), ("r0-32", 40.0)):
        manifest.record("simulate:sun", part, Standing("f", "{}", seconds))
    manifest.record("simulate:wind", "r0-32", Standing("f", "{}", 7.0))
    manifest.keep_only("simulate:sun", {"r0-16", "r16-32"})
    assert manifest.seconds_of("simulate:sun") == 3.0
    assert manifest.seconds_of("simulate:wind") == 7.0
    manifest.close()


def test_looking_changes_nothing(tmp_path: Path) -> None:
    """Neither a manifest that is there, nor one that is not; hashes are not kept."""
    path = tmp_path / "work" / "m.sqlite"
    none = Manifest.reading(path)
    assert none.standing("simulate:sun", "r0") is None
    none.close()
    assert not path.parent.exists()
    first = Manifest(path)
    first.record("simulate:sun", "r0", Standing("f1", "{}", 1.5))
    first.close()
    before = path.read_bytes(), path.stat().st_mtime_ns
    manifest = Manifest.reading(path)
    assert manifest.standing("simulate:sun", "r0") == Standing("f1", "{}", 1.5)
    assert manifest.hashes_of([path], lambda _: "digest") == {path: "digest"}
    with pytest.raises(StoreError, match=r"m\.sqlite cannot be written"):
        manifest.forget("simulate:sun", ["r0"])
    manifest.close()
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before
    assert [file.name for file in path.parent.iterdir()] == ["m.sqlite"]


def test_looking_after_a_kill_sees_what_stood(tmp_path: Path) -> None:
    """A journal that a kill left is rolled back on a copy; the files stay for the next run."""
    path = tmp_path / "m.sqlite"
    first = Manifest(path)
    first.record("simulate:sun", "r0", Standing("f1", "{}", 1.5))
    first.close()
    program = (
        "import os, sqlite3, sys\n"
        "c = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
        "c.execute('PRAGMA cache_size=1')\n"
        "c.execute('BEGIN IMMEDIATE')\n"
        "c.execute('DELETE FROM results')\n"
        "c.executemany('INSERT INTO results VALUES (?,?,?,?,?)',"
        " [(str(i), 'p' * 2000, '', '', 0.0) for i in range(200)])\n"
        "os._exit(9)\n"
    )
    subprocess.run([sys.executable, "-c", program, path], check=False)
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    assert set(before) == {"m.sqlite", "m.sqlite-journal"}
    manifest = Manifest.reading(path)
    assert manifest.standing("simulate:sun", "r0") == Standing("f1", "{}", 1.5)
    assert manifest.standing("0", "p" * 2000) is None
    manifest.close()
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == before


def test_a_full_disk_is_told(tmp_path: Path) -> None:
    """An error of the database is one of the store, with the file and what to do."""
    manifest = Manifest(tmp_path / "m.sqlite")
    manifest._connection.execute("PRAGMA max_page_count=8")
    with pytest.raises(StoreError, match=r"m\.sqlite cannot be written.*full.*free space"):
        manifest.record("simulate:sun", "r0", Standing("f" * 100_000, "{}", 1.5))
    assert manifest.standing("simulate:sun", "r0") is None
    manifest.close()


def test_a_damaged_manifest_is_named(tmp_path: Path) -> None:
    """A file that is no database is reported with its path."""
    file = tmp_path / "m.sqlite"
    file.write_bytes(b"this is no database, but long enough to be read as one" * 20)
    with pytest.raises(StoreError, match=r"m\.sqlite"):
        Manifest(file)
