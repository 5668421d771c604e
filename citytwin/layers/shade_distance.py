"""Map of the boundaries of sites and the lines around them between which shade is limited."""

from __future__ import annotations

from citytwin.model.layer import (
    Attribute,
    Style,
    StyleItem,
    ValueRange,
    VectorView,
    rows_of_kind,
)
from citytwin.model.palettes import COUNTED, HEAVY, SLOW
from citytwin.model.steps import LayerRecipe
from citytwin.model.tables import SHADE_LINES
from citytwin.model.text import text


def style(values: ValueRange) -> Style:  # noqa: ARG001 - the same classes for every city
    """Boundary, inner and outer line."""
    return Style(
        kind="class",
        unit="m",
        title=text("敷地境界からの距離", "Distance from the site"),
        items=(
            StyleItem(
                min=0.0, max=0.1, rgb=COUNTED, label=text("敷地境界", "Boundary of the site")
            ),
            StyleItem(min=0.1, max=7.5, rgb=HEAVY, label=text("5 m ライン", "5 m line")),
            StyleItem(min=7.5, max=None, rgb=SLOW, label=text("10 m ライン", "10 m line")),
        ),
    )


LAYER = LayerRecipe(
    id="shade_distance",
    order=37,
    group="sunlight",
    title=text("敷地境界と 5 m・10 m ライン", "Sites and the lines around them"),
    summary=text(
        "日影規制を測る線です。敷地の形がない所では、建物から一定の幅を敷地とみなしています。"
        "道路や水面による緩和は適用していません。",
        "Lines between which shade is limited. Without parcels, a strip around the buildings is"
        " taken for the site. No relief for roads or water is applied.",
    ),
    view=VectorView(
        table=SHADE_LINES,
        id_column="line_id",
        style_column="distance_m",
        attributes=(
            Attribute("distance_m", text("敷地境界からの距離", "Distance from the site"), 0.1),
            Attribute("plane_m", text("測定面の高さ", "Plane above mean ground"), 0.1),
            Attribute("site_id", text("敷地", "Site")),
        ),
        thin=True,
        derived=rows_of_kind(
            SHADE_LINES, "distance", ("line_id", "site_id", "distance_m", "plane_m", "geometry")
        ),
    ),
    style=style,
    simulation=False,
)
