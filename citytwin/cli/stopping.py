"""Ctrl-C stops a run for certain, also where it arrives in code that swallows exceptions; so does
the signal by which service managers and containers end programs (SIGTERM).
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Stop:
    """Whether Ctrl-C was pressed, or the system asked for an end."""

    asked = False
    waits = False
    """Whether the run looks at `asked` between its steps, keeps its state and stops then; a second
    Ctrl-C stops it at once."""

    def check(self) -> None:
        """Stop here if it was.

        Raises
        ------
        KeyboardInterrupt
            Where the first one got lost, as in a callback of the garbage collector.
        """
        if self.asked:
            raise KeyboardInterrupt


@contextmanager
def stopping() -> Iterator[Stop]:
    """Remember Ctrl-C and SIGTERM, besides raising `KeyboardInterrupt`."""
    stop = Stop()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return

    def remember(number: int, frame: FrameType | None) -> None:
        again, stop.asked = stop.asked, True
        if again or not stop.waits:
            signal.default_int_handler(number, frame)

    before = {number: signal.signal(number, remember) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
