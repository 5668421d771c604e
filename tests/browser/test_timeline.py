"""Layers over time: the picture, its time and its values are always those of one moment."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from conftest import served
from moving_city import DARK, add_layers
from test_access import violations
from test_map_page import GROUND, close, over_ground
from test_print import ask

if TYPE_CHECKING:
    from conftest import MapPage
    from playwright.sync_api import Page, Route

OpenMap = Callable[..., "MapPage"]
SHADE = "#on=shade"
SHADED = over_ground(DARK, 0.8)
NOON = "22 Dec 2026, 12:00 JST"


@pytest.fixture(scope="session")
def moving_url(
    tmp_path_factory: pytest.TempPathFactory, make_city: Callable[[Path], Path]
) -> Iterator[str]:
    """Address of the tiny city with layers over time."""
    folder = make_city(tmp_path_factory.mktemp("moving"))
    add_layers(folder)
    with served(folder) as url:
        yield url


@pytest.fixture
def moving(open_map: OpenMap, moving_url: str) -> Callable[..., MapPage]:
    """A function that makes a page of that city, in English."""
    return lambda **options: open_map(moving_url, **{"locale": "en-GB", **options})


NOTE_WHAT_THE_BAR_SAYS = """() => {
  const bar = document.querySelector("#times");
  const note = () => noted.push(
    [bar.querySelector(".play").ariaLabel, bar.querySelector(".moment").textContent]);
  window.noted = [];
  new MutationObserver(note).observe(bar, {subtree: true, childList: true, attributes: true});
}"""
"""Moments pass in 0.6 s each, which a busy machine cannot watch one by one."""


def arrived(page: Page, time: str, row: int = 0) -> None:
    """Wait until the bar says that a moment is on the map."""
    page.wait_for_function(
        "([time, row]) => document.querySelectorAll('#times .moment')[row]?.textContent === time",
        arg=[time, row],
    )


def said(page: Page) -> str:
    """Moment that the bar names."""
    return page.locator("#times .moment").first.inner_text()


def test_picture_legend_and_bar_speak_of_one_moment(moving: Callable[..., MapPage]) -> None:
    """It opens on the middle one; at 10:00 the shadow lies over the first 160 m, at 11:00 not."""
    shown = moving()
    page = shown.open(SHADE)
    arrived(page, "22 Dec 2026, 11:00 JST")
    assert close(shown.colour_at(438, 300), SHADED)
    assert close(shown.colour_at(100, 300), GROUND)
    page.get_by_label("Time: Shadow").fill("0")
    arrived(page, "22 Dec 2026, 10:00 JST")
    assert close(shown.colour_at(100, 300), SHADED)
    assert close(shown.colour_at(438, 300), GROUND)
    for place in ("#legends", "#layers"):
        lines = page.locator(f"{place} [data-layer=shade] .subtitle span").all_inner_texts()
        assert lines == ["22 Dec 2026, 10:00 JST", "Sun 30° high", "No clouds"]
    assert page.get_by_label("Time: Shadow").get_attribute("aria-valuetext") == said(page)
    page.get_by_role("button", name="日本語").click()
    assert said(page) == "2026年12月22日 10:00 JST"
    assert page.locator("#times .said").inner_text() == "太陽 30°"


def test_a_slow_picture_keeps_the_old_time(moving: Callable[..., MapPage]) -> None:
    """Until the picture is there, map and words stay; moments passed over are never fetched."""
    shown = moving()
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    shown.page.route("**/shade_4.png", hold)
    page = shown.open(SHADE)
    arrived(page, "22 Dec 2026, 11:00 JST")
    slider = page.get_by_label("Time: Shadow")
    slider.fill("4")
    page.wait_for_selector("#times [data-waiting]")
    assert said(page) == "22 Dec 2026, 11:00 JST"
    assert close(shown.colour_at(438, 300), SHADED)
    slider.fill("1")
    slider.fill("0")
    assert slider.input_value() == "0"
    held[0].continue_()
    arrived(page, "22 Dec 2026, 10:00 JST")
    assert close(shown.colour_at(100, 300), SHADED)
    assert close(shown.colour_at(700, 300), GROUND)
    assert not any(url.endswith("shade_1.png") for url in shown.asked)


def test_a_picture_that_cannot_be_had(moving: Callable[..., MapPage], moving_url: str) -> None:
    """The reader is told, the slider goes back, and a second try may succeed."""
    del moving_url
    shown = moving()
    shown.errors = _Tolerant()
    broken = True

    def answer(route: Route) -> None:
        if broken:
            route.fulfill(status=404)
        else:
            route.continue_()

    shown.page.route("**/shade_0.png", answer)
    page = shown.open(SHADE)
    arrived(page, "22 Dec 2026, 11:00 JST")
    slider = page.get_by_label("Time: Shadow")
    slider.fill("0")
    page.wait_for_function("() => document.querySelector('#status').textContent.includes('404')")
    page.wait_for_selector("#times :not([data-waiting])")
    assert (slider.input_value(), said(page)) == ("2", "22 Dec 2026, 11:00 JST")
    broken = False
    slider.fill("0")
    arrived(page, "22 Dec 2026, 10:00 JST")


def test_a_first_picture_that_cannot_be_had(moving: Callable[..., MapPage]) -> None:
    """Bar and legend say so instead of waiting for ever; play, or another moment, tries again."""
    shown = moving()
    shown.errors = _Tolerant()
    refused = ["shade_2.png"]

    def answer(route: Route) -> None:
        if any(route.request.url.endswith(name) for name in refused):
            route.fulfill(status=404)
        else:
            route.continue_()

    shown.page.route("**/shade_*.png", answer)
    page = shown.open(SHADE)
    arrived(page, "The picture could not be read")
    lines = page.locator("#legends [data-layer=shade] .subtitle span").all_inner_texts()
    assert lines[0] == "The picture could not be read"
    page.get_by_label("Time: Shadow").fill("0")
    arrived(page, "22 Dec 2026, 10:00 JST")
    lines = page.locator("#legends [data-layer=shade] .subtitle span").all_inner_texts()
    assert lines[0] == "22 Dec 2026, 10:00 JST"


class _Tolerant(list[str]):
    """Keeps no errors: the browser itself writes one for each answer 404."""

    def append(self, _said: str) -> None:
        """Forget it."""


def test_by_keyboard_and_played(moving: Callable[..., MapPage]) -> None:
    """Arrows, Home and End move; play goes on to the last moment and stops there."""
    shown = moving()
    page = shown.open(SHADE)
    slider = page.get_by_label("Time: Shadow")
    slider.focus()
    for key, time in (("ArrowRight", "11:30"), ("Home", "10:00"), ("End", "12:00")):
        page.keyboard.press(key)
        arrived(page, f"22 Dec 2026, {time} JST")
    page.keyboard.press("Shift+Tab")
    assert page.evaluate("() => document.activeElement.ariaLabel") == "Play: Shadow"
    page.evaluate(NOTE_WHAT_THE_BAR_SAYS)
    page.keyboard.press("Space")
    page.wait_for_function(
        "end => noted.some(([label]) => label.startsWith('Pause')) && noted.at(-1).join() === end",
        arg=f"Play: Shadow,{NOON}",
    )
    noted = page.evaluate("() => noted")
    played = dict.fromkeys(moment for label, moment in noted if label == "Pause: Shadow")
    times = ("12:00", "10:00", "10:30", "11:00", "11:30")  # from the last, where it had stood
    assert list(played) == [f"22 Dec 2026, {time} JST" for time in times]
    assert slider.input_value() == "4"
    page.evaluate("() => { document.activeElement.click(); document.activeElement.click(); }")
    assert page.get_by_role("button", name="Play: Shadow").is_visible()
    assert slider.input_value() == "0"
    arrived(page, "22 Dec 2026, 10:00 JST")


def test_pictures_come_when_they_are_needed(moving: Callable[..., MapPage]) -> None:
    """Nothing before the layer is shown; then its moment and the one after it."""
    shown = moving()
    page = shown.open()
    assert page.locator("#times").is_hidden()
    asked = lambda: [Path(url).name for url in shown.asked if "/shade_" in url]  # noqa: E731
    assert asked() == []
    page.get_by_role("checkbox", name="Shadow").check()
    arrived(page, "22 Dec 2026, 11:00 JST")
    shown.rest()
    assert asked() == ["shade_2.png", "shade_3.png"]
    page.get_by_label("Time: Shadow").fill("1")
    arrived(page, "22 Dec 2026, 10:30 JST")
    shown.rest()
    assert asked()[2:] == ["shade_1.png", "shade_0.png"]
    page.get_by_role("checkbox", name="Shadow").uncheck()
    assert page.locator("#times").is_hidden()


def test_values_are_of_the_moment_shown(moving: Callable[..., MapPage]) -> None:
    """At 11:00 the middle is shaded, at 11:30 no more; the table says for when it speaks."""
    shown = moving()
    page = shown.open(SHADE)
    arrived(page, "22 Dec 2026, 11:00 JST")
    shown.click_at(438, 300)
    row = page.locator("#values tr[data-layer=shade]")
    assert row.inner_text().split("\n")[-1].endswith("shaded")
    assert "11:00 JST" in row.inner_text()
    page.get_by_label("Time: Shadow").fill("3")
    page.wait_for_function("() => document.querySelector('#values').innerText.includes('11:30')")
    assert row.inner_text().endswith("lit")


def test_one_slider_for_moments_that_are_the_same(moving: Callable[..., MapPage]) -> None:
    """Depth and speed of one event move together; the shadow of another day has its own slider."""
    shown = moving()
    page = shown.open("#on=shade,depth,speed")
    arrived(page, "30 Jun 2026, 18:40 JST", row=1)
    assert page.locator("#times .time-row").count() == 2
    page.get_by_label("Time: Depth · Speed").fill("2")
    arrived(page, "30 Jun 2026, 18:50 JST", row=1)
    assert said(page) == "22 Dec 2026, 11:00 JST"
    shown.click_at(438, 300)
    text = page.locator("#values").inner_text().replace("\u00a0", " ")
    assert "2.00 m" in text
    assert "1.0 m/s" in text


def test_a_link_keeps_the_moment(moving: Callable[..., MapPage]) -> None:
    """The address names the moment once it rests; opening it shows the same one."""
    first = moving()
    page = first.open(SHADE)
    page.get_by_label("Time: Shadow").fill("4")
    page.wait_for_url("**time=shade:2026-12-22T03:00:00Z*")
    again = moving().open(page.url.removeprefix(first.url))
    arrived(again, NOON)
    again.evaluate("() => { location.hash = '#on=shade&time=shade:2026-12-22T01:00:00Z'; }")
    arrived(again, "22 Dec 2026, 10:00 JST")


def test_paper_names_the_moment(moving: Callable[..., MapPage]) -> None:
    """The sheet has the time, the sun and the zone over the legend."""
    shown = moving()
    page = shown.open(SHADE)
    page.get_by_label("Time: Shadow").fill("4")
    arrived(page, NOON)
    ask(page, "A4", "lying", "5000")
    lines = page.locator("#paper [data-layer=shade] .subtitle span").all_inner_texts()
    assert lines[:2] == [NOON, "Sun 34° high"]
    assert page.locator("#paper .time-row").count() == 0


@pytest.mark.parametrize("size", [(360, 640), (1280, 800)])
def test_for_everyone(moving: Callable[..., MapPage], size: tuple[int, int]) -> None:
    """Axe finds nothing, nothing runs out of a phone, and the map keeps room beside the bar."""
    shown = moving(viewport={"width": size[0], "height": size[1]})
    page = shown.open(SHADE)
    arrived(page, "22 Dec 2026, 11:00 JST")
    page.get_by_label("Time: Shadow").focus()
    assert violations(page) == []
    assert page.evaluate("() => document.documentElement.scrollWidth") <= size[0]
    box = page.locator("#map").bounding_box()
    assert box
    assert box["height"] >= 0.25 * size[1]
    assert page.locator("#times").bounding_box()["height"] < 90
    page.locator("#layers [data-layer=shade] summary").first.click()
    assert page.locator("#layers a[href$='shade_0.tif']").count() == 1
    about = page.locator("#layers [data-layer=shade] .about").inner_text()
    assert "22 Dec 2026, 10:00 JST – 22 Dec 2026, 12:00 JST" in about
