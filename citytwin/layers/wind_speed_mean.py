"""Map of the mean wind speed where people walk."""

from __future__ import annotations

from citytwin.model.fields import WIND_SPEED_MEAN
from citytwin.model.layer import BUILDING, RasterView, Style, ValueRange
from citytwin.model.palettes import SPEED
from citytwin.model.steps import LayerRecipe
from citytwin.model.style_bins import bins
from citytwin.model.text import text

_EDGES = (0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0)


def style(values: ValueRange) -> Style:  # noqa: ARG001 - the same classes for every city
    """Nine classes of mean speed."""
    return Style(
        kind="class",
        unit="m/s",
        title=text("平均風速（歩行者の高さ）", "Mean wind speed where people walk"),
        items=bins(_EDGES, SPEED[:9], "m/s"),
    )


LAYER = LayerRecipe(
    id="wind_speed_mean",
    order=48,
    group="wind",
    title=text("平均風速（歩行者の高さ）", "Mean wind speed where people walk"),
    summary=text(
        "風の記録の平均風速を、風向別の風速比で地上 1.5 m の街路に換算した値です（静穏は 0 m/s と数えます）。"
        "風速比の誤差がそのまま入る目安で、高い建物の足元の強風は含みません。",
        "Mean wind speed of the record, brought down to 1.5 m in every street by the speed ratio of each"
        " direction (calms count as still air). "
        "As uncertain as the speed ratio; strong winds at the foot of towers are outside it.",
    ),
    view=RasterView(WIND_SPEED_MEAN, blank=BUILDING),
    style=style,
)
