"""Map of the comfort classes of the rule ``wind_engineering_institute``, of each season apart."""

from __future__ import annotations

from citytwin.model.fields import WIND_COMFORT_WIND_ENGINEERING_INSTITUTE_BY_SEASON
from citytwin.model.layer import BUILDING, RasterView, Style, ValueRange
from citytwin.model.steps import LayerRecipe
from citytwin.model.text import text
from citytwin.rules.wind_style import comfort_style, comfort_summary, of_each_season


def style(values: ValueRange) -> Style:  # noqa: ARG001 - the same classes for every city
    """The classes of the rule, then what could not be judged."""
    return comfort_style("wind_engineering_institute")


LAYER = LayerRecipe(
    id="wind_comfort_wind_engineering_institute_by_season",
    order=55.2,
    group="wind",
    title=text(
        "風環境 風工学研究所の指標（季節別）", "Wind comfort, Wind Engineering Institute, by season"
    ),
    summary=of_each_season(comfort_summary("wind_engineering_institute")),
    view=RasterView(WIND_COMFORT_WIND_ENGINEERING_INSTITUTE_BY_SEASON, blank=BUILDING),
    style=style,
)
