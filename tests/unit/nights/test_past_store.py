"""The working store of past nights: made whole and closed, and not taken from under anyone."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import pytest
from filelock import FileLock

from citytwin.config import LoadedConfig
from citytwin.engine.locking import holding
from citytwin.engine.request import work_dir
from citytwin.nights import backfill
from citytwin.nights.backfill import past_nights, prepare_store, remove_store
from tests.unit.nights.test_past_nights import NOW, city


@pytest.fixture
def night(tmp_path: Path) -> LoadedConfig:
    """A night of a city whose own store has a file."""
    loaded = city(tmp_path, "02:30")
    fields = work_dir(loaded) / "fields"
    fields.mkdir(parents=True)
    (fields / "tile").write_text("ours", encoding="utf-8")
    (found,) = past_nights(loaded, date(2026, 11, 26), date(2026, 11, 26), NOW)
    return found


@pytest.fixture
def _open_umask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


def mode(folder: Path) -> int:
    """Permissions of a folder."""
    return stat.S_IMODE(folder.stat().st_mode)


@pytest.mark.usefixtures("_open_umask")
def test_nobody_else_enters_the_copy_of_a_private_store(
    night: LoadedConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not while it is copied either, and not where the city's was made before it had to be closed."""
    private = night.config.model_copy(update={"publication": "served"})
    night = night.model_copy(update={"config": private})
    own = work_dir(night)
    work_dir(night.model_copy(update={"past": None})).chmod(0o755)
    seen = []

    def looking(folder: str, names: list[str]) -> set[str]:
        aside = own.with_name(f"{own.name}.new")
        if aside.exists():
            seen.append(mode(aside))
        return not_copied(folder, names)

    not_copied = backfill._NOT_COPIED
    monkeypatch.setattr(backfill, "_NOT_COPIED", looking)
    prepare_store(night)
    assert set(seen) == {0o700}
    assert mode(own) == 0o700
    assert (own / "fields" / "tile").read_text("utf-8") == "ours"


def test_a_store_that_another_range_made_meanwhile_is_kept(
    night: LoadedConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the look at it and the hold on the city."""
    own = work_dir(night)

    @contextmanager
    def after_another(here: LoadedConfig) -> Iterator[None]:
        own.mkdir()
        (own / "tile").write_text("theirs", encoding="utf-8")
        with holding(here):
            yield

    monkeypatch.setattr(backfill, "holding", after_another)
    prepare_store(night)
    assert [path.name for path in own.iterdir()] == ["tile"]


def test_a_store_in_use_stays(night: LoadedConfig) -> None:
    """It goes once nobody holds it, with what a kill left of one that went before."""
    prepare_store(night)
    own = work_dir(night)
    with FileLock(own / "lock"):
        remove_store([night])
        assert (own / "fields" / "tile").is_file()
    own.with_name(f"{own.name}.old").mkdir()
    remove_store([night, night])
    assert [path.name for path in own.parent.iterdir()] == ["c"]
