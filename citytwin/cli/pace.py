"""How fast long runs go, in words."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import click

from citytwin.model.checkpoints import Counted, Hearer


class Pace:
    """What a run has done, its rate, and the time that remains.

    Parameters
    ----------
    clock
        Time of the wall [s].
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._first: dict[str, tuple[float, float]] = {}

    def said(self, key: str, done: float, whole: float, counted: Counted = "time") -> str:
        """Say how far a run is.

        Parameters
        ----------
        key
            Name of the run. The rate counts from the first call on, since a run may have gone on
            from a state that was kept.
        done, whole
            What has been done, and how much there is in all: simulated time [s] or a number.
        counted
            What is counted.

        Returns
        -------
        str
            Such as ``0:20:00 of 3:00:00, 85 x real time, 0:01:53 left``, or ``3.2 of 16
            directions, 24 an hour, 0:32:00 left``.
        """
        now = self._clock()
        first, begun = self._first.setdefault(key, (done, now))
        is_time = counted == "time"
        far = f"{clocked(done)} of {clocked(whole)}"
        if not is_time:
            far = f"{done:.1f} of {whole:g} {counted}"
        if not (now > begun and done > first):
            return far
        rate = (done - first) / (now - begun)
        pace = f"{rate:.3g} x real time" if is_time else f"{3600 * rate:.3g} an hour"
        return f"{far}, {pace}, {clocked((whole - done) / rate)} left"


def clocked(seconds: float) -> str:
    """Write a time as on a clock, such as ``2 days, 0:20:00``.

    Parameters
    ----------
    seconds
        [s]
    """
    return str(timedelta(seconds=round(seconds)))


@contextmanager
def one_run(key: str) -> Iterator[Hearer]:
    """Show how far the only run of a command is: a line that is renewed, or one every ten seconds.

    Parameters
    ----------
    key
        Name of the run.
    """
    pace, is_terminal = Pace(), sys.stderr.isatty()
    every_s = 0.5 if is_terminal else 10.0
    told_s, length = time.monotonic(), 0

    def tell(done: float, whole: float, counted: Counted = "time") -> None:
        nonlocal told_s, length
        now = time.monotonic()
        if now - told_s < every_s:
            return
        told_s, said = now, f"{key}: {pace.said(key, done, whole, counted)}"
        click.echo(f"\r{said:<{length}}" if is_terminal else said, err=True, nl=not is_terminal)
        length = len(said)

    try:
        yield tell
    finally:
        if length and is_terminal:
            click.echo(err=True)
