"""One request over HTTPS: real servers that behave, and that do not."""

from __future__ import annotations

import gzip
import logging
import socket
from pathlib import Path

import pytest

from citytwin.errors import SourceError, UnreachableError
from citytwin.transports.addresses import Allowed
from citytwin.transports.https import HttpsClient, Limits
from tests.unit.transports.https_server import Reply, Request, serving

SECRET = {"X-Api-Key": "very-secret"}


def test_a_plain_answer(tmp_path: Path) -> None:
    """Body, status, headers in small letters; the key went along."""
    with serving(tmp_path, lambda _: Reply(body=b"rain", headers={"ETag": '"7"'})) as server:
        answer = server.client().get(f"{server.url}/a?b=c", {"Accept": "x/y"}, SECRET)
    assert (answer.status, answer.body, answer.headers["etag"]) == (200, b"rain", '"7"')
    (request,) = server.requests
    assert request.path == "/a?b=c"
    assert request.headers["host"] == f"localhost:{server.port}"
    assert request.headers["x-api-key"] == "very-secret"


def test_a_packed_answer_is_unpacked(tmp_path: Path) -> None:
    """Gzip, as asked for."""
    packed = gzip.compress(b"depth " * 1000)
    reply = Reply(body=packed, headers={"Content-Encoding": "gzip"})
    with serving(tmp_path, lambda _: reply) as server:
        assert server.client().get(server.url, {}, {}).body == b"depth " * 1000


@pytest.mark.parametrize(("status", "waits_s"), [(500, 0.0), (503, 17.0), (429, 17.0), (408, 0.0)])
def test_answers_that_say_later(tmp_path: Path, status: int, waits_s: float) -> None:
    """And for how long, where they say so."""
    headers = {"Retry-After": "17"} if waits_s else {}
    with serving(tmp_path, lambda _: Reply(status, headers=headers)) as server:
        with pytest.raises(UnreachableError, match=str(status)) as fault:
            server.client().get(server.url, {}, {})
        assert fault.value.retry_after_s == waits_s


@pytest.mark.parametrize("status", [400, 401, 404, 410])
def test_answers_that_say_no(tmp_path: Path, status: int) -> None:
    """Asking again will not help."""
    with (
        serving(tmp_path, lambda _: Reply(status)) as server,
        pytest.raises(SourceError, match=f"answers {status}"),
    ):
        server.client().get(server.url, {}, {})


def test_redirections_within_what_is_allowed(tmp_path: Path) -> None:
    """Followed on the same host; elsewhere the key stays behind."""

    def answer(request: Request) -> Reply:
        if request.path == "/old":
            return Reply(302, headers={"Location": "/new"})
        if request.path == "/away":
            port = request.headers["host"].partition(":")[2]
            return Reply(307, headers={"Location": f"https://127.0.0.1:{port}/new"})
        return Reply(body=b"found")

    with serving(tmp_path, answer) as server:
        client = server.client(hosts=("localhost", "127.0.0.1"))
        assert client.get(f"{server.url}/old", {}, SECRET).body == b"found"
        assert server.requests[-1].headers["x-api-key"] == "very-secret"
        assert client.get(f"{server.url}/away", {}, SECRET).body == b"found"
        assert "x-api-key" not in server.requests[-1].headers


@pytest.mark.parametrize(
    ("location", "said"),
    [
        ("https://elsewhere.example/", "elsewhere.example is not among those allowed"),
        ("http://localhost/", "only https"),
        ("file:///etc/passwd", "only https"),
        ("https://localhost@127.0.0.1/", "a user or a password"),
        ("https://[::ffff:169.254.169.254]/", "not among those allowed"),
        ("", "redirected more than 3 times"),
    ],
)
def test_redirections_elsewhere_are_refused(tmp_path: Path, location: str, said: str) -> None:
    """To other hosts, other schemes, the metadata service of a cloud, and in circles."""
    reply = Reply(301, headers={"Location": location} if location else {"Location": "/"})
    with serving(tmp_path, lambda _: reply) as server, pytest.raises(SourceError, match=said):
        server.client().get(server.url, {}, {})


def test_what_is_posted_is_not_redirected(tmp_path: Path) -> None:
    """The signature is for one receiver."""
    with serving(tmp_path, lambda _: Reply(308, headers={"Location": "/b"})) as server:
        with pytest.raises(SourceError, match="leads elsewhere"):
            server.client().post(f"{server.url}/a", b"alert", {})
        assert [(r.method, r.body) for r in server.requests] == [("POST", b"alert")]


