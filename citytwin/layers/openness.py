"""Map of how open each place lies."""

from __future__ import annotations

from citytwin.model.fields import OPENNESS
from citytwin.model.layer import BUILDING, RasterView, Style, ValueRange
from citytwin.model.palettes import NUUK
from citytwin.model.steps import LayerRecipe
from citytwin.model.style_bins import bins
from citytwin.model.text import text

_EDGES = (0.0, 30.0, 40.0, 50.0, 60.0, 70.0, 80.0, 85.0)


def style(values: ValueRange) -> Style:  # noqa: ARG001 - the same classes for every city
    """Eight classes, from courtyards to open ground."""
    return Style(
        kind="class",
        unit="deg",
        title=text("開放度（地上開度）", "Openness"),
        items=bins(_EDGES, NUUK[:8], "deg"),
    )


LAYER = LayerRecipe(
    id="openness",
    order=45.3,
    group="wind",
    title=text("開放度（地上開度）", "Openness"),
    summary=text(
        "地上 1.5 m から見て、まわり（標準 300 m 以内）の建物や地形の上端が天頂からどれだけ離れているかの平均です（Yokoyama ほか 2002）。"
        "90 度は見渡すかぎり平らな場所で、小さいほど囲まれています。風速ではありません。",
        "Mean angle between the zenith and what stands highest on each side within 300 m (by default), seen from"
        " 1.5 m above the ground (Yokoyama et al. 2002): 90 degrees in the open, less where buildings or hills"
        " close a place in. It is a shape, not a wind speed.",
    ),
    view=RasterView(OPENNESS, blank=BUILDING),
    style=style,
)
