"""Connections that end when their reader does not go on, so that few clients cannot hold them all.

uvicorn waits without end for the head of a request, and for a reader to take an answer. It counts
open connections, and with all of them held nobody else is answered. Those whose TLS handshake has not
ended it does not count, but each holds a file, of which a process has few; asyncio waits a minute.
"""

from __future__ import annotations

import asyncio
import socket
from functools import partial
from typing import ClassVar

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from citytwin.server.origin import origin_of

_WAITING_BYTES = 128 * 1024
"""Of an answer that the system holds for a reader; it asks for more when a third has gone."""
_HANDSHAKE_S = 10.0
"""For a TLS handshake, of two ways there and back [s]."""
_FULL = (
    b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nRetry-After: 10\r\n"
    b"Connection: close\r\n\r\n"
)


class Connection(H11Protocol):
    """One connection of a reader; one place may have half of those that a process takes."""

    look_s: ClassVar[float] = 10.0
    """Between two looks at it [s]. What has not moved between three of them has ended: the head of a
    request, begun or not, or an answer that waits to be taken."""

    _place: str = ""
    _watch: asyncio.TimerHandle | None = None
    _seen: object = None
    """The request of the last look."""
    _unsent: int = 0
    """Bytes that waited at the last look."""
    _moved: bool = False
    """Whether all that waited has gone since then."""
    _still: int = 0
    """Looks, one after the other, that have found nothing new."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take a connection, or refuse one too many from the same place."""
        super().connection_made(transport)
        most = max(1, (self.limit_concurrency or 2) // 2)
        self._place = origin_of(self.client[0]) if self.client else ""
        if sum(getattr(one, "_place", None) == self._place for one in self.connections) > most:
            self.connections.discard(self)  # it counts no more while TLS takes leave
            transport.write(_FULL)
            transport.close()
        raw = transport.get_extra_info("socket")
        if raw is not None:
            # so that it shows when a reader takes a little
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _WAITING_BYTES)
            # asyncio does so where it has made the socket, not where workers share one of uvicorn's:
            # there the content waits until the reader has acknowledged the head, some 40 ms
            raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._watch = self.loop.call_later(self.look_s, self._look)

    def connection_lost(self, exc: Exception | None) -> None:
        """Let it go."""
        if self._watch is not None:
            self._watch.cancel()
        super().connection_lost(exc)

    def resume_writing(self) -> None:
        """Note that the reader has taken what waited."""
        self._moved = True
        super().resume_writing()

    def timeout_keep_alive_handler(self) -> None:
        """Let a connection go that is not used again; not while an answer is on its way."""
        if _unsent_of(self.transport) == 0:
            super().timeout_keep_alive_handler()
            return
        again = self.loop.call_later(self.timeout_keep_alive, self.timeout_keep_alive_handler)
        self.timeout_keep_alive_task = again

    def _look(self) -> None:
        unsent = _unsent_of(self.transport)
        is_stuck = 0 < self._unsent <= unsent and not self._moved
        # an answer that is written, and not yet taken, counts as complete for h11
        is_idle = unsent == 0 and self.conn.their_state is h11.IDLE
        is_waiting = is_idle and self.cycle is self._seen
        self._still = self._still + 1 if is_stuck or is_waiting else 0
        if self._still > 1:
            self.transport.abort()
            return
        self._unsent, self._moved, self._seen = unsent, False, self.cycle
        self._watch = self.loop.call_later(self.look_s, self._look)


def loop_for_tls() -> asyncio.AbstractEventLoop:
    """Return a loop whose servers let go of whoever does not end a TLS handshake in 10 s."""
    loop = asyncio.new_event_loop()
    patient = loop.create_server
    loop.create_server = partial(patient, ssl_handshake_timeout=_HANDSHAKE_S)  # type: ignore[method-assign]
    return loop


def _unsent_of(transport: asyncio.Transport) -> int:
    """Bytes that wait for a reader; of TLS asyncio tells those alone that are not encrypted yet."""
    below = getattr(getattr(transport, "_ssl_protocol", None), "_transport", None)
    encrypted = below.get_write_buffer_size() if isinstance(below, asyncio.Transport) else 0
    return transport.get_write_buffer_size() + encrypted
