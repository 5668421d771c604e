"""Map of the share of the ground that buildings cover."""

from __future__ import annotations

from itertools import pairwise

from citytwin.model.fields import BUILDING_COVERAGE
from citytwin.model.layer import RasterView, Style, StyleItem, ValueRange
from citytwin.model.palettes import DEVON, spread
from citytwin.model.steps import LayerRecipe
from citytwin.model.style_bins import undrawn
from citytwin.model.text import text

_EDGES = (0.0625, 0.25, 0.5, 0.75, 1.0)
"""From one of sixteen samples; a full cell is a class of its own."""


def style(values: ValueRange) -> Style:  # noqa: ARG001 - the same classes for every city
    """Five classes from nearly open to full, dark where nothing is open."""
    colours = spread(DEVON[1:], len(_EDGES))
    ends: list[float | None] = [*_EDGES[1:], None]
    labels = [
        text(f"{low:.0%} 以上 {high:.0%} 未満", f"{low:.0%} – {high:.0%}")
        for low, high in pairwise(_EDGES)
    ]
    labels[0] = text("25% 未満", "under 25%")
    labels.append(text("100%", "100%"))
    none = undrawn(_EDGES[0], text("建物なし", "no building"))
    return Style(
        kind="class",
        unit="1",
        title=text("建物に覆われる割合", "Share of the ground under buildings"),
        items=(
            none,
            *(
                StyleItem(min=low, max=high, rgb=rgb, label=label)
                for low, high, rgb, label in zip(_EDGES, ends, colours, labels, strict=True)
            ),
        ),
    )


LAYER = LayerRecipe(
    id="building_coverage",
    order=18,
    group="base",
    title=text("建物に覆われる割合", "Share of the ground under buildings"),
    summary=text(
        "各セルの面積のうち、上から見て建物に覆われている割合です（16 点の標本による）。"
        "敷地ごとの建蔽率ではありません。中庭は覆われていないものとして数えます。",
        "Share of each cell that lies under buildings seen from above, from sixteen samples. "
        "It is not the building coverage ratio of a site; courtyards count as open.",
    ),
    view=RasterView(BUILDING_COVERAGE),
    style=style,
    simulation=False,
)
