"""The audit chain: edits, drops and cuts are found; nothing secret stands in it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from citytwin.cli.audit import command
from citytwin.errors import ConfigError, StoreError
from citytwin.security.audit import AuditChain, read_key, read_secret, verify
from citytwin.security.decision import Decision, Resource, Subject

KEY = bytes(range(32))
ANN = Subject("ann@city.example", frozenset({"planner"}), datetime(2027, 1, 1, tzinfo=UTC))
ROADS = Resource("layer", "roads", "internal")
YES = Decision(allowed=True, rule="planners")


def write(folder: Path, count: int = 5) -> Path:
    """Write a chain of so many entries, and return its file."""
    chain = AuditChain(folder / "log", folder / "anchors", KEY)
    for number in range(count):
        chain.record(ANN, "read", ROADS, YES, f"r{number}")
    chain.close()
    return folder / "log" / f"{chain.name}.jsonl"


def found(folder: Path) -> list[tuple[int, str]]:
    """Number and wording of what a verification finds."""
    return [(f.entry, f.what) for f in verify(folder / "log", folder / "anchors", KEY).findings]


def test_an_intact_chain(tmp_path: Path) -> None:
    """All entries are counted, and say who, what, and by which rule, but no name of a person."""
    file = write(tmp_path)
    result = verify(tmp_path / "log", tmp_path / "anchors", KEY)
    assert (result.chains, result.entries, result.findings) == (1, 5, ())
    entry = json.loads(file.read_bytes().split(b"\n")[1])
    assert (entry["id"], entry["allowed"], entry["rule"]) == ("roads", True, "planners")
    assert b"city.example" not in file.read_bytes()
    assert file.stat().st_mode & 0o077 == 0


def edited(lines: list[bytes]) -> list[bytes]:
    """Turn a yes into a no."""
    return [lines[0], lines[1].replace(b'"allowed":true', b'"allowed":false'), *lines[2:]]


def renumbered(lines: list[bytes]) -> list[bytes]:
    """Drop an entry and close the gap of the numbers."""
    rest = [
        line.replace(b'"n":%d' % (k + 2), b'"n":%d' % (k + 1)) for k, line in enumerate(lines[2:])
    ]
    return [lines[0], *rest]


@pytest.mark.parametrize(
    ("change", "entry", "said"),
    [
        (edited, 1, "edited"),
        (lambda lines: [*lines[:2], *lines[3:]], 2, "dropped"),
        (renumbered, 1, "dropped"),
        (lambda lines: [lines[1], lines[0], *lines[2:]], 0, "edited"),
        (lambda lines: lines[:3], 3, "an anchor counts 5"),
        (lambda lines: [], 0, "an anchor counts 5"),
        (lambda lines: [*lines, lines[-1]], 5, "edited"),
        (lambda lines: [*lines[:4], b"garbage"], 4, "edited"),
        (lambda lines: [*lines[:4], b'{"mac":"zz"}'], 4, "edited"),
    ],
)
def test_whatever_is_done_to_it_is_found(
    tmp_path: Path, change: Callable[[list[bytes]], list[bytes]], entry: int, said: str
) -> None:
    """With the number of the first entry that is wrong."""
    file = write(tmp_path)
    lines = change(file.read_bytes().splitlines())
    file.write_bytes(b"".join(line + b"\n" for line in lines))
    ((number, what),) = found(tmp_path)
    assert number == entry
    assert said in what


def test_whole_chains_and_anchors(tmp_path: Path) -> None:
    """A chain that is gone, one that took the name of another, and anchors that were changed."""
    one, two = write(tmp_path), write(tmp_path)
    one.write_bytes(two.read_bytes())
    assert [number for number, _ in found(tmp_path)] == [0]
    one.unlink()
    assert found(tmp_path) == [(-1, "the whole chain is gone")]
    anchor = tmp_path / "anchors" / f"{two.stem}.anchors"
    anchor.write_bytes(anchor.read_bytes().replace(b'"n":5', b'"n":4'))
    assert (-1, "an anchor was edited") in found(tmp_path)
    anchor.write_bytes(b"")
    assert (-1, "its anchors are empty") in found(tmp_path)
    anchor.unlink()
    assert (-1, "its anchors are gone") in found(tmp_path)


def test_threads_and_processes_write_side_by_side(tmp_path: Path) -> None:
    """Each process has a chain of its own; threads of one share it, and no entry is lost."""
    code = (
        "import sys; from pathlib import Path; "
        "from tests.unit.security.test_audit import write; write(Path(sys.argv[1]), 300)"
    )
    command_line = [sys.executable, "-c", code, str(tmp_path)]
    others = [subprocess.Popen(command_line) for _ in range(2)]
    chain = AuditChain(tmp_path / "log", tmp_path / "anchors", KEY)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda k: chain.record(ANN, "read", ROADS, YES, str(k)), range(400)))
    chain.close()
    assert [other.wait(60) for other in others] == [0, 0]
    result = verify(tmp_path / "log", tmp_path / "anchors", KEY)
    assert (result.chains, result.entries, result.findings) == (3, 1000, ())


def test_a_kill_leaves_a_torn_entry_that_is_told_and_no_accusation(tmp_path: Path) -> None:
    """An incomplete line behind the last anchor."""
    file = write(tmp_path)
    with file.open("ab") as stream:
        stream.write(b'{"n":5,"at":')
    result = verify(tmp_path / "log", tmp_path / "anchors", KEY)
    assert (result.findings, result.torn) == ((), (file.stem,))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (Path.unlink, "was moved or removed"),
        (lambda file: file.rename(file.with_suffix(".1")), "was moved or removed"),
        (lambda file: (file.unlink(), file.write_bytes(b"")), "was moved or removed"),
        (lambda file: file.write_bytes(b""), "has 0 bytes, and"),
        (lambda file: file.write_bytes(file.read_bytes() + b"{}\n"), r"has \d+ bytes, and"),
    ],
)
@pytest.mark.parametrize("place", ["log", "anchors"])
def test_what_is_written_where_nobody_finds_it_is_refused(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    change: Callable[[Path], object],
    said: str,
    place: str,
) -> None:
    """As by a program that rotates logs: file and path must be one, and as they were left."""
    monkeypatch.setattr("citytwin.security.audit._ANCHOR_ENTRIES", 1)
    chain = AuditChain(tmp_path / "log", tmp_path / "anchors", KEY)
    chain.record(ANN, "read", ROADS, YES)
    (file,) = (tmp_path / place).iterdir()
    change(file)
    for _ in range(2):
        with pytest.raises(StoreError, match=f"audit {file} {said}"):
            chain.record(ANN, "read", ROADS, YES)
    with pytest.raises(StoreError, match=said):
        chain.policy_changed("ab", taken=True)


def test_a_file_that_comes_back_is_written_on(tmp_path: Path) -> None:
    """A disk that was away for a moment, such as of another machine."""
    chain = AuditChain(tmp_path / "log", tmp_path / "anchors", KEY)
    chain.record(ANN, "read", ROADS, YES)
    (tmp_path / "log").rename(tmp_path / "away")
    with pytest.raises(StoreError, match="was moved or removed"):
        chain.record(ANN, "read", ROADS, YES)
    (tmp_path / "away").rename(tmp_path / "log")
    chain.record(ANN, "read", ROADS, YES)
    chain.close()
    result = verify(tmp_path / "log", tmp_path / "anchors", KEY)
    assert (result.entries, result.findings, result.torn) == (2, (), ())


def test_a_full_disk_leaves_no_accusation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it took of an entry goes again; later entries follow on the last whole one."""
    chain = AuditChain(tmp_path / "log", tmp_path / "anchors", KEY)
    chain.record(ANN, "read", ROADS, YES)
    whole = os.write
    with monkeypatch.context() as patched:
        patched.setattr(os, "write", lambda file, line: whole(file, line[:20]))
        with pytest.raises(StoreError, match="a part of an entry"):
            chain.record(ANN, "read", ROADS, YES)
    chain.record(ANN, "read", ROADS, YES)
    chain.close()
    result = verify(tmp_path / "log", tmp_path / "anchors", KEY)
    assert (result.entries, result.findings, result.torn) == (2, (), ())


