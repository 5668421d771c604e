"""A person logs in with a real browser at a real provider, sees their layers, and leaves again.

The city is sealed: all that the page shows was opened by the server for this reader.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import httpx
import psutil
import pytest

from tests.server.served_city import INTERNAL, PUBLIC, Running

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page


def shown(page: Page) -> set[str]:
    """Layers that the page has asked the server for and got."""
    names = page.evaluate(
        "() => performance.getEntriesByType('resource').map(e => new URL(e.name).pathname)"
    )
    return {name.split("/")[1] for name in names if name.endswith("/layer.json")}


def log_in(page: Page, name: str) -> None:
    """Click the way in, and say who it is on the pages of the provider."""
    page.click("a.login")
    page.fill("input[name=login]", name)
    page.fill("input[name=password]", "anything")
    page.click("button[type=submit]")
    page.click("button[type=submit]")  # consent
    page.wait_for_selector("body[data-state=ready]")


def picture(page: Page, name: str) -> None:
    """Keep a picture where a folder for them is named."""
    folder = os.environ.get("CITYTWIN_PICTURES")
    if folder:
        page.screenshot(path=str(Path(folder) / f"{name}.png"))


@pytest.mark.browser
def test_people_log_in_and_see_their_layers(sealed_server: Running, browser: Browser) -> None:
    """Nobody, a planner, nobody again, a guest: each the layers of the policy, in one browser."""
    context = browser.new_context(locale="en", viewport={"width": 1280, "height": 800})
    page = context.new_page()
    page.set_default_timeout(60_000)
    faults: list[str] = []
    own = sealed_server.url

    def keep(said: str) -> None:
        if page.url.startswith(own):  # the provider's pages ask for fonts of others
            faults.append(said)

    page.on("pageerror", lambda error: keep(str(error)))
    page.on("console", lambda said: keep(said.text) if said.type == "error" else None)
    page.goto(own + "/?lang=en")
    page.wait_for_selector("body[data-state=ready]")
    assert shown(page) == set(PUBLIC)
    picture(page, "nobody")
    log_in(page, "ann")
    assert shown(page) == {*PUBLIC, *INTERNAL}
    page.wait_for_selector(".reader")
    assert page.inner_text(".reader") == "ann"
    assert page.locator(".badge.closed").all_inner_texts() == ["restricted", "restricted"]
    picture(page, "planner")
    (cookie,) = [c for c in context.cookies() if c["name"] == "citytwin"]
    assert cookie["httpOnly"]
    assert cookie["sameSite"] == "Lax"
    page.click(".session button")
    page.wait_for_selector("a.login")
    page.wait_for_selector("body[data-state=ready]")
    assert shown(page) == set(PUBLIC)
    context.clear_cookies()  # the provider would remember ann
    page.reload()
    log_in(page, "gus")
    assert shown(page) == set(PUBLIC)
    assert faults == []
    context.close()


def test_a_crash_leaves_no_key_on_a_disk(sealed_server: Running) -> None:
    """The system is told to write no memory of the server."""
    process = psutil.Process(sealed_server.process.pid)
    assert process.rlimit(psutil.RLIMIT_CORE)[0] == 0


def test_the_way_to_the_provider(sealed_server: Running) -> None:
    """State, nonce and PKCE, each of them new every time."""
    asked = [httpx.get(sealed_server.url + "/login").headers["Location"] for _ in range(2)]
    one, two = (parse_qs(urlsplit(address).query) for address in asked)
    assert asked[0].startswith(sealed_server.identity.issuer)
    assert one["response_type"] == ["code"]
    assert one["code_challenge_method"] == ["S256"]
    for name in ("state", "nonce", "code_challenge"):
        assert one[name] != two[name]


@pytest.mark.parametrize("query", ["", "?code=x", "?code=x&state=y", "?error=access_denied"])
def test_answers_that_the_provider_never_gave(sealed_server: Running, query: str) -> None:
    """A code without the state of this browser is refused, and nobody is logged in."""
    with httpx.Client(base_url=sealed_server.url) as client:
        client.get("/login")
        assert client.get(f"/callback{query}").status_code == 400
        assert client.get("/session.json").json() == {"name": ""}


def test_a_cookie_that_was_changed_is_none(sealed_server: Running) -> None:
    """Its reader is nobody known."""
    answer = httpx.get(sealed_server.url + "/latest.json", cookies={"citytwin": "e30=.x.y"})
    assert {entry["id"] for entry in answer.json()["layers"]} == set(PUBLIC)


def test_a_provider_that_does_not_answer(sealed_server: Running) -> None:
    """The login can be tried again later; what was open stays open."""
    with httpx.Client(base_url=sealed_server.url) as client:
        asked = client.get("/login").headers["Location"]
        state = parse_qs(urlsplit(asked).query)["state"][0]
        sealed_server.identity.stop()
        try:
            assert client.get(f"/callback?code=x&state={state}").status_code == 503
            assert client.get("/latest.json").is_success
        finally:
            sealed_server.identity.start()
