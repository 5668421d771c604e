"""Map of the wind of the moment."""

from __future__ import annotations

from citytwin.model.fields import WIND_SPEED_NOW
from citytwin.model.layer import BUILDING, RasterView, Style, ValueRange
from citytwin.model.palettes import SPEED
from citytwin.model.steps import LayerRecipe
from citytwin.model.style_bins import bins
from citytwin.model.text import text

_EDGES = (0.0, 0.5, 1.0, 2.0, 3.0, 4.0, 6.0, 8.0, 10.0)


def style(values: ValueRange) -> Style:  # noqa: ARG001 - the same classes for every city
    """Nine classes of speed."""
    return Style(
        kind="class",
        unit="m/s",
        title=text("現在の風速", "Wind speed now"),
        items=bins(_EDGES, SPEED[:9], "m/s"),
    )


LAYER = LayerRecipe(
    id="wind_speed_now",
    order=47,
    group="wind",
    title=text("現在の風速", "Wind speed now"),
    summary=text(
        "最新の観測（または予報）の風速に、その風向の風速比を掛けて求めた、地上 1.5 m の平均風速です。"
        "建物の並びによる遮蔽の目安で、突風やビル風は含みません。",
        "Mean wind speed at 1.5 m: the latest observation (or forecast) times the speed ratio of its"
        " direction. "
        "An indicator of shelter between buildings; gusts, and strong winds at corners and towers, are"
        " outside it.",
    ),
    view=RasterView(WIND_SPEED_NOW, blank=BUILDING),
    style=style,
)
