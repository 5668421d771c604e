"""Ctrl-C and workers: long runs keep their state before their processes end."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from distributed import Client

from citytwin.errors import CityTwinError

PATIENCE_S = 120.0
"""A state of some gigabytes is on a slow disk by then."""
_LOOK_EVERY_S = 0.1


class StoppedError(CityTwinError):
    """A run that was asked to stop; its state is kept."""


class WorkerStop:
    """Whether the runs in this process shall stop; they keep their states first."""

    def __init__(self) -> None:
        self.waits = False
        self._asked = threading.Event()
        self._runs = 0
        self._lock = threading.Lock()

    @property
    def asked(self) -> bool:
        """Whether they were asked to."""
        return self._asked.is_set()

    def check(self) -> None:
        """Stop here if they were.

        Raises
        ------
        StoppedError
            If so.
        """
        if self.asked:
            msg = "stopped"
            raise StoppedError(msg, hint="run the same command again to resume")

    @contextmanager
    def running(self) -> Iterator[None]:
        """Count a run that keeps its state; what was asked of those before it does not concern it.

        One that begins although all were asked to stop is asked again soon.
        """
        with self._lock:
            if not self._runs:
                self._asked.clear()  # workers of a cluster outlive the command that was stopped
            self._runs += 1
        try:
            yield
        finally:
            with self._lock:
                self._runs -= 1

    def ask(self) -> int:
        """Ask all runs to stop; return how many still run."""
        self._asked.set()
        return self._runs


THIS_PROCESS = WorkerStop()


def _ask_here() -> int:
    return THIS_PROCESS.ask()


def let_states_be_kept(client: Client) -> None:
    """Ask the long runs on all workers to keep their states, and wait until they have.

    Parameters
    ----------
    client
        Dask client.
    """
    patience = time.monotonic() + PATIENCE_S
    while sum(client.run(_ask_here, on_error="ignore").values()):
        if time.monotonic() > patience:
            return
        time.sleep(_LOOK_EVERY_S)


def ignore_interrupts() -> None:
    """Let this worker ignore Ctrl-C, which a terminal sends to all its processes at once.

    The main process hears it, and ends the workers when their states are kept.
    """
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.SIG_IGN)
