"""Items of styles: bins with bilingual labels, and bins that follow the data."""

from __future__ import annotations

import math
from collections.abc import Sequence

from citytwin.model.layer import Rgb, StyleItem, ValueRange
from citytwin.model.text import Text, text


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
    if low is None and high is None:
        return text("すべて", "all")
    if low is None:
        return text(f"{high:g}{after} 未満", f"under {high:g}{after}")
    if high is None:
        return text(f"{low:g}{after} 以上", f"{low:g}{after} or more")
    both = f"{low:g} – {high:g}{after}"
    return text(both, both)


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
