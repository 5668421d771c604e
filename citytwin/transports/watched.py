"""Connections that end at a moment, whatever they wait for then.

Limits on single waits let whoever drips bytes into a head, or into the length of a chunk, go on for
days: a line of a head may have 65,536 of them.
"""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from types import TracebackType
from typing import Any, Self

from urllib3 import HTTPSConnectionPool
from urllib3.connection import HTTPSConnection


class Deadline:
    """Ends the connection that it was shown once its moment has come; a context.

    Parameters
    ----------
    moment_s
        On the monotonic clock [s].
    """

    def __init__(self, moment_s: float) -> None:
        self.moment_s = moment_s
        self._timer = threading.Timer(max(0.0, moment_s - time.monotonic()), self._end)
        self._timer.daemon = True
        self._socket: socket.socket | None = None

    @property
    def has_passed(self) -> bool:
        """Whether its moment has come: what was read then may be cut off."""
        return time.monotonic() >= self.moment_s

    def watch(self, connected: socket.socket) -> None:
        """Take a connection.

        Parameters
        ----------
        connected
            Its socket.
        """
        self._socket = connected
        if self.has_passed:  # between the look of the timer and this one
            self._end()

    def _end(self) -> None:
        if self._socket is not None:
            with contextlib.suppress(OSError):  # closed already
                # past TLS, whose own end would wait for the other side
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._timer.cancel()


class _Watched(HTTPSConnection):
    """Shows its socket to a deadline."""

    def __init__(self, *args: Any, deadline: Deadline, **more: Any) -> None:
        super().__init__(*args, **more)
        self._deadline = deadline

    def connect(self) -> None:
        """Connect, in a time that has limits of its own."""
        super().connect()
        if self.sock is not None:
            self._deadline.watch(self.sock)


class WatchedPool(HTTPSConnectionPool):
    """Connections to one address; `deadline` is one more word of it."""

    ConnectionCls = _Watched
