"""Items of styles: bins with bilingual labels, and bins that follow the data."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from citytwin.model.layer import Rgb, Style, StyleItem, ValueRange
from citytwin.model.palettes import WHITE, spread
from citytwin.model.text import Text, text

_MOST_EDGES = 12
"""Edges of round classes at most: more colours cannot be told apart."""
_JAPANESE = {"h": "時間", "min": "分"}


def bin_label(low: float | None, high: float | None, unit: str) -> Text:
    """Return the wording of a bin [low, high).

    Parameters
    ----------
    low, high
        Ends of the bin; None where it is open.
    unit
        Written after the number; empty when there is none.
    """
    after = f" {unit}" if unit not in ("", "1") else ""
    after_ja = f" {_JAPANESE.get(unit, unit)}" if after else ""
    if unit == "deg":
        after = after_ja = "°"
    if low is None and high is None:
        return text("すべて", "all")
    if low is None:
        return text(f"{high:g}{after_ja} 未満", f"under {high:g}{after}")
    if high is None:
        return text(f"{low:g}{after_ja} 以上", f"{low:g}{after} or more")
    return text(f"{low:g} – {high:g}{after_ja}", f"{low:g} – {high:g}{after}")


def undrawn(below: float, label: Text) -> StyleItem:
    """Return the item of a value that is not drawn: nothing that the map is about.

    Parameters
    ----------
    below
        Where the first item that is drawn begins.
    label
        Of the legend.
    """
    return StyleItem(min=None, max=below, rgb=WHITE, label=label, transparent=True)


def classes(
    labels: Sequence[Text], colours: Sequence[Rgb], first: int = 0
) -> tuple[StyleItem, ...]:
    """Return one item per class of a field of whole numbers; the last is open upwards.

    Parameters
    ----------
    labels
        Of the legend, in the order of the numbers.
    colours
        As many.
    first
        Number of the first class; the others follow it without gaps.
    """
    ends: list[float | None] = [float(first + k + 1) for k in range(len(labels))]
    ends[-1] = None
    return tuple(
        StyleItem(min=float(first + k), max=end, rgb=rgb, label=label)
        for k, (label, end, rgb) in enumerate(zip(labels, ends, colours, strict=True))
    )


def bins(
    edges: Sequence[float], colours: Sequence[Rgb], unit: str, *, open_below: bool = False
) -> tuple[StyleItem, ...]:
    """Return one item per colour; the last is open upwards.

    Parameters
    ----------
    edges
        Rising: where each item begins; with `open_below` where each but the first begins.
    colours
        One per item.
    unit
        Of the edges.
    open_below
        Whether the first item holds everything below the first edge.
    """
    begins: list[float | None] = [None, *edges] if open_below else [*edges]
    ends: list[float | None] = [*begins[1:], None]
    return tuple(
        StyleItem(min=low, max=high, rgb=rgb, label=bin_label(low, high, unit))
        for low, high, rgb in zip(begins, ends, colours, strict=True)
    )


_FEWEST = 3
_UPPER = 2
"""Even steps above those that follow the cells."""
_FINEST = 0.1
"""Steps of heights below this would draw noise [m]."""


def telling_edges(values: ValueRange, at_most: int) -> list[float]:
    """Return round numbers that tell the many low cells of a field apart, and the few high ones.

    Where most of a city lies low and a hill or a tower stands beside it, even steps would put the
    whole city into one class. So the lower numbers part the cells into classes of about equal
    size, and a few even steps go on to the highest value. All are multiples of 1, 2 or 5 times a
    power of 10, as coarse as the distance to the next allows.

    Parameters
    ----------
    values
        Range of the field, with its ninths.
    at_most
        How many edges at most, >= 1.

    Returns
    -------
    list of float
        Rising; at least one. Evenly spaced where the ninths are unknown or all alike.
    """
    number = max(1, at_most - _UPPER)
    places = np.linspace(0, len(values.ninths) - 1, number).round().astype(int)
    wanted = [values.ninths[place] for place in places] if values.ninths else []
    ends = (values.low, *wanted, values.high)
    edges: list[float] = []
    for below, value, above in zip(ends, wanted, ends[2:], strict=False):
        step = _round_step(max(min(value - below, above - value), _FINEST))
        edge = float(f"{round(value / step) * step:.10g}")
        if values.low < edge < values.high and (not edges or edge > edges[-1]):
            edges.append(edge)
    if len(edges) < _FEWEST:
        return round_edges(values, at_most)
    widest = edges[-1] - edges[-2]
    upper = round_edges(ValueRange(edges[-1] + widest, values.high), at_most - len(edges))
    return edges + [edge for edge in upper if edges[-1] + widest <= edge < values.high]


def _round_step(width: float) -> float:
    """Return the largest of 1, 2, 5 times a power of ten that is no wider."""
    power = 10.0 ** math.floor(math.log10(width) + 1e-9)
    return power * max(factor for factor in (1, 2, 5) if factor * power <= width * (1 + 1e-9))


def round_edges(values: ValueRange, at_most: int) -> list[float]:
    """Return round numbers inside a range of data, evenly spaced by 1, 2 or 5 times a power of 10.

    Parameters
    ----------
    values
        Smallest and largest value.
    at_most
        How many edges at most, >= 1.

    Returns
    -------
    list of float
        Rising; at least one.
    """
    width = values.high - values.low
    if not width > 0:
        return [values.low]
    power = 10.0 ** math.floor(math.log10(width / (at_most + 1)))
    for factor in (1, 2, 5, 10, 20, 50):
        step = power * factor
        first, last = math.floor(values.low / step) + 1, math.ceil(values.high / step) - 1
        if last - first + 1 <= at_most:
            break
    edges = [float(f"{index * step:.10g}") for index in range(first, last + 1)]
    return edges or [float(f"{(values.low + values.high) / 2:.10g}")]


def round_classes(values: ValueRange, palette: tuple[Rgb, ...], unit: str, title: Text) -> Style:
    """Return a style of even, round classes over the data, open at both ends.

    Parameters
    ----------
    values
        Smallest and largest value.
    palette
        Colours from low to high, to be spread over the classes.
    unit
        Of the values.
    title
        Of the legend.
    """
    edges = round_edges(values, _MOST_EDGES)
    return Style(
        kind="class",
        unit=unit,
        title=title,
        items=bins(edges, spread(palette, len(edges) + 1), unit, open_below=True),
    )
