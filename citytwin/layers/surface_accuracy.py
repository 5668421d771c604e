"""Map of how far the roofs of the city model lie from a survey."""

from __future__ import annotations

from citytwin.model.layer import Attribute, Style, StyleItem, ValueRange, VectorView
from citytwin.model.palettes import DIFFERENCE
from citytwin.model.steps import LayerRecipe
from citytwin.model.tables import SURFACE_ACCURACY
from citytwin.model.text import text

_LIMITS = (-5.0, -3.0, -1.0, 1.0, 3.0, 5.0)


def style(values: ValueRange) -> Style:  # noqa: ARG001 - the same classes for every city
    """Seven classes around zero: model too low in blue, too high in red."""
    bounds = (None, *_LIMITS, None)
    items = tuple(
        StyleItem(min=low, max=high, rgb=rgb, label=text(_label(low, high), _label(low, high)))
        for low, high, rgb in zip(bounds, bounds[1:], DIFFERENCE, strict=False)
    )
    return Style(
        kind="class",
        unit="m",
        title=text("屋根高の差（モデル − 測量）", "Roof height, model minus survey"),
        items=items,
    )


def _label(low: float | None, high: float | None) -> str:
    if low is None:
        return f"< {high:+g} m"
    return f"≥ {low:+g} m" if high is None else f"{low:+g} – {high:+g} m"


LAYER = LayerRecipe(
    id="surface_accuracy",
    order=75,
    group="buildings",
    title=text("建物の高さの精度", "Accuracy of building heights"),
    summary=text(
        "建物モデルの屋根の高さと測量（航空レーザなど）との差を建物ごとに示します。"
        "正の値はモデルが高すぎることを表します。",
        "Difference between the roofs of the city model and a survey such as airborne laser "
        "scanning, per building. Positive where the model is too high.",
    ),
    view=VectorView(
        table=SURFACE_ACCURACY,
        id_column="building_id",
        style_column="bias_m",
        attributes=(
            Attribute("bias_m", text("平均差", "Mean difference"), 0.01),
            Attribute("rmse_m", text("二乗平均平方根誤差", "RMSE"), 0.01),
            Attribute("cells", text("比較したセル数", "Cells compared"), precision=1),
        ),
    ),
    style=style,
    simulation=False,
)
