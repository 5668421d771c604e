"""Map of the streamlines of the wind, for one direction of the wind."""

from __future__ import annotations

from citytwin.model.layer import Attribute, Style, ValueRange, VectorView
from citytwin.model.palettes import LAJOLLA, spread
from citytwin.model.steps import LayerRecipe
from citytwin.model.style_bins import bins
from citytwin.model.tables import WIND_STREAMLINES
from citytwin.model.text import text

_RATIOS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0, 1.2, 1.4, 1.6)


def style(values: ValueRange) -> Style:  # noqa: ARG001 - the same classes for every city
    """The classes of the map of the speed ratio, in colours that stand out from it."""
    return Style(
        kind="class",
        unit="1",
        title=text("風速比", "Wind speed ratio"),
        items=bins(_RATIOS, spread(LAJOLLA[6:0:-1], len(_RATIOS)), "1"),
    )


LAYER = LayerRecipe(
    id="wind_streamlines",
    order=49.6,
    group="wind",
    title=text("風の流線", "Streamlines of the wind"),
    summary=text(
        "一つの風向について、建物まわりの流れの計算から歩行者の高さの平均流の流線を等間隔に引き、風速比で色分けしました。"
        "矢印は風下を向きます。瞬間の風や突風ではありません。",
        "Where the mean wind goes where people walk, for one direction of the wind: evenly spaced lines of the flow"
        " solved around the buildings, coloured by the speed ratio; arrows point downwind."
        " Neither gusts nor the wind of an instant.",
    ),
    view=VectorView(
        table=WIND_STREAMLINES,
        id_column="piece_id",
        style_column="speed_ratio",
        attributes=(
            Attribute("speed_ratio", text("風速比", "Wind speed ratio"), 0.01),
            Attribute("from_deg", text("風向", "Wind from"), 0.1),
            Attribute("length_m", text("区間の長さ", "Length of the piece"), 0.1),
            Attribute("line", text("流線の番号", "Number of the line"), 1),
            Attribute("piece", text("区間の番号", "Number of the piece"), 1),
        ),
        thin=True,
        directed=True,
    ),
    style=style,
)
