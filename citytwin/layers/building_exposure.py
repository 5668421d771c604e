"""Map of what sun, wind and water mean for each building."""

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
from citytwin.model.palettes import FLOOD_RANKS, UNAFFECTED
from citytwin.model.steps import LayerRecipe
from citytwin.model.tables import BUILDING_EXPOSURE, Column
from citytwin.model.text import Text, text

CLASS_COLUMN = "flood_class"
_STOREYS: tuple[Text, ...] = (
    text("床上浸水なし", "No floor under water"),
    text("1階床上", "Ground floor"),
    text("2階床上", "2nd storey (first floor up)"),
    text("3階床上", "3rd storey"),
    text("4階床上以上", "4th storey or higher"),
    text("屋根まで水没", "Above the roof"),
)
_UPPERMOST, _ABOVE_ROOF = 4, 5
_WIND: tuple[Text, ...] = (
    text("弱い（遮られる）", "sheltered"),
    text("中程度", "moderate"),
    text("強い（吹きさらし）", "exposed"),
)
_ANY_STOREY = 60
_HOUSE_DAMAGE: tuple[Text, ...] = (
    text("被害なし", "none"),
    text("床下浸水（準半壊に至らない）", "below the floor"),
    text("半壊", "half destroyed"),
    text("中規模半壊", "half destroyed, medium"),
    text("大規模半壊", "half destroyed, large"),
    text("全壊", "fully destroyed"),
)


def with_classes(buildings: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Add the class of the map: the storey that the water reaches, or above the roof.

    Parameters
    ----------
    buildings
        Rows of the building exposure.
    """
    storey = buildings["flooded_storey"].to_numpy(dtype=np.float64, na_value=np.nan)
    depth = buildings["flood_depth_max_m"].to_numpy(dtype=np.float64, na_value=np.nan)
    height = buildings["height_m"].to_numpy(dtype=np.float64, na_value=np.nan)
    classes = np.where(depth > height, _ABOVE_ROOF, np.minimum(storey, _UPPERMOST))
    return buildings.assign(**{CLASS_COLUMN: pd.array(classes, dtype="Int32")})


def style(values: ValueRange) -> Style:  # noqa: ARG001 - the same classes for every city
    """One class per storey that the water reaches, one above, in the colours of the depths."""
    colours = (UNAFFECTED, *FLOOD_RANKS[1:])
    return Style(
        kind="class",
        unit="",
        title=text("浸水する階", "Storey that the water reaches"),
        items=tuple(
            StyleItem(
                min=number,
                max=number + 1 if number + 1 < len(_STOREYS) else None,
                rgb=colours[number],
                label=label,
            )
            for number, label in enumerate(_STOREYS)
        ),
    )


def _storey_wording() -> tuple[tuple[str, Text], ...]:
    known = [(str(number), label) for number, label in enumerate(_STOREYS[:_UPPERMOST])]
    known += [
        (str(number), text(f"{number}階床上", f"storey {number}"))
        for number in range(_UPPERMOST, _ANY_STOREY)
    ]
    return tuple(known)


LAYER = LayerRecipe(
    id="building_exposure",
    order=80,
    group="exposure",
    title=text("建物への影響（日照・風・浸水）", "Buildings: sun, wind and flood"),
    summary=text(
        "建物の外壁に接する地面での日照時間・風速比・最大浸水深をまとめ、水が届く階で色分けしました。"
        "床の高さは標準的な階高による目安で（記録された階数まで）、個々の建物の床高・止水板・地下は"
        "考慮していません。被害の程度は水深だけによる目安（2 階建て以下の住家は内閣府の運用指針、"
        "被害率は JRC 2017 のアジア平均）で、り災証明の判定ではありません。",
        "Sunlit hours, wind and flood depth on the ground along each outer wall, coloured by the"
        " storey that the water reaches. "
        "Floor levels are standard ones, up to the storeys on record: real floor heights, flood gates and basements are not"
        " considered. Damage is estimated from the depth alone: classes of the Japanese Cabinet"
        " Office for wooden houses of up to two storeys, shares of the value by the mean curves of"
        " Asia (JRC 2017).",
    ),
    view=VectorView(
        table=BUILDING_EXPOSURE,
        id_column="building_id",
        style_column=CLASS_COLUMN,
        attributes=(
            Attribute(
                CLASS_COLUMN,
                text("浸水の区分", "Class of flooding"),
                precision=1,
                values=tuple((str(number), label) for number, label in enumerate(_STOREYS)),
            ),
            Attribute(
                "flooded_storey",
                text("浸水する階", "Storey that the water reaches"),
                precision=1,
                values=_storey_wording(),
            ),
            Attribute(
                "flood_depth_max_m", text("外壁での最大浸水深", "Flood depth at the wall"), 0.01
            ),
            Attribute(
                "house_damage_class",
                text("住家の被害の程度（目安）", "Damage to a house (rough)"),
                precision=1,
                values=tuple((str(number), label) for number, label in enumerate(_HOUSE_DAMAGE)),
            ),
            Attribute(
                "flood_damage_share",
                text("被害率（資産に占める割合）", "Share of the value lost"),
                0.01,
            ),
            Attribute("sunlit_hours", text("周囲の地面の日照時間", "Sunlit hours at ground"), 0.1),
            Attribute(
                "wind_class",
                text("周囲の風", "Wind around it"),
                precision=1,
                values=tuple((str(number), label) for number, label in enumerate(_WIND)),
            ),
            Attribute(
                "wind_speed_ratio", text("風速比（最大）", "Wind speed ratio (highest)"), 0.01
            ),
            Attribute("height_m", text("高さ", "Height"), precision=0.1),
            Attribute("storeys", text("地上階数", "Storeys above ground"), precision=1),
            Attribute("usage", text("用途", "Use")),
            Attribute("lod", text("形の詳しさ（LOD）", "Level of detail (LOD)")),
        ),
        extrude=Extrusion(height="height_m"),
        derived=Derived(
            columns=(
                *BUILDING_EXPOSURE.columns[:-1],
                Column(
                    CLASS_COLUMN, "int32", "1", meaning="0 none ... 4 or higher, 5 above the roof"
                ),
                BUILDING_EXPOSURE.columns[-1],
            ),
            make=with_classes,
        ),
    ),
    style=style,
    conditions=("sunlit_hours", "wind_speed_ratio", "flood_depth_max"),
)
