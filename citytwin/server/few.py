"""Work that takes much memory for a moment: few at a time, few that wait, and a word for the others."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from fastapi import HTTPException


class Few:
    """Lets few requests do something at the same time; threads are few as well, so few may wait.

    Parameters
    ----------
    at_once
        That do it.
    waiting
        That wait for a place.
    patience_s
        For which they wait [s].
    """

    def __init__(self, at_once: int, waiting: int = 8, patience_s: float = 5.0) -> None:
        self._places = threading.BoundedSemaphore(at_once)
        self._waiting = threading.BoundedSemaphore(waiting)
        self._patience_s = patience_s

    @contextmanager
    def one(self) -> Iterator[None]:
        """Do it while the block runs.

        Raises
        ------
        HTTPException
            If there is no place: 503, and when to come again.
        """
        if not (self._places.acquire(blocking=False) or self._waited()):
            raise HTTPException(503, "many ask for this now", headers={"Retry-After": "5"})
        try:
            yield
        finally:
            self._places.release()

    def _waited(self) -> bool:
        if not self._waiting.acquire(blocking=False):
            return False
        try:
            return self._places.acquire(timeout=self._patience_s)
        finally:
            self._waiting.release()
