"""Polling a real HTTPS server: only what is new, at the right pace, whatever the server does."""

from __future__ import annotations

import threading
import time
from pathlib import Path

from citytwin.transports.backoff import Backoff, Breaker
from citytwin.transports.polling import HttpsPolling, Poll
from tests.unit.transports.https_server import Reply, Request, Server, serving


def polling(server: Server, *, every_s: float = 0.05, limit: int = 100) -> HttpsPolling:
    """A poll of the root."""
    poll = Poll(
        "rain",
        f"{server.url}/rain?key=hidden",
        every_s,
        {"Accept": "application/json"},
        {"X-Key": "hidden"},
        Backoff(0.01, 0.02),
        Breaker(limit, 2.0),
    )
    return HttpsPolling(poll, server.client(), threading.Event())


def test_only_what_is_new_comes(tmp_path: Path) -> None:
    """The tag of the last answer goes along; an answer of 304 is nothing new."""
    version = 1

    def answer(request: Request) -> Reply:
        tag = f'"{version}"'
        if request.headers.get("if-none-match") == tag:
            return Reply(304)
        return Reply(body=b"v%d" % version, headers={"ETag": tag, "Last-Modified": "today"})

    with serving(tmp_path, answer) as server:
        feed = polling(server)
        first = feed.take("", 1.0)
        assert first is not None
        assert [p.content for p in first.payloads] == [b"v1"]
        assert "hidden" not in first.payloads[0].origin
        assert feed.take(first.cursor, 0.3) is None
        version = 2
        second = feed.take(first.cursor, 1.0)
        assert second is not None
        assert second.payloads[0].content == b"v2"
        assert server.requests[-1].headers["if-modified-since"] == "today"
        again = feed.take(first.cursor, 1.0)
        assert again is not None, "a delivery that was not kept comes again"
    assert feed.standing().connected


def test_the_same_bytes_without_a_tag_are_nothing_new(tmp_path: Path) -> None:
    """Servers that know no tags send all of it each time."""
    with serving(tmp_path, lambda _: Reply(body=b"same")) as server:
        feed = polling(server)
        first = feed.take("", 1.0)
        assert first is not None
        assert feed.take(first.cursor, 0.3) is None
        assert len(server.requests) >= 2


def test_a_cursor_of_something_else_is_as_good_as_none(tmp_path: Path) -> None:
    """Whatever stands there."""
    with serving(tmp_path, lambda _: Reply(body=b"x")) as server:
        for cursor in ("nonsense", "[1]", '{"etag": 1}', "null"):
            assert polling(server).take(cursor, 1.0) is not None


def test_it_asks_no_more_often_than_it_should(tmp_path: Path) -> None:
    """Once at first, and then once per interval that has passed."""
    with serving(tmp_path, lambda _: Reply(304)) as server:
        feed = polling(server, every_s=0.2)
        begun = time.monotonic()
        while len(server.requests) < 5:
            assert feed.take("", 0.1) is None
        assert (time.monotonic() - begun) / 0.2 >= 4 - 1e-3


def test_a_sick_service_is_spared_and_found_again(tmp_path: Path) -> None:
    """After three failures in a row it rests; one try later all is well."""
    well = False

    def answer(_: Request) -> Reply:
        return Reply(body=b"well") if well else Reply(503)

    with serving(tmp_path, answer) as server:
        feed = polling(server, limit=3)
        while feed.standing().failures < 3:
            assert feed.take("", 0.05) is None
        for _ in range(10):
            assert feed.take("", 0.02) is None
        assert len(server.requests) == 3
        assert not feed.standing().connected
        assert "503" in feed.standing().last_error
        assert "hidden" not in feed.standing().last_error
        well = True
        delivery = feed.take("", 60.0)
        assert delivery is not None
        assert delivery.payloads[0].content == b"well"
        assert feed.standing().failures == 0


def test_a_stop_ends_the_wait(tmp_path: Path) -> None:
    """At once."""
    stop = threading.Event()
    with serving(tmp_path, lambda _: Reply(304)) as server:
        feed = HttpsPolling(Poll("p", server.url, 60.0), server.client(), stop)
        assert feed.take("", 1.0) is None
        threading.Timer(0.2, stop.set).start()
        assert feed.take("", 3600.0) is None  # far longer than a test may take
