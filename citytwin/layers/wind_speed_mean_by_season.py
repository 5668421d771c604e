"""Map of the mean wind speed where people walk, of each season apart."""

from __future__ import annotations

from citytwin.model.fields import WIND_SPEED_MEAN_BY_SEASON
from citytwin.model.layer import BUILDING, RasterView, Style, ValueRange
from citytwin.model.steps import LayerRecipe
from citytwin.model.text import text
from citytwin.rules.wind_style import mean_style, mean_summary, of_each_season


def style(values: ValueRange) -> Style:  # noqa: ARG001 - the same classes for every city
    """Nine classes of mean speed."""
    return mean_style()


LAYER = LayerRecipe(
    id="wind_speed_mean_by_season",
    order=48.2,
    group="wind",
    title=text(
        "平均風速（歩行者の高さ）（季節別）", "Mean wind speed where people walk, by season"
    ),
    summary=of_each_season(mean_summary()),
    view=RasterView(WIND_SPEED_MEAN_BY_SEASON, blank=BUILDING),
    style=style,
)
