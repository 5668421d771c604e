"""Map of rivers, lakes and canals."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd

from citytwin.model.layer import Attribute, Derived, Style, StyleItem, ValueRange, VectorView
from citytwin.model.palettes import OPEN_WATER
from citytwin.model.steps import LayerRecipe
from citytwin.model.tables import WATER_BODIES, Column
from citytwin.model.text import text

KIND = "water_kind"
_WATER = text("水面", "Water")


def with_kind(rows: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Add the one class that is drawn.

    Parameters
    ----------
    rows
        Bodies of water.
    """
    return rows.assign(**{KIND: pd.array([0] * len(rows), dtype="Int32")})


def style(values: ValueRange) -> Style:  # noqa: ARG001 - the same class for every city
    """All water in one colour."""
    return Style(
        kind="class",
        unit="",
        title=text("水部", "Bodies of water"),
        items=(StyleItem(min=0, max=None, rgb=OPEN_WATER, label=_WATER),),
    )


LAYER = LayerRecipe(
    id="water",
    order=22,
    group="base",
    title=text("水部（河川・湖沼など）", "Rivers, lakes and canals"),
    summary=text(
        "都市モデルに記録された河川・湖沼・水路などの範囲です。"
        "平常時の水面であり、浸水のシミュレーションや浸水想定区域ではありません。",
        "Rivers, lakes and canals as the city model records them. "
        "This is water in ordinary times, neither a simulated flood nor an expected inundation.",
    ),
    view=VectorView(
        table=WATER_BODIES,
        id_column="water_id",
        style_column=KIND,
        attributes=(
            Attribute(KIND, text("種類", "Kind"), precision=1, values=(("0", _WATER),)),
            Attribute("name", text("名称", "Name")),
            Attribute("water_class", text("分類", "Class")),
            Attribute("function", text("機能", "Function")),
        ),
        derived=Derived(
            columns=(
                *WATER_BODIES.columns[:-1],
                Column(KIND, "int32", "1", nullable=False, meaning="0 water"),
                WATER_BODIES.columns[-1],
            ),
            make=with_kind,
        ),
    ),
    style=style,
    simulation=False,
)
