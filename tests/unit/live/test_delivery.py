"""Delivery to real receivers: one that lives, one that is silent, one that hangs up, one that says no."""

from __future__ import annotations

import json
import socket
import threading
import time
from pathlib import Path

import pytest

from citytwin.alerts.webhook import verify
from citytwin.engine.web_hooks import WebHook
from citytwin.errors import SourceError, UnreachableError
from citytwin.live.delivery import Couriers
from citytwin.live.sinks import FolderSink, WebhookSink
from citytwin.store.outbox import Outbox, Parcel
from citytwin.transports.addresses import Allowed
from citytwin.transports.backoff import Backoff
from citytwin.transports.https import HttpsClient, Limits
from tests.unit.transports.https_server import Reply, Request, serving

SECRET = b"s" * 32
QUICK = Backoff(0.05, 0.1)


def until(happened: object, timeout_s: float = 120.0) -> None:
    """Wait for something."""
    assert callable(happened)
    end = time.monotonic() + timeout_s
    while not happened():
        assert time.monotonic() < end, "did not happen"
        time.sleep(0.01)


def test_a_dead_receiver_delays_nobody(tmp_path: Path) -> None:
    """A socket that accepts and never answers: the others have all while its first still waits."""

    def answer(_: Request) -> Reply:
        return Reply(204)

    path = tmp_path / "outbox.sqlite"
    with (
        socket.create_server(("127.0.0.1", 0)) as dead,
        serving(tmp_path, answer) as server,
        Outbox(path) as outbox,
    ):
        deaf = HttpsClient(
            Allowed(frozenset({"127.0.0.1"}), private=True),
            Limits(connect_s=3000, silence_s=3000, total_s=3000),
        )
        sinks = (
            WebhookSink(
                "dead", WebHook(f"https://127.0.0.1:{dead.getsockname()[1]}/", deaf, [SECRET])
            ),
            WebhookSink("living", WebHook(f"{server.url}/hook", server.client(), [SECRET])),
            FolderSink("folder", tmp_path / "cap"),
        )
        couriers = Couriers(path, sinks)
        with couriers:
            for k in range(10):
                body = json.dumps({"number": k}).encode()
                names = [sink.name for sink in sinks]
                parcels = [Parcel(n, str(k), body, "application/json", f"{k}.json") for n in names]
                outbox.record({}, [], parcels, time.time())
                couriers.wake()
                time.sleep(0.02)
            until(lambda: len(server.requests) == 10)
            until(lambda: len(list((tmp_path / "cap").glob("*.json"))) == 10)
            assert outbox.lengths()["dead"].waiting == 10
            dead.close()
            couriers.stop(0.0)
    for k, request in enumerate(server.requests):
        assert verify(request.body, request.headers, [SECRET]) == str(k)
        assert json.loads(request.body) == {"number": k}


def test_what_failed_is_sent_again_in_order_with_the_same_key(tmp_path: Path) -> None:
    """Two refusals, then all is well; nothing overtakes."""
    replies = iter([503, 500, *[200] * 10])
    path = tmp_path / "outbox.sqlite"
    with (
        serving(tmp_path, lambda _: Reply(next(replies))) as server,
        Outbox(path) as outbox,
    ):
        sink = WebhookSink("hook", WebHook(server.url, server.client(), [SECRET]))
        outbox.record({}, [], [Parcel("hook", k, b"{}", "t") for k in "abc"], time.time())
        with Couriers(path, [sink], QUICK):
            until(lambda: outbox.lengths()["hook"].waiting == 0)
    assert [r.headers["idempotency-key"] for r in server.requests] == ["a", "a", "a", "b", "c"]


def test_what_is_refused_for_good_is_put_aside(tmp_path: Path) -> None:
    """The next one goes on; the reason is kept."""
    path = tmp_path / "outbox.sqlite"

    def answer(request: Request) -> Reply:
        return Reply(422 if request.headers["idempotency-key"] == "bad" else 200)

    with serving(tmp_path, answer) as server, Outbox(path) as outbox:
        sink = WebhookSink("hook", WebHook(server.url, server.client(), [SECRET]))
        keys = ("bad", "good")
        outbox.record({}, [], [Parcel("hook", k, b"{}", "t") for k in keys], time.time())
        with Couriers(path, [sink], QUICK):
            until(lambda: outbox.lengths()["hook"].waiting == 0)
        assert outbox.lengths()["hook"].given_up == 1


def test_what_waits_survives_a_restart(tmp_path: Path) -> None:
    """No receiver at first; another process life later it is there."""
    path = tmp_path / "outbox.sqlite"
    with Outbox(path) as outbox:
        outbox.record({}, [], [Parcel("hook", "k", b"{}", "t")], time.time())
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    client = HttpsClient(Allowed(frozenset({"127.0.0.1"}), private=True))
    nobody = WebhookSink("hook", WebHook(f"https://127.0.0.1:{port}/", client, [SECRET]))
    with Outbox(path) as outbox:
        with Couriers(path, [nobody], QUICK):
            until(lambda: outbox.first("hook", time.time() + 10) is not None)
            time.sleep(0.3)
        assert outbox.lengths()["hook"].waiting == 1
    with serving(tmp_path, lambda _: Reply()) as server, Outbox(path) as outbox:
        with Couriers(
            path, [WebhookSink("hook", WebHook(server.url, server.client(), [SECRET]))], QUICK
        ):
            until(lambda: outbox.lengths()["hook"].waiting == 0)
        assert len(server.requests) == 1


def test_five_hundred_changes_are_five_hundred_messages(tmp_path: Path) -> None:
    """A hundred things, five updates each, put in by four threads: count in is count out."""
    path = tmp_path / "outbox.sqlite"
    Outbox(path).close()

    def fill(part: int) -> None:
        with Outbox(path) as own:
            for k in range(125):
                own.record({}, [], [Parcel("f", f"{part}-{k}", b"x", "t", f"{part}-{k}")], 0.0)

    threads = [threading.Thread(target=fill, args=(part,)) for part in range(4)]
    with Outbox(path) as outbox, Couriers(path, [FolderSink("f", tmp_path / "out")]):
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        until(lambda: outbox.lengths()["f"].waiting == 0, 60.0)
    assert len(list((tmp_path / "out").iterdir())) == 500


def test_a_folder_that_takes_no_files_is_tried_again(tmp_path: Path) -> None:
    """A share that is away may be back soon; what stands in the way may go."""
    sink, parcel = FolderSink("f", tmp_path / "out"), Parcel("f", "k", b"x", "t", "a.xml")
    (tmp_path / "out").write_text("no folder")
    with pytest.raises(UnreachableError, match="out takes no files"):
        sink.send(parcel)
    (tmp_path / "out").unlink()
    sink.send(parcel)
    assert (tmp_path / "out/a.xml").read_bytes() == b"x"


def test_a_folder_takes_plain_names_only(tmp_path: Path) -> None:
    """Nothing is written elsewhere."""
    sink = FolderSink("f", tmp_path / "out")
    for name in ("../x", "/etc/x", "a/b", ".hidden", ""):
        try:
            sink.send(Parcel("f", "k", b"x", "t", name))
        except SourceError:
            continue
        raise AssertionError(name)
    assert not (tmp_path / "x").exists()
