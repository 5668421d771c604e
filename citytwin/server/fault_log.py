"""Tells the operator why readers are answered that something is not available: they are not told."""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable

from citytwin.errors import CityTwinError

_LOG = logging.getLogger(__name__)
_EVERY_S = 60.0
_KEPT = 64


class FaultLog:
    """Writes an error to the log, the same one at most once a minute; safe among threads.

    Parameters
    ----------
    clock
        Seconds that never go back [s].
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._told: OrderedDict[str, float] = OrderedDict()
        self._lock = threading.Lock()

    def tell(self, error: CityTwinError) -> None:
        """Write an error down, with what to do, unless it was within the last minute.

        Parameters
        ----------
        error
            What kept the server from answering.
        """
        said = str(error)
        with self._lock:
            now_s = self._clock()
            told_s = self._told.get(said)
            if told_s is not None and now_s - told_s < _EVERY_S:
                return
            self._told[said] = now_s
            self._told.move_to_end(said)
            if len(self._told) > _KEPT:
                self._told.popitem(last=False)
        _LOG.error("answered 503: %s", said)
