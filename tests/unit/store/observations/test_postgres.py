"""PostgreSQL, a real server: the same receipts and the same answers as the store on disk."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from datetime import datetime
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from citytwin.errors import BusyError, ConfigError, StoreError
from citytwin.model.tables import Flag, QualityTest
from citytwin.store.observations import (
    DeadLetter,
    GroupCommit,
    Kind,
    ObservationLookup,
    ObservationReader,
    ObservationStore,
    Observed,
    Thing,
    open_lookup,
    writing,
)
from citytwin.store.observations.postgres_place import PostgresPlace, namespace_of
from citytwin.testing.postgres import RunningPostgres, running_postgres, server_programs
from tests.unit.store.observations.facts import FACTS, Fact, expected, found, replayed
from tests.unit.store.observations.rows import REF, Clock, at, levels, us

pytest.importorskip("psycopg", reason="psycopg is not installed: pip install citytwin[server]")
if server_programs() is None:
    pytest.skip("PostgreSQL is not installed: apt-get install postgresql", allow_module_level=True)

from citytwin.store.observations.postgres import PostgresStore
from citytwin.store.observations.postgres_reader import PostgresReader

_NUMBERS = count()


@pytest.fixture(scope="module")
def server() -> Iterator[RunningPostgres]:
    """A server of our own."""
    with running_postgres(durable=False) as running:
        yield running


def new_place(server: RunningPostgres) -> PostgresPlace:
    """Where nothing is yet, reached by the socket."""
    return PostgresPlace(
        host=str(server.folder), port=server.port, database=server.database, user=server.user,
        password_env=None, authorities=None, namespace=namespace_of(f"town-{next(_NUMBERS)}"),
    )  # fmt: skip


@pytest.fixture
def place(server: RunningPostgres) -> PostgresPlace:
    """A schema of its own for each test."""
    return new_place(server)


class Both:
    """A store on disk and one in the database, fed alike."""

    def __init__(self, folder: Path, place: PostgresPlace, stack: ExitStack) -> None:
        self.clock, rules = Clock(), GroupCommit(lateness_s=600.0)
        self.writers = (
            stack.enter_context(ObservationStore.open(folder, clock=self.clock, rules=rules)),
            stack.enter_context(PostgresStore.open(place, clock=self.clock, rules=rules)),
        )
        self.place, self.folder = place, folder

    def append(self, rows: Observed, kind: Kind = Kind.OBSERVATION) -> None:
        """Into both."""
        for writer in self.writers:
            writer.append(rows, kind)

    def commit(self, cursor: str = "") -> None:
        """Receipts are the same, too."""
        one, other = (writer.commit({"river": cursor}) for writer in self.writers)
        assert set(one.windows) == set(other.windows)
        assert (one.stored, one.repeats, one.revisions, one.late, one.dead_letters) == (
            other.stored, other.repeats, other.revisions, other.late, other.dead_letters,
        )  # fmt: skip

    def readers(self, stack: ExitStack) -> tuple[ObservationLookup, ObservationLookup]:
        """Of the disk and of the database."""
        return (
            stack.enter_context(ObservationReader(self.folder)),
            stack.enter_context(PostgresReader(self.place)),
        )


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    """Closes what a test has opened."""
    with ExitStack() as opened:
        yield opened


@pytest.fixture
def both(tmp_path: Path, place: PostgresPlace, stack: ExitStack) -> Both:
    """Empty."""
    return Both(tmp_path / "obs", place, stack)


def the_same(
    want: ObservationLookup, got: ObservationLookup, moments: Sequence[tuple[datetime, datetime]]
) -> None:
    """States, histories and all else that can be asked for."""
    for valid, known in moments:
        for ask in ("state", "forecast", "edits"):
            one, other = (getattr(reader, ask)(valid, known).frame for reader in (want, got))
            pd.testing.assert_frame_equal(other, one, check_exact=True)
    last = max(known for _, known in moments)
    for thing, observed in set(
        zip(one_state(want, "thing"), one_state(want, "property"), strict=True)
    ):
        one, other = (
            r.history(thing, observed, at(-3000), at(3000), last).frame for r in (want, got)
        )
        pd.testing.assert_frame_equal(other, one, check_exact=True)
    assert (got.cursors(), got.dirty_windows()) == (want.cursors(), want.dirty_windows())
    assert (got.totals(), got.things()) == (want.totals(), want.things())
    assert got.dead_letters() == want.dead_letters()


def one_state(reader: ObservationLookup, column: str) -> list[str]:
    """A column of all that was ever reported."""
    return reader.state(at(3000), usable=tuple(Flag)).frame[column].tolist()


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


def test_the_same_as_on_disk(both: Both, stack: ExitStack) -> None:
    """Fed alike, with the same clock, they store alike and answer alike."""
    for minute, rows, flags in FEED:
        both.clock.set(minute)
        both.append(levels(rows, flags=flags))
        for writer in both.writers:
            writer.things([Thing("a", "river", "Bridge", "gauge", 139.0, 35.0)])
            writer.dead_letter(DeadLetter("river", "unit", "no such unit", "1", REF))
        both.commit(str(minute))
    files, tables = both.readers(stack)
    moments = [(at(valid), at(known)) for valid in (0, 3, 50, 1995) for known in (0, 1, 3, 4, 2000)]
    the_same(files, tables, moments)
    want = files.state(at(5), bbox=(138.0, 34.0, 140.0, 36.0)).frame
    got = tables.state(at(5), bbox=(138.0, 34.0, 140.0, 36.0)).frame
    pd.testing.assert_frame_equal(got, want, check_exact=True)
    assert got["thing"].tolist() == ["a"]
    windows = both.writers[1].dirty_windows()
    assert windows
    for writer in both.writers:
        writer.clean(windows[:1])
    assert tables.dirty_windows() == files.dirty_windows() == windows[1:]


@settings(max_examples=4, deadline=None)
@given(facts=FACTS, seed=st.integers(0, 1 << 30), size=st.integers(2, 6))
def test_a_replay_in_any_order(
    server: RunningPostgres, facts: list[Fact], seed: int, size: int
) -> None:
    """Versions that bring their own time of knowledge, shuffled and in other batches."""
    shuffled = list(facts)
    random.Random(seed).shuffle(shuffled)
    with TemporaryDirectory() as folder, ExitStack() as stack:
        one, other = (Both(Path(folder) / str(n), new_place(server), stack) for n in range(2))
        one.append(replayed(facts))
        one.commit()
        for begin in range(0, len(shuffled), size):
            other.append(replayed(shuffled[begin : begin + size]))
            other.commit()
        tables = [each.readers(stack)[1] for each in (one, other)]
        for minute in (0, 1, 1500):
            for known in (-1, 1, 3, 6):
                want = expected(facts, minute, known)
                assert [found(reader, minute, known) for reader in tables] == [want, want]
        files = other.readers(stack)[0]
        moments = [(at(minute), at(2000 + known)) for minute in (1500,) for known in (1, 6)]
        the_same(files, tables[1], moments)


def test_forecasts_and_edits(both: Both, stack: ExitStack) -> None:
    """Apart from what was observed: the latest issue that covers a time, the last edit of each."""
    both.clock.set(60)
    hours = [us(at(60 * hour)) for hour in range(6)]
    for issued, shift in ((0, 0.0), (30, 1.0)):
        rows = levels([("a", 0, shift + hour) for hour in range(5)])
        both.append(
            Observed(**{**rows.__dict__, "start_us": hours[:5], "end_us": hours[1:],
                        "issued_us": [us(at(issued))] * 5}),
            Kind.FORECAST,
        )  # fmt: skip
    for minute, use in ((5, "school"), (9, "shelter")):
        rows = levels([("house", minute, float("nan"))])
        both.append(Observed(**{**rows.__dict__, "text": [use], "raw_unit": ["said"]}), Kind.EDIT)
    both.commit()
    files, tables = both.readers(stack)
    the_same(files, tables, [(at(m), at(k)) for m in (7, 90, 290) for k in (20, 60)])
    assert tables.edits(at(10)).frame["text"].tolist() == ["shelter"]
    assert tables.forecast(at(90)).frame["result"].tolist() == [2.0]
    history = [
        r.history("a", "water_level", at(0), at(400), kind=Kind.FORECAST).frame
        for r in (files, tables)
    ]
    pd.testing.assert_frame_equal(history[1], history[0], check_exact=True)


def test_long_corrections_and_sensors_that_stand(both: Both, stack: ExitStack) -> None:
    """More than the first look fetches: versions of one value, bad values, hours without a move."""
    things = [Thing(name, "river", None, "gauge", 139.0, 35.0, cadence_s=600.0) for name in "abcd"]
    minutes = range(0, 420, 10)
    both.clock.set(421)
    told = [(thing, m, 9.0 + m * (thing == "b")) for m in minutes for thing in "abc"]
    warm = levels(told)
    changed = {"observed": ["air_temperature"] * len(told), "unit": ["Cel"] * len(told)}
    both.append(Observed(**{**warm.__dict__, **changed}))
    flags = [Flag.BAD if m > 100 else Flag.GOOD for m in minutes]
    both.append(levels([("d", m, float(m)) for m in minutes], flags=flags))
    both.append(levels([("c", 410, float(version % 4)) for version in range(15)]))
    for writer in both.writers:
        writer.things(things)
    both.commit()
    files, tables = both.readers(stack)
    the_same(files, tables, [(at(m), at(k)) for m in (9, 411, 1600) for k in (420, 500)])
    frame = tables.state(at(411)).frame.set_index(["thing", "property"])
    assert frame.loc[("a", "air_temperature"), "tests"] & QualityTest.FLAT_LINE
    assert not frame.loc[("b", "air_temperature"), "tests"] & QualityTest.FLAT_LINE
    assert frame.loc[("d", "water_level"), "result"] == 100.0


def test_a_commit_that_fails_changes_nothing(place: PostgresPlace) -> None:
    """What waited still does, and can be committed again."""
    with PostgresStore.open(place) as store:
        store.append(levels([("a", 0, 1.0)]))
        with pytest.raises(StoreError, match="cannot be written"):
            store.commit({"river": "7\x00"})  # a text that PostgreSQL does not take
        assert store.cursor("river") is None
        store.dead_letter(DeadLetter("river", "unit", "of \x00 and \ud800", "1", REF))
        receipt = store.commit({"river": "8"})
        assert (receipt.stored, receipt.dead_letters) == (1, 1)
        assert store.cursor("river") == "8"
    with PostgresReader(place) as reader:
        assert reader.state(at(5)).frame["result"].tolist() == [1.0]
        assert reader.dead_letters()[0].letter.message == r"of \0 and \ud800"


def test_two_writers_take_turns(place: PostgresPlace) -> None:
    """Each sees what the other has committed."""
    with PostgresStore.open(place) as one, PostgresStore.open(place) as other:
        for store in (one, other):
            store.append(levels([("a", 0, 1.0), ("b", 0, 2.0)]))
        assert one.commit().stored == 2
        assert other.commit().repeats == 2


def test_over_the_network(server: RunningPostgres, monkeypatch: pytest.MonkeyPatch) -> None:
    """By TLS with a password from the environment; another certificate or password is refused."""
    monkeypatch.setenv("TOWN_DATABASE", server.password)
    far = new_place(server).model_copy(
        update={
            "host": "localhost",
            "password_env": "TOWN_DATABASE",
            "authorities": str(server.authority),
        }
    )
    with PostgresStore.open(far) as store:
        store.append(levels([("a", 0, 1.0)]))
        assert store.commit().stored == 1
    with PostgresReader(far) as reader:
        assert len(reader.state(at(5)).frame) == 1
    assert server.password not in far.model_dump_json()
    stranger = far.model_copy(update={"authorities": None})
    with pytest.raises(StoreError, match="cannot be opened"):
        PostgresReader(stranger)
    monkeypatch.setenv("TOWN_DATABASE", "another")
    with pytest.raises(StoreError, match="authentication failed") as refused:
        PostgresReader(far)
    assert "another" not in str(refused.value)
    monkeypatch.delenv("TOWN_DATABASE")
    with pytest.raises(ConfigError, match="TOWN_DATABASE"):
        PostgresReader(far)


def test_what_a_database_refuses(place: PostgresPlace) -> None:
    """Told without a traceback; a unit that changes is refused before anything is queued."""
    with pytest.raises(StoreError, match="cannot be opened"):
        PostgresStore.open(place.model_copy(update={"host": "/nowhere"}))
    with pytest.raises(StoreError, match="cannot be read"):
        PostgresReader(place)
    with PostgresStore.open(place) as store:
        store.append(levels([("a", 0, 1.0)]))
        store.commit()
        rows = levels([("a", 1, 1.0)])
        with pytest.raises(StoreError, match="come in 'cm', before in 'm'"):
            store.append(Observed(**{**rows.__dict__, "unit": ["cm"]}))
    with PostgresStore.open(place) as store:
        store._database.connection.execute("UPDATE format SET version = 9")
    with pytest.raises(StoreError, match="of version 9"):
        PostgresStore.open(place)


def test_one_place_for_the_observations_of_a_city(place: PostgresPlace, tmp_path: Path) -> None:
    """Readers follow the note; what lies in the other place is not forgotten."""
    folder = tmp_path / "obs"
    with writing(folder, place) as store:
        store.append(levels([("a", 0, 1.0)]))
        store.commit()
        with pytest.raises(BusyError), writing(folder, place):
            pass
    with open_lookup(folder) as reader:
        assert reader.state(at(5)).frame["result"].tolist() == [1.0]
    with pytest.raises(StoreError, match="names no database"), writing(folder, None):
        pass
    elsewhere = place.model_copy(update={"database": "other"})
    with pytest.raises(StoreError, match="names 'other' at"), writing(folder, elsewhere):
        pass
    assert place.is_where(place.model_copy(update={"password_env": "ANOTHER"}))
    with writing(tmp_path / "files", None) as store:
        assert isinstance(store, ObservationStore)
    with (
        pytest.raises(StoreError, match="move that folder away"),
        writing(tmp_path / "files", place),
    ):
        pass


def test_a_server_that_dies(server: RunningPostgres, place: PostgresPlace) -> None:
    """What waits does so until it is back; what was committed is there."""
    with PostgresStore.open(place) as store, PostgresReader(place) as reader:
        store.append(levels([("a", 0, 1.0)]))
        store.commit({"river": "1"})
        server.crash()
        try:
            store.append(levels([("a", 0, 1.0), ("b", 1, 2.0)]))
            with pytest.raises(StoreError, match="the database of observations"):
                store.commit({"river": "2"})
            with pytest.raises(StoreError, match="the database of observations"):
                reader.totals()
            with pytest.raises(StoreError, match="cannot be opened"):
                store.commit({"river": "2"})
        finally:
            server.start()
        receipt = store.commit({"river": "2"})
        assert (receipt.stored, receipt.repeats) == (1, 1)
        assert reader.cursors() == {"river": "2"}
        assert reader.state(at(5)).frame["result"].tolist() == [1.0, 2.0]


def test_names_that_are_too_long() -> None:
    """Two cities never share a schema."""
    names = [namespace_of("c" * 60 + end) for end in ("", "1", "2")]
    assert len(set(names)) == 3
    assert max(map(len, names)) <= 63
