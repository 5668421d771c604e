"""Serves the metrics to Prometheus, on this computer only."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from citytwin.errors import ConfigError

_OWN_NAMES = frozenset({"127.0.0.1", "localhost"})
_TYPE = "text/plain; version=0.0.4; charset=utf-8"


@contextmanager
def serving_metrics(port: int | None, text: Callable[[], bytes]) -> Iterator[int | None]:
    """Serve ``/metrics`` while the block runs.

    Parameters
    ----------
    port
        On the loopback interface; None serves nothing, 0 takes a free one.
    text
        Gives the metrics.

    Raises
    ------
    ConfigError
        If the port is taken.
    """
    if port is None:
        yield None
        return

    class Handler(BaseHTTPRequestHandler):
        timeout = 30

        def do_GET(self) -> None:
            # a page of another site must not read it by a rebound name of a host
            if self.headers.get("Host", "").rpartition(":")[0] not in _OWN_NAMES:
                self.send_error(421)
                return
            if self.path.partition("?")[0] != "/metrics":
                self.send_error(404)
                return
            body = text()
            self.send_response(200)
            self.send_header("Content-Type", _TYPE)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Stay quiet: it is asked every few seconds."""

    try:
        server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    except OSError as error:
        msg = f"live.metrics_port: port {port} cannot be opened: {error.strerror}"
        raise ConfigError(msg, hint="name a free port") from error
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
