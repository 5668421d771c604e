"""Writes observations, payloads and alerts as fast as it can until it is ended; run as a program.

Usage: busy_twin.py FOLDER. Its clock leaps at every compaction, so that files which were put
together are deleted at once and not after minutes. Prints a line for every commit.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

from citytwin.store.observations import ALERTS, RAW, ObservationStore, raw_ref_of
from citytwin.store.outbox import HistoryEntry, Outbox
from citytwin.store.raw_archive import RawArchive
from tests.unit.store.observations.killed_writer import SIZE, SOURCE, rows_of
from tests.unit.store.observations.rows import Clock

_LEAP_MINUTES = 11


def write(folder: Path) -> None:
    """Go on from the cursor, for good."""
    clock = Clock(60)
    with (
        ObservationStore.open(folder, clock=clock) as store,
        RawArchive(folder / RAW) as archive,
        Outbox(folder / ALERTS) as outbox,
    ):
        done, minutes = 0, 60.0
        while True:
            payload = b"payload %d" % done
            archive.keep([payload])
            store.append(replace(rows_of(done, SIZE), raw_ref=raw_ref_of(payload)))
            done += SIZE
            store.commit({SOURCE: str(done)})
            outbox.record({"rule": str(done)}, [HistoryEntry(str(done), "a", done, "{}")], [], done)
            if done // SIZE % 3 == 0:
                minutes += _LEAP_MINUTES
                clock.set(minutes)
                store.compact()
            print(done, flush=True)


if __name__ == "__main__":
    write(Path(sys.argv[1]))
