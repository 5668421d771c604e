"""Connections whose reader does not go on end, and one place cannot hold all of them."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
import uvicorn
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from citytwin.security.certificates import new_authority, sign
from citytwin.server.connections import Connection
from citytwin.server.origin import origin_of

BYTES = 8_000_000
MOST = 8
ENDED = (ConnectionError, ssl.SSLError)
"""By force; no TimeoutError, which fails a test."""
GET = b"GET %s HTTP/1.1\r\nHost: here\r\n\r\n"


class Quick(Connection):
    """Looks often, so that the tests need not wait."""

    look_s = 0.5


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer a few bytes, or many."""
    is_large = Request(scope, receive).url.path == "/large"
    await Response(b"x" * (BYTES if is_large else 2))(scope, receive, send)


@dataclass(frozen=True)
class Door:
    """Where a server listens."""

    port: int
    trust: ssl.SSLContext | None
    """None in clear."""
    server: uvicorn.Server

    def enter(self, begin: bytes = b"", place: str = "127.0.0.1") -> socket.socket:
        """A connection from a place of this computer, which begins so."""
        found = socket.socket()
        found.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        found.bind((place, 0))
        found.connect(("127.0.0.1", self.port))
        found.settimeout(60)
        if self.trust is not None:
            found = self.trust.wrap_socket(found, server_hostname="localhost")
        found.sendall(begin)
        return found


@pytest.fixture(scope="module", params=["in clear", pytest.param("tls", marks=pytest.mark.long)])
def door(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Door]:
    """Of a server that takes few connections."""
    folder, trust = tmp_path_factory.mktemp("door"), None
    files: dict[str, Path | None] = {"ssl_certfile": None, "ssl_keyfile": None}
    if request.param == "tls":
        authority = new_authority("tests", timedelta(days=1))
        own = sign(authority, "localhost", ["localhost"], timedelta(days=1))
        files = {"ssl_certfile": folder / "own.pem", "ssl_keyfile": folder / "own.key"}
        (folder / "own.pem").write_bytes(own.certificate_pem)
        (folder / "own.key").write_bytes(own.key_pem)
        trust = ssl.create_default_context(cadata=authority.certificate_pem.decode())
    config = uvicorn.Config(
        app, port=0, http=Quick, limit_concurrency=MOST, ws="none",
        loop="asyncio" if trust is None else "citytwin.server.connections:loop_for_tls",
        log_level="error", ssl_certfile=files["ssl_certfile"], ssl_keyfile=files["ssl_keyfile"],
    )  # fmt: skip
    server = uvicorn.Server(config)
    shared = config.bind_socket()  # as workers share it
    thread = threading.Thread(target=server.run, args=([shared],), daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield Door(shared.getsockname()[1], trust, server)
    server.should_exit = True
    thread.join(30)


def status(door: Door, place: str) -> int:
    """What somebody is answered who asks as one should."""
    with door.enter(GET % b"/", place) as one:
        return int(one.recv(100).split()[1])


def head(one: socket.socket) -> bytes:
    """Read the head of an answer; return what has come of its content."""
    said = b""
    while b"\r\n\r\n" not in said:
        piece = one.recv(1000)
        assert piece
        said += piece
    assert b" 200 OK" in said
    return said.partition(b"\r\n\r\n")[2]


def received(one: socket.socket) -> int:
    """Bytes that come until the connection ends; an end by force counts as one."""
    count = 0
    try:
        while piece := one.recv(1 << 20):
            count += len(piece)
    except ENDED:
        pass
    return count


@pytest.mark.parametrize("begin", [b"", GET[:20], GET % b"/" + GET[:20]])
def test_one_place_cannot_hold_all_connections(door: Door, begin: bytes) -> None:
    """Others are answered meanwhile; those that say nothing more end."""
    silent = [door.enter(begin) for _ in range(2 * MOST)]
    assert status(door, "127.0.0.2") == 200
    for one in silent:
        received(one)  # ends, or the test does by its time
        one.close()
    assert status(door, "127.0.0.1") == 200


def test_content_does_not_wait_for_its_head(door: Door) -> None:
    """Without this an answer of two writes takes 40 ms longer, where workers share a socket."""
    with door.enter(GET % b"/") as one:
        head(one)
        found = list(door.server.server_state.connections)
        assert found
        for at_server in found:
            raw = at_server.transport.get_extra_info("socket")
            assert raw.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


@pytest.mark.parametrize("door", [pytest.param("tls", marks=pytest.mark.long)], indirect=True)
def test_a_handshake_that_does_not_come_ends(door: Door) -> None:
    """In less than asyncio's minute; others are answered meanwhile."""
    with socket.create_connection(("127.0.0.1", door.port)) as one:
        one.settimeout(30)
        assert status(door, "127.0.0.2") == 200
        assert received(one) <= 1


def test_a_head_that_drips_ends(door: Door) -> None:
    """Each byte in its time is no request for ever."""
    with door.enter(b"GET / HTTP/1.1\r\n") as one, pytest.raises(ENDED):
        _drip(one)


def _drip(one: socket.socket) -> None:
    for _ in range(600):
        one.sendall(b"X")
        time.sleep(0.1)


def test_an_answer_that_nobody_takes_ends(door: Door) -> None:
    """It is not kept in memory for as long as somebody holds the connection."""
    with door.enter(GET % b"/large") as one:
        one.recv(10)
        time.sleep(5 * Quick.look_s)
        assert received(one) < BYTES - 10


def test_who_reads_slowly_gets_all(door: Door) -> None:
    """And so does who asks again and again over one connection."""
    with door.enter(GET % b"/large") as one:
        begun, count = time.monotonic(), len(head(one))
        while count < BYTES and (piece := one.recv(1 << 16)):
            count += len(piece)
            if time.monotonic() - begun < 5 * Quick.look_s:
                time.sleep(0.01)
        assert count == BYTES
        for _ in range(20):
            one.sendall(GET % b"/")
            begin = head(one)
            assert begin or one.recv(2)
            time.sleep(Quick.look_s / 8)


@pytest.mark.parametrize(
    ("address", "origin"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::"),
        ("2001:db8:1:3::1", "2001:db8:1:3::"),
        ("fe80::1%eth0", "fe80::"),
        ("", ""),
        ("testclient", "testclient"),
    ],
)
def test_addresses_of_one_holder_count_together(address: str, origin: str) -> None:
    """Of IPv6 everybody has as many as they like, below one prefix of 64 bits."""
    assert origin_of(address) == origin
