"""A layer as the store writes it, at the cell size of real cities, on the page."""

from __future__ import annotations

import io
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from conftest import served
from PIL import Image
from pyproj import Transformer
from tiny_city import RUN, X0, Y0

from citytwin.model.grid import GridSpec
from citytwin.store.layer_writer import LayerContent, write_layer
from tests.unit.store.little_city import VALID, recipe

if TYPE_CHECKING:
    from conftest import MapPage

OpenMap = Callable[..., "MapPage"]
CELLS = 200
SHALLOW, DEEP = 0.2, 1.0


@pytest.fixture
def folder(tmp_path: Path, make_city: Callable[[Path], Path]) -> Path:
    """The tiny city with 200 m x 200 m of flood at cells of 1 m: shallow in the west half."""
    city = make_city(tmp_path / "city")
    x, y = Transformer.from_crs(3857, 6677, always_xy=True).transform(X0 + 400, Y0 + 300)
    corner = (float(np.floor(x)) - CELLS / 2, float(np.floor(y)) + CELLS / 2)
    grid = GridSpec("EPSG:6677", *corner, cell_m=1.0, ny=CELLS, nx=CELLS)
    depth = np.full(grid.shape, SHALLOW, dtype=np.float32)
    depth[:, CELLS // 2 :] = DEEP
    place = city / "flood_depth_max" / RUN
    shutil.rmtree(place)
    place.mkdir()
    content = LayerContent(
        recipe=recipe("flood_depth_max"), grid=grid, array=depth, frame=None, notes=(), facts=(),
        classification="public", valid_time=VALID, licence="CC0-1.0", sources=(), fingerprint="0",
    )  # fmt: skip
    write_layer(content, place)
    return city


def test_lines_between_classes_and_true_rim(open_map: OpenMap, folder: Path) -> None:
    """Between two pale classes of cells of 1 m a dark line is seen; the rim is that of the grid."""
    with served(folder) as url:
        shown = open_map(url, locale="en-GB")
        page = shown.open("#on=flood_depth_max")
        assert page.locator("#legends .subtitle span").first.inner_text() == (
            "Event begins 1 Jul 2026, 12:00 JST"
        )
        assert page.locator("#legends li").last.inner_text() == "building"
        zoomed = page.evaluate("() => document.querySelector('#map').dataset.view").split("/")
        page.goto(f"{url}#view=17.5/{zoomed[1]}/{zoomed[2]}/0/0&on=flood_depth_max")
        page.reload()
        page.wait_for_selector("body[data-state=ready]")
        shown.rest()
        x, y = shown.pixel_at(400, 235)  # in the street between two rows of buildings
        picture = Image.open(io.BytesIO(page.screenshot())).convert("L")
        row = [picture.getpixel((round(x) + dx, round(y))) for dx in range(-60, 61)]
        sides = min(*row[:20], *row[-20:])
        assert min(row[20:-20]) < sides - 25


def test_context_is_always_there(open_map: OpenMap, folder: Path) -> None:
    """With no layer switched on, rims of buildings must still show where one is."""
    with served(folder) as url:
        shown = open_map(url)
        page = shown.open("#on=")
        x, y = shown.pixel_at(396, 292)  # the middle of a building
        picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
        inside = picture.getpixel((round(x), round(y)))
        assert inside == (230, 232, 229)
        row = [picture.getpixel((round(x) + dx, round(y))) for dx in range(60)]
        assert min(sum(pixel) for pixel in row) < 600, "no rim"
