"""Map of the speeds on roads."""

from __future__ import annotations

from citytwin.model.layer import Attribute, Style, ValueRange, VectorView
from citytwin.model.palettes import EASY, HEAVY, SLOW
from citytwin.model.steps import LayerRecipe
from citytwin.model.style_bins import bins
from citytwin.model.tables import ROAD_SPEEDS
from citytwin.model.text import text

_EDGES_KM_H = (0.0, 10.0, 20.0)
"""Jammed, slow, flowing: limits of the Japanese road information service (VICS) for ordinary roads."""


def style(values: ValueRange) -> Style:  # noqa: ARG001 - the same classes for every city
    """Three classes of speed."""
    return Style(
        kind="class",
        unit="km/h",
        title=text("道路区間の速度", "Speed on roads"),
        items=bins(_EDGES_KM_H, (HEAVY, SLOW, EASY), "km/h"),
    )


LAYER = LayerRecipe(
    id="road_speeds",
    order=89,
    group="traffic",
    title=text("道路区間の速度", "Speeds on roads"),
    summary=text(
        "感知器・車両・旅行時間の観測がある道路区間の速度です（調和平均）。区分は一般道のもので、10 km/h 未満が渋滞です。"
        "灰色は有効な観測のない区間です。描かれていない道路では観測していません。停車中の車両は含みません。",
        "Speeds on the segments of roads on which detectors, vehicles or travel times were measured"
        " (harmonic means); the classes are those of ordinary roads, under 10 km/h is jammed."
        " Grey segments sent nothing usable; on roads that are not drawn nobody measures. Vehicles"
        " that stand are left out.",
    ),
    view=VectorView(
        table=ROAD_SPEEDS,
        id_column="road_id",
        style_column="speed_km_h",
        attributes=(
            Attribute("speed_km_h", text("速度", "Speed"), precision=0.1),
            Attribute("sensors", text("観測点数", "Points of measurement"), precision=1),
            Attribute(
                "silent_sensors", text("有効な値のない観測点数", "Silent points"), precision=1
            ),
            Attribute("latest", text("最新の観測", "Latest observation")),
            Attribute("name", text("名称", "Name")),
            Attribute("function", text("道路の種別", "Class of road")),
        ),
    ),
    style=style,
    simulation=False,
)
