"""Map of the comfort classes of the rule ``city_of_london``."""

from __future__ import annotations

from citytwin.model.fields import WIND_COMFORT_CITY_OF_LONDON
from citytwin.model.layer import BUILDING, RasterView, Style, ValueRange
from citytwin.model.steps import LayerRecipe
from citytwin.model.text import text
from citytwin.rules.wind_style import comfort_style, comfort_summary


def style(values: ValueRange) -> Style:  # noqa: ARG001 - the same classes for every city
    """The classes of the rule, then what could not be judged."""
    return comfort_style("city_of_london")


LAYER = LayerRecipe(
    id="wind_comfort_city_of_london",
    order=53,
    group="wind",
    title=text("風環境 ロンドン・シティ指針", "Wind comfort, City of London"),
    summary=comfort_summary("city_of_london"),
    view=RasterView(WIND_COMFORT_CITY_OF_LONDON, blank=BUILDING),
    style=style,
)
