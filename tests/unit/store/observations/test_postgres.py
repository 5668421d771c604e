"""PostgreSQL, a real server: the same receipts and the same answers as the store on disk."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pandas as pd
import pytest

from citytwin.errors import StoreError
from citytwin.model.tables import Flag
from citytwin.store.observations import (
    DeadLetter,
    GroupCommit,
    ObservationReader,
    ObservationStore,
    Thing,
)
from citytwin.testing.postgres import running_postgres, server_programs
from tests.unit.store.observations.rows import REF, Clock, at, levels

pytest.importorskip("psycopg", reason="psycopg is not installed: pip install citytwin[server]")
if server_programs() is None:
    pytest.skip("PostgreSQL is not installed: apt-get install postgresql", allow_module_level=True)

from citytwin.store.observations.postgres import PostgresStore
from citytwin.store.observations.postgres_reader import PostgresReader


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """A server of our own."""
    with running_postgres() as address:
        yield address


@pytest.fixture
def address(server: str, request: pytest.FixtureRequest) -> str:
    """A schema of its own for each test."""
    import psycopg

    name = request.node.name.replace("[", "_").replace("]", "")[:60]
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'CREATE SCHEMA "{name}"')
    return f"{server} options='-c search_path={name}'"


FEED = [
    (1, [("a", 0, 1.0), ("b", 0, 2.0)], None),
    (2, [("a", 0, 1.0), ("b", 0, 2.5), ("b", 1, 3.0)], None),
    (3, [("a", 2, 9.0)], [Flag.BAD]),
    (4, [("a", 3, 4.0), ("a", 3, 5.0), ("a", 3, 5.0)], None),
    (5, [("b", 0, 2.0), ("a", 3, 4.0), ("a", 3, 5.0)], None),
    (90, [("c", 4, float("nan"))], [Flag.MISSING]),
    (2000, [("a", 1990, 6.0)], None),
]
"""Minute of the commit, rows, flags: repeats, corrections, and corrections of these."""


def test_the_same_as_on_disk(address: str, tmp_path: Path) -> None:
    """Fed alike, with the same clock, they store alike and answer alike."""
    clock, rules = Clock(), GroupCommit(lateness_s=600.0)
    disk = ObservationStore.open(tmp_path / "obs", clock=clock, rules=rules)
    base = PostgresStore.open(address, clock=clock, rules=rules)
    for minute, rows, flags in FEED:
        clock.set(minute)
        receipts = []
        for store in (disk, base):
            store.append(levels(rows, flags=flags))
            store.things([Thing("a", "river", "Bridge", "gauge", 139.0, 35.0)])
            store.dead_letter(DeadLetter("river", "unit", "no such unit", "1", REF))
            receipts.append(store.commit({"river": str(minute)}))
        one, other = receipts
        assert (one.stored, one.repeats, one.revisions, one.late, one.dead_letters) == (
            other.stored, other.repeats, other.revisions, other.late, other.dead_letters,
        )  # fmt: skip
    assert base.cursor("river") == "2000"
    files, tables = ObservationReader(disk.folder), PostgresReader(address)
    for valid in (0, 1, 3, 50, 1995):
        for known in (0, 1, 2, 4, 5, 2000):
            want = files.state(at(valid), at(known)).frame
            got = tables.state(at(valid), at(known)).frame
            pd.testing.assert_frame_equal(got, want, check_exact=True)
    want = files.state(at(5), bbox=(138.0, 34.0, 140.0, 36.0)).frame
    got = tables.state(at(5), bbox=(138.0, 34.0, 140.0, 36.0)).frame
    pd.testing.assert_frame_equal(got, want, check_exact=True)
    assert got["thing"].tolist() == ["a"]
    for store in (tables, base, files, disk):
        store.close()


def test_a_commit_that_fails_changes_nothing(address: str) -> None:
    """What waited still does, and can be committed again."""
    with PostgresStore.open(address) as store:
        store.append(levels([("a", 0, 1.0)]))
        with pytest.raises(StoreError, match="cannot be written"):
            store.commit({"river": "7\x00"})  # a text that PostgreSQL does not take
        assert store.cursor("river") is None
        assert store.commit({"river": "8"}).stored == 1
        assert store.cursor("river") == "8"
    with closing(PostgresReader(address)) as reader:
        assert reader.state(at(5)).frame["result"].tolist() == [1.0]


def test_two_writers_take_turns(address: str) -> None:
    """Each sees what the other has committed."""
    with PostgresStore.open(address) as one, PostgresStore.open(address) as other:
        for store in (one, other):
            store.append(levels([("a", 0, 1.0), ("b", 0, 2.0)]))
        assert one.commit().stored == 2
        assert other.commit().repeats == 2


def test_what_a_database_refuses(tmp_path: Path, address: str) -> None:
    """Told without a traceback; rows that bring their own times go to disk."""
    with pytest.raises(StoreError, match="cannot be opened"):
        PostgresStore.open(f"host={tmp_path} dbname=none connect_timeout=1")
    with PostgresStore.open(address) as store:
        with pytest.raises(StoreError, match="times of knowledge"):
            store.append(levels([("a", 0, 1.0)], known=[3]))
        store.append(levels([("a", 0, 1.0)]))
        rows = levels([("a", 1, 1.0)])
        store.commit()
        with pytest.raises(StoreError, match="come in 'cm', before in 'm'"):
            store.append(type(rows)(**{**rows.__dict__, "unit": ["cm"]}))
