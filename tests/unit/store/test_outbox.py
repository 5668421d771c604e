"""The outbox: all or nothing, in order, once per key, across kills and threads."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from citytwin.errors import StoreError
from citytwin.store.outbox import HistoryEntry, Outbox, Parcel


def parcel(key: str, sink: str = "hook", body: bytes = b"x") -> Parcel:
    """Something to deliver."""
    return Parcel(sink, key, body, "text/plain")


def test_a_queue_is_in_order_and_a_key_comes_once(tmp_path: Path) -> None:
    """The second of two waits for the first, also while that one is put off."""
    with Outbox(tmp_path / "a.sqlite") as outbox:
        outbox.record({"r": "{}"}, [], [parcel("1"), parcel("2"), parcel("1")], 100.0)
        outbox.record({}, [], [parcel("1", body=b"again")], 100.0)
        first = outbox.first("hook", 100.0)
        assert first is not None
        assert (first.parcel.key, first.parcel.body, first.attempts) == ("1", b"x", 0)
        outbox.later(first, 130.0, "no answer")
        assert outbox.first("hook", 129.9) is None
        again = outbox.first("hook", 130.0)
        assert again is not None
        assert (again.parcel.key, again.attempts) == ("1", 1)
        outbox.delivered(again)
        second = outbox.first("hook", 130.0)
        assert second is not None
        assert second.parcel.key == "2"
        outbox.gave_up(second, "says no")
        assert outbox.first("hook", 999.0) is None
        outbox.record({}, [], [parcel("1"), parcel("2")], 200.0)
        assert outbox.first("hook", 999.0) is None, "what was settled does not come back"
        assert outbox.lengths()["hook"].given_up == 1


def test_queues_of_sinks_are_their_own(tmp_path: Path) -> None:
    """One key in two queues; how each stands."""
    with Outbox(tmp_path / "a.sqlite") as outbox:
        outbox.record({}, [], [parcel("1", "a"), parcel("1", "b"), parcel("2", "b")], 50.0)
        first = outbox.first("a", 50.0)
        assert first is not None
        outbox.delivered(first)
        lengths = outbox.lengths()
        assert (lengths["a"].waiting, lengths["a"].oldest_s) == (0, None)
        assert (lengths["b"].waiting, lengths["b"].oldest_s) == (2, 50.0)
        outbox.forget(60.0)
        assert "a" not in outbox.lengths()


def test_states_and_parcels_are_one_transaction(tmp_path: Path) -> None:
    """A parcel that cannot be kept takes the state back with it."""
    path = tmp_path / "a.sqlite"
    entry = HistoryEntry("m1", "alert", 1.0, "{}")
    with Outbox(path) as outbox:
        outbox.record({"r": "old"}, [], [], 0.0)
        broken = Parcel("hook", "k", None, "text/plain")  # type: ignore[arg-type]
        outbox.record({}, [entry, entry], [], 0.0)
        with pytest.raises(StoreError):
            outbox.record({"r": "new"}, [], [parcel("1"), broken], 0.0)
        assert outbox.lengths() == {}
    with Outbox(path) as outbox:
        assert outbox.states() == {"r": "old"}
        assert outbox.history() == (entry,)


_WRITER = """
import sys, itertools
from pathlib import Path
from citytwin.store.outbox import Outbox, Parcel
with Outbox(Path(sys.argv[1])) as outbox:
    for k in itertools.count():
        outbox.record({"n": str(k)}, [], [Parcel("s", str(k), b"x", "t")], float(k))
        print(k, flush=True)
"""


def test_a_kill_leaves_state_and_parcels_in_step(tmp_path: Path) -> None:
    """Killed between any two instructions: as many parcels as the state says, none lost."""
    path = tmp_path / "a.sqlite"
    writer = subprocess.Popen(
        [sys.executable, "-c", _WRITER, str(path)], stdout=subprocess.PIPE, text=True
    )
    assert writer.stdout is not None
    said = [int(writer.stdout.readline()) for _ in range(30)]
    os.kill(writer.pid, signal.SIGKILL)
    said += [int(line) for line in writer.stdout]
    writer.wait()
    writer.stdout.close()
    with Outbox(path) as outbox:
        last = int(outbox.states()["n"])
        assert last >= said[-1]
        assert outbox.lengths()["s"].waiting == last + 1


def test_many_threads_write_and_read(tmp_path: Path) -> None:
    """Each with a connection of its own; nothing is lost or doubled."""
    path = tmp_path / "a.sqlite"
    Outbox(path).close()

    def fill(name: str) -> None:
        with Outbox(path) as outbox:
            for k in range(20):
                outbox.record({}, [], [parcel(str(k), name)], 0.0)

    threads = [threading.Thread(target=fill, args=(f"s{k}",)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with Outbox(path) as outbox:
        assert {n: q.waiting for n, q in outbox.lengths().items()} == {
            f"s{k}": 20 for k in range(4)
        }


def test_a_file_that_is_no_outbox(tmp_path: Path) -> None:
    """Is named."""
    path = tmp_path / "a.sqlite"
    path.write_bytes(b"something else entirely, and long enough to be read " * 30)
    with pytest.raises(StoreError, match="cannot be used"):
        Outbox(path)
