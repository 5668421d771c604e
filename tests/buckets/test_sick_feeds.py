"""Object storage that hangs, drips, lies about lengths or sends garbage: told, nothing half-written."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from benchmarks.faulty_feed import FAULTS, FaultyFeed
from citytwin.config import LoadedConfig, load
from citytwin.engine.fetching import Fetched, fetch_sources
from citytwin.errors import StoreError, UnreachableError
from tests.unit.cli.test_main import CITY

CONTENT = b"<a>0123456789</a>" * 40

SAID = {
    "says nothing": "does not answer",
    "hangs after the head": "does not answer",
    "hangs within the body": "sent [0-9]{3} bytes in 1 s, and no end",
    "drips": "sent [0-9]+ bytes in 1 s, and no end",
    "says it is longer": "breaks off, or answers no request of S3",
    "says it is shorter": "sent 340 bytes of 680",
    "sends garbage of the right length": "sent other bytes than those of the tag [0-9a-f]{32}",
    "sends no HTTP": "breaks off, or answers no request of S3",
}


@contextmanager
def serving(folder: Path, fault: str = "", spared: int = 0) -> Iterator[FaultyFeed]:
    """Run a server for the time of the block."""
    with FaultyFeed(folder / "bucket", 0, fault, spared) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def city(folder: Path, server: FaultyFeed, more: str = "") -> LoadedConfig:
    """A city whose buildings lie there."""
    port = server.server_address[1]
    access = f"{{endpoint: 'http://127.0.0.1:{port}', anonymous: true, silence_s: 1{more}}}"
    text = CITY.replace("path: a.gml", "path: s3://maps/bldg")
    (folder / "city.yaml").write_text(f"{text}buckets: {{maps: {access}}}\n")
    return load(folder / "city.yaml")


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder with a bucket of one object."""
    (tmp_path / "bucket" / "bldg").mkdir(parents=True)
    (tmp_path / "bucket" / "bldg" / "a.gml").write_bytes(CONTENT)
    return tmp_path


def copies(loaded: LoadedConfig) -> dict[str, bytes]:
    """Copies on the disk."""
    found = (loaded.copies / "maps").rglob("*")
    return {path.name: path.read_bytes() for path in found if path.is_file()}


@pytest.mark.parametrize("fault", FAULTS)
def test_an_object_that_does_not_come(place: Path, fault: str) -> None:
    """Named with the server, within the time that was said; the copy before stays, the next is whole."""
    with serving(place) as server:
        fetch_sources(city(place, server))
        listings = -server.spared - 1
    corrected = CONTENT.replace(b"5", b"6")
    (place / "bucket/bldg/a.gml").write_bytes(corrected)
    with serving(place, fault, listings) as server:
        loaded = city(place, server)
        with pytest.raises((StoreError, UnreachableError), match=SAID[fault]) as told:
            fetch_sources(loaded)
        assert str(told.value).startswith("s3://maps/bldg/a.gml cannot be read: http://127.0.0.1:")
    assert copies(loaded) == {"a.gml": CONTENT}
    with serving(place) as server:
        loaded = city(place, server)
        assert fetch_sources(loaded) == Fetched(1, len(corrected))
    assert copies(loaded) == {"a.gml": corrected}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_listing_that_does_not_come(place: Path, fault: str) -> None:
    """Told of the bucket, and nothing is taken for gone."""
    with serving(place) as server:
        fetch_sources(city(place, server))
    with serving(place, fault, 0) as server:
        loaded = city(place, server)
        with pytest.raises(
            UnreachableError, match=r"^s3://maps(/bldg)? cannot be listed: http://127"
        ):
            fetch_sources(loaded)
    assert copies(loaded) == {"a.gml": CONTENT}


def test_tags_that_are_no_digests(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of buckets under keys of their own: read where the configuration says so, refused with the word for it."""
    monkeypatch.setattr("benchmarks.faulty_feed.digest", lambda data: f"{len(data):032x}")
    with serving(place) as server:
        with pytest.raises(StoreError, match="say `tags: opaque`"):
            fetch_sources(city(place, server))
        loaded = city(place, server, ", tags: opaque")
        assert fetch_sources(loaded) == Fetched(1, len(CONTENT))
        assert fetch_sources(loaded) == Fetched(0, 0)
    assert copies(loaded) == {"a.gml": CONTENT}
