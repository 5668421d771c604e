"""Layers that follow observations: each is made again in a process of its own, within a budget.

What differs from layer to layer is a :class:`Trigger`; that it is rate-limited, ended when its time is spent,
and fails without touching anything else is the same for all.
"""

from __future__ import annotations

import logging
import multiprocessing
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Protocol

from citytwin import registry
from citytwin.errors import CityTwinError

_LOG = logging.getLogger(__name__)
_START_S = 900.0
"""For the start of the process, in which kernels may have to be compiled for the first time [s]."""
_PUBLISH_S = 90.0
"""Beyond the budget: for reading, writing, and publishing after others [s]."""


@dataclass(frozen=True)
class Done:
    """A layer was made and published."""

    run_id: str
    seconds: float
    """Of the computation."""


@dataclass(frozen=True)
class Task:
    """What a process is asked for; small enough to be sent there."""

    said: str
    """What begins, for the log."""
    carry_out: Callable[[], Done]
    prepare: Callable[[], None] | None = None
    """Before the time counts: what is not loaded or compiled yet is now."""


class Trigger(Protocol):
    """Properties that are watched, and the layer that is made again when they say so."""

    @property
    def layer(self) -> str:
        """Id of the layer."""

    @property
    def every_s(self) -> float:
        """Least time between the starts of two [s]."""

    @property
    def budget_s(self) -> float:
        """What one may take [s]."""

    def wanted(self, now: datetime) -> bool:
        """Whether the observations ask for the layer; asked every second, so it must be quick."""

    def task(self, now: datetime) -> Task:
        """Return what is to be done; a :class:`CityTwinError` says why nothing can be."""

    def published(self, done: Done) -> None:
        """Learn that the last task was done."""

    def late(self) -> None:
        """Learn that the last task took too long."""


@dataclass(frozen=True)
class _Ready:
    """Said by the process when it begins to compute."""


@dataclass
class _Running:
    process: BaseProcess
    answer: Connection
    begun_s: float
    ready: bool = False


class Follower:
    """Makes one layer, at most one at a time.

    Parameters
    ----------
    trigger
        When, and what.
    """

    def __init__(self, trigger: Trigger) -> None:
        self.trigger = trigger
        self._running: _Running | None = None
        self._next_s = 0.0
        self.published = 0
        """Since the start."""
        self.failed = 0
        self.last_run = ""
        self.last_seconds = 0.0
        self.last_fault = ""
        """Why the last one failed; empty when it did not."""

    @property
    def busy(self) -> bool:
        """Whether one is being computed."""
        return self._running is not None

    def step(self, now: datetime) -> bool:
        """Start one if it is time to, and look after the one that runs.

        Parameters
        ----------
        now
            Aware.

        Returns
        -------
        bool
            Whether a new map was published.
        """
        if self._running is not None:
            return self._look_after(self._running)
        if time.monotonic() < self._next_s or not self.trigger.wanted(now):
            return False
        self._next_s = time.monotonic() + self.trigger.every_s
        try:
            self._start(self.trigger.task(now))
        except CityTwinError as error:
            self._failed(str(error))
        return False

    def _start(self, task: Task) -> None:
        spawn = multiprocessing.get_context("spawn")
        here, there = spawn.Pipe(duplex=False)
        process = spawn.Process(
            target=_work, args=(task, there), name=self.trigger.layer, daemon=True
        )
        process.start()
        there.close()
        self._running = _Running(process, here, time.monotonic())
        _LOG.info("%s", task.said)

    def _look_after(self, running: _Running) -> bool:
        if running.process.is_alive() and not running.answer.poll():
            self._watch_the_time(running)
            return False
        try:
            answer: object = running.answer.recv()
        except (EOFError, OSError):
            answer = f"its process ended with code {running.process.exitcode}"
        if isinstance(answer, _Ready):
            running.ready, running.begun_s = True, time.monotonic()
            return False
        if not isinstance(answer, Done):
            self._end(running, str(answer))
            return False
        self.trigger.published(answer)
        self.published += 1
        self.last_run, self.last_seconds = answer.run_id, answer.seconds
        self._end(running, "")
        return True

    def _watch_the_time(self, running: _Running) -> None:
        took_s = time.monotonic() - running.begun_s
        if took_s <= (self.trigger.budget_s + _PUBLISH_S if running.ready else _START_S):
            return
        running.process.kill()
        if running.ready:
            self.trigger.late()
        self._end(running, f"not done within {took_s:.0f} s")

    def _let_go(self, running: _Running) -> None:
        running.process.join(5.0)
        running.answer.close()
        self._running = None

    def _end(self, running: _Running, fault: str) -> None:
        self._let_go(running)
        if fault:
            self._failed(fault)
        else:
            self.last_fault = ""

    def _failed(self, fault: str) -> None:
        self.failed += 1
        self.last_fault = fault
        _LOG.warning("layer %s: %s", self.trigger.layer, fault)

    def stop(self) -> None:
        """End what runs; the published city stands as it did, or as it will."""
        if self._running is not None:
            self._running.process.terminate()
            self._let_go(self._running)
            _LOG.info("layer %s: ended with the twin", self.trigger.layer)


def _work(task: Task, answer: Connection) -> None:
    """Body of the process; what goes wrong is told in words."""
    signal.signal(
        signal.SIGINT, signal.SIG_IGN
    )  # a terminal sends it to all; the twin ends this one
    try:
        registry.steps()  # all of a run: loaded before the time counts
        if task.prepare is not None:
            task.prepare()
        answer.send(_Ready())
        answer.send(task.carry_out())
    except CityTwinError as error:
        answer.send(str(error))
    finally:
        answer.close()
