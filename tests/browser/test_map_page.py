"""The map page in a real browser: drawing, values, legends, languages, links."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tiny_city import RUN

if TYPE_CHECKING:
    from conftest import MapPage

OpenMap = Callable[..., "MapPage"]

GROUND = (241, 242, 239)
HOUSE = (140, 160, 182)
"""Of 20 m to 30 m, as the building in the middle is (20 m)."""


def over_ground(rgb: tuple[int, int, int], opacity: float) -> tuple[float, ...]:
    """Colour of a layer seen through to the ground."""
    return tuple(opacity * a + (1 - opacity) * b for a, b in zip(rgb, GROUND, strict=True))


def close(a: tuple[float, ...], b: tuple[float, ...]) -> bool:
    """Whether two colours are the same but for rounding."""
    return max(abs(x - y) for x, y in zip(a, b, strict=True)) <= 3


def test_layers_are_drawn_in_their_colours(open_map: OpenMap) -> None:
    """Ground, flood class (80 % opaque) and building class must have the declared colours."""
    shown = open_map()
    shown.open()
    assert close(shown.colour_at(400, 300), HOUSE)
    assert close(shown.colour_at(438, 340), over_ground((255, 216, 192), 0.8))
    assert close(shown.colour_at(65, 340), over_ground((247, 245, 169), 0.8))
    assert close(shown.colour_at(3, 340), GROUND), "dry ground is not drawn"
    assert close(shown.colour_at(438, 580), GROUND), "no data is not drawn"


def test_switching_layers(open_map: OpenMap) -> None:
    """A layer must go and come with its box; pictures lie below what is drawn as lines."""
    shown = open_map()
    page = shown.open()
    page.get_by_label("建物", exact=True).uncheck()
    assert close(shown.colour_at(400, 300), over_ground((255, 216, 192), 0.8))
    page.get_by_label("最大浸水深", exact=True).uncheck()
    assert close(shown.colour_at(438, 340), GROUND)
    page.get_by_label("冬至の日照時間", exact=True).check()
    assert close(shown.colour_at(438, 590), over_ground((60, 20, 40), 0.8))
    page.get_by_label("道路", exact=True).check()
    assert close(shown.colour_at(438, 255), (190, 60, 40)), "a closed road lies over the pictures"


def test_layers_of_a_group_stand_together(open_map: OpenMap) -> None:
    """Roads are drawn first, buildings last; both are of the city, and listed under one heading."""
    page = open_map().open()
    headings = page.locator("#layers h3")
    headings.first.wait_for()
    assert headings.all_inner_texts() == ["まち", "浸水", "日照"]
    assert page.locator("#layers ul.layers").first.locator("li.layer").count() == 3


def test_opacity(open_map: OpenMap) -> None:
    """The slider must change how much of the ground is seen through a layer."""
    shown = open_map()
    page = shown.open()
    page.get_by_label("濃さ: 最大浸水深").fill("40")
    assert close(shown.colour_at(438, 340), over_ground((255, 216, 192), 0.4))
    page.wait_for_function("() => location.hash.includes('fade=flood_depth_max:40')")


def test_values_of_a_click(open_map: OpenMap) -> None:
    """Column 48 is 2.4 m deep, and the building there is 27 m high and a dwelling."""
    shown = open_map()
    shown.open()
    shown.click_at(485, 290)
    assert shown.row("最大浸水深").split() == ["2.40", "m", "0.5–3", "m"]
    assert shown.row("高さ") == "27.0 m"
    assert shown.row("用途") == "住宅"
    assert shown.row("識別子") == "bldg_5_3"


@pytest.mark.parametrize(
    ("x_m", "y_m", "said"),
    [(438, 340, "2.15 m 0.5–3 m"), (438, 580, "データなし"), (-15, 300, "範囲外"), (4, 340, "0.00 m 浸水なし")],
)  # fmt: skip
def test_values_where_there_is_no_building(
    open_map: OpenMap, x_m: float, y_m: float, said: str
) -> None:
    """Value, no data, outside and dry must be told apart."""
    shown = open_map()
    shown.open()
    shown.click_at(x_m, y_m)
    assert " ".join(shown.row("最大浸水深").split()) == said
    assert "建物" not in shown.page.locator("#values").inner_text()


def test_all_visible_rasters_and_missing_attributes(open_map: OpenMap) -> None:
    """Row 54 has 8 * 54 / 59 = 7.32 hours; the building there has no height."""
    shown = open_map()
    page = shown.open()
    page.get_by_label("冬至の日照時間", exact=True).check()
    shown.fold_legend()
    shown.click_at(55, 52)
    assert shown.row("最大浸水深").split()[0] == "0.25"
    assert shown.row("冬至の日照時間").split() == ["7.3", "時間", "6.4–8.0", "時間"]
    assert shown.row("高さ") == "データなし"


def test_archive_of_a_single_point(open_map: OpenMap) -> None:
    """A layer of one sensor must be drawn and answer; its markup-like name stays text."""
    shown = open_map()
    page = shown.open()
    page.get_by_label("<b>観測点</b>", exact=True).check()
    assert close(shown.colour_at(20, 560), (30, 110, 180))
    shown.click_at(20, 560)
    assert shown.row("水位") == "0.35 m"
    assert page.locator("#layers b, #values b").count() == 0


def test_legend_in_both_languages(open_map: OpenMap) -> None:
    """The legend must hold every class of the style, and follow the language."""
    shown = open_map()
    page = shown.open()
    depth = page.locator("#legends [data-layer=flood_depth_max] .legend li")
    assert depth.all_inner_texts() == ["浸水なし\n(塗りなし)", "0.5 m 未満", "0.5–3 m", "3 m 以上"]
    page.get_by_role("button", name="English").click()
    assert depth.all_inner_texts() == ["dry\n(not drawn)", "below 0.5 m", "0.5–3 m", "3 m and more"]
    assert page.locator("h1").inner_text() == "Sample City"
    assert page.locator("html").get_attribute("lang") == "en"
    houses = page.locator("#legends [data-layer=buildings] .legend li").all_inner_texts()
    assert houses == ["0–10 m", "10–20 m", "20–30 m", "≥ 30 m", "no data"]


@pytest.mark.parametrize(
    ("locale", "query", "title"),
    [("ja-JP", "", "みほん市"), ("en-GB", "", "Sample City"), ("fr-FR", "", "Sample City"),
     ("en-GB", "?lang=ja", "みほん市"), ("ja-JP", "?lang=en", "Sample City"),
     ("ja-JP", "?lang=xx", "みほん市")],
)  # fmt: skip
def test_first_language(open_map: OpenMap, locale: str, query: str, title: str) -> None:
    """The address decides, else the browser, else English."""
    shown = open_map(locale=locale)
    shown.page.goto(shown.url + query)
    shown.page.wait_for_function("() => document.title !== 'citytwin'")
    assert shown.page.locator("h1").inner_text() == title


def test_what_must_not_be_overlooked(open_map: OpenMap) -> None:
    """Synthetic city and layer, notes and disclaimer must be visible without any click."""
    shown = open_map(locale="en-GB")
    page = shown.open()
    assert page.locator("#strip").inner_text() == (
        "partly synthetic Invented here: Rain and terrain generated. "
        "Layers made from it are marked; do not plan with them."
    )
    depth = page.locator("#layers [data-layer=flood_depth_max]")
    assert depth.locator(".badge").first.inner_text() == "synthetic"
    assert depth.locator(".notes").inner_text() == "Synthetic\nRain and terrain generated"
    assert page.locator("#disclaimer").inner_text() == "Simulation, not an official hazard map"
    assert page.locator("[data-layer=buildings] .badge").count() == 0


def test_what_stands_behind_a_layer(open_map: OpenMap) -> None:
    """Figures, valid time in the city's zone, sources with hashes and files must be there."""
    shown = open_map(locale="en-GB")
    page = shown.open()
    depth = page.locator("#layers [data-layer=flood_depth_max]")
    depth.get_by_text("About this layer").click()
    text = depth.locator(".about").inner_text()
    for phrase in ("1.2 × 10⁻⁸", "1 Jul 2026, 09:00 JST", RUN, "generated", "CC0-1.0", "ab" * 32):
        assert phrase in text
    with page.expect_download() as download:
        depth.get_by_role("link", name="Picture").click()
    assert download.value.suggested_filename == "flood_depth_max.png"


