"""Paper: true scales, and all that must stand beside the map."""

from __future__ import annotations

import io
import math
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image
from test_access import violations
from tiny_city import CELL_M, COLUMNS, bounds

if TYPE_CHECKING:
    from conftest import MapPage
    from playwright.sync_api import Page

OpenMap = Callable[..., "MapPage"]
SUN = "#on=sun_hours&fade=sun_hours:100"
DPI = 150
INCH_M = 0.0254


def ask(page: Page, paper: str, turn: str, scale: str) -> None:
    """Answer the question before printing, and wait for the sheet."""
    page.evaluate("() => { window.print = () => { window.printed = true; }; }")
    page.locator("#tools button").last.click()
    page.locator("#print-paper").select_option(paper)
    page.locator("#print-turn").select_option(turn)
    page.locator("#print-scale").select_option(scale)
    page.locator(".go").click()
    page.wait_for_function("() => window.printed === true", timeout=90_000)


def drawn_on_paper(page: Page, folder: Path) -> np.ndarray:
    """First page as pixels, red green blue, at 150 dpi."""
    tool = shutil.which("pdftoppm")
    if tool is None:
        pytest.skip("no poppler on this machine")
    (folder / "map.pdf").write_bytes(page.pdf(prefer_css_page_size=True, print_background=True))
    subprocess.run(
        [tool, "-r", str(DPI), "-f", "1", "-l", "1", "-png", "map.pdf", "map"],
        cwd=folder, check=True,
    )  # fmt: skip
    found = next(folder.glob("map-*.png"))
    return np.asarray(Image.open(io.BytesIO(found.read_bytes())).convert("RGB"))


@pytest.mark.parametrize(
    ("paper", "turn", "scale", "size_mm"),
    [("A4", "lying", 5000, (297, 210)), ("A3", "upright", 5000, (297, 420)),
     ("A3", "lying", 2500, (420, 297)), ("A4", "upright", 10000, (210, 297))],
)  # fmt: skip
def test_scale_is_true(
    open_map: OpenMap, tmp_path: Path, paper: str, turn: str, scale: int, size_mm: tuple[int, int]
) -> None:
    """The known width of the city must measure what the scale says, within one per cent."""
    shown = open_map(locale="en-GB")
    page = shown.open(SUN)
    ask(page, paper, turn, str(scale))
    assert page.locator(".paper-map figcaption strong").inner_text() == f"1:{scale:,} ({paper})"
    canvas = page.locator(".paper-map canvas")
    ratio = canvas.evaluate("one => one.width / one.getBoundingClientRect().width")
    assert ratio * 96 >= 200, "dots per inch"
    bar = page.locator(".paper-map .bar").evaluate("one => one.getBoundingClientRect().width")
    said = page.locator(".paper-map figcaption span").last.inner_text()
    metres = float(said.split()[0]) * (1000 if said.endswith("km") else 1)
    assert bar / 96 * INCH_M * scale == pytest.approx(metres, rel=0.002)
    pixels = drawn_on_paper(page, tmp_path).astype(int)
    assert pixels.shape[1] == pytest.approx(size_mm[0] / 25.4 * DPI, abs=2)
    assert pixels.shape[0] == pytest.approx(size_mm[1] / 25.4 * DPI, abs=2)
    # the lightest class of sun, which nothing else on the sheet has over a long row
    light = (abs(pixels - (255, 245, 200)) <= 6).all(axis=2)
    row = light[light.sum(axis=1).argmax()]
    width_px = np.flatnonzero(row)[-1] - np.flatnonzero(row)[0] + 1
    _, south, _, north = bounds()
    ground = COLUMNS * CELL_M * math.cos(math.radians((south + north) / 2))
    assert width_px / DPI * INCH_M * scale == pytest.approx(ground, rel=0.01)


def test_fit_takes_a_listed_scale(open_map: OpenMap) -> None:
    """What is on the screen fits; the choice says which scale that is."""
    shown = open_map(locale="en-GB")
    page = shown.open(SUN)
    ask(page, "A4", "lying", "")
    assert page.locator(".paper-map figcaption strong").inner_text() == "1:5,000 (A4)"


def test_what_stands_on_the_sheet(open_map: OpenMap) -> None:
    """Event, sources, licence, classification, notes, run, CRS and disclaimer must be printed."""
    shown = open_map(locale="en-GB")
    page = shown.open()
    ask(page, "A4", "upright", "5000")
    text = page.locator("#paper").inner_text()
    for phrase in (
        "Sample City", "Maximum flood depth", "Data as of 1 Jul 2026", "Computed on cells of 10 m",
        "Rain and terrain generated", "Simulation, not an official hazard map", "EPSG:6677",
        "Tokyo Peil", "24 Nov 2026, 06:00 JST", "public", "CC0-1.0", "generated", "0.5–3 m",
    ):  # fmt: skip
        assert phrase in text, phrase
    separators = page.locator("#paper footer dt").first.evaluate(
        "one => getComputedStyle(one, '::after').content"
    )
    assert separators == '": "'
    page.evaluate("() => dispatchEvent(new Event('afterprint'))")
    assert page.locator("#paper").count() == 0


def test_question_is_for_everyone(open_map: OpenMap) -> None:
    """The dialog must pass axe, close by Escape, and leave address and map as they were."""
    shown = open_map(locale="en-GB")
    page = shown.open()
    shown.click_at(438, 340)
    address = page.url
    page.get_by_role("button", name="Print").click()
    assert page.get_by_role("dialog", name="Print the map").is_visible()
    assert violations(page) == []
    page.keyboard.press("Escape")
    assert not page.locator("#ask-print").is_visible()
    ask(page, "A3", "lying", "25000")
    shown.rest()
    assert page.url == address