@pytest.mark.parametrize("claimed", ["3000", None])
def test_answers_that_are_too_large(tmp_path: Path, claimed: str | None) -> None:
    """Whether they say so or not."""
    head = "HTTP/1.1 200 OK\r\nConnection: close\r\n"
    head += f"Content-Length: {claimed}\r\n\r\n" if claimed else "\r\n"
    reply = Reply(body=head.encode() + b"x" * 3000, raw=True)
    with (
        serving(tmp_path, lambda _: reply) as server,
        pytest.raises(SourceError, match="more than 1000 bytes"),
    ):
        server.client(bytes=1000).get(server.url, {}, {})


def test_answers_that_unpack_to_too_much(tmp_path: Path) -> None:
    """Ten million zeros in ten thousand bytes."""
    reply = Reply(body=gzip.compress(b"0" * 10_000_000), headers={"Content-Encoding": "gzip"})
    with (
        serving(tmp_path, lambda _: reply) as server,
        pytest.raises(SourceError, match="unpacks from"),
    ):
        server.client(ratio=100).get(server.url, {}, {})


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort", "no answer"),
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\n12345", "unpack"),
        (b"no HTTP at all\r\n\r\n", "no answer"),
        (b"HTTP/1.1 200 OK\r\n" + b"A: " + b"a" * 200_000 + b"\r\n\r\n", "no answer"),
        (b"", "no answer"),
    ],
)
def test_damaged_answers(tmp_path: Path, body: bytes, said: str) -> None:
    """Cut off, mangled, or none: the same may succeed later."""
    with (
        serving(tmp_path, lambda _: Reply(body=body, raw=True)) as server,
        pytest.raises(UnreachableError, match=said),
    ):
        server.client().get(server.url, {}, {})


def test_a_packed_answer_that_is_cut_off(tmp_path: Path) -> None:
    """Half of it, with the length of that half."""
    packed = gzip.compress(bytes(range(256)) * 100)
    reply = Reply(body=packed[: len(packed) // 2], headers={"Content-Encoding": "gzip"})
    with (
        serving(tmp_path, lambda _: reply) as server,
        pytest.raises(UnreachableError, match="cut off"),
    ):
        server.client().get(server.url, {}, {})


def test_a_coding_nobody_asked_for(tmp_path: Path) -> None:
    """Is not guessed at."""
    reply = Reply(body=b"??", headers={"Content-Encoding": "br"})
    with serving(tmp_path, lambda _: reply) as server, pytest.raises(SourceError, match="'br'"):
        server.client().get(server.url, {}, {})


def test_a_server_that_accepts_and_is_silent() -> None:
    """The wait ends, long before this test is stopped for hanging."""
    with socket.create_server(("127.0.0.1", 0)) as dead:
        port = dead.getsockname()[1]
        client = HttpsClient(
            Allowed(frozenset({"127.0.0.1"}), private=True), Limits(connect_s=0.3, silence_s=0.3)
        )
        with pytest.raises(UnreachableError):
            client.get(f"https://127.0.0.1:{port}/", {}, {})


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 10000\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX-Long: ",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;",
        b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n",
    ],
    ids=["in a body", "in a head", "in the length of a chunk", "in a body without a length"],
)
def test_a_drip_of_bytes_is_no_answer(tmp_path: Path, head: bytes) -> None:
    """Pieces that come in time keep every single wait short, and the whole too long."""

    def answer(_: Request) -> Reply:
        return Reply(body=head, raw=True, drip_s=0.1)

    limits_s = {"silence_s": 60.0, "total_s": 0.5}
    with serving(tmp_path, answer) as server, pytest.raises(UnreachableError, match="and no end"):
        server.client(**limits_s).get(server.url, {}, {})


def test_strangers_are_not_trusted(tmp_path: Path) -> None:
    """A certificate of an unknown authority, and one of another name."""
    with serving(tmp_path, lambda _: Reply()) as server:
        stranger = HttpsClient(Allowed(frozenset({"localhost"}), private=True))
        with pytest.raises(UnreachableError, match="no trusted connection"):
            stranger.get(server.url, {}, {})
        other = server.client(hosts=("ip6-localhost", "localhost.localdomain"))
        with pytest.raises((UnreachableError, SourceError)):
            other.get(f"https://ip6-localhost:{server.port}/", {}, {})
    assert server.requests == []


def test_private_addresses_need_a_word(tmp_path: Path) -> None:
    """A name that leads to this computer is refused before a connection is made."""
    with serving(tmp_path, lambda _: Reply()) as server:
        with pytest.raises(SourceError, match="inside a private network"):
            server.client(private=False).get(server.url, {}, {})
        assert server.requests == []


def test_secrets_stay_out_of_messages(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Neither the query nor a header is told."""
    caplog.set_level(logging.DEBUG, logger="citytwin")
    with serving(tmp_path, lambda _: Reply(403)) as server:
        with pytest.raises(SourceError) as fault:
            server.client().get(f"{server.url}/x?appid=hidden", {}, SECRET)
        told = str(fault.value) + caplog.text
        assert "/x" in told
        assert "hidden" not in told
        assert "very-secret" not in told
