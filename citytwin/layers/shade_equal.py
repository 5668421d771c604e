"""Map of the lines of equal duration of shade (等時間日影図)."""

from __future__ import annotations

import geopandas as gpd

from citytwin.model.layer import Attribute, Derived, Style, StyleItem, ValueRange, VectorView
from citytwin.model.palettes import ACTON, spread
from citytwin.model.steps import LayerRecipe
from citytwin.model.style_bins import bin_label
from citytwin.model.tables import SHADE_LINES
from citytwin.model.text import text

_FROM_H = (0.0, 2.0, 2.5, 3.0, 4.0, 5.0)
_COLUMNS = tuple(
    column
    for column in SHADE_LINES.columns
    if column.name in ("line_id", "site_id", "duration_h", "plane_m", "geometry")
)


def equal_lines(rows: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Keep the lines of equal duration.

    Parameters
    ----------
    rows
        All lines of the diagrams.
    """
    chosen = rows[(rows["kind"] == "equal").to_numpy(dtype=bool)]
    return chosen[[column.name for column in _COLUMNS]]


def style(values: ValueRange) -> Style:  # noqa: ARG001 - the same classes for every city
    """Darker for longer shade."""
    colours = spread(ACTON[2:], len(_FROM_H))
    ends = (*_FROM_H[1:], None)
    return Style(
        kind="class",
        unit="h",
        title=text("日影となる時間", "Duration of shade"),
        items=tuple(
            StyleItem(min=low, max=high, rgb=rgb, label=bin_label(low, high, "h"))
            for low, high, rgb in zip(_FROM_H, ends, colours, strict=True)
        ),
    )


LAYER = LayerRecipe(
    id="shade_equal",
    order=36,
    group="sunlight",
    title=text("等時間日影図", "Lines of equal shade"),
    summary=text(
        "冬至日の真太陽時で、規制対象の建物だけによる日影が同じ時間続く線です（測定面の高さの水平面）。"
        "線上の点は日影時間を時刻について厳密に求めています。他の建物や樹木の影は含みません。",
        "Lines on which the shade of a regulated building alone lasts equally long on the winter"
        " solstice, on the level measuring plane. Durations are exact in time. Other buildings and"
        " trees cast none.",
    ),
    view=VectorView(
        table=SHADE_LINES,
        id_column="line_id",
        style_column="duration_h",
        attributes=(
            Attribute("duration_h", text("日影時間", "Duration of shade"), 0.1),
            Attribute("plane_m", text("測定面の高さ", "Plane above mean ground"), 0.1),
            Attribute("site_id", text("敷地", "Site")),
        ),
        thin=True,
        derived=Derived(columns=_COLUMNS, make=equal_lines),
    ),
    style=style,
)
