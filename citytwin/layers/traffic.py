"""Map of the traffic at detectors, stops and vehicles."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd

from citytwin.model.layer import Attribute, Derived, Style, StyleItem, ValueRange, VectorView
from citytwin.model.palettes import COUNTED, EASY, HEAVY, SLOW
from citytwin.model.properties import ARRIVAL_DELAY, TRAFFIC_FLOW, VEHICLE_SPEED
from citytwin.model.steps import LayerRecipe
from citytwin.model.tables import TRAFFIC, Column
from citytwin.model.text import Text, text

STATE = "traffic_state"
_MEASURES = {
    TRAFFIC_FLOW.name: "traffic_flow_per_h",
    VEHICLE_SPEED.name: "vehicle_speed_km_h",
    ARRIVAL_DELAY.name: "arrival_delay_s",
}
_SLOW_KM_H, _JAMMED_KM_H = 20.0, 10.0
"""Limits of the Japanese road information service (VICS) for ordinary roads."""
_LATE_S, _VERY_LATE_S = 60.0, 300.0
_STATES: tuple[Text, ...] = (
    text("順調・定時（遅れ1分未満）", "Flowing, or on time (less than 1 min late)"),
    text("混雑（20 km/h 未満）・遅れ1〜5分", "Slow (under 20 km/h), or 1 – 5 min late"),
    text("渋滞（10 km/h 未満）・遅れ5分以上", "Jammed (under 10 km/h), or 5 min late or more"),
    text("交通量のみ観測", "Counted only"),
)


def one_row_per_place(traffic: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Join the rows of each sensor, stop or vehicle into one, and class what they say.

    Parameters
    ----------
    traffic
        Rows by thing and property.
    """
    rows = pd.DataFrame(traffic.drop(columns="geometry"))
    first = traffic.sort_values(["thing", "property"], kind="stable").drop_duplicates("thing")
    joined = first[["thing", "name", "geometry"]].set_index("thing")
    for name, column in _MEASURES.items():
        own = rows[rows["property"] == name].set_index("thing")["value"]
        joined[column] = own.reindex(joined.index).astype("float64")
    grouped = rows.groupby("thing")
    joined["observations"] = grouped["observations"].sum().astype("int32")
    joined["latest"] = grouped["latest"].max()
    joined[STATE] = _states(joined)
    return joined.reset_index()[[column.name for column in COLUMNS]]


def _states(rows: pd.DataFrame) -> pd.api.extensions.ExtensionArray:
    """Class by delay where it is known (a bus that stands at a stop is not jammed), else by speed."""
    delay = rows["arrival_delay_s"].to_numpy()
    speed = rows["vehicle_speed_km_h"].to_numpy()
    flow = rows["traffic_flow_per_h"].to_numpy()
    state = np.where(np.isnan(flow), np.nan, 3.0)
    by_speed = np.where(speed < _JAMMED_KM_H, 2.0, np.where(speed < _SLOW_KM_H, 1.0, 0.0))
    state = np.where(np.isnan(speed), state, by_speed)
    by_delay = np.where(delay >= _VERY_LATE_S, 2.0, np.where(delay >= _LATE_S, 1.0, 0.0))
    state = np.where(np.isnan(delay), state, by_delay)
    return pd.array(state, dtype="Int32")


def style(values: ValueRange) -> Style:  # noqa: ARG001 - the same classes for every city
    """Three states, and places that only count."""
    colours = (EASY, SLOW, HEAVY, COUNTED)
    return Style(
        kind="class",
        unit="",
        title=text("交通の状況", "State of traffic"),
        items=tuple(
            StyleItem(
                min=number,
                max=number + 1 if number + 1 < len(_STATES) else None,
                rgb=colours[number],
                label=label,
            )
            for number, label in enumerate(_STATES)
        ),
    )


COLUMNS = (
    Column("thing", "string", nullable=False, meaning="URN of the sensor, stop or vehicle"),
    Column("name", "string"),
    Column("traffic_flow_per_h", "float64", TRAFFIC_FLOW.unit),
    Column("vehicle_speed_km_h", "float64", VEHICLE_SPEED.unit),
    Column("arrival_delay_s", "float64", ARRIVAL_DELAY.unit),
    Column("observations", "int32", "1", nullable=False),
    Column("latest", "time"),
    Column(STATE, "int32", "1", meaning="0 flowing, 1 slow, 2 jammed, 3 counted only"),
    Column("geometry", "geometry", nullable=False),
)

LAYER = LayerRecipe(
    id="traffic",
    order=90,
    group="traffic",
    title=text("交通の状況", "Traffic"),
    summary=text(
        "感知器・停留所・車両ごとの観測の平均です。色は遅れ、なければ速度で決めています。"
        "灰色は有効な観測のない地点です。点と点の間の道路の状況は分かりません。",
        "Means of the observations of each detector, stop or vehicle, coloured by delay or else"
        " by speed. Grey points sent nothing usable. "
        "Nothing is said of the roads between the points.",
    ),
    view=VectorView(
        table=TRAFFIC,
        id_column="thing",
        style_column=STATE,
        attributes=(
            Attribute(
                STATE,
                text("状況", "State"),
                precision=1,
                values=tuple((str(number), label) for number, label in enumerate(_STATES)),
            ),
            Attribute("traffic_flow_per_h", TRAFFIC_FLOW.title, precision=1),
            Attribute("vehicle_speed_km_h", VEHICLE_SPEED.title, precision=0.1),
            Attribute("arrival_delay_s", ARRIVAL_DELAY.title, precision=1),
            Attribute("observations", text("観測数", "Observations"), precision=1),
            Attribute("latest", text("最新の観測", "Latest observation")),
            Attribute("name", text("名称", "Name")),
        ),
        derived=Derived(columns=COLUMNS, make=one_row_per_place),
    ),
    style=style,
    simulation=False,
)
