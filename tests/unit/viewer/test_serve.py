"""The loopback server, asked over real sockets."""

from __future__ import annotations

import http.client
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from citytwin.errors import ConfigError, StoreError
from citytwin.viewer.serve import CityServer, serve

BODY = bytes(range(256)) * 40


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CityServer]:
    """A server over a folder with a page, an archive, and things that must not be given out."""
    top = tmp_path_factory.mktemp("top")
    (top / "secret.txt").write_text("secret")
    root = top / "city"
    (root / "depth" / ".tmp-1").mkdir(parents=True)
    (root / "index.html").write_text("<!doctype html>")
    (root / "depth" / "a.pmtiles").write_bytes(BODY)
    (root / "depth" / "水深.values.gz").write_bytes(b"\x1f\x8b")
    (root / "depth" / ".tmp-1" / "half.json").write_text("{}")
    (root / "depth" / "way_out.txt").symlink_to(top / "secret.txt")
    (root / "empty.bin").write_bytes(b"")
    with CityServer(root) as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def ask(
    server: CityServer, target: str, method: str = "GET", headers: dict[str, str] | None = None
) -> tuple[http.client.HTTPResponse, bytes]:
    """One request on a connection of its own."""
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=10)
    try:
        connection.request(method, target, headers=headers or {})
        answer = connection.getresponse()
        return answer, answer.read()
    finally:
        connection.close()


def test_root_is_the_page(server: CityServer) -> None:
    """The address of the city must give its page."""
    answer, body = ask(server, "/?lang=ja")
    assert (answer.status, body) == (200, b"<!doctype html>")
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"


@pytest.mark.parametrize(
    ("asked", "span", "expected"),
    [
        ("bytes=0-126", "bytes 0-126/10240", BODY[:127]),
        ("bytes=10000-", "bytes 10000-10239/10240", BODY[10000:]),
        ("bytes=-16", "bytes 10224-10239/10240", BODY[-16:]),
    ],
)
def test_parts_of_a_file(server: CityServer, asked: str, span: str, expected: bytes) -> None:
    """A range must be answered with 206, its place, and exactly its bytes."""
    answer, body = ask(server, "/depth/a.pmtiles", headers={"Range": asked})
    assert (answer.status, body) == (206, expected)
    assert answer.headers["Content-Range"] == span
    assert answer.headers["Content-Type"] == "application/vnd.pmtiles"


def test_range_behind_the_end(server: CityServer) -> None:
    """A range behind the end must be refused with the true length."""
    answer, body = ask(server, "/depth/a.pmtiles", headers={"Range": "bytes=10240-"})
    assert (answer.status, body) == (416, b"")
    assert answer.headers["Content-Range"] == "bytes */10240"


def test_part_only_of_the_same_file(server: CityServer) -> None:
    """If-Range must give the part when the file is unchanged, the whole when it is not."""
    tag = ask(server, "/depth/a.pmtiles")[0].headers["ETag"]
    same = {"Range": "bytes=0-0", "If-Range": tag}
    other = {"Range": "bytes=0-0", "If-Range": '"other"'}
    assert ask(server, "/depth/a.pmtiles", headers=same)[0].status == 206
    assert ask(server, "/depth/a.pmtiles", headers=other)[1] == BODY


def test_unchanged_file_is_not_sent_again(server: CityServer) -> None:
    """A reader that holds the file must be told so, without its bytes."""
    tag = ask(server, "/depth/a.pmtiles")[0].headers["ETag"]
    answer, body = ask(server, "/depth/a.pmtiles", headers={"If-None-Match": f'"x", W/{tag}'})
    assert (answer.status, body) == (304, b"")


def test_head_has_no_body(server: CityServer) -> None:
    """HEAD must tell the length and send nothing, also for what does not exist."""
    answer, body = ask(server, "/depth/a.pmtiles", "HEAD", {"Range": "bytes=0-5"})
    assert (answer.status, answer.headers["Content-Length"], body) == (200, "10240", b"")
    answer, body = ask(server, "/nothing", "HEAD")
    assert (answer.status, body) == (404, b"")


def test_empty_file(server: CityServer) -> None:
    """A file of no bytes must be answered whole, as bytes to save."""
    answer, body = ask(server, "/empty.bin")
    assert (answer.status, body) == (200, b"")
    assert answer.headers["Content-Type"] == "application/octet-stream"


