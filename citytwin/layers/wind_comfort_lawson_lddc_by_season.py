"""Map of the comfort classes of the rule ``lawson_lddc``, of each season apart."""

from __future__ import annotations

from citytwin.model.fields import WIND_COMFORT_LAWSON_LDDC_BY_SEASON
from citytwin.model.layer import BUILDING, RasterView, Style, ValueRange
from citytwin.model.steps import LayerRecipe
from citytwin.model.text import text
from citytwin.rules.wind_style import comfort_style, comfort_summary, of_each_season


def style(values: ValueRange) -> Style:  # noqa: ARG001 - the same classes for every city
    """The classes of the rule, then what could not be judged."""
    return comfort_style("lawson_lddc")


LAYER = LayerRecipe(
    id="wind_comfort_lawson_lddc_by_season",
    order=52.2,
    group="wind",
    title=text("風環境 Lawson LDDC（季節別）", "Wind comfort, Lawson LDDC, by season"),
    summary=of_each_season(comfort_summary("lawson_lddc")),
    view=RasterView(WIND_COMFORT_LAWSON_LDDC_BY_SEASON, blank=BUILDING),
    style=style,
)
