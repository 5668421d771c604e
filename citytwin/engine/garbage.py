"""How often a process looks for objects that only refer to each other."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

from distributed.diagnostics.plugin import WorkerPlugin
from distributed.worker import Worker

_EVERY = (50_000, 20, 50)
"""New containers, and looks at younger ones, after which Python looks. By default it does so after 700:
a run makes millions, nearly all of which stay, and looking at them takes 7 % of a small night."""


@contextmanager
def seldom_collected() -> Iterator[None]:
    """Look seldom while the block runs; what holds large arrays mostly goes with its last name."""
    before = gc.get_threshold()
    gc.set_threshold(*_EVERY)
    try:
        yield
    finally:
        gc.set_threshold(*before)


class SeldomCollects(WorkerPlugin):  # type: ignore[misc]
    """Lets a worker look seldom, until it ends."""

    def setup(self, worker: Worker) -> None:
        """Look seldom from now on.

        Parameters
        ----------
        worker
            Which begins.
        """
        del worker
        gc.set_threshold(*_EVERY)
