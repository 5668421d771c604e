"""Map of the roads that a flood makes impassable for cars."""

from __future__ import annotations

from itertools import pairwise

import geopandas as gpd
import numpy as np
import pandas as pd

from citytwin.model.layer import Attribute, Derived, Style, StyleItem, ValueRange, VectorView
from citytwin.model.palettes import BILBAO, UNAFFECTED
from citytwin.model.steps import LayerRecipe
from citytwin.model.tables import ROAD_EXPOSURE, Column
from citytwin.model.text import Text, text

CLASS_COLUMN = "passability"
_LIMITS_MIN = (0.0, 10.0, 30.0, 60.0, 180.0, 360.0)
"""Begin of each class of time [min]; class 1 is the first of them."""
_LABELS: tuple[Text, ...] = (
    text("通行可", "Stays passable"),
    text("10 分未満で通行不能", "Impassable within 10 min"),
    text("10 – 30 分で通行不能", "Impassable after 10 – 30 min"),
    text("30 – 60 分で通行不能", "Impassable after 30 – 60 min"),
    text("1 – 3 時間で通行不能", "Impassable after 1 – 3 h"),
    text("3 – 6 時間で通行不能", "Impassable after 3 – 6 h"),
    text("6 時間以降に通行不能", "Impassable after 6 h or more"),
)


def with_classes(roads: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Add the class of passability: 0 stays passable, null was not assessed.

    A segment without a time stays passable when its depth was computed; without a depth either
    it is a bridge or a tunnel, or lies outside the computed area.

    Parameters
    ----------
    roads
        Rows of the road exposure.
    """
    minutes = roads["impassable_after_min"].to_numpy(dtype=np.float64, na_value=np.nan)
    depth = roads["flood_depth_max_m"].to_numpy(dtype=np.float64, na_value=np.nan)
    number = np.searchsorted(np.array(_LIMITS_MIN), np.nan_to_num(minutes), side="right")
    classes = np.where(np.isnan(minutes), np.where(np.isnan(depth), np.nan, 0.0), number)
    return roads.assign(**{CLASS_COLUMN: pd.array(classes, dtype="Int32")})


def style(values: ValueRange) -> Style:  # noqa: ARG001 - the same classes for every city
    """One class that stays passable, and six of time, darkest where there is least."""
    colours = (UNAFFECTED, *BILBAO[:6])
    ends: list[float | None] = [*(high for _, high in pairwise(range(len(_LABELS)))), None]
    return Style(
        kind="class",
        unit="",
        title=text("車の通行", "Passable for cars"),
        items=tuple(
            StyleItem(min=number, max=ends[number], rgb=colours[number], label=label)
            for number, label in enumerate(_LABELS)
        ),
    )


LAYER = LayerRecipe(
    id="roads",
    order=78,
    group="exposure",
    title=text("道路の通行（浸水時）", "Roads during the flood"),
    summary=text(
        "深い水で区間の端から端まで車が通り抜けられなくなるまでの時間で色分けしました。"
        "青緑は通行できます。灰色の橋・トンネルと計算範囲の外は評価していません。"
        "倒木・冠水以外の規制・渋滞は含みません。",
        "Roads by the time after which deep water parts their ends, so that no car gets through;"
        " blue-green ones stay passable. "
        "Bridges, tunnels and roads outside the computed area are grey: they were not assessed. "
        "Closures for other reasons than water are not included.",
    ),
    view=VectorView(
        table=ROAD_EXPOSURE,
        id_column="road_id",
        style_column=CLASS_COLUMN,
        attributes=(
            Attribute(
                CLASS_COLUMN,
                text("車の通行", "Passable for cars"),
                precision=1,
                values=tuple((str(number), label) for number, label in enumerate(_LABELS)),
            ),
            Attribute(
                "impassable_after_min",
                text("通行不能までの時間", "Time until impassable"),
                precision=1,
                missing=(("0", text("この想定では通行可", "stays passable in this event")),),
            ),
            Attribute(
                "passable_again_min",
                text("再び通行可能になる時間", "Time until passable again"),
                precision=1,
                missing=(
                    ("0", text("この想定では通行可", "stays passable in this event")),
                    *(
                        (str(number), text("計算の終わりまで不能", "closed to the end"))
                        for number in range(1, len(_LABELS))
                    ),
                ),
            ),
            Attribute("flood_depth_max_m", text("最大浸水深", "Maximum flood depth"), 0.01),
            Attribute("name", text("名称", "Name")),
            Attribute("function", text("道路の種別", "Class of road")),
        ),
        derived=Derived(
            columns=(
                *ROAD_EXPOSURE.columns[:-1],
                Column(CLASS_COLUMN, "int32", "1", meaning="0 stays passable, 1 within 10 min ..."),
                ROAD_EXPOSURE.columns[-1],
            ),
            make=with_classes,
        ),
    ),
    style=style,
    moment="begin",
    conditions=("flood_depth_max",),
)
