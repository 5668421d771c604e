"""Legends: the colours of the style, both languages, everything that must be said."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from citytwin.errors import StoreError
from citytwin.model.layer import DISCLAIMER, Style, StyleItem
from citytwin.model.notes import Note
from citytwin.model.text import text
from citytwin.store import legend_font, lettering
from citytwin.store.legend import Legend, document, picture, write_legend
from citytwin.store.lettering import wrapped

if not legend_font.LEGEND_FONT.is_file():
    pytest.skip("the font is not there: run `python hatch_build.py`", allow_module_level=True)

NOTES = (
    Note(severity="synthetic", ja="合成データ: 雨", en="Synthetic data: rain"),
    Note(severity="info", ja="計算時間 3 時間", en="Over 3 h"),
)
ITEMS = (
    StyleItem(min=None, max=1, rgb=(200, 30, 40), label=text("低い", "low")),
    StyleItem(min=1, max=2, rgb=(10, 180, 60), label=text("中くらい", "middle")),
    StyleItem(min=2, max=None, rgb=(20, 30, 220), label=text("高い", "high")),
)


def legend(kind: str = "class", notes: tuple[Note, ...] = NOTES) -> Legend:
    """Return a legend of three items."""
    style = Style(kind=kind, unit="m", title=text("深さ", "Depth"), items=ITEMS)  # type: ignore[arg-type]
    return Legend(style, notes, "public", DISCLAIMER, grey_no_data=True)


def test_swatches_have_the_colours() -> None:
    """Each colour of the style fills a swatch, in order from the top; grey stands for no data."""
    image = np.asarray(picture(legend(), "en")).astype(int)
    rows = []
    for rgb in (*(item.rgb for item in ITEMS), (139, 148, 158)):
        same = (image == rgb).all(axis=2)
        assert same.sum() > 1500
        rows.append(np.argwhere(same)[:, 0].mean())
    assert rows == sorted(rows)


def test_languages_differ() -> None:
    """The pictures show different letters, and neither shows the box of a missing letter."""
    ja, en = (np.asarray(picture(legend(), language)) for language in ("ja", "en"))
    assert ja.shape[1] == en.shape[1]
    assert ja.shape != en.shape or (ja != en).any()
    face = lettering.font(28)
    missing = bytes(face.getmask("\U0010fffd"))
    words = "深さ低い中くらい合成データ公開シミュレーション結果であり、公式のハザードマップではありません※"
    assert all(bytes(face.getmask(letter)) != missing for letter in words)


def test_notes_make_the_legend_longer() -> None:
    """Synthetic data are named on the legend; mere information is not."""
    without = picture(legend(notes=()), "en").height
    informed = picture(legend(notes=NOTES[1:]), "en").height
    assert informed == without
    assert picture(legend(), "en").height > without


def test_many_long_items_grow_the_sheet() -> None:
    """Nothing is cut off when there are many long labels."""
    items = tuple(
        StyleItem(
            min=n, max=n + 1, rgb=(n * 4, 9, 9), label=text("長い説明" * 12, "long words " * 9)
        )
        for n in range(40)
    )
    style = Style(kind="class", unit="", title=text("題", "Title"), items=items)
    image = np.asarray(picture(Legend(style, (), "internal", None, False), "ja"))
    assert (image == (156, 9, 9)).all(axis=2).any()
    assert (image[-10:] == 255).all()


def test_ramp_is_continuous() -> None:
    """The bar of a ramp runs through all stops without a jump."""
    image = np.asarray(picture(legend("ramp", ()), "en")).astype(int)
    column = image[:, 40]
    bar = column[(column != 255).any(axis=1)]
    colours = bar[np.abs(bar - bar[:, :1]).max(axis=1) > 40]
    assert np.abs(np.diff(colours, axis=0)).max() <= 14
    for item in ITEMS:
        assert np.abs(colours - item.rgb).sum(axis=1).min() <= 6


def test_lines_break_where_each_language_breaks() -> None:
    """Japanese breaks between letters and never before a full stop; English at spaces only."""
    lines = wrapped("浸水しない場所は計算の対象ではありません。", 20, 200)
    assert "".join(lines) == "浸水しない場所は計算の対象ではありません。"
    assert all(line[0] != "。" for line in lines)
    assert max(lettering.font(20).getlength(line) for line in lines) <= 220
    room = lettering.font(20).getlength("one two") + 2
    assert wrapped("one two three", 20, room) == ["one two", "three"]
    assert "".join(wrapped("https://example.org/" + "x" * 80, 20, room)).endswith("x" * 80)
    assert all(lettering.font(20).getlength(line) <= room for line in wrapped("y" * 99, 20, room))
    assert wrapped("", 20, 75) == []


def test_json_and_same_bytes(tmp_path: Path) -> None:
    """The JSON names items, no data, notes and disclaimer; writing again gives the same bytes."""
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        write_legend(tmp_path / folder, legend())
    for name in ("legend_ja.png", "legend_en.png", "legend.json"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    read = json.loads((tmp_path / "a" / "legend.json").read_bytes())
    assert [item["rgb"] for item in read["items"]] == [list(item.rgb) for item in ITEMS]
    assert read["no_data"]["label"]["en"] == "No data"
    assert read["disclaimer"]["en"] == "Simulation, not an official hazard map"
    assert read["notes"][0]["severity"] == "synthetic"
    assert read["classification"] == "public"
    with Image.open(tmp_path / "a" / "legend_ja.png") as image:
        assert image.mode == "RGB"
    assert document(legend()).unit == "m"


def test_missing_font_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the font there is no silent fallback but an error that says what to do."""
    monkeypatch.setattr(legend_font, "LEGEND_FONT", tmp_path / "none.ttf")
    lettering.font.cache_clear()
    with pytest.raises(StoreError, match="hatch_build"):
        picture(legend(), "ja")
