"""Lines that lead somewhere: arrows on them, dashes that run along them unless less motion is wanted."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from conftest import served
from tiny_city import RUN

if TYPE_CHECKING:
    from conftest import MapPage
    from playwright.sync_api import Page

DRAWN = """() => {
  const canvas = document.querySelector('canvas.streams');
  if (!canvas || canvas.hidden) return 0;
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  return data.reduce((sum, value, i) => sum + (i % 4 === 3 && value > 0 ? 1 : 0), 0);
}"""


@pytest.fixture(scope="session")
def streams_url(
    tmp_path_factory: pytest.TempPathFactory, make_city: Callable[[Path], Path]
) -> Iterator[str]:
    """The tiny city whose roads lead east."""
    folder = make_city(tmp_path_factory.mktemp("streams"))
    file = folder / "roads" / RUN / "layer.json"
    document = json.loads(file.read_text(encoding="utf-8"))
    file.write_text(json.dumps({**document, "directed": True}), encoding="utf-8")
    with served(folder) as url:
        yield url


def picture(page: Page) -> str:
    """The dashes as they lie now."""
    made: str = page.evaluate("() => document.querySelector('canvas.streams').toDataURL()")
    return made


def test_dashes_run_along_the_lines_shown(
    open_map: Callable[..., MapPage], streams_url: str
) -> None:
    """They move while the layer is on, and go with it."""
    shown = open_map(streams_url)
    page = shown.open("#on=roads")
    page.wait_for_function(f"() => ({DRAWN})() > 0")
    before = picture(page)
    page.wait_for_function(
        "old => document.querySelector('canvas.streams').toDataURL() !== old", arg=before
    )
    page.evaluate("() => { location.hash = '#on=buildings'; }")
    page.wait_for_function(f"() => ({DRAWN})() === 0")


def test_nothing_moves_for_readers_who_ask_for_less_motion(
    open_map: Callable[..., MapPage], streams_url: str
) -> None:
    """The lines are there, with their arrows, and no dash; a change of mind counts at once."""
    shown = open_map(streams_url, reduced_motion="reduce")
    page = shown.open("#on=roads")
    shown.rest()
    assert page.evaluate(DRAWN) == 0
    page.emulate_media(reduced_motion="no-preference")
    page.wait_for_function(f"() => ({DRAWN})() > 0")
    page.emulate_media(reduced_motion="reduce")
    page.wait_for_function(f"() => ({DRAWN})() === 0")
