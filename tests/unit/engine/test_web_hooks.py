"""Addresses of web hooks that the client would never post to are told beforehand."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import NoReturn

import pytest

from citytwin.config import load
from citytwin.engine.web_hooks import addresses_in_trouble
from tests.unit.test_config import BASE


def troubles(folder: Path, url: str, *, private: bool = False) -> tuple[str, ...]:
    """Of a city that tells two receivers at one address."""
    hook = {"url": url, "secret_envs": ["SECRET"], "private_network": private}
    more: dict[str, object] = {"nights": {"on_failure": {"webhook": hook}}}
    feed = {"name": "rain", "use": "senml", "classification": "public", "licence": "x"}
    feed |= {"title": "R", "folder": {"path": "in"}}
    more |= {"live": {"feeds": [feed], "sinks": [{"name": "chat", "webhook": hook}]}}
    text = BASE + "".join(f"{key}: {json.dumps(value)}\n" for key, value in more.items())
    (folder / "city.yaml").write_text(text, encoding="utf-8")
    return addresses_in_trouble(load(folder / "city.yaml"))


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://ops.example/x", "the scheme is 'http'"),
        ("ftp://ops.example", "the scheme is 'ftp'"),
        ("https://user:word@ops.example", "holds a user or a password"),
        ("https:///x", "'' is no name of a host"),
        ("https://[::1", "is no address"),
        ("https://127.0.0.1/x", "inside a private network"),
        ("https://10.1.2.3/x", "inside a private network"),
    ],
)
def test_an_address_that_is_always_refused_is_told(tmp_path: Path, url: str, said: str) -> None:
    """By the rules of the client itself, of nights and of receivers of alerts; no password with it."""
    nights, live = troubles(tmp_path, url)
    assert nights.startswith("nights.on_failure.webhook: ")
    assert live.startswith("live.sinks[0].webhook: ")
    assert said in nights
    assert "word@" not in nights + live
    assert "/x" not in nights + live  # where chat services have their secret


def test_addresses_that_may_be_reached_are_no_trouble(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One inside, where that is meant, and one that nobody knows just now."""

    def nobody(*_: object, **_more: object) -> NoReturn:
        raise socket.gaierror(socket.EAI_NONAME, "no such host")

    assert troubles(tmp_path, "https://10.1.2.3/x", private=True) == ()
    monkeypatch.setattr(socket, "getaddrinfo", nobody)
    assert troubles(tmp_path, "https://nobody.invalid/x") == ()
