"""Map of the danger classes of the rule ``nen_8100``."""

from __future__ import annotations

from citytwin.model.fields import WIND_DANGER_NEN_8100
from citytwin.model.layer import BUILDING, RasterView, Style, ValueRange
from citytwin.model.steps import LayerRecipe
from citytwin.model.text import text
from citytwin.rules.wind_style import danger_style, danger_summary


def style(values: ValueRange) -> Style:  # noqa: ARG001 - the same classes for every city
    """The classes of the rule, then what could not be judged."""
    return danger_style("nen_8100")


LAYER = LayerRecipe(
    id="wind_danger_nen_8100",
    order=56,
    group="wind",
    title=text("強風の危険 NEN 8100", "Wind danger, NEN 8100"),
    summary=danger_summary("nen_8100"),
    view=RasterView(WIND_DANGER_NEN_8100, blank=BUILDING),
    style=style,
)