def test_a_full_disk_of_anchors_leaves_no_accusation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it took of an anchor goes again, too; the entry before it stays, and later anchors hold."""
    chain = AuditChain(tmp_path / "log", tmp_path / "anchors", KEY)
    whole = os.write

    def full_for_anchors(file: int, line: bytes) -> int:
        return whole(file, line[:20] if b'"proof"' in line else line)

    monkeypatch.setattr("citytwin.security.audit._ANCHOR_ENTRIES", 1)
    with monkeypatch.context() as patched:
        patched.setattr(os, "write", full_for_anchors)
        with pytest.raises(StoreError, match="a part of an entry"):
            chain.record(ANN, "read", ROADS, YES)
    chain.record(ANN, "read", ROADS, YES)
    chain.close()
    result = verify(tmp_path / "log", tmp_path / "anchors", KEY)
    assert (result.entries, result.findings, result.torn) == (2, (), ())


def test_a_chain_that_grows_while_it_is_checked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An anchor that comes after the chain was read accuses nobody."""
    chain = AuditChain(tmp_path / "log", tmp_path / "anchors", KEY)
    chain.record(ANN, "read", ROADS, YES)
    read = Path.read_bytes

    def read_while_written(path: Path) -> bytes:
        content = read(path)
        for _ in range(300):
            chain.record(ANN, "read", ROADS, YES)
        return content

    with monkeypatch.context() as patched:
        patched.setattr(Path, "read_bytes", read_while_written)
        assert found(tmp_path) == []
    chain.close()
    assert found(tmp_path) == []


