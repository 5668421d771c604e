"""Map of the hours of direct sun."""

from __future__ import annotations

from citytwin.model.fields import SUNLIT_HOURS
from citytwin.model.layer import RasterView, Style, ValueRange
from citytwin.model.palettes import LAJOLLA
from citytwin.model.steps import LayerRecipe
from citytwin.model.style_bins import bins
from citytwin.model.text import text

_HOURS = (0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0)


def style(values: ValueRange) -> Style:  # noqa: ARG001 - the same classes for every city
    """Nine classes of one hour, dark where the sun hardly comes."""
    return Style(
        kind="class",
        unit="h",
        title=text("日照時間", "Sunlit hours"),
        items=bins(_HOURS, LAJOLLA, "h"),
    )


LAYER = LayerRecipe(
    id="sunlit_hours",
    order=30,
    group="sunlight",
    title=text("日照時間", "Sunlit hours"),
    summary=text(
        "対象日に、雲がないとした場合に地面や屋根へ直射日光が届く時間です。"
        "建物と地形、元データにある樹木の影を計算しています。元データにない建物や樹木の影は含みません。",
        "Hours of the day on which direct sun would reach ground and roofs under a clear sky. "
        "Shadows of buildings and terrain are computed, and of the trees in the sources; buildings"
        " and trees that the sources lack cast none.",
    ),
    view=RasterView(SUNLIT_HOURS),
    style=style,
    moment="day",
)
