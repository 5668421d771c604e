"""A real HTTPS server on the loopback interface that answers as it is told."""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from citytwin.testing.certificates import Certificates, write_certificates
from citytwin.transports.addresses import Allowed
from citytwin.transports.https import HttpsClient, Limits


@dataclass
class Request:
    """What a client sent."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Reply:
    """What the server answers; `raw` is written as it is."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    raw: bool = False
    drip_s: float = 0.0
    """Pause between single bytes that follow for two seconds."""


@dataclass
class Server:
    """A running server and what it was asked."""

    port: int
    files: Certificates
    requests: list[Request]

    @property
    def url(self) -> str:
        """Address of its root."""
        return f"https://localhost:{self.port}"

    def client(
        self, *, hosts: tuple[str, ...] = ("localhost",), private: bool = True, **limits: float
    ) -> HttpsClient:
        """A client that trusts it."""
        allowed = Allowed(frozenset(hosts), private=private)
        return HttpsClient(allowed, Limits(**limits), self.files.authority)


@contextmanager
def serving(folder: Path, answer: Callable[[Request], Reply]) -> Iterator[Server]:
    """Run a server whose answers come from a function."""
    seen: list[Request] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            request = Request(self.command, self.path, headers, self.rfile.read(length))
            seen.append(request)
            reply = answer(request)
            self.close_connection = True
            if reply.raw:
                self.wfile.write(reply.body)
                for _ in range(round(2.0 / reply.drip_s) if reply.drip_s else 0):
                    time.sleep(reply.drip_s)
                    self.wfile.write(b"x")
                return
            self.send_response(reply.status)
            for name, value in {"Content-Length": str(len(reply.body)), **reply.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(reply.body)

        def do_GET(self) -> None:
            self._answer()

        def do_POST(self) -> None:
            self._answer()

        def log_message(self, *_: object) -> None:
            """Stay quiet."""

    class Quiet(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            """Clients of these tests hang up on purpose."""

    files = write_certificates(folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.certificate, files.key)
    server = Quiet(("127.0.0.1", 0), Handler)
    server.socket = context.wrap_socket(
        server.socket, server_side=True, do_handshake_on_connect=False
    )
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield Server(server.server_address[1], files, seen)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
