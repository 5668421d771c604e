"""Map of the solar potential of roofs."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd

from citytwin.model.layer import (
    Attribute,
    Derived,
    Extrusion,
    Style,
    StyleItem,
    ValueRange,
    VectorView,
)
from citytwin.model.palettes import LAJOLLA, UNAFFECTED, spread
from citytwin.model.steps import LayerRecipe
from citytwin.model.tables import ROOF_SOLAR, Column
from citytwin.model.text import Text, text

CLASS_COLUMN = "capacity_class"
_LIMITS_KWP = (0.0, 4.0, 10.0, 50.0, 250.0)
"""4 kW is a usual house; at 10, 50 and 250 kW the rules of the Japanese feed-in tariff change."""
_CLASSES: tuple[Text, ...] = (
    text("設置に適する屋根なし", "No usable roof"),
    text("4 kW 未満", "under 4 kWp"),
    text("4–10 kW", "4–10 kWp"),
    text("10–50 kW", "10–50 kWp"),
    text("50–250 kW", "50–250 kWp"),
    text("250 kW 以上", "250 kWp or more"),
)
_MOUNTING = (
    ("pitched", text("屋根面に沿って", "along the pitch of the roof")),
    ("level", text("陸屋根に水平", "level on a flat roof")),
    ("racked", text("陸屋根の架台", "on racks on a flat roof")),
)
_SKY = (
    ("observed", text("観測された空", "as observed")),
    ("clear", text("快晴時（上限）", "clear (upper bound)")),
)


def with_classes(roofs: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Add the class of the map: 0 where nothing is usable, then by capacity.

    Parameters
    ----------
    roofs
        Rows of the solar potential.
    """
    capacity = roofs["capacity_kwp"].to_numpy(dtype=np.float64, na_value=np.nan)
    reached = np.searchsorted(np.array(_LIMITS_KWP[1:]), np.nan_to_num(capacity), side="right") + 1
    classes = np.where(capacity > 0.0, reached, 0).astype(np.int32)
    return roofs.assign(**{CLASS_COLUMN: pd.arrays.IntegerArray(classes, np.isnan(capacity))})


def style(values: ValueRange) -> Style:  # noqa: ARG001 - the same classes for every city
    """One class per size of plant."""
    colours = (UNAFFECTED, *spread(LAJOLLA, len(_CLASSES) - 1)[::-1])
    return Style(
        kind="class",
        unit="",
        title=text("設置可能な太陽光発電の容量", "Capacity of solar modules"),
        items=tuple(
            StyleItem(
                min=number,
                max=number + 1 if number + 1 < len(_CLASSES) else None,
                rgb=colours[number],
                label=label,
            )
            for number, label in enumerate(_CLASSES)
        ),
    )


LAYER = LayerRecipe(
    id="roof_solar",
    order=82,
    group="sunlight",
    title=text("屋根の太陽光発電ポテンシャル", "Solar potential of roofs"),
    summary=text(
        "建物モデルの屋根面ごとの傾き・向き・影から、太陽電池を載せられる面積、容量、年間発電量を見積もり、"
        "容量で色分けしました。屋根の強度、所有、景観、系統の制約は考慮していないため、"
        "設計の代わりにはなりません。",
        "Area for solar modules, their capacity and yield in a year, from slope, aspect and shade of"
        " each roof plane of the city model. Strength and ownership of roofs, heritage and the"
        " power grid are not considered: no substitute for a design.",
    ),
    view=VectorView(
        table=ROOF_SOLAR,
        id_column="building_id",
        style_column=CLASS_COLUMN,
        attributes=(
            Attribute(
                CLASS_COLUMN,
                text("容量の区分", "Class of capacity"),
                precision=1,
                values=tuple((str(number), label) for number, label in enumerate(_CLASSES)),
            ),
            Attribute("capacity_kwp", text("設置可能容量", "Capacity"), 0.1),
            Attribute("yield_kwh", text("年間発電量", "Yield in a year"), 1.0),
            Attribute(
                "irradiated_kwh", text("モジュールの年間日射", "Light on modules in a year"), 1.0
            ),
            Attribute(
                "module_irradiation_kwh_m2",
                text("モジュール面の年間日射量", "Irradiation of modules in a year"),
                1.0,
            ),
            Attribute("module_area_m2", text("モジュール面積", "Area of modules"), 0.1),
            Attribute("usable_area_m2", text("利用可能な屋根面積", "Usable roof area"), 0.1),
            Attribute("roof_area_m2", text("屋根面積", "Roof area"), 0.1),
            Attribute(
                "roof_irradiation_kwh_m2",
                text("屋根全体の年間日射量", "Irradiation of the whole roof in a year"),
                1.0,
            ),
            Attribute("mounting", text("設置方法", "Mounting"), values=_MOUNTING),
            Attribute("usable_planes", text("利用可能な屋根面の数", "Usable roof planes"), 1.0),
            Attribute("roof_planes", text("屋根面の数", "Roof planes"), 1.0),
            Attribute("sky", text("空の状態", "Sky"), values=_SKY),
            Attribute("height_m", text("高さ", "Height"), 0.1),
            Attribute("usage", text("用途", "Use")),
            Attribute("lod", text("形の詳しさ（LOD）", "Level of detail (LOD)")),
        ),
        extrude=Extrusion(height="height_m"),
        derived=Derived(
            columns=(
                *ROOF_SOLAR.columns[:-1],
                Column(CLASS_COLUMN, "int32", "1", meaning="0 none usable ... 5 from 250 kWp"),
                ROOF_SOLAR.columns[-1],
            ),
            make=with_classes,
        ),
    ),
    style=style,
)