def test_link_keeps_the_state(open_map: OpenMap) -> None:
    """Opening the address of a changed page must show the same view, layers and values."""
    first = open_map()
    page = first.open("?lang=en")
    page.get_by_label("Hours of sun on the winter solstice", exact=True).check()
    page.get_by_label("Buildings", exact=True).uncheck()
    page.get_by_label("Opacity: Maximum flood depth").fill("35")
    first.click_at(438, 340)
    zoom = page.url
    page.locator("#map canvas").press("+")
    page.wait_for_function("old => location.href !== old", arg=zoom)
    first.rest()
    second = open_map()
    again = second.open(page.url.removeprefix(first.url))
    again.wait_for_selector("#values:visible")
    assert again.url == page.url
    assert again.get_by_label("Buildings", exact=True).is_checked() is False
    assert again.get_by_label("Opacity: Maximum flood depth").input_value() == "35"
    assert second.row("Maximum flood depth").startswith("2.15 m")


def test_solids_when_tilted(open_map: OpenMap) -> None:
    """The tilt button must raise the buildings and lay them flat again."""
    shown = open_map()
    page = shown.open()
    button = page.get_by_role("button", name="立体表示")
    assert button.get_attribute("aria-pressed") == "false"
    button.click()
    page.wait_for_selector(".tilt[aria-pressed=true]")
    shown.rest()
    assert re.search(r"view=[^&]*/58(&|$)", page.url)
    page.mouse.click(*shown.pixel_at(400, 300))
    page.wait_for_selector("#values tbody[data-layer=buildings]")
    assert shown.row("識別子") == "bldg_4_3"
    assert page.locator("#values tr[data-layer=flood_depth_max]").count() == 0, (
        "the ground behind a solid is not what was clicked"
    )
    button.click()
    page.wait_for_selector(".tilt[aria-pressed=false]")