def test_gzip_is_a_file_not_an_encoding(server: CityServer) -> None:
    """A .gz file must arrive as it is; the page unpacks it itself."""
    answer, body = ask(server, "/depth/%E6%B0%B4%E6%B7%B1.values.gz")
    assert (answer.status, body) == (200, b"\x1f\x8b")
    assert answer.headers["Content-Encoding"] is None


@pytest.mark.parametrize(
    "target",
    [
        "/../secret.txt", "/%2e%2e/secret.txt", "/depth/..%2f..%2fsecret.txt",
        "/depth/way_out.txt", "/..\\secret.txt", "/%5c..%5csecret.txt", "//etc/passwd",
        "/depth/.tmp-1/half.json", "/depth", "/depth/", "/depth//a.pmtiles",
        "/depth/a.pmtiles%00.html", "/depth/a.pmtiles/", "/C:/x", "/%ff", "/" + "a" * 5000,
        "/[", "*",
    ],
)  # fmt: skip
def test_what_is_not_given_out(server: CityServer, target: str) -> None:
    """No path may leave the folder, list it, or reach unfinished files."""
    answer, body = ask(server, target)
    assert answer.status == 404
    assert b"secret" not in body


def test_foreign_host_name_is_refused(server: CityServer) -> None:
    """A page of another site whose name was rebound to this computer must get nothing."""
    answer, _ = ask(server, "/", headers={"Host": f"evil.example:{server.server_port}"})
    assert answer.status == 421
    assert ask(server, "/", headers={"Host": "localhost"})[0].status == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_nothing_can_be_written(server: CityServer, method: str) -> None:
    """Only GET and HEAD exist."""
    assert ask(server, "/index.html", method)[0].status == 501


@pytest.mark.parametrize("target", ["/", "/nothing", "/depth/a.pmtiles"])
def test_security_headers(server: CityServer, target: str) -> None:
    """Every answer must confine the page to its own origin and forbid guessing of types."""
    headers = ask(server, target)[0].headers
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "http" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Server"] in {None, "citytwin"}


def test_garbage_does_not_stop_the_server(server: CityServer) -> None:
    """A request that is no HTTP must be refused, and the next one answered."""
    with socket.create_connection(("127.0.0.1", server.server_port), timeout=10) as line:
        line.sendall(b"\x00\x01 nonsense\r\n\r\n")
        assert b"400" in line.recv(4096)
    assert ask(server, "/")[0].status == 200


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "::", "example.org", ""])
def test_only_the_loopback_interface(tmp_path: Path, host: str) -> None:
    """A map must not be opened to other computers by a slip of the keyboard."""
    with pytest.raises(ConfigError, match="loopback"):
        CityServer(tmp_path, host)


def test_missing_folder_and_taken_port(server: CityServer, tmp_path: Path) -> None:
    """A folder that is not there, and a port in use, must be named in the error."""
    with pytest.raises(StoreError, match="not a folder"):
        CityServer(tmp_path / "none")
    with pytest.raises(StoreError, match=str(server.server_port)):
        CityServer(tmp_path, port=server.server_port)


def test_serve_announces_the_address(tmp_path: Path) -> None:
    """Serving must tell the address once the map can be opened, and end with Ctrl-C."""
    told: list[str] = []

    def announce(url: str) -> None:
        told.append(url)
        raise KeyboardInterrupt

    serve(tmp_path, announce=announce)
    assert told[0].startswith("http://127.0.0.1:")


@pytest.mark.parametrize(
    ("error", "status"),
    [(FileNotFoundError(2, "gone"), 404), (IsADirectoryError(21, "x"), 404),
     (PermissionError(13, "no"), 403)],
)  # fmt: skip
def test_a_file_that_goes_before_it_is_opened(
    server: CityServer, monkeypatch: pytest.MonkeyPatch, error: OSError, status: int
) -> None:
    """A publication may remove it between the look and the opening: no answer is a fault."""

    def opened(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(Path, "open", opened)
    answer, body = ask(server, "/depth/a.pmtiles")
    assert answer.status == status
    assert body.startswith(str(status).encode())


def test_a_taken_port_is_left_for_a_free_one(
    server: CityServer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Where no port was asked for, another is taken, named, and the reason told."""
    urls = []

    def announce(url: str) -> None:
        urls.append(url)
        raise KeyboardInterrupt

    serve(tmp_path, port=server.server_port, elsewhere=True, announce=announce)
    assert urls
    assert urls != [server.url]
    assert f"port {server.server_port}" in caplog.text
    with pytest.raises(StoreError, match="not a folder"):
        serve(tmp_path / "nowhere", port=server.server_port, elsewhere=True)
