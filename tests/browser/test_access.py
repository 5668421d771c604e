"""For everyone: keyboard, screen readers, contrast, small screens, paper, old machines."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from tiny_city import X0, Y0, lonlat

if TYPE_CHECKING:
    from conftest import MapPage
    from playwright.sync_api import Page

OpenMap = Callable[..., "MapPage"]


def violations(page: Page) -> list[str]:
    """What axe finds wrong, in short."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="no axe")
    found = axe.Axe().run(page).response["violations"]
    return [f"{one['id']}: {node['html'][:120]}" for one in found for node in one["nodes"]]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(open_map: OpenMap, scheme: str) -> None:
    """With layers, details, values and 3D open, in both languages, axe must find nothing."""
    shown = open_map(color_scheme=scheme)
    page = shown.open()
    assert violations(page) == []
    for box in page.locator("#layers input[type=checkbox]").all():
        box.check()
    for summary in page.locator("#layers summary").all():
        summary.click()
    shown.click_at(485, 290)
    page.get_by_role("button", name="English").click()
    assert violations(page) == []


def test_whole_page_by_keyboard(open_map: OpenMap) -> None:
    """Skip link, layer boxes, legend, map and values must be reached and worked by keys."""
    shown = open_map(locale="en-GB")
    lon, lat = lonlat(X0 + 400, Y0 + 300)
    page = shown.open(f"#view=16/{lat}/{lon}/0/0")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("() => document.activeElement.tagName") == "CANVAS"
    assert page.locator(".cross").is_visible()
    page.keyboard.press("Enter")
    page.wait_for_selector("#values:visible")
    assert shown.row("Identifier") == "bldg_4_3"
    assert page.locator("#status").inner_text() == "2 results for this place"
    page.keyboard.press("Escape")
    page.wait_for_selector("#values", state="hidden")
    box = page.get_by_label("Hours of sun on the winter solstice", exact=True)
    box.focus()
    page.keyboard.press("Space")
    assert box.is_checked()
    page.keyboard.press("Tab")
    assert page.evaluate("() => document.activeElement.id") == "fade-sun_hours"
    page.keyboard.press("ArrowLeft")
    page.wait_for_function("() => location.hash.includes('fade=sun_hours:75')")
    page.locator("#legends [data-layer=sun_hours] li").first.focus()
    assert page.evaluate("() => document.activeElement.textContent") == "0.0–1.6 h"
    page.keyboard.press("ArrowDown")
    assert page.evaluate("() => document.activeElement.textContent") == "1.6–3.2 h"


def test_values_are_a_table(open_map: OpenMap) -> None:
    """Values must be a real table with row and column headings and a caption."""
    shown = open_map(locale="en-GB")
    page = shown.open()
    shown.click_at(485, 290)
    table = page.get_by_role("table", name="Values here")
    assert table.get_by_role("columnheader").all_inner_texts() == ["Item", "Value"]
    assert table.get_by_role("rowheader", name="Maximum flood depth").count() == 1
    page.get_by_role("button", name="Close").click()
    assert not shown.answered()


@pytest.mark.parametrize("size", [(360, 640), (768, 1024), (1920, 1080)])
def test_fits_the_screen(open_map: OpenMap, size: tuple[int, int]) -> None:
    """Nothing may run out of the screen sideways, and the map must keep room."""
    shown = open_map(viewport={"width": size[0], "height": size[1]})
    page = shown.open()
    assert page.evaluate("() => document.documentElement.scrollWidth") <= size[0]
    box = page.locator("#map").bounding_box()
    assert box
    assert box["width"] * box["height"] >= 0.3 * size[0] * size[1]


def test_printing_leaves_the_screen_as_it_was(open_map: OpenMap) -> None:
    """A PDF must be made, and map and address must be as before."""
    shown = open_map()
    page = shown.open()
    before = page.locator("#map canvas").bounding_box()
    colour = shown.colour_at(380, 282)
    page.locator("#map canvas").press("Enter")
    address = page.url
    pdf = page.pdf(format="A4", landscape=True, print_background=True)
    assert pdf.startswith(b"%PDF-")
    assert page.locator("#map canvas").count() == 1
    assert page.locator("#map canvas").bounding_box() == before
    assert shown.colour_at(380, 282) == colour
    assert page.url == address


def test_without_webgl_the_rest_still_serves(open_map: OpenMap) -> None:
    """Where no map can be drawn, a sentence must say so; legends and files must remain."""
    shown = open_map(may_err=True, locale="en-GB")
    page = shown.page
    page.add_init_script("HTMLCanvasElement.prototype.getContext = () => null;")
    page.goto(shown.url)
    page.wait_for_selector("body[data-state=failed]")
    assert page.locator("#boot").inner_text().startswith("The map could not be shown.")
    assert page.locator("#legends [data-layer=flood_depth_max] .legend li").count() == 4
    assert page.get_by_role("link", name="QGIS project").is_visible()
