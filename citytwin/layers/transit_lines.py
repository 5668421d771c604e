"""Map of the lines of public transport by how often they run."""

from __future__ import annotations

from itertools import pairwise

import geopandas as gpd
import numpy as np
import pandas as pd

from citytwin.model.layer import Attribute, Derived, Style, StyleItem, ValueRange, VectorView
from citytwin.model.palettes import LAJOLLA
from citytwin.model.steps import LayerRecipe
from citytwin.model.tables import TRANSIT_LINES, Column
from citytwin.model.text import Text, text

CLASS_COLUMN = "headway_class"
_ENDS_MIN = (5.0, 10.0, 20.0, 30.0, 60.0)
"""Longest headway of each class but the last [min]."""
_LABELS: tuple[Text, ...] = (
    text("5 分以下", "5 min or less"),
    text("10 分以下", "10 min or less"),
    text("20 分以下", "20 min or less"),
    text("30 分以下", "30 min or less"),
    text("1 時間以下", "an hour or less"),
    text("1 時間超・1 日 1 本", "more than an hour, or once a day"),
)
_MODES = (
    ("tram", text("路面電車", "Tram")),
    ("subway", text("地下鉄", "Subway")),
    ("rail", text("鉄道", "Railway")),
    ("bus", text("バス", "Bus")),
    ("ferry", text("船", "Ferry")),
    ("aerial", text("ロープウェイ", "Cable car")),
    ("funicular", text("ケーブルカー", "Funicular")),
    ("other", text("その他", "Other")),
)


def with_classes(lines: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Add the class of the headway: 0 every five minutes, 5 more rarely than once an hour.

    Parameters
    ----------
    lines
        Lines of public transport.
    """
    headway = lines["headway_min"].to_numpy(dtype=np.float64, na_value=np.inf)
    classes = np.searchsorted(np.array(_ENDS_MIN), headway, side="left")
    return lines.assign(**{CLASS_COLUMN: pd.array(classes, dtype="Int32")})


def style(values: ValueRange) -> Style:  # noqa: ARG001 - the same classes for every city
    """Six classes, darkest where one hardly waits."""
    colours = LAJOLLA[1:7]
    ends: list[float | None] = [*(high for _, high in pairwise(range(len(_LABELS)))), None]
    return Style(
        kind="class",
        unit="",
        title=text("運行間隔（中央値）", "Headway (median)"),
        items=tuple(
            StyleItem(min=number, max=ends[number], rgb=colours[number], label=label)
            for number, label in enumerate(_LABELS)
        ),
    )


LAYER = LayerRecipe(
    id="transit_lines",
    order=88,
    group="traffic",
    title=text("公共交通の路線と運行間隔", "Public transport: lines and headways"),
    summary=text(
        "時刻表による路線と、最も多くの便が停まる停留所での運行間隔の中央値です。"
        "数えた日は各路線に示します。実際の運行・遅れ・運休ではありません。",
        "Lines of the timetable, and the median time between departures at the stop that most of"
        " their trips serve, on the day that each line names. "
        "This is the plan: neither delays nor cancelled trips are in it.",
    ),
    view=VectorView(
        table=TRANSIT_LINES,
        id_column="line_id",
        style_column=CLASS_COLUMN,
        attributes=(
            Attribute("name", text("路線", "Line")),
            Attribute("mode", text("種別", "Mode"), values=_MODES),
            Attribute(
                CLASS_COLUMN,
                text("運行間隔の区分", "Class of headway"),
                precision=1,
                values=tuple((str(number), label) for number, label in enumerate(_LABELS)),
            ),
            Attribute("headway_min", text("運行間隔の中央値", "Median headway"), precision=0.1),
            Attribute("trips", text("1日の便数", "Trips on the day"), precision=1),
            Attribute("first_departure", text("始発", "First departure")),
            Attribute("last_departure", text("終発", "Last departure")),
            Attribute("direction", text("方向", "Direction"), precision=1),
            Attribute("service_day", text("数えた日", "Day that was counted")),
        ),
        derived=Derived(
            columns=(
                *TRANSIT_LINES.columns[:-1],
                Column(CLASS_COLUMN, "int32", "1", meaning="0 to 5 minutes ... 5 over an hour"),
                TRANSIT_LINES.columns[-1],
            ),
            make=with_classes,
        ),
    ),
    style=style,
    simulation=False,
)
