"""Map of the mean wind speed where people walk."""

from __future__ import annotations

from citytwin.model.fields import WIND_SPEED_MEAN
from citytwin.model.layer import BUILDING, RasterView, Style, ValueRange
from citytwin.model.steps import LayerRecipe
from citytwin.model.text import text
from citytwin.rules.wind_style import mean_style, mean_summary


def style(values: ValueRange) -> Style:  # noqa: ARG001 - the same classes for every city
    """Nine classes of mean speed."""
    return mean_style()


LAYER = LayerRecipe(
    id="wind_speed_mean",
    order=48,
    group="wind",
    title=text("平均風速（歩行者の高さ）", "Mean wind speed where people walk"),
    summary=mean_summary(),
    view=RasterView(WIND_SPEED_MEAN, blank=BUILDING),
    style=style,
)
