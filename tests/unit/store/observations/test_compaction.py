"""Putting segments together changes no answer, and disturbs nobody."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from citytwin.store.observations import ObservationReader, ObservationStore
from tests.unit.store.observations.rows import Clock, at, levels

DAY = 24 * 60


def filled(folder: Path, clock: Clock) -> ObservationStore:
    """Three days of two gauges, with repeats, corrections and late rows, in many segments."""
    store = ObservationStore.open(folder, clock=clock)
    for minute in range(0, 3 * DAY, 60):
        clock.set(minute + 1)
        late = max(minute - DAY, 0)
        store.append(levels([("a", minute, minute / 10), ("b", late, minute / 7)]))
        store.commit()
    return store


def test_answers_are_the_same(tmp_path: Path) -> None:
    """State and history, of readers from before and after; the rows are sorted then."""
    clock = Clock()
    store = filled(tmp_path / "obs", clock)
    before = ObservationReader(store.folder)
    asked = [(at(m), at(k)) for m in (5, DAY, 2 * DAY + 30) for k in (60, DAY, 3 * DAY)]
    states = [before.state(*times).frame for times in asked]
    history = before.history("b", "water_level", at(-1), at(3 * DAY)).frame
    assert len(states[-1]) == 2
    assert len(history) == 48
    assert store.compact() == 72 - 3
    after = ObservationReader(store.folder)
    for reader in (before, after):
        for times, want in zip(asked, states, strict=True):
            pd.testing.assert_frame_equal(reader.state(*times).frame, want, check_exact=True)
        found = reader.history("b", "water_level", at(-1), at(3 * DAY)).frame
        pd.testing.assert_frame_equal(found, history, check_exact=True)
    for path in store.folder.rglob("*/2026-*/*.parquet"):
        frame = pd.read_parquet(path)
        assert frame["series"].is_monotonic_increasing


def test_repeats_are_known_afterwards(tmp_path: Path) -> None:
    """Also by a writer that reads only the groups of rows it needs."""
    clock = Clock()
    store = filled(tmp_path / "obs", clock)
    store.compact()
    store.close()
    with ObservationStore.open(store.folder, clock=clock) as again:
        again.append(levels([("a", 60, 6.0), ("a", 61, 6.0)]))
        receipt = again.commit()
    assert (receipt.stored, receipt.repeats) == (1, 1)


def test_old_files_go_after_a_while(tmp_path: Path) -> None:
    """A reader that has just looked at the manifest still finds them; so does one that is slow."""
    clock = Clock()
    store = filled(tmp_path / "obs", clock)
    reader = ObservationReader(store.folder)
    want = reader.state(at(10)).frame
    count = len(list(store.folder.rglob("*.parquet")))
    store.compact()
    assert len(list(store.folder.rglob("*.parquet"))) == count + 3
    clock.set(3 * DAY + 30)
    store.compact()
    assert len(list(store.folder.rglob("*.parquet"))) == 3
    slow = ObservationReader(store.folder)
    pd.testing.assert_frame_equal(slow.state(at(10)).frame, want)
    pd.testing.assert_frame_equal(reader.state(at(10)).frame, want)


def test_many_small_days_become_one_file(tmp_path: Path) -> None:
    """A day that is added to again and again does not fill up with files."""
    clock = Clock()
    with ObservationStore.open(tmp_path / "obs", clock=clock) as store:
        for minute in range(20):
            clock.set(minute)
            store.append(levels([("a", minute, 1.0)]))
            store.commit()
            store.compact()
        clock.set(60)
        store.compact()
    assert len(list(store.folder.rglob("*.parquet"))) <= 8
    history = ObservationReader(store.folder).history("a", "water_level", at(-1), at(60))
    assert len(history.frame) == 20
