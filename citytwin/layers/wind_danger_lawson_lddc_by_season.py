"""Map of the danger classes of the rule ``lawson_lddc``, of each season apart."""

from __future__ import annotations

from citytwin.model.fields import WIND_DANGER_LAWSON_LDDC_BY_SEASON
from citytwin.model.layer import BUILDING, RasterView, Style, ValueRange
from citytwin.model.steps import LayerRecipe
from citytwin.model.text import text
from citytwin.rules.wind_style import danger_style, danger_summary, of_each_season


def style(values: ValueRange) -> Style:  # noqa: ARG001 - the same classes for every city
    """The classes of the rule, then what could not be judged."""
    return danger_style("lawson_lddc")


LAYER = LayerRecipe(
    id="wind_danger_lawson_lddc_by_season",
    order=57.2,
    group="wind",
    title=text("強風の危険 Lawson LDDC（季節別）", "Wind danger, Lawson LDDC, by season"),
    summary=of_each_season(danger_summary("lawson_lddc")),
    view=RasterView(WIND_DANGER_LAWSON_LDDC_BY_SEASON, blank=BUILDING),
    style=style,
)