def test_server_that_unpacks_gzip_itself(open_map: OpenMap, city_url: str) -> None:
    """Where a server sends .gz as an encoding, the values must be read all the same."""
    del city_url
    shown = open_map()

    def unpacked(route: object) -> None:
        answer = route.fetch()  # type: ignore[attr-defined]
        route.fulfill(body=gzip.decompress(answer.body()))  # type: ignore[attr-defined]

    shown.page.route("**/*.values.gz", unpacked)
    shown.open()
    shown.click_at(438, 340)
    assert shown.row("最大浸水深").startswith("2.15 m")


def test_values_are_read_only_when_asked(open_map: OpenMap) -> None:
    """Opening the map must not load grids of values; a click loads the visible ones once."""
    shown = open_map()
    shown.open()
    assert not any(url.endswith(".values.gz") for url in shown.asked)
    shown.click_at(438, 340)
    shown.click_at(65, 340)
    assert [Path(url).name for url in shown.asked if url.endswith(".gz")] == [
        "flood_depth_max.values.gz"
    ]


def test_day_and_event_stand_over_the_legend(open_map: OpenMap) -> None:
    """Without any click: when the event begins, in local time, and what it is."""
    shown = open_map(locale="en-GB")
    page = shown.open()
    lines = page.locator("#legends [data-layer=flood_depth_max] .subtitle span").all_inner_texts()
    assert lines == ["Data as of 1 Jul 2026", "Computed on cells of 10 m"]
    assert page.locator("#layers [data-layer=flood_depth_max] .subtitle span").count() == 2


def test_legend_stays_in_view(open_map: OpenMap) -> None:
    """The legends of all layers lie on the map, reached by keys, and can be folded away."""
    shown = open_map(locale="en-GB")
    page = shown.open()
    for box in page.locator("#layers input[type=checkbox]").all():
        box.check()
    card, view = page.locator("#legends").bounding_box(), page.locator(".sheet").bounding_box()
    assert card
    assert view
    assert card["y"] >= view["y"]
    assert card["y"] + card["height"] <= view["y"] + view["height"]
    summary = page.locator("#legends summary")
    assert summary.inner_text() == "Legend (5)"
    summary.focus()
    page.keyboard.press("Tab")
    assert page.evaluate("() => document.activeElement.closest('#legends li') !== null")
    summary.press("Enter")
    assert not page.locator("#legends .legend").first.is_visible()
    assert page.locator("#layers").get_by_text("Computed on cells of 10 m").is_visible()
