"""A feed over HTTP that hangs, lies about its length, drips, or sends garbage.

It serves one folder as object storage does (listings and objects of S3, without keys), and from one
of its requests on it does something wrong. Answers are written byte by byte, since no library for
servers would send these.
"""

from __future__ import annotations

import hashlib
import random
import re
import socketserver
import time
from collections.abc import Callable, Mapping
from http.client import parse_headers
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
from xml.sax.saxutils import escape

DRIP_S = 0.1
"""Pause between single bytes [s]."""
_FOR_EVER_S = 3600.0
_PART = re.compile(r"bytes=([0-9]+)-([0-9]*)")


class FaultyFeed(socketserver.ThreadingTCPServer):
    """Serves a folder as the bucket of that name.

    Parameters
    ----------
    folder
        What it serves.
    port
        On this computer; 0 for any.
    fault
        Of `FAULTS`; empty for none.
    spared
        Requests that are answered well before.
    seed
        Of the garbage.
    """

    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, folder: Path, port: int, fault: str = "", spared: int = 0, seed: int = 0):
        super().__init__(("127.0.0.1", port), _Answer)
        self.folder, self.fault, self.spared = folder, fault, spared
        self.dice = random.Random(seed)


class _Answer(socketserver.StreamRequestHandler):
    server: FaultyFeed
    part: str
    """What was asked for, and of how much, as HTTP says it; empty for all."""

    def handle(self) -> None:
        """Answer one request; each has a connection of its own."""
        asked = self.rfile.readline().decode("latin-1").split()
        headers = parse_headers(self.rfile)
        if len(asked) != 3:
            return
        body, tag = self._content(asked[1])
        self.part = ""
        if (asked_for := _PART.fullmatch(headers.get("Range", ""))) is not None:
            begin, end = int(asked_for[1]), min(int(asked_for[2] or len(body)) + 1, len(body))
            self.part = f"bytes {begin}-{end - 1}/{len(body)}"
            body = body[begin:end]
        struck = self.server.fault if self.server.spared <= 0 else ""
        self.server.spared -= 1
        try:
            (FAULTS[struck] if struck else _well)(self, body, tag)
        except OSError:
            return  # who asked has gone

    def _content(self, address: str) -> tuple[bytes, str]:
        """What is asked for, and its tag."""
        parts = urlsplit(address)
        below = parts.path.strip("/").partition("/")[2]
        file = self.server.folder / below
        body = file.read_bytes() if file.is_file() else self._listing(parts.query)
        return body, digest(body)

    def _listing(self, query: str) -> bytes:
        prefix = parse_qs(query).get("prefix", [""])[0]
        entries = []
        for file in sorted(self.server.folder.rglob("*")):
            name = file.relative_to(self.server.folder).as_posix()
            if file.is_file() and name.startswith(prefix):
                data = file.read_bytes()
                entries.append(
                    f"<Contents><Key>{escape(name)}</Key><Size>{len(data)}</Size>"
                    "<LastModified>2026-06-30T12:00:00.000Z</LastModified>"
                    f"<ETag>&quot;{digest(data)}&quot;</ETag></Contents>"
                )
        return (
            '<?xml version="1.0" encoding="UTF-8"?>'
            '<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
            f"<IsTruncated>false</IsTruncated>{''.join(entries)}</ListBucketResult>"
        ).encode()

    def head(self, length: int, tag: str) -> None:
        """Begin an answer."""
        part = f"206 Partial Content\r\nContent-Range: {self.part}"
        status = part if self.part else "200 OK"
        self.wfile.write(
            f"HTTP/1.1 {status}\r\nConnection: close\r\nContent-Type: application/octet-stream\r\n"
            f'Last-Modified: Tue, 30 Jun 2026 12:00:00 GMT\r\nETag: "{tag}"\r\n'
            f"Content-Length: {length}\r\n\r\n".encode()
        )

    def garbage(self, size: int) -> bytes:
        """Bytes of no meaning."""
        return self.server.dice.randbytes(size)


def digest(data: bytes) -> str:
    """Tag of an object."""
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


def _well(answer: _Answer, body: bytes, tag: str) -> None:
    answer.head(len(body), tag)
    answer.wfile.write(body)


def _never(_answer: _Answer, _body: bytes, _tag: str) -> None:
    time.sleep(_FOR_EVER_S)


def _after_the_head(answer: _Answer, body: bytes, tag: str) -> None:
    answer.head(len(body), tag)
    time.sleep(_FOR_EVER_S)


def _within_the_body(answer: _Answer, body: bytes, tag: str) -> None:
    answer.head(len(body), tag)
    answer.wfile.write(body[: len(body) // 2])
    time.sleep(_FOR_EVER_S)


def _drips(answer: _Answer, body: bytes, tag: str) -> None:
    answer.head(len(body), tag)
    for place in range(len(body)):
        answer.wfile.write(body[place : place + 1])
        time.sleep(DRIP_S)


def _too_long(answer: _Answer, body: bytes, tag: str) -> None:
    answer.head(len(body) + 1000, tag)
    answer.wfile.write(body)


def _too_short(answer: _Answer, body: bytes, tag: str) -> None:
    answer.head(len(body) // 2, tag)
    answer.wfile.write(body)


def _garbage(answer: _Answer, body: bytes, tag: str) -> None:
    answer.head(len(body), tag)
    answer.wfile.write(answer.garbage(len(body)))


def _no_http(answer: _Answer, body: bytes, _tag: str) -> None:
    answer.wfile.write(answer.garbage(len(body)))


FAULTS: Mapping[str, Callable[[_Answer, bytes, str], None]] = {
    "says nothing": _never,
    "hangs after the head": _after_the_head,
    "hangs within the body": _within_the_body,
    "drips": _drips,
    "says it is longer": _too_long,
    "says it is shorter": _too_short,
    "sends garbage of the right length": _garbage,
    "sends no HTTP": _no_http,
}
"""What such a feed does, by name."""


def run_feed(folder: Path, port: int, fault: str, spared: int, seed: int) -> None:
    """Serve until the process is ended; the arguments are those of `FaultyFeed`."""
    with FaultyFeed(folder, port, fault, spared, seed) as server:
        server.serve_forever()
