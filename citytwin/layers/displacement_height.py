"""Map of the zero-plane displacement height."""

from __future__ import annotations

from citytwin.model.fields import DISPLACEMENT_HEIGHT
from citytwin.model.layer import RasterView, Style, ValueRange
from citytwin.model.palettes import ACTON
from citytwin.model.steps import LayerRecipe
from citytwin.model.style_bins import bins
from citytwin.model.text import text

_EDGES = (0.0, 2.0, 5.0, 10.0, 15.0, 20.0, 30.0)


def style(values: ValueRange) -> Style:  # noqa: ARG001 - the same classes for every city
    """Seven classes."""
    return Style(
        kind="class",
        unit="m",
        title=text("ゼロ面変位", "Zero-plane displacement height"),
        items=bins(_EDGES, ACTON, "m"),
    )


LAYER = LayerRecipe(
    id="displacement_height",
    order=43,
    group="wind",
    title=text("ゼロ面変位", "Zero-plane displacement height"),
    summary=text(
        "上空の風の対数分布が地面からどれだけ持ち上げられるかを、建物の形から求めた高さ zd です。"
        "標準では Kanda ほか (2013) の式により、平均高さを超えることがあります。適用範囲の外では値がありません。",
        "Height zd by which the buildings lift the logarithmic profile of the wind above the city. "
        "By default after Kanda et al. (2013), where it can exceed the mean height of the buildings;"
        " outside the range of the formula there is no value.",
    ),
    view=RasterView(DISPLACEMENT_HEIGHT),
    style=style,
)
