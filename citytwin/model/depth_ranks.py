"""Ranks of flood depth as Japanese hazard maps have them."""

from __future__ import annotations

import re
import unicodedata

from citytwin.model.layer import Style, StyleItem
from citytwin.model.palettes import FLOOD_RANKS, WHITE
from citytwin.model.text import Text, text

DRY_M = 0.05
"""Less water than this is not drawn [m]: rain runs off everywhere as a film of a few cm."""
_RANKS = (
    (DRY_M, 0.5, text("0.05 – 0.5 m（1階床下）", "0.05 – 0.5 m (below the ground floor)")),
    (0.5, 3.0, text("0.5 – 3 m（1階床上〜軒下）", "0.5 – 3 m (ground floor)")),
    (3.0, 5.0, text("3 – 5 m（2階床上〜軒下）", "3 – 5 m (upper floor)")),
    (5.0, 10.0, text("5 – 10 m（2階屋根以上）", "5 – 10 m (above two storeys)")),
    (10.0, 20.0, text("10 – 20 m", "10 – 20 m")),
    (20.0, None, text("20 m 以上", "20 m or more")),
)

RANK_EDGES_M = tuple(low for low, _, _ in _RANKS[1:])
"""Where each rank but the lowest begins [m]."""
_FROM = re.compile(r"(\d+(?:\.\d+)?)m以上")
_BELOW = re.compile(r"(\d+(?:\.\d+)?)m未満")


def rank_bounds_m(wording: str) -> tuple[float, float] | None:
    """Return where a rank begins and ends by its wording, such as ``0.5m以上3m未満``.

    Parameters
    ----------
    wording
        Text of a code list of PLATEAU.

    Returns
    -------
    tuple of float or None
        Least depth, and that from which the next rank begins, infinite for the last [m]; None
        where the wording tells neither.
    """
    plain = unicodedata.normalize("NFKC", wording).replace(" ", "")
    low, high = _FROM.search(plain), _BELOW.search(plain)
    if low is None and high is None:
        return None
    bounds = float(low[1]) if low else 0.0, float(high[1]) if high else float("inf")
    return bounds if bounds[0] < bounds[1] else None


def depth_ranks(title: Text) -> Style:
    """Return six ranks of the hazard map guidance; a film of rain is not drawn.

    Parameters
    ----------
    title
        Of the legend.
    """
    dry = StyleItem(
        min=None, max=DRY_M, rgb=WHITE, label=text("0.05 m 未満", "under 0.05 m"), transparent=True
    )
    ranks = [
        StyleItem(min=low, max=high, rgb=rgb, label=label)
        for (low, high, label), rgb in zip(_RANKS, FLOOD_RANKS, strict=True)
    ]
    return Style(
        kind="class",
        unit="m",
        title=title,
        items=(dry, *ranks),
    )
