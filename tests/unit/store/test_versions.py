"""Databases of other versions: newer ones are left alone, older ones migrated whole or not at all."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from citytwin.errors import StoreError
from citytwin.store.alert_marks import AlertMarks
from citytwin.store.latest import published_city
from citytwin.store.manifest import Manifest
from citytwin.store.observations import ObservationReader, ObservationStore
from citytwin.store.observations import manifest as observations
from citytwin.store.outbox import Outbox
from citytwin.store.raw_archive import RawArchive
from citytwin.store.versions import Form, Step, settle_form, version_of
from tests.unit.store.observations.rows import Clock, at, levels

OLD = Form("CREATE TABLE IF NOT EXISTS gauges (name TEXT PRIMARY KEY);")
NEW = "CREATE TABLE IF NOT EXISTS gauges (name TEXT PRIMARY KEY, unit TEXT NOT NULL DEFAULT 'm');"


def _adds_unit(connection: sqlite3.Connection) -> None:
    connection.execute("ALTER TABLE gauges ADD COLUMN unit TEXT NOT NULL DEFAULT 'm'")


def _fails(connection: sqlite3.Connection) -> None:
    connection.execute("DELETE FROM gauges")
    connection.execute("INSERT INTO nowhere VALUES (1)")


def settled(path: Path, form: Form) -> tuple[int, list[tuple[str, ...]]]:
    """Open a database so; its version and its rows."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        settle_form(connection, path, form)
        return version_of(connection), connection.execute("SELECT * FROM gauges").fetchall()


@pytest.fixture(params=[0, 1], ids=["without a mark", "marked"])
def old(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """A database of the first version with one row, as it was before versions were marked or since."""
    path = tmp_path / "gauges.sqlite"
    settled(path, OLD)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("INSERT INTO gauges VALUES ('Bridge')")
        connection.execute(f"PRAGMA user_version = {request.param}")
    return path


def test_steps_are_taken_once_and_in_order(old: Path) -> None:
    """From the first version to the third, keeping the rows."""

    def renames(connection: sqlite3.Connection) -> None:
        connection.execute("UPDATE gauges SET unit = unit || '3/s'")

    form = Form(NEW, 3, {1: _adds_unit, 2: renames})
    for _ in range(2):
        assert settled(old, form) == (3, [("Bridge", "m3/s")])


@pytest.mark.parametrize("steps", [{1: _adds_unit, 2: _fails}, {1: _adds_unit}])
def test_a_migration_that_fails_leaves_all_as_it_was(old: Path, steps: dict[int, Step]) -> None:
    """Whether a step fails or is missing."""
    with pytest.raises((sqlite3.Error, StoreError)):
        settled(old, Form(NEW, 3, steps))
    assert settled(old, OLD) == (1, [("Bridge",)])


def test_a_new_database_needs_no_step(tmp_path: Path) -> None:
    """It begins with the version of the program."""
    assert settled(tmp_path / "new.sqlite", Form(NEW, 3)) == (3, [])


def _opened_outbox(folder: Path) -> None:
    Outbox(folder / "db.sqlite").close()


def _opened_marks(folder: Path) -> None:
    AlertMarks(folder / "db.sqlite").decisions()


def _opened_raw(folder: Path) -> None:
    RawArchive(folder).close()


def _opened_manifest(folder: Path) -> None:
    Manifest(folder / "db.sqlite").close()


@pytest.mark.parametrize("opened", [_opened_outbox, _opened_marks, _opened_raw, _opened_manifest])
def test_each_database_carries_its_version(tmp_path: Path, opened: Callable[[Path], None]) -> None:
    """A later one is refused, and nothing in it is changed."""
    opened(tmp_path)
    (path,) = tmp_path.glob("*.sqlite")
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (1,)
        connection.execute("PRAGMA user_version = 9")
    before = path.read_bytes()
    with pytest.raises(StoreError, match=r"of version 9, and .* none above 1 .*newer citytwin"):
        opened(tmp_path)
    assert path.read_bytes() == before
    if opened is _opened_manifest:
        with pytest.raises(StoreError, match="of version 9"):
            Manifest.reading(path)


def test_observations_of_a_later_version_are_not_touched(tmp_path: Path) -> None:
    """Neither by the writer nor by readers."""
    ObservationStore.open(tmp_path).close()
    path = tmp_path / "manifest.sqlite"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE format SET version = 2")
        connection.execute("DROP TABLE dirty")
    for opened in (ObservationStore.open, ObservationReader):
        with pytest.raises(StoreError, match=r"version 2, and .* none above 1"):
            opened(tmp_path)
    with closing(sqlite3.connect(path)) as connection:
        found = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'dirty'").fetchone()
    assert found is None


def test_observations_are_migrated_by_their_writer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was observed is the same afterwards; readers say who has to come first."""
    with ObservationStore.open(tmp_path, clock=Clock(1)) as store:
        store.append(levels([("a", 0, 1.0)]))
        store.commit()
    with ObservationReader(tmp_path) as reader:
        before = reader.state(at(5)).frame

    def adds(connection: sqlite3.Connection) -> None:
        connection.execute("ALTER TABLE totals ADD COLUMN more INTEGER NOT NULL DEFAULT 0")

    form = Form(observations.FORM.schema, 2, {1: adds})
    monkeypatch.setattr(observations, "FORM", form)
    with pytest.raises(StoreError, match=r"version 1, and must be brought to 2"):
        ObservationReader(tmp_path)
    for _ in range(2):
        ObservationStore.open(tmp_path).close()
    with ObservationReader(tmp_path) as reader:
        assert reader.state(at(5)).frame.equals(before)


def test_a_later_publication_is_told_from_a_damaged_one(tmp_path: Path) -> None:
    """Whatever else it says."""
    (tmp_path / "latest.json").write_text('{"schema": "citytwin-latest/2", "more": 1}')
    with pytest.raises(StoreError, match=r"of version 2.*newer citytwin"):
        published_city(tmp_path)
