"""A small web server for one published city, on this computer only.

The server of the standard library sends whole files; maps in PMTiles need parts of them
(206 Partial Content). It answers GET and HEAD, and only under the names of the loopback
interface, so that no page of another site can read the map by a rebound host name.
"""

from __future__ import annotations

import ipaddress
import logging
import os
import socket
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import BinaryIO

from citytwin.errors import ConfigError, StoreError
from citytwin.viewer.byte_range import ByteRange, RangeNotSatisfiableError, parse_range
from citytwin.viewer.site import SECURITY_HEADERS, find_file, media_type

_LOG = logging.getLogger(__name__)
_CHUNK = 256 * 1024
_OWN_NAMES = frozenset({"localhost", "127.0.0.1", "[::1]"})


class CityServer(ThreadingHTTPServer):
    """Serves one published folder on the loopback interface.

    Parameters
    ----------
    directory
        Published folder: holds index.html and latest.json.
    host
        Loopback address or ``localhost``.
    port
        Port; 0 takes a free one.

    Raises
    ------
    ConfigError
        When `host` is not on the loopback interface.
    StoreError
        When the folder is missing, or the port cannot be opened.
    """

    daemon_threads = True
    # On POSIX a closed port is free again at once; on Windows two servers would share it.
    allow_reuse_address = os.name == "posix"

    def __init__(self, directory: Path, host: str = "127.0.0.1", port: int = 0) -> None:
        address = _loopback(host)
        if not directory.is_dir():
            msg = f"{directory} is not a folder"
            raise StoreError(msg, hint="give the folder of a published city, such as out/demo")
        self.root = directory.resolve()
        name = f"[{address}]" if address.version == 6 else str(address)
        self.names = _OWN_NAMES | {name}
        if address.version == 6:
            self.address_family = socket.AF_INET6
        try:
            super().__init__((str(address), port), _Handler)
        except OSError as error:
            msg = f"port {port} on {host} cannot be opened: {error.strerror}"
            raise StoreError(msg, hint="choose another port, or 0 for a free one") from error
        self.url = f"http://{name}:{self.server_port}/"


def serve(
    directory: Path,
    host: str = "127.0.0.1",
    port: int = 0,
    *,
    elsewhere: bool = False,
    announce: Callable[[str], object] = _LOG.info,
) -> None:
    """Serve a published folder on this computer until Ctrl-C.

    Parameters
    ----------
    directory
        Published folder: holds index.html and latest.json.
    host
        Loopback address or ``localhost``.
    port
        Port; 0 takes a free one.
    elsewhere
        Whether a free port is taken where this one is not to be had.
    announce
        Called once with the address of the map when it can be opened.

    Raises
    ------
    ConfigError
        When `host` is not on the loopback interface.
    StoreError
        When the folder is missing, or the port cannot be opened.
    """
    with _opened(directory, host, port, elsewhere=elsewhere) as server:
        try:
            announce(server.url)
            server.serve_forever()
        except KeyboardInterrupt:
            _LOG.info("stopped")


def _opened(directory: Path, host: str, port: int, *, elsewhere: bool) -> CityServer:
    try:
        return CityServer(directory, host, port)
    except StoreError as error:
        if not elsewhere or not directory.is_dir():
            raise
        _LOG.warning("%s; taking a free port", error.message)
        return CityServer(directory, host)


def _loopback(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    try:
        address = ipaddress.ip_address("127.0.0.1" if host == "localhost" else host.strip("[]"))
    except ValueError:
        address = None
    if address is None or not address.is_loopback:
        msg = f"host {host!r} is not on the loopback interface"
        hint = "the map is served to this computer only; use 127.0.0.1, ::1 or localhost"
        raise ConfigError(msg, hint=hint)
    return address


class _Handler(BaseHTTPRequestHandler):
    server: CityServer
    protocol_version = "HTTP/1.1"
    timeout = 60

    def do_GET(self) -> None:
        self._answer()

    def do_HEAD(self) -> None:
        self._answer()

    def version_string(self) -> str:
        """Name the program, and no versions."""
        return "citytwin"

    def end_headers(self) -> None:
        for name, value in SECURITY_HEADERS.items():
            self.send_header(name, value)
        super().end_headers()

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Answer an error in plain text; the standard library would answer in HTML."""
        del explain
        status = HTTPStatus(code)
        body = f"{code} {message or status.phrase}\n".encode("ascii", "replace")
        self.log_request(code)
        self.send_response_only(status)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        _LOG.debug(format, *args)

    def _answer(self) -> None:
        if not self._asked_by_own_name():
            self.send_error(HTTPStatus.MISDIRECTED_REQUEST)
            return
        path = find_file(self.server.root, self.path)
        if path is None:
            self.send_error(HTTPStatus.NOT_FOUND)
            return
        try:
            file = path.open("rb")
        except PermissionError:
            self.send_error(HTTPStatus.FORBIDDEN)
            return
        except OSError:  # a publication has removed it since
            self.send_error(HTTPStatus.NOT_FOUND)
            return
        with file:
            try:
                self._send(file, media_type(path))
            except (ConnectionError, TimeoutError):
                self.close_connection = True  # the reader went away

    def _asked_by_own_name(self) -> bool:
        name = self.headers.get("Host", "").lower()
        host, colon, port = name.rpartition(":")
        return (host if colon and port.isdigit() else name) in self.server.names

    def _send(self, file: BinaryIO, kind: str) -> None:
        status = os.fstat(file.fileno())
        etag = f'"{status.st_mtime_ns:x}-{status.st_size:x}"'
        if _names_tag(self.headers.get("If-None-Match"), etag):
            self.send_response(HTTPStatus.NOT_MODIFIED)
            self.send_header("ETag", etag)
            self.end_headers()
            return
        try:
            part = self._asked_part(status.st_size, etag)
        except RangeNotSatisfiableError:
            self.send_response(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE)
            self.send_header("Content-Range", f"bytes */{status.st_size}")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self._send_head(part, status.st_size, etag, kind)
        if self.command != "HEAD":
            self._copy(file, part or ByteRange(0, status.st_size - 1))

    def _asked_part(self, size: int, etag: str) -> ByteRange | None:
        condition = self.headers.get("If-Range")
        if self.command != "GET" or (condition is not None and condition.strip() != etag):
            return None
        return parse_range(self.headers.get("Range"), size)

    def _send_head(self, part: ByteRange | None, size: int, etag: str, kind: str) -> None:
        self.send_response(HTTPStatus.OK if part is None else HTTPStatus.PARTIAL_CONTENT)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(size if part is None else part.length))
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("ETag", etag)
        self.send_header("Cache-Control", "no-cache")
        if part is not None:
            self.send_header("Content-Range", f"bytes {part.first}-{part.last}/{size}")
        self.end_headers()

    def _copy(self, file: BinaryIO, part: ByteRange) -> None:
        file.seek(part.first)
        left = part.length
        while left > 0:
            data = file.read(min(_CHUNK, left))
            if not data:
                self.close_connection = True  # the file shrank; the reader must not wait
                return
            self.wfile.write(data)
            left -= len(data)


def _names_tag(header: str | None, etag: str) -> bool:
    if header is None:
        return False
    tags = [tag.strip().removeprefix("W/") for tag in header.split(",")]
    return etag in tags or "*" in tags
