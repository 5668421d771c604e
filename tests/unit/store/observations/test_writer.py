"""The writer: exact repeats, corrections, late rows, and commits that are whole or not at all."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from citytwin.errors import BusyError, StoreError
from citytwin.model.tables import Flag, QualityTest
from citytwin.store.observations import (
    DeadLetter,
    GroupCommit,
    Kind,
    ObservationReader,
    ObservationStore,
    Thing,
)
from tests.unit.store.observations.rows import REF, Clock, at, levels, us


@pytest.fixture
def clock() -> Clock:
    """A clock that stands at midnight."""
    return Clock()


@pytest.fixture
def store(tmp_path: Path, clock: Clock) -> ObservationStore:
    """An empty store."""
    return ObservationStore.open(tmp_path / "obs", clock=clock)


def test_an_unchanged_repeat_changes_nothing(store: ObservationStore, clock: Clock) -> None:
    """Sensors that send the last days again every day do not touch when a row became known."""
    clock.set(1)
    store.append(levels([("a", 0, 1.0), ("b", 0, 2.0)]))
    assert store.commit().stored == 2
    clock.set(60)
    store.append(levels([("a", 0, 1.0), ("b", 0, 2.0), ("a", 59, 1.5)]))
    receipt = store.commit()
    assert (receipt.stored, receipt.repeats, receipt.revisions) == (1, 2, 0)
    frame = ObservationReader(store.folder).state(at(30)).frame
    assert [moment.to_pydatetime() for moment in frame["known_at"]] == [at(1), at(1)]


def test_a_repeat_is_known_after_the_store_was_opened_again(
    store: ObservationStore, clock: Clock
) -> None:
    """The keys come back from the segments."""
    store.append(levels([("a", 0, 1.0), ("b", 0, 2.0)]))
    store.commit()
    store.close()
    with ObservationStore.open(store.folder, clock=clock) as again:
        again.append(levels([("b", 0, 2.0), ("c", 0, 3.0)]))
        receipt = again.commit()
    assert (receipt.stored, receipt.repeats) == (1, 1)


def test_repeats_within_one_commit(store: ObservationStore) -> None:
    """Also rows that come twice before anything is on the disk."""
    store.append(levels([("a", 0, 1.0), ("a", 0, 1.0)]))
    store.append(levels([("a", 0, 1.0)]))
    receipt = store.commit()
    assert (receipt.stored, receipt.repeats) == (1, 2)


def test_zero_is_zero_and_missing_is_missing(store: ObservationStore) -> None:
    """Minus zero repeats zero; a missing result repeats a missing one."""
    nan = float("nan")
    store.append(levels([("a", 0, 0.0), ("b", 0, nan)], flags=[Flag.GOOD, Flag.MISSING]))
    store.commit()
    store.append(levels([("a", 0, -0.0), ("b", 0, -nan)], flags=[Flag.GOOD, Flag.MISSING]))
    assert store.commit().stored == 0


def test_a_correction_is_a_version(store: ObservationStore, clock: Clock) -> None:
    """Both answers can be had; going back to the first result is a third version."""
    for minute, value in ((1, 1.0), (5, 2.0), (9, 1.0)):
        clock.set(minute)
        store.append(levels([("a", 0, value)]))
        assert store.commit().stored == 1
    reader = ObservationReader(store.folder)
    answers = {}
    for minute in (0, 1, 4, 5, 8, 9, 20):
        frame = reader.state(at(20), at(minute)).frame
        answers[minute] = None if frame.empty else (frame["result"][0], frame["tests"][0])
    first, later = 0, int(QualityTest.CORRECTED)
    assert answers == {
        0: None, 1: (1.0, first), 4: (1.0, first), 5: (2.0, later), 8: (2.0, later),
        9: (1.0, later), 20: (1.0, later),
    }  # fmt: skip


def test_the_last_of_two_results_in_one_commit_holds(store: ObservationStore) -> None:
    """Rows that the clock cannot tell apart keep their order."""
    store.append(levels([("a", 0, 9.0), ("a", 0, 1.0)]))
    assert store.commit().revisions == 1
    assert ObservationReader(store.folder).state(at(5)).frame["result"][0] == 1.0


def test_late_rows_and_corrections_mark_windows(store: ObservationStore, clock: Clock) -> None:
    """Whole hours of the property, until somebody has looked after them."""
    clock.set(130)
    store.append(levels([("a", 129, 1.0), ("b", 65, 2.0)]))
    receipt = store.commit()
    assert receipt.late == 1
    assert [(w.observed, w.start_us, w.end_us) for w in receipt.windows] == [
        ("water_level", us(at(60)), us(at(120)))
    ]
    seen = store.dirty_windows()
    assert [w.start_us for w in seen] == [us(at(60))]
    store.append(levels([("b", 65, 3.0)]))
    store.commit()  # marks it again
    store.clean(seen)
    assert [w.start_us for w in store.dirty_windows()] == [us(at(60))]
    store.clean(store.dirty_windows())
    assert store.dirty_windows() == ()


def test_data_and_cursor_are_committed_together(store: ObservationStore) -> None:
    """What fails inside the transaction leaves nothing behind, and can be tried again."""
    store.append(levels([("a", 0, 1.0)]))
    store.dead_letter(DeadLetter("river", "unit", "unit 'furlong' is not known", "3", REF))
    store.things([Thing("a", "river", None, "gauge", 139.0, 35.0)])

    def refuse(_: sqlite3.Connection) -> None:
        raise StoreError("the outbox is full")

    with pytest.raises(StoreError, match="outbox"):
        store.commit({"river": "7"}, enlist=refuse)
    reader = ObservationReader(store.folder)
    assert reader.state(at(5)).frame.empty
    assert reader.cursors() == {}
    assert reader.dead_letters() == ()
    assert reader.things() == {}
    assert store.commit({"river": "7"}).stored == 1
    assert reader.state(at(5)).frame["result"][0] == 1.0
    assert reader.cursors() == {"river": "7"}
    assert [kept.letter.reason for kept in reader.dead_letters()] == ["unit"]
    assert reader.things()["a"].longitude_deg == 139.0
    assert len(list(store.folder.rglob("*.parquet"))) == 1  # the first attempt's file went


def test_writes_of_others_in_the_same_transaction(store: ObservationStore) -> None:
    """Such as those of an outbox."""

    def enlist(connection: sqlite3.Connection) -> None:
        connection.execute("CREATE TABLE outbox (message TEXT)")
        connection.execute("INSERT INTO outbox VALUES ('alert')")

    store.append(levels([("a", 0, 1.0)]))
    store.commit(enlist=enlist)
    store.close()
    with closing(sqlite3.connect(store.folder / "manifest.sqlite")) as found:
        assert found.execute("SELECT message FROM outbox").fetchall() == [("alert",)]


def test_one_writer_at_a_time(store: ObservationStore) -> None:
    """A second one is told to try later."""
    with pytest.raises(BusyError, match="another process writes"):
        ObservationStore.open(store.folder)
    store.close()
    ObservationStore.open(store.folder).close()


def test_files_of_a_killed_commit_are_removed(store: ObservationStore) -> None:
    """The manifest does not know of them."""
    store.append(levels([("a", 0, 1.0)]))
    store.commit()
    store.close()
    (kept,) = store.folder.rglob("*.parquet")
    orphan = kept.with_name("0" * 32 + ".parquet")
    orphan.write_bytes(kept.read_bytes())
    half = kept.with_name(f".tmp-{'0' * 32}.parquet")
    half.write_bytes(b"PAR1")
    ObservationStore.open(store.folder).close()
    assert list(store.folder.rglob("*.parquet")) == [kept]


def test_when_a_commit_is_due(tmp_path: Path) -> None:
    """After so many rows or so long; never without anything to write."""
    rules = GroupCommit(rows=3, seconds=1000.0)
    with ObservationStore.open(tmp_path / "obs", rules=rules) as store:
        assert not store.due()
        store.append(levels([("a", 0, 1.0), ("b", 0, 1.0)]))
        assert not store.due()
        store.append(levels([("c", 0, 1.0)]))
        assert store.due()
        store.commit()
        assert not store.due()
    with ObservationStore.open(tmp_path / "obs", rules=GroupCommit(seconds=0.0)) as store:
        store.append(levels([("d", 0, 1.0)]))
        assert store.due()


def test_forecasts_are_kept_apart(store: ObservationStore, clock: Clock) -> None:
    """Each issue is a row of its own; the latest that was known covers a time."""
    for issued, value in ((0, 5.0), (60, 6.0)):
        clock.set(issued)
        rows = levels([("grid", 120, value)])
        forecast = type(rows)(
            **{**rows.__dict__, "end_us": [us(at(180))], "issued_us": [us(at(issued))]}
        )
        store.append(forecast, Kind.FORECAST)
        assert store.commit().revisions == 0
    reader = ObservationReader(store.folder)
    assert reader.state(at(300)).frame.empty
    assert reader.forecast(at(150)).frame["result"].tolist() == [6.0]
    assert reader.forecast(at(150), at(59)).frame["result"].tolist() == [5.0]
    assert reader.forecast(at(181)).frame.empty


def test_edits_by_hand_are_kept_apart(store: ObservationStore, clock: Clock) -> None:
    """The next release of the city model does not wipe them; the last one holds."""
    for minute, text in ((0, "12.5"), (9, "14.0")):
        clock.set(minute)
        rows = levels([("bldg-1", minute, float("nan"))])
        edit = type(rows)(**{**rows.__dict__, "observed": ["measured_height"], "text": [text]})
        store.append(edit, Kind.EDIT)
        store.commit()
    frame = ObservationReader(store.folder).edits(at(10)).frame
    assert frame[["thing", "property", "text"]].values.tolist() == [
        ["bldg-1", "measured_height", "14.0"]
    ]
    frame = ObservationReader(store.folder).edits(at(8)).frame
    assert frame["text"].tolist() == ["12.5"]


def test_rows_that_no_store_should_keep() -> None:
    """Named with row and value."""
    with pytest.raises(StoreError, match="row 1 is infinite"):
        levels([("a", 0, 1.0), ("a", 1, float("inf"))])
    with pytest.raises(StoreError, match="flag has 1 values, start_us has 2"):
        levels([("a", 0, 1.0), ("a", 1, 1.0)], flags=[Flag.GOOD])
    with pytest.raises(StoreError, match="is no time"):
        levels([("a", 60.0 * 24 * 365 * 400, 1.0)])


def test_a_series_keeps_its_unit(store: ObservationStore) -> None:
    """Rows in another one are refused."""
    store.append(levels([("a", 0, 1.0)]))
    rows = levels([("a", 1, 1.0)])
    with pytest.raises(StoreError, match="come in 'cm', before in 'm'"):
        store.append(type(rows)(**{**rows.__dict__, "unit": ["cm"]}))


def test_a_folder_without_observations(tmp_path: Path) -> None:
    """Readers make nothing."""
    with pytest.raises(StoreError, match="holds no observations"):
        ObservationReader(tmp_path / "nothing")
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_writer_left_in_the_log_does_not_come_back(
    store: ObservationStore, tmp_path: Path
) -> None:
    """A writer that opens the store overwrites it, before it takes segments for orphans."""
    store.append(levels([("a", 0, 1.0)]))
    store.commit()
    log = store.folder / "manifest.sqlite-wal"
    before = log.stat().st_size
    with ObservationReader(store.folder) as reader:
        store.close()
        ObservationStore.open(store.folder).close()
        assert log.stat().st_size > before
        assert reader.totals().stored == 1
