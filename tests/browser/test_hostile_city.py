"""Published folders that are damaged, or made to harm the reader."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from conftest import served
from tiny_city import RUN

if TYPE_CHECKING:
    from conftest import MapPage

OpenMap = Callable[..., "MapPage"]


@pytest.fixture
def folder(tmp_path: Path, make_city: Callable[[Path], Path]) -> Path:
    """A tiny city of one's own, to damage."""
    return make_city(tmp_path / "city")


@pytest.fixture
def url(folder: Path) -> Iterator[str]:
    """Its address."""
    with served(folder) as address:
        yield address


def edit(folder: Path, layer: str, **changes: Any) -> None:
    """Change a layer's document."""
    path = folder / layer / RUN / "layer.json"
    document = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**document, **changes}), encoding="utf-8")


def test_damaged_layers_are_named_and_the_others_shown(
    open_map: OpenMap, folder: Path, url: str
) -> None:
    """A missing style, a foreign path and a cut archive must each cost one layer only."""
    (folder / "sun_hours" / RUN / "styles" / "sun_hours.json").unlink()
    edit(folder, "sensors", style="https://example.org/style.json")
    (folder / "roads" / RUN / "roads.pmtiles").write_bytes(b"PMTiles\x03 cut")
    shown = open_map(url, may_err=True, locale="en-GB")
    page = shown.open()
    told = page.locator("#layers > .notes").inner_text()
    for name in ("sun_hours", "sensors", "roads"):
        assert f"{name} could not be read" in told
    assert page.locator("li.layer").count() == 2
    shown.click_at(438, 340)
    assert shown.row("Maximum flood depth").startswith("2.15 m")


def test_no_script_comes_from_data(open_map: OpenMap, folder: Path, url: str) -> None:
    """Markup stays text, and links with scripts or to other sites are left out."""
    markup = "<img src=x onerror=\"document.title='owned'\">"
    bad = [("javascript:alert(1)", "a"), ("https://example.org/x.tif", "b"), ("../../../x", "c")]
    edit(
        folder,
        "flood_depth_max",
        summary={"ja": markup, "en": markup},
        files=[
            {"href": href, "type": "text/plain", "title": {"ja": name, "en": name}}
            for href, name in bad
        ],
    )
    shown = open_map(url, locale="en-GB")
    page = shown.open()
    page.locator("#layers [data-layer=flood_depth_max]").get_by_text("About this layer").click()
    about = page.locator("#layers [data-layer=flood_depth_max] .about")
    assert markup in about.inner_text()
    assert about.locator("img").count() == 0
    assert about.locator("a").count() == 0
    assert page.title() == "Sample City | citytwin"


@pytest.mark.parametrize(
    "content", [b"\x1f\x8b cut", gzip.compress(b"\0" * 80 * 60 * 4, mtime=0), b""]
)
def test_damaged_values_are_said(open_map: OpenMap, folder: Path, url: str, content: bytes) -> None:
    """A grid that is cut, too long (a gzip bomb is stopped at its size) or empty is told."""
    (folder / "flood_depth_max" / RUN / "flood_depth_max.values.gz").write_bytes(content)
    shown = open_map(url, locale="en-GB")
    shown.open()
    shown.click_at(438, 340)
    assert shown.row("Maximum flood depth") == "could not be read"


def test_no_city_at_all(open_map: OpenMap, folder: Path, url: str) -> None:
    """Without latest.json the page must say what is wrong, in the reader's language."""
    (folder / "latest.json").unlink()
    shown = open_map(url, may_err=True)
    shown.page.goto(url)
    shown.page.wait_for_selector("body[data-state=failed]")
    said = shown.page.locator("#boot").inner_text()
    assert said.startswith("地図を表示できませんでした")
    assert "/latest.json: 404" in said
