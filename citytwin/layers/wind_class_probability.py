"""Map of how sure the classes of wind comfort are."""

from __future__ import annotations

from citytwin.model.fields import WIND_CLASS_PROBABILITY
from citytwin.model.layer import BUILDING, RasterView, Style, ValueRange
from citytwin.model.steps import LayerRecipe
from citytwin.model.text import text
from citytwin.rules.wind_style import probability_style, probability_summary


def style(values: ValueRange) -> Style:  # noqa: ARG001 - the same classes for every city
    """Six classes; below 50 % no class is shown."""
    return probability_style()


LAYER = LayerRecipe(
    id="wind_class_probability",
    order=55.5,
    group="wind",
    title=text("風環境の等級の確からしさ", "How sure the class of wind comfort is"),
    summary=probability_summary(),
    view=RasterView(WIND_CLASS_PROBABILITY, blank=BUILDING),
    style=style,
)
