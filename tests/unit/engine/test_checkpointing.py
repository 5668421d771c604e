"""When the state of a run is kept, and which state is taken for that of a run."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import pytest

from citytwin.engine.checkpointing import Keeper
from citytwin.engine.stopping_workers import StoppedError, WorkerStop


class Clock:
    """A clock that is set by hand."""

    now = 100.0

    def __call__(self) -> float:
        """Time [s]."""
        return self.now


def keeper(folder: Path, clock: Clock, run: str = "run") -> Keeper:
    """Keeps every minute."""
    return Keeper(folder / "state.npz", run, 60.0, clock=clock)


def test_a_state_is_kept_every_minute(tmp_path: Path) -> None:
    """Not before; and again a minute after that."""
    clock = Clock()
    keeping = keeper(tmp_path, clock)
    kept = []
    for now in (100.0, 159.0, 160.0, 219.0, 220.0):
        clock.now = now
        keeping.offer(lambda now=now: {"now": np.array(now)})
        state = keeping.latest()
        kept.append(None if state is None else float(state["now"]))
    assert kept == [None, None, 160.0, 160.0, 220.0]


def test_another_run_does_not_go_on_from_it(tmp_path: Path) -> None:
    """Its fingerprint differs."""
    clock = Clock()
    first = keeper(tmp_path, clock)
    clock.now += 60
    first.offer(lambda: {"a": np.zeros(1)})
    assert keeper(tmp_path, clock).latest() is not None
    assert keeper(tmp_path, clock, "other").latest() is None


def test_a_damaged_state_is_told_and_left(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The run begins anew, and the log says why."""
    (tmp_path / "state.npz").write_bytes(b"PK\x03\x04 no archive")
    with caplog.at_level(logging.WARNING):
        assert keeper(tmp_path, Clock()).latest() is None
    assert "is damaged" in caplog.text
    assert "begins from its start" in caplog.text


def test_a_request_to_stop_is_followed_when_the_state_is_kept(tmp_path: Path) -> None:
    """At once, whatever the time."""
    stop = WorkerStop()
    keeping = Keeper(tmp_path / "state.npz", "run", 60.0, stop, Clock())
    keeping.offer(lambda: {"a": np.zeros(1)})
    assert keeping.latest() is None
    with stop.running():
        assert stop.ask() == 1
        with pytest.raises(StoppedError):
            keeping.offer(lambda: {"a": np.ones(1)})
    assert stop.ask() == 0
    state = keeping.latest()
    assert state is not None
    assert state["a"][0] == 1


def test_what_was_asked_of_one_run_does_not_stop_the_next() -> None:
    """Workers of a cluster outlive a command that was stopped; one beside another stays asked."""
    stop = WorkerStop()
    with stop.running():
        assert stop.ask() == 1
        with stop.running():
            assert stop.asked
    with stop.running():
        assert not stop.asked
