"""A tiny published city, its server, and a real browser that watches what the page does."""

from __future__ import annotations

import io
import math
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PIL import Image
from tiny_city import RADIUS_M, X0, Y0, write_city

from citytwin.errors import StoreError
from citytwin.viewer.export import export_viewer
from citytwin.viewer.serve import CityServer

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

# Wide enough for the page of desktops, which begins at 48 rem; the processor draws each pixel.
WIDE = {"width": 960, "height": 600}
EQUATOR_M = 2 * math.pi * RADIUS_M


class MapPage:
    """The page of a city in the browser, with a note of everything that went wrong."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url
        self.outside: list[str] = []
        self.errors: list[str] = []
        self.asked: list[str] = []
        page.on("request", lambda request: self._watch(request.url))
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on(
            "console", lambda said: self.errors.append(said.text) if said.type == "error" else 0
        )
        page.set_default_timeout(60_000)  # of a busy machine

    def _watch(self, url: str) -> None:
        self.asked.append(url)
        if not url.startswith((self.url, "data:", "blob:")):
            self.outside.append(url)

    def open(self, address: str = "") -> Page:
        """Load the page and wait until the map stands."""
        self.page.goto(self.url + address)
        self.page.wait_for_selector("body[data-state=ready]")
        return self.page

    def rest(self) -> None:
        """Wait until the map neither moves nor loads, and what it drew is on the screen."""
        self.page.evaluate(
            "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
        )
        self.page.wait_for_selector("#map[data-idle=true]")

    def pixel_at(self, x_m: float, y_m: float) -> tuple[float, float]:
        """Screen position of a place given in metres from the south-west corner; north is up."""
        box = self.page.locator("#map").bounding_box()
        view = self.page.locator("#map").get_attribute("data-view")
        assert box
        assert view
        zoom, lat, lon = (float(part) for part in view.split("/")[:3])
        scale = 512 * 2**zoom / EQUATOR_M
        x = X0 + x_m - RADIUS_M * math.radians(lon)
        y = Y0 + y_m - RADIUS_M * math.log(math.tan(math.pi / 4 + math.radians(lat) / 2))
        return box["x"] + box["width"] / 2 + scale * x, box["y"] + box["height"] / 2 - scale * y

    def fold_legend(self) -> None:
        """Take the legend off the map."""
        self.page.locator("#legends summary").click()

    def click_at(self, x_m: float, y_m: float) -> None:
        """Click a place and wait for its values."""
        before = self.page.locator(".place").text_content() if self.answered() else ""
        self.page.mouse.click(*self.pixel_at(x_m, y_m))
        self.page.wait_for_function(
            "old => (document.querySelector('.place')?.textContent ?? old) !== old", arg=before
        )

    def answered(self) -> bool:
        """Whether the table of values is open."""
        return self.page.locator("#values").is_visible()

    def row(self, heading: str) -> str:
        """Text of the value beside a heading of the table."""
        cell = self.page.locator(f"#values tr:has(th:text-is('{heading}')) td")
        return (cell.inner_text()).replace("\u00a0", " ")

    def colour_at(self, x_m: float, y_m: float) -> tuple[int, int, int]:
        """Colour on the screen at a place, after the map came to rest."""
        self.rest()
        x, y = self.pixel_at(x_m, y_m)
        picture = Image.open(io.BytesIO(self.page.screenshot())).convert("RGB")
        colour = picture.getpixel((round(x), round(y)))
        assert isinstance(colour, tuple)
        return colour[0], colour[1], colour[2]


@contextmanager
def served(directory: Path) -> Iterator[str]:
    """Serve a published folder while the block runs; its address."""
    with CityServer(directory) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.url
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture(scope="session")
def page_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The exported page without any city."""
    folder = tmp_path_factory.mktemp("page")
    try:
        export_viewer(folder)
    except StoreError as error:
        pytest.skip(str(error))
    return folder


@pytest.fixture(scope="session")
def make_city(page_files: Path) -> Callable[[Path], Path]:
    """A function that writes the tiny city with the page into a folder."""

    def make(folder: Path) -> Path:
        shutil.copytree(page_files, folder, dirs_exist_ok=True)
        write_city(folder)
        return folder

    return make


@pytest.fixture(scope="session")
def city_url(
    tmp_path_factory: pytest.TempPathFactory, make_city: Callable[[Path], Path]
) -> Iterator[str]:
    """Address of the served tiny city."""
    with served(make_city(tmp_path_factory.mktemp("city"))) as url:
        yield url


OpenMap = Callable[..., MapPage]


@pytest.fixture
def open_map(browser: Browser, city_url: str) -> Iterator[OpenMap]:
    """A function that opens the city; the test fails when the page erred or left its origin."""
    opened: list[tuple[MapPage, bool]] = []

    def make(url: str = city_url, *, may_err: bool = False, **options: object) -> MapPage:
        settings = {"viewport": WIDE, "locale": "ja-JP", **options}
        context = browser.new_context(**settings)  # type: ignore[arg-type]
        opened.append((MapPage(context.new_page(), url), may_err))
        return opened[-1][0]

    yield make
    for shown, may_err in opened:
        shown.page.context.close()
        assert shown.outside == []
        assert may_err or shown.errors == []
