"""How fast long runs go, in words."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import click


class Pace:
    """Simulated time, its rate, and the time that remains.

    Parameters
    ----------
    clock
        Time of the wall [s].
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._first: dict[str, tuple[float, float]] = {}

    def said(self, key: str, time_s: float, end_s: float) -> str:
        """Say how far a run is.

        Parameters
        ----------
        key
            Name of the run. The rate counts from the first call on, since a run may have gone on
            from a state that was kept.
        time_s, end_s
            Simulated time so far, and in the end [s].

        Returns
        -------
        str
            Such as ``0:20:00 of 3:00:00, 85 x real time, 0:01:53 left``.
        """
        now = self._clock()
        first_s, begun = self._first.setdefault(key, (time_s, now))
        far = f"{_clocked(time_s)} of {_clocked(end_s)}"
        if not (now > begun and time_s > first_s):
            return far
        rate = (time_s - first_s) / (now - begun)
        return f"{far}, {rate:.3g} x real time, {_clocked((end_s - time_s) / rate)} left"


def _clocked(seconds: float) -> str:
    return str(timedelta(seconds=round(seconds)))


@contextmanager
def one_run(key: str) -> Iterator[Callable[[float, float], None]]:
    """Show how far the only run of a command is: a line that is renewed, or one every ten seconds.

    Parameters
    ----------
    key
        Name of the run.
    """
    pace, is_terminal = Pace(), sys.stderr.isatty()
    every_s = 0.5 if is_terminal else 10.0
    told_s, length = time.monotonic(), 0

    def tell(time_s: float, end_s: float) -> None:
        nonlocal told_s, length
        now = time.monotonic()
        if now - told_s < every_s:
            return
        told_s, said = now, f"{key}: {pace.said(key, time_s, end_s)}"
        click.echo(f"\r{said:<{length}}" if is_terminal else said, err=True, nl=not is_terminal)
        length = len(said)

    try:
        yield tell
    finally:
        if length and is_terminal:
            click.echo(err=True)
