"""Map of green areas and single trees."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd

from citytwin.model.layer import Attribute, Derived, Style, StyleItem, ValueRange, VectorView
from citytwin.model.palettes import PLANT_COVER, SINGLE_PLANT
from citytwin.model.steps import LayerRecipe
from citytwin.model.tables import VEGETATION, Column
from citytwin.model.text import Text, text

KIND = "plant_kind"
_UNKNOWN_CROWN_M = 3.0
_KINDS: tuple[Text, ...] = (
    text("植被（範囲）", "Plant cover"),
    text("単独木（樹冠）", "Single plant (crown)"),
)


def as_areas(rows: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Draw single plants as circles of their crown, and class areas and plants.

    Parameters
    ----------
    rows
        Plant covers and single plants.
    """
    single = (rows["kind"] == "single").to_numpy(dtype=np.bool_)
    crown = rows["crown_diameter_m"].to_numpy(dtype=np.float64, na_value=np.nan)
    radius = np.where(np.isnan(crown), _UNKNOWN_CROWN_M, crown) / 2
    circles = rows.geometry.buffer(np.where(single, radius, 0.0))
    shapes = rows.geometry.where(~single, circles)
    drawn = rows.set_geometry(shapes)
    return drawn.assign(**{KIND: pd.array(single.astype(np.int32), dtype="Int32")})


def style(values: ValueRange) -> Style:  # noqa: ARG001 - the same classes for every city
    """Areas light, single plants dark."""
    colours = (PLANT_COVER, SINGLE_PLANT)
    return Style(
        kind="class",
        unit="",
        title=text("植生", "Vegetation"),
        items=tuple(
            StyleItem(
                min=number,
                max=number + 1 if number + 1 < len(_KINDS) else None,
                rgb=colours[number],
                label=label,
            )
            for number, label in enumerate(_KINDS)
        ),
    )


LAYER = LayerRecipe(
    id="vegetation",
    order=24,
    group="base",
    title=text("植生", "Vegetation"),
    summary=text(
        "都市モデルに記録された緑地などの範囲と単独木です。単独木は樹冠の直径（記録がなければ 3 m）の円で示します。"
        "高さの記録がある樹木は地面と屋根の日照・日射・天空率の計算で影を落としますが、"
        "壁面の日照、日影規制、風、浸水では考慮していません。",
        "Green areas and single trees as the city model records them; a tree is a circle of its "
        "crown, or of 3 m where that is not recorded. "
        "Plants of recorded height shade ground and roofs in the maps of sun and sky; sun on walls,"
        " limits of shade, wind and floods do not know of trees.",
    ),
    view=VectorView(
        table=VEGETATION,
        id_column="plant_id",
        style_column=KIND,
        attributes=(
            Attribute(
                KIND,
                text("種類", "Kind"),
                precision=1,
                values=tuple((str(number), label) for number, label in enumerate(_KINDS)),
            ),
            Attribute("height_m", text("高さ（植被は平均）", "Height (mean of a cover)"), 0.1),
            Attribute("crown_diameter_m", text("樹冠の直径", "Diameter of the crown"), 0.1),
            Attribute("plant_class", text("分類", "Class")),
            Attribute("species", text("樹種", "Species")),
        ),
        derived=Derived(
            columns=(
                *VEGETATION.columns[:-1],
                Column(KIND, "int32", "1", nullable=False, meaning="0 cover, 1 single plant"),
                Column(
                    "geometry", "geometry", nullable=False, meaning="area, or circle of a crown"
                ),
            ),
            make=as_areas,
        ),
    ),
    style=style,
    simulation=False,
)
