"""Map of the danger classes of the rule ``city_of_london``, of each season apart."""

from __future__ import annotations

from citytwin.model.fields import WIND_DANGER_CITY_OF_LONDON_BY_SEASON
from citytwin.model.layer import BUILDING, RasterView, Style, ValueRange
from citytwin.model.steps import LayerRecipe
from citytwin.model.text import text
from citytwin.rules.wind_style import danger_style, danger_summary, of_each_season


def style(values: ValueRange) -> Style:  # noqa: ARG001 - the same classes for every city
    """The classes of the rule, then what could not be judged."""
    return danger_style("city_of_london")


LAYER = LayerRecipe(
    id="wind_danger_city_of_london_by_season",
    order=58.2,
    group="wind",
    title=text(
        "強風の危険 ロンドン・シティ指針（季節別）", "Wind danger, City of London, by season"
    ),
    summary=of_each_season(danger_summary("city_of_london")),
    view=RasterView(WIND_DANGER_CITY_OF_LONDON_BY_SEASON, blank=BUILDING),
    style=style,
)
