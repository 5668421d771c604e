"""Map of the danger classes of the rule ``nen_8100``, of each season apart."""

from __future__ import annotations

from citytwin.model.fields import WIND_DANGER_NEN_8100_BY_SEASON
from citytwin.model.layer import BUILDING, RasterView, Style, ValueRange
from citytwin.model.steps import LayerRecipe
from citytwin.model.text import text
from citytwin.rules.wind_style import danger_style, danger_summary, of_each_season


def style(values: ValueRange) -> Style:  # noqa: ARG001 - the same classes for every city
    """The classes of the rule, then what could not be judged."""
    return danger_style("nen_8100")


LAYER = LayerRecipe(
    id="wind_danger_nen_8100_by_season",
    order=56.2,
    group="wind",
    title=text("強風の危険 NEN 8100（季節別）", "Wind danger, NEN 8100, by season"),
    summary=of_each_season(danger_summary("nen_8100")),
    view=RasterView(WIND_DANGER_NEN_8100_BY_SEASON, blank=BUILDING),
    style=style,
)
