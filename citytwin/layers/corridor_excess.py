"""Map of the ventilation corridors."""

from __future__ import annotations

from citytwin.model.fields import CORRIDOR_EXCESS
from citytwin.model.layer import RasterView, Style, ValueRange
from citytwin.model.palettes import BILBAO, spread
from citytwin.model.steps import LayerRecipe
from citytwin.model.style_bins import bins
from citytwin.model.text import text

_EDGES = (0.0, 1.0, 2.0, 5.0, 10.0, 20.0)


def style(values: ValueRange) -> Style:  # noqa: ARG001 - the same classes for every city
    """Six classes, finest where paths are nearly the best."""
    return Style(
        kind="class",
        unit="%",
        title=text("最小抵抗の経路との差", "More resistance than the easiest path"),
        items=bins(_EDGES, spread(BILBAO, 6), "%"),
    )


LAYER = LayerRecipe(
    id="corridor_excess",
    order=46,
    group="wind",
    title=text("風の道", "Ventilation corridors"),
    summary=text(
        "卓越風が市街地を横切るとき、そのマスを通る最も楽な経路の抵抗が、最小抵抗の経路よりどれだけ大きいかを示します。"
        "0 % に近い帯が風の道の候補で、一本の線ではなく、ほぼ同じ良さの経路をすべて示します。"
        "抵抗は壁の見付面積比による目安で、地形・河川の冷気や実際の風速は含みません。市域の縁では外の建物が分からず、通りやすく出ます。",
        "How much more resistance the easiest path through each place has than the easiest of all, for"
        " the prevailing wind across the city. "
        "Bands near 0 % are candidates for ventilation corridors: not one line but all paths that are"
        " nearly as good. "
        "Resistance is the frontal area index of the walls, an indicator; relief, cool air of rivers"
        " and the speed of the wind are not in it. "
        "At the rim of the city, where nobody knows the buildings outside, ways look easier than they are.",
    ),
    view=RasterView(CORRIDOR_EXCESS),
    style=style,
)
