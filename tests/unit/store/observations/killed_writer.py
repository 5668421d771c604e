"""Kills writers that feed a store as fast as they can, one after the other; run as a program.

Usage: killed_writer.py FOLDER KILLS. Every row follows from its number alone, so that it is known
what must be there. The cursor of a writer says how many numbers have been committed, and it
acknowledges each commit after it came back. Writers are forked, for loading the program again would
take most of the time. Prints how many rows each kill left.
"""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import sys
import time
import traceback
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from citytwin.model.tables import Flag
from citytwin.store.observations import (
    DeadLetter,
    ObservationReader,
    ObservationStore,
    Observed,
)
from tests.unit.store.observations.rows import MIDNIGHT, REF, at, us

SOURCE = "feed"
SIZE = 300
_SENSORS = 50


def rows_of(first: int, count: int) -> Observed:
    """Rows of some numbers; every tenth is sent again with the next ones."""
    numbers = np.arange(first, first + count)
    numbers = np.concatenate([numbers[::10] - count, numbers])
    numbers = numbers[numbers >= 0]
    moments = us(MIDNIGHT) + numbers // _SENSORS * 1_000_000
    return Observed(
        source=SOURCE,
        thing=[f"urn:{number % _SENSORS}" for number in numbers],
        observed=["water_level"] * len(numbers),
        unit=["m"] * len(numbers),
        start_us=moments,
        end_us=moments,
        result=numbers.astype(np.float64),
        flag=np.full(len(numbers), Flag.GOOD),
        tests=np.zeros(len(numbers), dtype=np.int32),
        raw_ref=REF,
    )


def feed(folder: Path, acknowledge: int) -> None:
    """Feed from the cursor on; put segments together now and then."""
    with ObservationStore.open(folder) as store:
        done = int(store.cursor(SOURCE) or 0)
        while True:
            store.append(rows_of(done, SIZE))
            store.dead_letter(DeadLetter(SOURCE, "test", f"of {done}"))
            done += SIZE
            store.commit({SOURCE: str(done)})
            os.write(acknowledge, b"%d\n" % done)
            if done // SIZE % 7 == 0:
                store.compact()


def forked(work: Callable[[], None]) -> int:
    """Do something in a process of its own; SQLite must not be taken through a fork."""
    child = os.fork()
    if child == 0:
        try:
            work()
            os._exit(0)
        finally:  # only an error leads here
            traceback.print_exc()
            os._exit(1)
    return child


def killed_after(folder: Path, seconds: float) -> int:
    """Let a writer run until its first commit, and so long from then on; what it acknowledged."""
    read, write = os.pipe()
    child = forked(lambda: feed(folder, write))
    os.close(write)
    heard = os.read(read, 1)
    time.sleep(seconds)
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status), "the writer failed by itself"
    while more := os.read(read, 1 << 16):
        heard += more
    os.close(read)
    return max(int(line) for line in heard.split(b"\n")[:-1])


def numbers_in(folder: Path) -> np.ndarray:
    """Every row that counts, by its number."""
    with closing(sqlite3.connect(folder / "manifest.sqlite")) as manifest:
        paths = [path for (path,) in manifest.execute("SELECT path FROM segments").fetchall()]
    found = [
        pq.ParquetFile(folder / path).read(["result"], use_threads=False)["result"].to_numpy()
        for path in paths
    ]
    return np.sort(np.concatenate(found))


def check(folder: Path, acknowledged: int) -> None:
    """The rows up to the cursor are there once each, and no others; so are the dead letters."""
    with ObservationStore.open(folder) as store:
        done = int(store.cursor(SOURCE) or 0)
    assert done >= acknowledged, "a commit that was acknowledged is lost"
    np.testing.assert_array_equal(numbers_in(folder), np.arange(done))
    reader = ObservationReader(folder)
    assert len(reader.dead_letters(1 << 30)) == reader.totals().commits == done // SIZE
    frame = reader.state(at(60 * 24)).frame
    np.testing.assert_array_equal(np.sort(frame["result"]), np.arange(done - _SENSORS, done))
    reader.close()
    assert not list(folder.rglob(".tmp-*"))
    print(done, flush=True)


def read_on(folder: Path) -> None:
    """Look again and again at the state, which never goes back."""
    reader, last = ObservationReader(folder), 0.0
    while True:
        latest = float(reader.state(at(60 * 24)).frame["result"].max())
        assert latest >= last
        last = latest
        time.sleep(0.02)


def main(folder: Path, kills: int) -> None:
    """Kill, look, and kill again; in every second round a reader holds the manifest open."""
    dice, readers = random.Random(7), []
    for number in range(kills):
        acknowledged = killed_after(folder, dice.uniform(0.0, 0.4))
        _, status = os.waitpid(forked(lambda done=acknowledged: check(folder, done)), 0)
        assert status == 0, "what a kill left behind is wrong"
        if number % 2 == 0:
            readers.append(forked(lambda: read_on(folder)))
        else:
            reader = readers.pop()
            os.kill(reader, signal.SIGKILL)
            assert os.WIFSIGNALED(os.waitpid(reader, 0)[1]), "a reader failed by itself"
    for reader in readers:
        os.kill(reader, signal.SIGKILL)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
