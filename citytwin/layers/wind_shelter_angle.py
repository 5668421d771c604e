"""Map of how much stands in the way of winds from each side."""

from __future__ import annotations

from citytwin.model.fields import WIND_SHELTER_ANGLE
from citytwin.model.layer import BUILDING, RasterView, Style, ValueRange
from citytwin.model.palettes import DEVON
from citytwin.model.steps import LayerRecipe
from citytwin.model.style_bins import bins
from citytwin.model.text import text

_EDGES = (2.0, 5.0, 10.0, 20.0, 30.0, 45.0, 60.0)


def style(values: ValueRange) -> Style:  # noqa: ARG001 - the same classes for every city
    """Eight classes; the first is open ground."""
    return Style(
        kind="class",
        unit="deg",
        title=text("風上側の遮蔽角（風向別）", "Shelter angle by direction of the wind"),
        items=bins(_EDGES, DEVON, "deg", open_below=True),
    )


LAYER = LayerRecipe(
    id="wind_shelter_angle",
    order=45.6,
    group="wind",
    title=text("風上側の遮蔽角（風向別）", "Shelter angle by direction of the wind"),
    summary=text(
        "風上側（左右 15 度、標準 300 m 以内）で最も高く見える建物や地形の仰角の平均です（Winstral ほか 2002）。スライダーで風向を選びます。"
        "大きいほど風がさえぎられ、0 度以下は風に開けた場所です。風速ではありません。",
        "Mean elevation angle of what stands highest upwind (rays to 15 degrees on either side, 300 m by default;"
        " Winstral et al. 2002); the slider chooses the direction. The larger, the more sheltered; at or below 0 a place lies"
        " open to that wind. It is a shape, not a wind speed.",
    ),
    view=RasterView(WIND_SHELTER_ANGLE, blank=BUILDING),
    style=style,
)
