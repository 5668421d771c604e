"""Sealed files over HTTP: ranges and sizes are those of the content (RFC 9110, section 14)."""

from __future__ import annotations

from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.testclient import TestClient

from citytwin.security import sealed_folders
from citytwin.security.key_files import write_new_key
from citytwin.security.key_ring import open_ring
from citytwin.server.sealed_response import sealed_response
from citytwin.store.atomic import write_bytes
from citytwin.store.sealed_keys import ensure_sealed

CONTENT = bytes(range(256)) * 600
"""Three chunks, the last one partly filled."""


@pytest.fixture
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TestClient:
    """A reader of a server with one sealed file."""
    write_new_key(tmp_path / "keys", "town")
    monkeypatch.setenv("CITYTWIN_KEYS", str(tmp_path / "keys"))
    sealed_folders.forget_keys()
    root = tmp_path / ".sealed" / "town"
    ensure_sealed(root, "town", open_ring())
    write_bytes(root / "a.bin", CONTENT)

    def answer(request: Request) -> Response:
        return sealed_response(root / "a.bin", request, "image/tiff", {"Cache-Control": "private"})

    return TestClient(Starlette(routes=[Route("/a", answer, methods=["GET", "HEAD"])]))


def test_the_whole_file(client: TestClient) -> None:
    """With its length, its type and the headers given."""
    told = client.get("/a")
    assert (told.status_code, told.content) == (200, CONTENT)
    assert told.headers["Content-Length"] == str(len(CONTENT))
    assert told.headers["Content-Type"] == "image/tiff"
    assert told.headers["Cache-Control"] == "private"
    head = client.head("/a")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["Content-Length"] == str(len(CONTENT))


@pytest.mark.parametrize(
    ("asked", "first", "end"),
    [
        ("bytes=0-9", 0, 10),
        ("bytes=65530-65545", 65530, 65546),
        ("bytes=131072-", 131072, len(CONTENT)),
        ("bytes=-5", len(CONTENT) - 5, len(CONTENT)),
        ("bytes=153000-999999", 153000, len(CONTENT)),
    ],
)
def test_a_range(client: TestClient, asked: str, first: int, end: int) -> None:
    """Within a chunk, over chunks, to the end, and the last bytes."""
    told = client.get("/a", headers={"Range": asked})
    assert (told.status_code, told.content) == (206, CONTENT[first:end])
    assert told.headers["Content-Range"] == f"bytes {first}-{end - 1}/{len(CONTENT)}"
    assert told.headers["Content-Length"] == str(end - first)


def test_a_range_behind_the_end(client: TestClient) -> None:
    """Refused with the size."""
    told = client.get("/a", headers={"Range": "bytes=999999-"})
    assert told.status_code == 416
    assert told.headers["Content-Range"] == f"bytes */{len(CONTENT)}"
