"""Map of the buildings, raised to their height."""

from __future__ import annotations

from citytwin.model.layer import Attribute, Extrusion, Style, ValueRange, VectorView
from citytwin.model.palettes import OSLO
from citytwin.model.steps import LayerRecipe
from citytwin.model.style_bins import bins
from citytwin.model.tables import BUILDINGS
from citytwin.model.text import text

_HEIGHTS = (5.0, 10.0, 15.0, 20.0, 31.0, 60.0, 100.0)
"""31 m was the height limit of Japanese cities until 1970; from 60 m a ministerial approval of
the structure is needed [m]."""


def style(values: ValueRange) -> Style:  # noqa: ARG001 - the same classes for every city
    """Eight classes of height, dark where buildings are tall."""
    return Style(
        kind="class",
        unit="m",
        title=text("建物の高さ", "Height of buildings"),
        items=bins(_HEIGHTS, OSLO, "m", open_below=True),
    )


LAYER = LayerRecipe(
    id="buildings",
    order=70,
    group="buildings",
    title=text("建物", "Buildings"),
    summary=text(
        "都市モデルの建物です。形の詳しさ（LOD）は建物ごとに異なり、クリックで確認できます。"
        "撮影・測量の後に建った建物や取り壊された建物は反映されていません。",
        "Buildings of the city model; the level of detail (LOD) differs and is shown on a click. "
        "Buildings put up or pulled down after the survey are not reflected.",
    ),
    view=VectorView(
        table=BUILDINGS,
        id_column="building_id",
        style_column="height_m",
        attributes=(
            Attribute("height_m", text("高さ", "Height"), precision=0.1),
            Attribute(
                "measured_height_m", text("記録された計測高さ", "Height on record"), precision=0.1
            ),
            Attribute("storeys", text("地上階数", "Storeys above ground"), precision=1),
            Attribute("usage", text("用途", "Use")),
            Attribute("ground_z_m", text("地盤の標高", "Elevation of the foot"), precision=0.01),
            Attribute("lod", text("形の詳しさ（LOD）", "Level of detail (LOD)")),
            Attribute("defects", text("形状の不備", "Defects of the geometry")),
        ),
        extrude=Extrusion(height="height_m"),
    ),
    style=style,
    visible=True,
    simulation=False,
)
