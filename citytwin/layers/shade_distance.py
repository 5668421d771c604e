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

_BOUNDARY_M, _SAME_M = 0.1, 0.05
"""Nearer lines are the boundary itself; lines this near to the farthest one are outer lines too."""
_USUAL_M = 10.0
"""Farthest line where there are none at all."""


def style(values: ValueRange) -> Style:
    """Boundary, inner and outer line, at the distances that the rule has."""
    farthest = values.high if values.high > _BOUNDARY_M + _SAME_M else _USUAL_M
    outer = farthest - _SAME_M
    return Style(
        kind="class",
        unit="m",
        title=text("敷地境界からの距離", "Distance from the site"),
        items=(
            StyleItem(
                min=0.0,
                max=_BOUNDARY_M,
                rgb=COUNTED,
                label=text("敷地境界", "Boundary of the site"),
            ),
            StyleItem(min=_BOUNDARY_M, max=outer, rgb=HEAVY, label=text("内側の線", "Inner line")),
            StyleItem(
                min=outer,
                max=None,
                rgb=SLOW,
                label=text(f"外側の線（{farthest:g} m）", f"Outer line ({farthest:g} m)"),
            ),
        ),
    )


LAYER = LayerRecipe(
    id="shade_distance",
    order=37,
    group="sunlight",
    title=text("敷地境界と規制の線", "Sites and the lines around them"),
    summary=text(
        "日影規制を測る線です（建築基準法では敷地境界から 5 m と 10 m）。敷地の形がない所では、建物から一定の幅を敷地とみなしています。"
        "道路や水面による緩和は適用していません。",
        "Lines between which shade is limited, in Japan 5 m and 10 m from the site. Without parcels, a strip around the buildings is"
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
