"""Map of the points around each site at which its buildings' shade lasts longest."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd

from citytwin.model.layer import Attribute, Derived, Style, StyleItem, ValueRange, VectorView
from citytwin.model.palettes import DIFFERENCE
from citytwin.model.steps import LayerRecipe
from citytwin.model.tables import SHADE_CHECKS, Column
from citytwin.model.text import text

_KEPT, _EXCEEDED = text("適合", "kept"), text("規制値超過", "exceeded")
_COLUMNS = (
    Column("point_id", "string", nullable=False, meaning="site, and near or far"),
    Column("site_id", "string", nullable=False),
    Column("where", "string", nullable=False, meaning="near: between the lines, far: beyond them"),
    Column("hours", "float64", "h", nullable=False, meaning="longest shade there"),
    Column("limit_h", "float64", "h", nullable=False),
    Column("margin_h", "float64", "h", nullable=False, meaning="limit minus hours"),
    Column("fails", "int32", "1", nullable=False, meaning="0 holds, 1 fails: the limit is reached"),
    Column("spells", "string", meaning="true solar times of shade"),
    Column("plane_m", "float64", "m", nullable=False, meaning="plane above mean ground"),
    Column("geometry", "geometry", nullable=False),
)


def worst_points(checks: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Make a point of each place of longest shade; without shade there is none.

    Parameters
    ----------
    checks
        Sites that were checked.
    """
    parts = []
    for where in ("near", "far"):
        x, y = (checks[f"{where}_{axis}_m"].to_numpy(np.float64) for axis in "xy")
        known = ~np.isnan(x)
        limit = checks[f"{where}_limit_h"].to_numpy(np.float64)
        hours = checks[f"{where}_hours"].to_numpy(np.float64)
        rows = pd.DataFrame(
            {
                "point_id": checks["site_id"] + f":{where}",
                "site_id": checks["site_id"],
                "where": pd.array([where] * len(checks), dtype="string"),
                "hours": hours,
                "limit_h": limit,
                "margin_h": limit - hours,
                "fails": pd.array(hours >= limit, dtype="Int32"),
                "spells": checks[f"{where}_spells"],
                "plane_m": checks["plane_m"],
            }
        )
        points = gpd.points_from_xy(x[known], y[known])
        parts.append(gpd.GeoDataFrame(rows[known], geometry=points, crs=checks.crs))
    return gpd.GeoDataFrame(pd.concat(parts, ignore_index=True), crs=checks.crs)


def style(values: ValueRange) -> Style:  # noqa: ARG001 - the same classes for every city
    """Red where the limit is reached, blue where it is kept."""
    return Style(
        kind="class",
        unit="",
        title=text("最大日影時間の点", "Points of longest shade"),
        items=(
            StyleItem(min=0, max=1, rgb=DIFFERENCE[1], label=_KEPT),
            StyleItem(min=1, max=None, rgb=DIFFERENCE[5], label=_EXCEEDED),
        ),
    )


LAYER = LayerRecipe(
    id="shade_worst",
    order=84,
    group="sunlight",
    title=text("日影時間が最大となる点", "Points of longest shade"),
    summary=text(
        "敷地境界から 5～10 m の範囲と 10 m を超える範囲で、それぞれ日影が最も長く続く点です。"
        "時間は時刻について厳密に求め、日影となる時間帯を真太陽時で示します。",
        "Points between the two lines and beyond the outer one at which the shade of a site's"
        " buildings lasts longest. Hours are exact in time; the times of shade are true solar"
        " times.",
    ),
    view=VectorView(
        table=SHADE_CHECKS,
        id_column="point_id",
        style_column="fails",
        attributes=(
            Attribute("fails", text("判定", "Verdict"), 1, values=(("0", _KEPT), ("1", _EXCEEDED))),
            Attribute("hours", text("日影時間", "Hours of shade"), 0.01),
            Attribute("limit_h", text("規制値", "Limit"), 0.1),
            Attribute("margin_h", text("余裕", "Margin"), 0.01),
            Attribute(
                "where",
                text("範囲", "Where"),
                values=(
                    ("near", text("二つの線の間", "between the lines")),
                    ("far", text("外側の線を超える範囲", "beyond the outer line")),
                ),
            ),
            Attribute("spells", text("日影となる時間帯（真太陽時）", "When (true solar time)")),
            Attribute("plane_m", text("測定面の高さ", "Plane above mean ground"), 0.1),
            Attribute("site_id", text("敷地", "Site")),
        ),
        derived=Derived(columns=_COLUMNS, make=worst_points),
    ),
    style=style,
)
