"""Map of the comfort classes of the rule ``city_of_london``, of each season apart."""

from __future__ import annotations

from citytwin.model.fields import WIND_COMFORT_CITY_OF_LONDON_BY_SEASON
from citytwin.model.layer import BUILDING, RasterView, Style, ValueRange
from citytwin.model.steps import LayerRecipe
from citytwin.model.text import text
from citytwin.rules.wind_style import comfort_style, comfort_summary, of_each_season


def style(values: ValueRange) -> Style:  # noqa: ARG001 - the same classes for every city
    """The classes of the rule, then what could not be judged."""
    return comfort_style("city_of_london")


LAYER = LayerRecipe(
    id="wind_comfort_city_of_london_by_season",
    order=53.2,
    group="wind",
    title=text("風環境 ロンドン・シティ指針（季節別）", "Wind comfort, City of London, by season"),
    summary=of_each_season(comfort_summary("city_of_london")),
    view=RasterView(WIND_COMFORT_CITY_OF_LONDON_BY_SEASON, blank=BUILDING),
    style=style,
)