def test_a_chain_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    """So that the server does not do what it could not tell."""
    (tmp_path / "log").write_text("")
    with pytest.raises(StoreError, match="audit"):
        AuditChain(tmp_path / "log", tmp_path / "anchors", KEY)


def test_a_secret_that_systemd_gives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its access list shows as a right of the group; elsewhere that is one too many."""
    (tmp_path / "client").write_bytes(b"s")
    (tmp_path / "client").chmod(0o440)
    with pytest.raises(ConfigError, match="may be read by others"):
        read_secret(tmp_path / "client", "")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert read_secret(tmp_path / "client", "") == b"s"
    (tmp_path / "client").chmod(0o444)
    with pytest.raises(ConfigError, match="may be read by others"):
        read_secret(tmp_path / "client", "")


def test_keys_are_long_and_private(tmp_path: Path) -> None:
    """Short ones, missing ones, and those that others may read are refused."""
    file = tmp_path / "key"
    with pytest.raises(ConfigError, match=r"cannot be read.*urandom"):
        read_key(file)
    file.write_bytes(b"short")
    file.chmod(0o600)
    with pytest.raises(ConfigError, match="5 bytes, fewer than 32"):
        read_key(file)
    file.write_bytes(KEY)
    assert read_key(file) == KEY
    file.chmod(0o644)
    with pytest.raises(ConfigError, match="read by others"):
        read_key(file)


def test_the_command(tmp_path: Path) -> None:
    """Says how many entries are intact, or names what is not."""
    file = write(tmp_path)
    key = tmp_path / "key"
    key.write_bytes(KEY)
    key.chmod(0o600)
    words = ["verify", str(tmp_path / "log"), "--anchors", str(tmp_path / "anchors")]
    words += ["--key-file", str(key)]
    done = CliRunner().invoke(command, words)
    assert (done.exit_code, done.output) == (0, "chains intact: 1, entries: 5\n")
    file.write_bytes(b"".join(file.read_bytes().splitlines(keepends=True)[:2]))
    done = CliRunner().invoke(command, words)
    assert done.exit_code == 1
    assert "entry 2 is missing" in done.output


def test_where_nothing_is_there_nothing_is_intact(tmp_path: Path) -> None:
    """Both folders were emptied, or others are meant."""
    for name in ("log", "anchors"):
        (tmp_path / name).mkdir()
    with pytest.raises(StoreError, match=r"neither .*log nor .*anchors holds a chain or"):
        verify(tmp_path / "log", tmp_path / "anchors", KEY)
