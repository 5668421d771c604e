"""A wire that can be cut: forwards what is sent to a server, up to a number of bytes."""

from __future__ import annotations

import contextlib
import socket
import threading
from types import TracebackType
from typing import Self

_BLOCK_BYTES = 1 << 14


class Relay:
    """Listens on this computer and forwards to a port of it.

    Parameters
    ----------
    port
        Of the server.
    most
        Bytes that clients may send in all; after these the wire is cut, or held.
    hold
        Leave the connections open and silent instead of cutting them.
    """

    def __init__(self, port: int, most: int, *, hold: bool = False) -> None:
        self.ended = threading.Event()
        """Set once the bytes are spent."""
        self._to = ("127.0.0.1", port)
        self._left = most
        self._hold = hold
        self._lock = threading.Lock()
        self._open: list[socket.socket] = []
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._listening.close()
        self._cut()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listening.accept()
                far = socket.create_connection(self._to)
            except OSError:
                return  # closed
            with self._lock:
                self._open += [near, far]
            for source, target, counted in ((near, far, True), (far, near, False)):
                threading.Thread(
                    target=self._forward, args=(source, target, counted), daemon=True
                ).start()

    def _forward(self, source: socket.socket, target: socket.socket, counted: bool) -> None:
        try:
            while block := source.recv(_BLOCK_BYTES):
                if counted and not self._may_pass(len(block)):
                    return
                target.sendall(block)
        except OSError:
            pass  # the wire was cut, or one side has gone
        finally:
            if not (self._hold and self.ended.is_set()):
                for end in (source, target):
                    _closed(end)

    def _may_pass(self, size: int) -> bool:
        with self._lock:
            self._left -= size
            if self._left >= 0:
                return True
        self.ended.set()
        if not self._hold:
            self._cut()
        return False

    def _cut(self) -> None:
        with self._lock:
            for one in self._open:
                _closed(one)


def _closed(end: socket.socket) -> None:
    with contextlib.suppress(OSError):  # it is closed already
        end.shutdown(socket.SHUT_RDWR)
    end.close()
