"""What a reader is given of a city while its runs differ in how they are protected."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from citytwin.errors import MissingKeyError
from citytwin.security.audit import AuditChain
from citytwin.security.decision import ANONYMOUS
from citytwin.security.policy import PUBLIC_ONLY
from citytwin.security.sealed_folders import forget_keys
from citytwin.serve_config import IdentityConfig, load_serve
from citytwin.server.app import make_app
from citytwin.server.city import ServedCity
from citytwin.server.doors import Guard, Visitor, limiter
from citytwin.server.keys import ProviderKeys
from citytwin.server.policy_file import PolicyFile
from citytwin.server.refusals import NotThereError, TooManyRequestsError
from citytwin.server.signing import Signer
from citytwin.store.atomic import write_text
from citytwin.store.latest import LAYER, LIVE
from citytwin.store.publish import publish
from tests.server.served_city import publish_city, write_config
from tests.unit.store import little_city as lc

FIRST, SECOND, THIRD = "20261123T210000Z", "20261124T210000Z", "20261125T210000Z"


@pytest.fixture
def anyone(tmp_path: Path) -> Iterator[Visitor]:
    """Somebody who has not logged in."""
    identity = IdentityConfig(
        issuer="https://login.example",
        audience="https://city.example/api",
        client_id="citytwin",
        client_secret_file=tmp_path / "client",
    )
    audit = AuditChain(tmp_path / "audit", tmp_path / "anchors", bytes(32))
    rules = tmp_path / "policy.yaml"
    rules.write_text("version: 1\n", encoding="utf-8")
    guard = Guard(
        policy=PolicyFile(rules, audit, tmp_path),
        identity=identity,
        keys=ProviderKeys(identity),
        signer=Signer(bytes(32)),
        audit=audit,
        per_minute=1000,
        limiter=limiter(),
    )
    yield Visitor(guard, ANONYMOUS, PUBLIC_ONLY, "1")
    audit.close()


def put(folder: Path, run: str, classification: str, day: int) -> None:
    """Publish a run of one layer, of data of that day."""
    info = replace(lc.run_info(run), publication="served", classification=classification)
    valid = lc.VALID.replace(day=day)
    layer = lc.stage(folder / f"s{run}", "terrain", classification=classification, valid_time=valid)
    publish(folder / "city", [layer], info)


def test_a_collection_tells_nothing_of_runs_that_are_hidden(
    tmp_path: Path, anyone: Visitor
) -> None:
    """Neither that they are, nor how they are protected, nor of which time."""
    for run, classification, day in ((FIRST, "public", 1), (SECOND, "internal", 20)):
        put(tmp_path, run, classification, day)
    put(tmp_path, THIRD, "public", 2)
    found = ServedCity(tmp_path / "city").collection(anyone, "terrain")
    runs = [link.href.split("/")[-2] for link in found.links if link.rel == "item"]
    assert (runs, found.classification) == ([FIRST, THIRD], "public")
    ((begin, end),) = found.extent.temporal.interval
    assert (begin[8:10], end[8:10]) == ("01", "02")


def test_what_is_read_is_the_run_that_was_decided_on(tmp_path: Path, anyone: Visitor) -> None:
    """Also where a more protected one is published in between."""
    put(tmp_path, FIRST, "public", 1)
    city = ServedCity(tmp_path / "city")
    seen = city.layer(anyone, "terrain")
    put(tmp_path, SECOND, "internal", 2)
    assert seen.folder.name == FIRST
    with pytest.raises(NotThereError):
        city.layer(anyone, "terrain")
    assert city.layer(anyone, "terrain", FIRST).folder == seen.folder


def test_what_cannot_be_read_now_may_be_read_later(
    tmp_path: Path, anyone: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that runs out of files for a moment hides no layer for good."""
    put(tmp_path, FIRST, "public", 1)
    city = ServedCity(tmp_path / "city")

    def full(path: Path) -> bytes:
        raise OSError(24, "too many open files", str(path))

    with monkeypatch.context() as patched:
        patched.setattr("citytwin.server.city.read_bytes", full)
        with pytest.raises(NotThereError):
            city.layer(anyone, "terrain")
    assert (city.layer(anyone, "terrain").folder / LAYER).is_file()


def test_a_key_that_is_not_there_hides_nothing(
    tmp_path: Path, anyone: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What may be sound is not answered as what is not there: catalogue, lists and layers alike."""
    monkeypatch.setenv("CITYTWIN_KEYS", str(tmp_path / "keys"))
    forget_keys()
    folder = publish_city(tmp_path, "restricted")
    city = ServedCity(folder)
    monkeypatch.setenv("CITYTWIN_KEYS", str(tmp_path / "elsewhere"))
    forget_keys()
    for ask in (city.seen_by, city.catalog, lambda who: city.layer(who, "terrain", FIRST)):
        with pytest.raises(MissingKeyError, match="town-2026"):
            ask(anyone)
    monkeypatch.setenv("CITYTWIN_KEYS", str(tmp_path / "keys"))
    assert len(city.catalog(anyone).links) > 1
    forget_keys()


def test_a_list_counts_as_often_as_it_decides(tmp_path: Path, anyone: Visitor) -> None:
    """For each decision is written to the disk; a list that is longer than the limit is given once."""
    layers = [lc.stage(tmp_path / "s", name) for name in ("terrain", "buildings", "traffic")]
    publish(tmp_path / "city", layers, replace(lc.run_info(), publication="served"))
    city = ServedCity(tmp_path / "city")
    seven = replace(anyone, guard=replace(anyone.guard, per_minute=7, limiter=limiter()))
    for _ in range(2):
        assert len(city.seen_by(seven).layers) == 3
    with pytest.raises(TooManyRequestsError):
        city.seen_by(seven)
    two = replace(anyone, guard=replace(anyone.guard, per_minute=2, limiter=limiter()))
    assert len(city.seen_by(two).layers) == 3


def test_live_values_of_a_sealed_city_are_readable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They lie sealed, and are given as what they say."""
    monkeypatch.setenv("CITYTWIN_KEYS", str(tmp_path / "keys"))
    forget_keys()
    folder = publish_city(tmp_path, "restricted")
    write_text(folder / LIVE, '{"running": true}')
    app = make_app(folder, load_serve(write_config(tmp_path, 8443, "http://127.0.0.1:9")))
    told = TestClient(app, base_url="http://127.0.0.1").get("/live.json")
    app.state.guard.audit.close()
    forget_keys()
    assert (told.status_code, told.json()) == (200, {"running": True})
    assert told.headers["Content-Type"] == "application/json"


def test_a_server_that_cannot_close_its_audit_ends_with_a_word(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Nobody is answered before, and its end is no crash."""
    publish_city(tmp_path)
    config = load_serve(write_config(tmp_path, 8443, "http://127.0.0.1:9"))
    with TestClient(make_app(tmp_path / "city", config), base_url="http://127.0.0.1") as client:
        assert client.get("/latest.json").status_code == 200
        for place in ("audit", "anchors"):
            (file,) = (tmp_path / place).iterdir()
            file.unlink()
        assert client.get("/latest.json").status_code == 503
    assert "the last entries have no anchor: audit " in caplog.text
