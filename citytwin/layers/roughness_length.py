"""Map of the aerodynamic roughness length for each direction of the wind."""

from __future__ import annotations

from citytwin.model.fields import ROUGHNESS_LENGTH
from citytwin.model.layer import RasterView, Style, ValueRange
from citytwin.model.palettes import ACTON
from citytwin.model.steps import LayerRecipe
from citytwin.model.style_bins import bins
from citytwin.model.text import text

_EDGES = (0.0, 0.1, 0.3, 0.5, 1.0, 2.0, 4.0)


def style(values: ValueRange) -> Style:  # noqa: ARG001 - the same classes for every city
    """Seven classes; 0.5 to 2 m are cities."""
    return Style(
        kind="class",
        unit="m",
        title=text("空力学的粗度長（風向別）", "Aerodynamic roughness length by direction"),
        items=bins(_EDGES, ACTON, "m"),
    )


LAYER = LayerRecipe(
    id="roughness_length",
    order=44,
    group="wind",
    title=text("空力学的粗度長（風向別）", "Aerodynamic roughness length by direction"),
    summary=text(
        "市街地が上空の風に与える抵抗を表す長さ z0 を、風向ごとに建物の形から求めたものです。スライダーで風向を選びます。"
        "標準では Kanda ほか (2013) の式により、その式の適用範囲（密度 0.05〜0.5）の外では値がありません。",
        "Length z0 that says how much the city holds back the wind above it, from the shape of the"
        " buildings for winds from each side; the slider chooses the direction. "
        "By default after Kanda et al. (2013); outside the range of the formula (densities of 0.05 to"
        " 0.5) there is no value.",
    ),
    view=RasterView(ROUGHNESS_LENGTH),
    style=style,
)
