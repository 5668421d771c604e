"""Map of the speeds on roads."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd

from citytwin.model.layer import Attribute, Derived, Style, StyleItem, ValueRange, VectorView
from citytwin.model.palettes import (
    EASY,
    HEAVY,
    SLOW,
    USUALLY_EASY,
    USUALLY_HEAVY,
    USUALLY_SLOW,
)
from citytwin.model.steps import LayerRecipe
from citytwin.model.tables import ROAD_SPEEDS, Column
from citytwin.model.text import text

CLASS = "speed_class"
_EDGES_KM_H = (10.0, 20.0)
"""Between jammed, slow and flowing: limits of the Japanese road information service (VICS) for
ordinary roads."""
_CLASSES = (
    (text("10 km/h 未満", "under 10 km/h"), HEAVY),
    (text("10 – 20 km/h", "10 – 20 km/h"), SLOW),
    (text("20 km/h 以上", "20 km/h or more"), EASY),
    (text("普段 10 km/h 未満（推定）", "usually under 10 km/h (not measured)"), USUALLY_HEAVY),
    (text("普段 10 – 20 km/h（推定）", "usually 10 – 20 km/h (not measured)"), USUALLY_SLOW),
    (text("普段 20 km/h 以上（推定）", "usually 20 km/h or more (not measured)"), USUALLY_EASY),
)


def with_classes(roads: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Class what was measured, and apart from it what is usual where nothing was.

    Parameters
    ----------
    roads
        Rows of the table.
    """
    measured, usual = (
        roads[name].to_numpy(dtype=np.float64, na_value=np.nan)
        for name in ("speed_km_h", "usual_km_h")
    )
    number = np.where(
        np.isnan(measured),
        3.0 + np.digitize(usual, _EDGES_KM_H),
        np.digitize(measured, _EDGES_KM_H),
    )
    number[np.isnan(measured) & np.isnan(usual)] = np.nan
    classed = roads.assign(**{CLASS: pd.array(number, dtype="Int32")})
    return classed[[column.name for column in COLUMNS]]


def style(values: ValueRange) -> Style:  # noqa: ARG001 - the same classes for every city
    """Three classes of speed, measured or usual."""
    return Style(
        kind="class",
        unit="",
        title=text("道路区間の速度", "Speed on roads"),
        items=tuple(
            StyleItem(
                min=number,
                max=number + 1 if number + 1 < len(_CLASSES) else None,
                rgb=rgb,
                label=label,
            )
            for number, (label, rgb) in enumerate(_CLASSES)
        ),
    )


COLUMNS = (
    *ROAD_SPEEDS.columns[:-1],
    Column(CLASS, "int32", "1", meaning="0 jammed, 1 slow, 2 flowing; 3 to 5 the same, estimated"),
    ROAD_SPEEDS.columns[-1],
)

LAYER = LayerRecipe(
    id="road_speeds",
    order=89,
    group="traffic",
    title=text("道路区間の速度", "Speeds on roads"),
    summary=text(
        "感知器・車両・旅行時間の観測がある道路区間の速度です（調和平均）。区分は一般道のもので、10 km/h 未満が渋滞です。"
        "淡い色は、沈黙した感知器のこの時間帯の普段の速度（過去4週の中央値）で、観測ではありません。"
        "灰色は有効な観測のない区間です。描かれていない道路では観測していません。停車中の車両は含みません。",
        "Speeds on the segments of roads on which detectors, vehicles or travel times were measured"
        " (harmonic means); the classes are those of ordinary roads, under 10 km/h is jammed."
        " Pale colours are no measurements: what silent detectors usually measure at this time of"
        " the day (median of four weeks). Grey segments sent nothing usable; on roads that are not"
        " drawn nobody measures. Vehicles that stand are left out.",
    ),
    view=VectorView(
        table=ROAD_SPEEDS,
        id_column="road_id",
        style_column=CLASS,
        attributes=(
            Attribute(
                CLASS,
                text("区分", "Class"),
                precision=1,
                values=tuple((str(n), label) for n, (label, _) in enumerate(_CLASSES)),
            ),
            Attribute("speed_km_h", text("速度（観測）", "Speed, measured"), precision=0.1),
            Attribute(
                "usual_km_h", text("普段の速度（推定）", "Usual speed, estimated"), precision=0.1
            ),
            Attribute("sensors", text("観測点数", "Points of measurement"), precision=1),
            Attribute(
                "silent_sensors", text("有効な値のない観測点数", "Silent points"), precision=1
            ),
            Attribute("latest", text("最新の観測", "Latest observation")),
            Attribute("name", text("名称", "Name")),
            Attribute("function", text("道路の種別", "Class of road")),
        ),
        derived=Derived(columns=COLUMNS, make=with_classes),
    ),
    style=style,
    simulation=False,
)
