"""Map of the depth that a statutory inundation map expects, in the colours of such maps."""

from __future__ import annotations

from citytwin.model.depth_ranks import depth_ranks
from citytwin.model.fields import STATUTORY_DEPTH
from citytwin.model.layer import RasterView, Style, ValueRange
from citytwin.model.steps import LayerRecipe
from citytwin.model.text import text

_TITLE = text("法定の浸水想定（水深）", "Statutory inundation map (depth)")


def style(values: ValueRange) -> Style:  # noqa: ARG001 - the ranks are a standard
    """The ranks of the computed flood, so that both can be compared by eye."""
    return depth_ranks(_TITLE)


LAYER = LayerRecipe(
    id="statutory_depth",
    order=68,
    group="flood",
    title=_TITLE,
    summary=text(
        "河川管理者や自治体が公表した浸水想定区域図（PLATEAU の浸水面）の水深です。この計算の結果ではありません。"
        "水面の高さとこの都市の地盤高から求めた値で、正式な図は公表元を確かめてください。",
        "Depth of the inundation map that the authority has published (water surfaces of PLATEAU); "
        "it was not computed here. It is made from the height of the water surface and the ground "
        "of this city: for the official map ask the authority.",
    ),
    view=RasterView(STATUTORY_DEPTH, coarsening="max", class_outlines=True),
    style=style,
    simulation=False,
)
