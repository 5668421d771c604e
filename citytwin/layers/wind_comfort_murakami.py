"""Map of the comfort classes of the rule ``murakami``."""

from __future__ import annotations

from citytwin.model.fields import WIND_COMFORT_MURAKAMI
from citytwin.model.layer import BUILDING, RasterView, Style, ValueRange
from citytwin.model.steps import LayerRecipe
from citytwin.model.text import text
from citytwin.rules.wind_style import comfort_style, comfort_summary


def style(values: ValueRange) -> Style:  # noqa: ARG001 - the same classes for every city
    """The classes of the rule, then what could not be judged."""
    return comfort_style("murakami")


LAYER = LayerRecipe(
    id="wind_comfort_murakami",
    order=54,
    group="wind",
    title=text("風環境 村上の評価尺度", "Wind comfort, Murakami"),
    summary=comfort_summary("murakami"),
    view=RasterView(WIND_COMFORT_MURAKAMI, blank=BUILDING),
    style=style,
)
