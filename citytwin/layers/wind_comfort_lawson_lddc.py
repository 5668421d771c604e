"""Map of the comfort classes of the rule ``lawson_lddc``."""

from __future__ import annotations

from citytwin.model.fields import WIND_COMFORT_LAWSON_LDDC
from citytwin.model.layer import BUILDING, RasterView, Style, ValueRange
from citytwin.model.steps import LayerRecipe
from citytwin.model.text import text
from citytwin.rules.wind_style import comfort_style, comfort_summary


def style(values: ValueRange) -> Style:  # noqa: ARG001 - the same classes for every city
    """The classes of the rule, then what could not be judged."""
    return comfort_style("lawson_lddc")


LAYER = LayerRecipe(
    id="wind_comfort_lawson_lddc",
    order=52,
    group="wind",
    title=text("風環境 Lawson LDDC", "Wind comfort, Lawson LDDC"),
    summary=comfort_summary("lawson_lddc"),
    view=RasterView(WIND_COMFORT_LAWSON_LDDC, blank=BUILDING),
    style=style,
)
