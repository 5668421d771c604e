"""Legends as pictures in Japanese and English, and as JSON."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from PIL import Image, ImageDraw
from pydantic import BaseModel, ConfigDict

from citytwin.model.layer import Classification, Rgb, Style, StyleItem
from citytwin.model.notes import Note
from citytwin.model.text import Text, text
from citytwin.store.atomic import replacing, write_text
from citytwin.store.lettering import font, wrapped
from citytwin.store.paint import NO_DATA_LABEL, NO_DATA_RGB

Language = Literal["ja", "en"]
SCALE = 2
"""Pixels per point, so that the picture is sharp in print."""
_WIDTH = 300 * SCALE
_PAD = 12 * SCALE
_ROW = 22 * SCALE
_SWATCH = 34 * SCALE
_TITLE, _BODY, _SMALL = 16 * SCALE, 13 * SCALE, 11 * SCALE
_INK: Rgb = (26, 26, 26)
_QUIET: Rgb = (80, 80, 80)
_EDGE: Rgb = (68, 68, 68)
_PAPER: Rgb = (255, 255, 255)
_HOUSE: Rgb = (230, 232, 229)
"""Of buildings under the picture; the map page has the same."""

CLASSIFICATION = {
    "public": text("公開", "Public"),
    "internal": text("内部限り", "Internal"),
    "restricted": text("取扱注意", "Restricted"),
    "secret": text("秘", "Secret"),
}


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True)
    min: float | None
    max: float | None
    rgb: Rgb
    drawn: bool
    label: Text


class LegendDocument(BaseModel):
    """``legend.json``."""

    model_config = ConfigDict(frozen=True)
    kind: Literal["class", "ramp"]
    title: Text
    unit: str
    items: tuple[_Entry, ...]
    no_data: _Entry | None
    """How features without a value look; None where such cells are not drawn."""
    notes: tuple[Note, ...]
    disclaimer: Text | None
    classification: Classification


@dataclass(frozen=True)
class Legend:
    """All that a legend shows."""

    style: Style
    notes: tuple[Note, ...]
    classification: Classification
    disclaimer: Text | None
    """None for layers that come from no simulation."""
    grey_no_data: bool
    """Whether features without a value are drawn grey."""
    blank: Text | None = None
    """What stands where nothing is drawn for want of data, such as a building."""
    outlined: bool = True
    """Whether the swatches have the dark edge that the features have."""


def write_legend(directory: Path, legend: Legend) -> None:
    """Write ``legend_ja.png``, ``legend_en.png`` and ``legend.json``.

    Parameters
    ----------
    directory
        Folder of the layer.
    legend
        What to show.
    """
    languages: tuple[Language, ...] = ("ja", "en")
    for language in languages:
        with replacing(directory / f"legend_{language}.png") as temporary:
            picture(legend, language).save(temporary, format="PNG")
    write_text(directory / "legend.json", document(legend).model_dump_json(indent=1) + "\n")


def document(legend: Legend) -> LegendDocument:
    """Return a legend as JSON has it.

    Parameters
    ----------
    legend
        What to show.
    """
    style = legend.style
    missing = _Entry(min=None, max=None, rgb=NO_DATA_RGB, drawn=True, label=NO_DATA_LABEL)
    return LegendDocument(
        kind=style.kind,
        title=style.title,
        unit=style.unit,
        items=tuple(
            _Entry(min=i.min, max=i.max, rgb=i.rgb, drawn=not i.transparent, label=i.label)
            for i in style.items
        ),
        no_data=missing if legend.grey_no_data else None,
        notes=legend.notes,
        disclaimer=legend.disclaimer,
        classification=legend.classification,
    )


def picture(legend: Legend, language: Language) -> Image.Image:
    """Draw a legend.

    Parameters
    ----------
    legend
        What to show.
    language
        ``ja`` or ``en``.
    """
    sheet = _Sheet(language)
    unit = f" [{legend.style.unit}]" if legend.style.unit not in ("", "1") else ""
    sheet.paragraph(sheet.say(legend.style.title) + unit, _TITLE, _INK)
    sheet.gap(6)
    items = list(legend.style.items)
    if legend.style.kind == "ramp":
        sheet.ramp(items)
    else:
        for item in items:
            sheet.row(item, outlined=legend.outlined)
    if legend.grey_no_data:
        missing = StyleItem(min=None, max=None, rgb=NO_DATA_RGB, label=NO_DATA_LABEL)
        sheet.row(missing, outlined=legend.outlined)
    if legend.blank is not None:
        sheet.row(StyleItem(min=None, max=None, rgb=_HOUSE, label=legend.blank), outlined=True)
    for note in legend.notes:
        if note.severity != "info":
            sheet.gap(4)
            words = note.ja if language == "ja" else note.en
            sheet.paragraph(f"※ {words}", _SMALL, _INK)
    sheet.gap(6)
    if legend.disclaimer is not None:
        sheet.paragraph(sheet.say(legend.disclaimer), _SMALL, _INK)
    word = "区分" if language == "ja" else "Classification"
    said = f"{word}: {sheet.say(CLASSIFICATION[legend.classification])}"
    sheet.paragraph(said, _SMALL, _QUIET)
    return sheet.finished()


class _Sheet:
    """A white sheet that is filled from the top."""

    def __init__(self, language: Language) -> None:
        self._language = language
        self._image = Image.new("RGB", (_WIDTH, 200 * SCALE), _PAPER)
        self._y = _PAD

    def say(self, phrase: Text) -> str:
        """Return a phrase in the language of the sheet."""
        return phrase.ja if self._language == "ja" else phrase.en

    def gap(self, points: int) -> None:
        """Leave a space."""
        self._y += points * SCALE

    def paragraph(self, words: str, size: int, ink: Rgb) -> None:
        """Write a text over the whole width."""
        for line in wrapped(words, size, _WIDTH - 2 * _PAD):
            height = round(size * 1.45)
            self._write((_PAD, self._y), line, size, ink)
            self._y += height

    def row(self, item: StyleItem, *, outlined: bool) -> None:
        """Write a colour and what it means."""
        lines = wrapped(self.say(item.label), _BODY, self._label_width)
        height = max(_ROW, round(len(lines) * _BODY * 1.35) + 4 * SCALE)
        draw = self._draw(height)
        top = self._y + (height - _ROW) // 2 + 3 * SCALE
        box = (_PAD, top, _PAD + _SWATCH, top + _ROW - 6 * SCALE)
        draw.rectangle(
            box,
            fill=_PAPER if item.transparent else item.rgb,
            outline=_EDGE if outlined or item.transparent else None,
            width=SCALE // 2,
        )
        self._lines(lines, height)

    def ramp(self, items: list[StyleItem]) -> None:
        """Draw a bar whose colours run from the middle of one row to that of the next."""
        last = len(items) - 1
        draw = self._draw(_ROW * len(items))
        for pixel in range(_ROW * len(items)):
            place = min(max(pixel / _ROW - 0.5, 0.0), float(last))
            lower = min(int(place), max(last - 1, 0))
            upper = min(lower + 1, last)
            share = place - lower
            colour = tuple(
                round(a * (1 - share) + b * share)
                for a, b in zip(items[lower].rgb, items[upper].rgb, strict=True)
            )
            y = self._y + pixel
            draw.line((_PAD, y, _PAD + _SWATCH, y), fill=colour)
        for item in items:
            self._lines([self.say(item.label)], _ROW)

    @property
    def _label_width(self) -> int:
        return _WIDTH - 3 * _PAD - _SWATCH

    def _lines(self, lines: list[str], height: int) -> None:
        step = round(_BODY * 1.35)
        top = self._y + (height - step * len(lines)) // 2 + SCALE
        for number, line in enumerate(lines):
            self._write((2 * _PAD + _SWATCH, top + number * step), line, _BODY, _INK)
        self._y += height

    def _write(self, place: tuple[int, int], words: str, size: int, ink: Rgb) -> None:
        self._draw(2 * size).text(place, words, fill=ink, font=font(size))

    def _draw(self, room: int) -> ImageDraw.ImageDraw:
        """Return a pen, after making sure that the sheet is long enough."""
        needed = self._y + room + _PAD
        if needed > self._image.height:
            longer = Image.new("RGB", (_WIDTH, needed + 200 * SCALE), _PAPER)
            longer.paste(self._image)
            self._image = longer
        return ImageDraw.Draw(self._image)

    def finished(self) -> Image.Image:
        """Return the sheet, cut below the last line."""
        return self._image.crop((0, 0, _WIDTH, self._y + _PAD))
