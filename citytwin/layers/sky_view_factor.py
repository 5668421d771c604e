"""Map of the sky view factor."""

from __future__ import annotations

from citytwin.model.fields import SKY_VIEW_FACTOR
from citytwin.model.layer import RasterView, Style, ValueRange
from citytwin.model.palettes import NUUK
from citytwin.model.steps import LayerRecipe
from citytwin.model.style_bins import bins
from citytwin.model.text import text

_SHARES = (0.0, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)


def style(values: ValueRange) -> Style:  # noqa: ARG001 - the same classes for every city
    """Nine classes, blue where walls hide the sky."""
    return Style(
        kind="class",
        unit="1",
        title=text("天空率", "Sky view factor"),
        items=bins(_SHARES, NUUK, "1"),
    )


LAYER = LayerRecipe(
    id="sky_view_factor",
    order=31,
    group="sunlight",
    title=text("天空率", "Sky view factor"),
    summary=text(
        "地面や屋根から見える空の割合を、水平面が受ける光の量で重み付けした値です"
        "（1 で空がすべて見え、0 でまったく見えない）。"
        "元データにない建物や樹木は含まず、建築基準法の天空率の審査には使えません。",
        "Share of the sky that ground and roofs see, weighted by the light that a level plane gets"
        " from it (1 = all of it, 0 = none). "
        "Buildings and trees that the sources lack hide none; it is no proof under a building"
        " code.",
    ),
    view=RasterView(SKY_VIEW_FACTOR),
    style=style,
)
