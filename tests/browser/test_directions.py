"""A layer by direction of the wind: the slider goes through the directions by their names."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from conftest import served
from moving_city import add_layers
from test_timeline import arrived
from tiny_city import RUN, text

if TYPE_CHECKING:
    from conftest import MapPage

NAMES = ("N (0°)", "E (90°)", "S (180°)", "W (270°)", "NNW (337.5°)")
DEGREES = (0.0, 90.0, 180.0, 270.0, 337.5)


@pytest.fixture(scope="session")
def windy_url(
    tmp_path_factory: pytest.TempPathFactory, make_city: Callable[[Path], Path]
) -> Iterator[str]:
    """The city with moving shadows, whose moments are told as winds."""
    folder = make_city(tmp_path_factory.mktemp("windy"))
    add_layers(folder)
    file = folder / "shade" / RUN / "layer.json"
    document = json.loads(file.read_text(encoding="utf-8"))
    for frame, degrees, name in zip(document["frames"], DEGREES, NAMES, strict=True):
        said = text(f"{name}の風", f"wind from {name}")
        frame.update(time=None, from_deg=degrees, said=said)
    file.write_text(json.dumps(document), encoding="utf-8")
    with served(folder) as url:
        yield url


def test_the_slider_goes_through_the_directions(
    open_map: Callable[..., MapPage], windy_url: str
) -> None:
    """It opens on the middle one; the address keeps the direction chosen, and opens on it again."""
    shown = open_map(windy_url, locale="en-GB")
    page = shown.open("#on=shade")
    arrived(page, "wind from S (180°)")
    slider = page.get_by_role("slider", name="Direction of the wind: Shadow")
    assert slider.get_attribute("aria-valuetext") == "wind from S (180°)"
    slider.fill("4")
    arrived(page, "wind from NNW (337.5°)")
    page.wait_for_function("() => location.hash.includes('time=shade:337.5')")
    again = open_map(windy_url, locale="ja-JP").open("#on=shade&time=shade:90")
    arrived(again, "E (90°)の風")
    assert "E (90°)の風" in again.locator(".subtitle").first.inner_text()


SEASONS = (("December to February", [12, 1, 2]), ("March to May", [3, 4, 5]), ("June", [6]),
           ("July", [7]), ("September to November", [9, 10, 11]))  # fmt: skip


@pytest.fixture(scope="session")
def seasonal_url(
    tmp_path_factory: pytest.TempPathFactory, make_city: Callable[[Path], Path]
) -> Iterator[str]:
    """The city with moving shadows, whose moments are told as seasons."""
    folder = make_city(tmp_path_factory.mktemp("seasonal"))
    add_layers(folder)
    file = folder / "shade" / RUN / "layer.json"
    document = json.loads(file.read_text(encoding="utf-8"))
    for frame, (name, months) in zip(document["frames"], SEASONS, strict=True):
        frame.update(time=None, months=months, said=text(f"{months[0]}月から", name))
    file.write_text(json.dumps(document), encoding="utf-8")
    with served(folder) as url:
        yield url


def test_the_slider_goes_through_the_seasons(
    open_map: Callable[..., MapPage], seasonal_url: str
) -> None:
    """By their months; the address keeps the one chosen."""
    shown = open_map(seasonal_url, locale="en-GB")
    page = shown.open("#on=shade")
    arrived(page, "June")
    slider = page.get_by_role("slider", name="Season: Shadow")
    slider.fill("0")
    arrived(page, "December to February")
    page.wait_for_function("() => location.hash.includes('time=shade:12-1-2')")
    ends = page.locator(".time-track span").all_inner_texts()
    assert ends == ["Dec", "Sept"]
    again = open_map(seasonal_url, locale="ja-JP").open("#on=shade&time=shade:9-10-11")
    arrived(again, "9月から")
