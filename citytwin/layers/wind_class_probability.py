"""Map of how sure the classes of wind comfort are."""

from __future__ import annotations

from citytwin.model.fields import WIND_CLASS_PROBABILITY
from citytwin.model.layer import BUILDING, RasterView, Style, ValueRange
from citytwin.model.palettes import DEVON
from citytwin.model.steps import LayerRecipe
from citytwin.model.style_bins import bins
from citytwin.model.text import text

_EDGES = (0.0, 50.0, 60.0, 70.0, 80.0, 90.0)


def style(values: ValueRange) -> Style:  # noqa: ARG001 - the same classes for every city
    """Six classes; below 50 % no class is shown."""
    return Style(
        kind="class",
        unit="%",
        title=text("風環境の等級の確からしさ", "How sure the class of wind comfort is"),
        items=bins(_EDGES, DEVON[1:7], "%"),
    )


LAYER = LayerRecipe(
    id="wind_class_probability",
    order=55.5,
    group="wind",
    title=text("風環境の等級の確からしさ", "How sure the class of wind comfort is"),
    summary=text(
        "風速比の誤差（正規分布、全風向に共通）を考えたときに、地図の等級が変わらない割合の下限です（最大 93 %）。"
        "設定で最初に挙げた基準についての値で、風の記録の誤差や気候の変化は含みません。",
        "Least share of the errors of the speed ratio (normal, the same for all directions) that leave the"
        " class of the map as it is, 93 % at most. "
        "For the first rule of the configuration; errors of the wind record, and changes of climate, are"
        " not in it.",
    ),
    view=RasterView(WIND_CLASS_PROBABILITY, blank=BUILDING),
    style=style,
)
