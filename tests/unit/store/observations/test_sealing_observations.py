"""Observations from before a city had restricted data: sealed as they are, whatever is killed when."""

from __future__ import annotations

import shutil
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest
from filelock import FileLock

from citytwin.errors import BusyError, SealError, StoreError
from citytwin.security.key_ring import open_ring
from citytwin.store import sealing_observations as module
from citytwin.store.corrections import (
    Correction,
    correction_files,
    correction_in,
    keep_correction,
)
from citytwin.store.observations import folder_of
from citytwin.store.sealing_observations import lies_in_clear, seal_observations
from tests.unit.store.observations import test_sealed_observations as so

out = so.out
CORRECTED = Correction(
    building="bldg_1", attribute="usage", value=so.MARK, by="Tanaka", why="",
    made=datetime(2026, 7, 1, tzinfo=UTC),
)  # fmt: skip


@pytest.fixture
def clear(out: Path) -> Path:
    """All that a twin has kept in clear."""
    folder = folder_of(out / "town")
    so.observe(folder, lambda _folder: None)
    keep_correction(folder, CORRECTED)
    (folder / "running").mkdir()
    (folder / "running" / "health.json").write_text(so.MARK)
    return folder


def sealed_from(clear: Path) -> Path:
    """Seal what lies there, and return where."""
    sealed = folder_of(clear.parents[1] / ".sealed/town")
    seal_observations(clear, sealed, "town-2026", open_ring())
    return sealed


def test_all_of_it_is_sealed_and_nothing_lies_in_clear(out: Path, clear: Path) -> None:
    """Observations, things, letters, cursors, payloads, alerts, messages, decisions."""
    before = so.seen(clear)
    assert lies_in_clear(clear)
    sealed = sealed_from(clear)
    assert so.seen(sealed) == before
    assert [correction_in(file) for file in correction_files(sealed)] == [CORRECTED]
    so.assert_nothing_in_clear(out)
    assert not clear.exists()
    assert not lies_in_clear(clear)
    assert not [path.name for path in sealed.iterdir() if "clear" in path.name]
    assert stat.S_IMODE(sealed.stat().st_mode) == 0o700


def test_what_lies_behind_a_link_is_not_lost(clear: Path) -> None:
    """It would stay in clear on its disk, and be missing from what is sealed."""
    before = so.seen(clear)
    segments = next(
        path for path in clear.iterdir() if path.is_dir() and list(path.rglob("*.parquet"))
    )
    segments.rename(clear.parents[1] / "disk")
    segments.symlink_to(clear.parents[1] / "disk", target_is_directory=True)
    with pytest.raises(StoreError, match="is a link"):
        sealed_from(clear)
    assert so.seen(clear) == before


@pytest.mark.parametrize("moment", ["write_bytes", "move_folder", "_remove"])
def test_a_kill_at_any_moment(
    out: Path, clear: Path, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    """All stands in clear, or all sealed; the same command again ends well."""
    before = so.seen(clear)

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(module, moment, killed)
        with pytest.raises(KeyboardInterrupt):
            sealed_from(clear)
    assert so.seen(clear) == before
    assert so.seen(sealed_from(clear)) == before
    so.assert_nothing_in_clear(out)
    assert not list((out / ".observations").rglob("*.sealing"))


def test_a_kill_while_it_goes_from_the_disk(
    out: Path, clear: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is left in clear keeps a twin from beginning, and goes with the next try."""
    before, whole = so.seen(clear), Path.unlink

    def unlink(path: Path, missing_ok: bool = False) -> None:
        if path.suffix == ".zst" and path.is_relative_to(clear):
            raise KeyboardInterrupt
        whole(path, missing_ok)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", unlink)
        with pytest.raises(KeyboardInterrupt):
            sealed_from(clear)
    assert lies_in_clear(clear)
    sealed = sealed_from(clear)
    assert so.seen(sealed) == before
    so.assert_nothing_in_clear(out)


def test_what_was_not_sealed_is_not_removed(
    clear: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Beside sealed observations of their own, and where others came after a kill."""
    shutil.copytree(clear, tmp_path / "others")
    sealed = sealed_from(clear)
    shutil.copytree(tmp_path / "others", clear)
    with pytest.raises(SealError, match="and others sealed in"):
        sealed_from(clear)
    shutil.rmtree(sealed)
    with monkeypatch.context() as patch:
        patch.setattr(
            module, "sync_folder", lambda _folder: (_ for _ in ()).throw(KeyboardInterrupt)
        )
        with pytest.raises(KeyboardInterrupt):
            sealed_from(clear)
    (clear / "late.parquet").write_bytes(b"others")
    with pytest.raises(SealError, match="move one of the two folders away"):
        sealed_from(clear)
    assert (clear / "late.parquet").exists()


def test_not_while_a_twin_writes(clear: Path) -> None:
    """It would go on in clear."""
    with FileLock(clear / "lock"), pytest.raises(BusyError, match="another process writes"):
        sealed_from(clear)
