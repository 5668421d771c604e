"""Map of the open spaces that get the sun that a rule asks for."""

from __future__ import annotations

from citytwin.model.layer import Attribute, Style, ValueRange, VectorView
from citytwin.model.palettes import LAJOLLA, spread
from citytwin.model.steps import LayerRecipe
from citytwin.model.style_bins import bins
from citytwin.model.tables import OPEN_SPACE_SUN
from citytwin.model.text import text

_SHARES = (0.0, 0.25, 0.5, 0.75)


def style(values: ValueRange) -> Style:  # noqa: ARG001 - the same classes for every city
    """Four classes, dark where little of the space is lit."""
    return Style(
        kind="class",
        unit="1",
        title=text("日照のある面積の割合", "Share of the area with sun"),
        items=bins(_SHARES, spread(LAJOLLA[1:], len(_SHARES)), "1"),
    )


LAYER = LayerRecipe(
    id="open_space_sun",
    order=38,
    group="sunlight",
    title=text("屋外空間の日照（基準との比較）", "Sun on open spaces against a rule"),
    summary=text(
        "公園・緑地などのうち、基準の日に必要な時間の日照がある面積の割合です（雲なし）。"
        "建物と地形の影を計算していますが、樹木の影は含みません。開発前との比較はしていません。",
        "Share of parks and other open spaces that has the hours of sun a rule asks for on its day,"
        " under a clear sky. Buildings and terrain cast shadows, trees do not. No comparison with"
        " the time before a development is made.",
    ),
    view=VectorView(
        table=OPEN_SPACE_SUN,
        id_column="space_id",
        style_column="lit_share",
        attributes=(
            Attribute("lit_share", text("日照のある面積の割合", "Share with the sun wanted"), 0.01),
            Attribute("wanted_share", text("必要な割合", "Share wanted"), 0.01),
            Attribute("wanted_h", text("必要な日照時間", "Hours wanted"), 0.1),
            Attribute("mean_hours", text("平均日照時間", "Mean hours of sun"), 0.1),
            Attribute("area_m2", text("面積（建物を除く）", "Area without buildings"), 1),
            Attribute("points", text("評価した点の数", "Places judged"), 1),
            Attribute("use", text("土地利用", "Land use")),
            Attribute("rule", text("基準", "Rule")),
        ),
    ),
    style=style,
    moment="day",
)
