"""A backup while a twin writes is the store as it was at one moment, and comes back to the bit."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest

from citytwin.store.backup import Places, back_up, restore
from citytwin.store.observations import ALERTS, RAW, ObservationReader
from citytwin.store.outbox import Outbox
from citytwin.store.raw_archive import RawArchive
from tests.unit.store.backup.town import NOW, places_in
from tests.unit.store.observations.killed_writer import SIZE, SOURCE
from tests.unit.store.observations.rows import EPOCH, at

BACKUPS = 3


@pytest.fixture(scope="module")
def taken(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, list[Places]]]:
    """Observations that were written meanwhile, and several backups, restored."""
    root = tmp_path_factory.mktemp("busy")
    places = places_in(root / "out")
    config = root / "city.yaml"
    config.write_text("city: {id: town}\n")
    program = "tests.unit.store.backup.busy_twin"
    with subprocess.Popen(
        [sys.executable, "-m", program, str(places.observations)], stdout=subprocess.PIPE
    ) as writer:
        assert writer.stdout is not None
        made = []
        for number in range(BACKUPS):
            for _ in range(10):
                assert writer.stdout.readline(), "the twin ended by itself"
            moment = NOW + timedelta(seconds=number)
            made.append(back_up(places, config, root / "vault", moment).folder)
        assert writer.poll() is None
        writer.kill()
    restored = [places_in(root / f"machine {number}") for number in range(BACKUPS)]
    for folder, target in zip(made, restored, strict=True):
        restore(folder, target)
    yield places.observations, restored
    shutil.rmtree(root, ignore_errors=True)


def test_a_state_as_of_a_time_is_the_same_to_the_bit(taken: tuple[Path, list[Places]]) -> None:
    """Of all that was known when the backup was begun, asked of the twin that went on."""
    source, restored = taken
    known: list[datetime] = []
    for target in restored:
        with ObservationReader(source) as before, ObservationReader(target.observations) as after:
            known.append(EPOCH + timedelta(microseconds=after.totals().known_us))
            for minute in (0.05, 60.0):
                states = [reader.state(at(minute), known[-1]) for reader in (before, after)]
                pd.testing.assert_frame_equal(
                    states[0].frame, states[1].frame, check_exact=True, check_freq=True
                )
            assert len(states[1].frame) == 50
    assert known == sorted(set(known))


def test_cursors_payloads_and_alerts_agree(taken: tuple[Path, list[Places]]) -> None:
    """As after a kill: no row without its payload, no alert of what was never observed."""
    for target in taken[1]:
        folder = target.observations
        with ObservationReader(folder) as reader:
            totals, cursor = reader.totals(), int(reader.cursors()[SOURCE])
        assert totals.stored == cursor == totals.commits * SIZE
        with RawArchive(folder / RAW) as archive:
            contents = {archive.content(name) for name in archive.names()}
        assert {b"payload %d" % number for number in range(0, cursor, SIZE)} <= contents
        with closing(Outbox(folder / ALERTS)) as outbox:
            assert int(outbox.states()["rule"]) <= cursor


def test_nothing_lies_there_that_does_not_count(taken: tuple[Path, list[Places]]) -> None:
    """Files that were put together while they were copied are not kept."""
    for target in taken[1]:
        folder = target.observations
        files = {path.relative_to(folder).as_posix() for path in folder.rglob("*.parquet")}
        with closing(sqlite3.connect(folder / "manifest.sqlite")) as manifest:
            counted = {path for (path,) in manifest.execute("SELECT path FROM segments")}
        assert files == counted != set()
