"""Keys of a provider that answers late, too much, or not at all."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from joserfc.jwk import ECKey, KeySet

from citytwin.errors import UnreachableError
from citytwin.serve_config import IdentityConfig
from citytwin.server import keys as module
from citytwin.server.keys import ProviderKeys


class Provider(ThreadingHTTPServer):
    """Says its keys, or keeps whoever asks waiting."""

    daemon_threads = True
    asked = 0
    padding = ""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.silent = threading.Event()
        self.go_on = threading.Event()
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.keys = KeySet([ECKey.generate_key("P-256", {"kid": "one"})]).as_dict(private=False)


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        """Answer with the discovery document or the keys."""
        here = self.server
        assert isinstance(here, Provider)
        here.asked += 1
        if here.silent.is_set():
            here.go_on.wait(20)
        said = {"issuer": here.url, "jwks_uri": f"{here.url}/keys", "more": here.padding}
        body = json.dumps(here.keys if self.path == "/keys" else said).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        try:
            self.wfile.write(body)
        except OSError:
            return

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def provider() -> Iterator[Provider]:
    """A provider that runs."""
    with Provider() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.go_on.set()
        server.shutdown()
        thread.join()


def keys_of(provider: Provider) -> ProviderKeys:
    """Keys that have not been asked for yet."""
    config = IdentityConfig(
        issuer=provider.url, audience="a", client_id="c", client_secret_file=Path("none")
    )
    return ProviderKeys(config)


def test_a_provider_that_hangs_holds_nobody_up_who_is_known(
    provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One request waits for it; known keys serve on at once, unknown ones are told to come again."""
    keys = keys_of(provider)
    assert keys.holding("one") is not None
    monkeypatch.setattr(module, "_KEPT_S", 0.0)
    monkeypatch.setattr(module, "_AGAIN_AFTER_S", 0.0)
    monkeypatch.setattr(module, "_PATIENCE_S", 0.1)
    provider.silent.set()
    first = threading.Thread(target=keys.holding, args=("unknown",))
    asked = provider.asked
    first.start()
    while provider.asked == asked:
        time.sleep(0.01)
    begin_s = time.monotonic()
    assert keys.holding("one") is not None
    with pytest.raises(UnreachableError, match="is being asked"):
        keys.holding("another")
    assert time.monotonic() - begin_s < 2.0
    provider.go_on.set()
    first.join()


def test_keys_that_were_asked_for_ahead_keep_nobody_waiting(
    provider: Provider, caplog: pytest.LogCaptureFixture
) -> None:
    """The first readers of a server ask for nothing; a provider that is away holds up no start."""
    keys = keys_of(provider)
    keys.ask_ahead()
    provider.silent.set()
    assert keys.holding("one") is not None
    assert provider.asked == 2
    provider.go_on.set()
    provider.padding = "x" * 2_000_000
    away = keys_of(provider)
    away.ask_ahead()
    assert "tokens do not hold until it does" in caplog.text
    provider.padding = ""
    assert away.holding("one") is not None  # asked again at once, by the first token


def test_who_waited_does_not_ask_again(provider: Provider) -> None:
    """Unknown ids, one after the other, are one question to the provider."""
    keys = keys_of(provider)
    for name in ("a", "b", "c"):
        assert keys.holding(name) is None
    assert provider.asked == 2  # where the keys are, and the keys


def test_an_answer_without_end_is_cut_off(provider: Provider) -> None:
    """Before it fills the memory."""
    provider.padding = "x" * 2_000_000
    with pytest.raises(UnreachableError, match="more than 1000000 bytes"):
        keys_of(provider).holding("one")
