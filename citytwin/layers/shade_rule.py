"""Map of the sites whose buildings must limit their shade: by how much they keep or miss it."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd

from citytwin.model.layer import Attribute, Derived, Style, StyleItem, ValueRange, VectorView
from citytwin.model.palettes import DIFFERENCE
from citytwin.model.steps import LayerRecipe
from citytwin.model.tables import SHADE_CHECKS, Column
from citytwin.model.text import Text, text

CLASS_COLUMN = "verdict"
_CLASSES: tuple[tuple[int, Text], ...] = (
    (6, text("1 時間を超えて超過", "exceeded by more than 1 h")),
    (5, text("超過（1 時間以内）", "exceeded by up to 1 h")),
    (2, text("適合（余裕 0.5 時間未満）", "kept, with less than 0.5 h to spare")),
    (1, text("適合（余裕 0.5 時間以上）", "kept, with 0.5 h or more to spare")),
)
"""Colour and wording of each class."""
ROWS: tuple[tuple[str, Text], ...] = (
    ("low_rise", text("低層住居系", "Low-rise residential")),
    ("mid_high_rise", text("中高層住居系", "Mid- and high-rise residential")),
    (
        "residential",
        text("住居・近隣商業・準工業系", "Residential, neighbourhood commercial, quasi-industrial"),
    ),
    ("undesignated_i", text("用途地域の指定なし（イ）", "No zone designated (i)")),
    ("undesignated_ro", text("用途地域の指定なし（ロ）", "No zone designated (ro)")),
)


def with_verdicts(checks: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Add the class of the map, by the margin before it is rounded: what fails is never kept.

    Parameters
    ----------
    checks
        Sites that were checked.
    """
    margin = checks["margin_h"].to_numpy(dtype=np.float64)
    fails = checks["fails"].to_numpy(dtype=np.int32) == 1
    classes = np.where(fails, np.where(margin < -1.0, 0, 1), np.where(margin < 0.5, 2, 3))
    return checks.assign(**{CLASS_COLUMN: pd.array(classes, dtype="Int32")})


def style(values: ValueRange) -> Style:  # noqa: ARG001 - the same classes for every city
    """Red where a limit is exceeded, blue where it is kept."""
    return Style(
        kind="class",
        unit="",
        title=text("規制値までの余裕", "Margin to the limit"),
        items=tuple(
            StyleItem(
                min=number,
                max=number + 1 if number + 1 < len(_CLASSES) else None,
                rgb=DIFFERENCE[colour],
                label=label,
            )
            for number, (colour, label) in enumerate(_CLASSES)
        ),
    )


LAYER = LayerRecipe(
    id="shade_rule",
    order=34,
    group="sunlight",
    title=text("日影規制の適合", "Limits of shade around buildings"),
    summary=text(
        "冬至日の真太陽時で、建物が敷地境界から内側・外側の線（建築基準法では 5 m・10 m）を超える範囲に"
        "落とす日影の時間を、"
        "用途地域ごとの規制値と比べました。他の建物の影は数えません。"
        "公開データによる目安であり、建築確認の判断に代わるものではありません。",
        "Hours for which a building shades the land beyond the inner and the outer line around its"
        " site (in Japan at 5 m and 10 m) on the winter solstice in true solar time, against the limits of each zone. Shade of other buildings"
        " does not count. A screening from open data, no substitute for a building permit.",
    ),
    view=VectorView(
        table=SHADE_CHECKS,
        id_column="site_id",
        style_column=CLASS_COLUMN,
        attributes=(
            Attribute(
                CLASS_COLUMN,
                text("判定", "Verdict"),
                1,
                values=tuple((str(number), label) for number, (_, label) in enumerate(_CLASSES)),
            ),
            Attribute("margin_h", text("余裕", "Margin"), 0.01),
            Attribute(
                "near_hours",
                text("二つの線の間の最大日影時間", "Longest shade between the lines"),
                0.01,
            ),
            Attribute("near_limit_h", text("その規制値", "Its limit"), 0.1),
            Attribute(
                "near_spells", text("日影となる時間帯（真太陽時）", "When (true solar time)")
            ),
            Attribute(
                "far_hours",
                text("外側の線を超える範囲の最大日影時間", "Longest shade beyond the outer line"),
                0.01,
            ),
            Attribute("far_limit_h", text("その規制値", "Its limit"), 0.1),
            Attribute("far_spells", text("日影となる時間帯（真太陽時）", "When (true solar time)")),
            Attribute("zone", text("用途地域", "Zone")),
            Attribute("row", text("規制の区分", "Row of the rule"), values=ROWS),
            Attribute("option", text("規制値の番号", "Option"), 1),
            Attribute(
                "plane_m", text("測定面の高さ（平均地盤面から）", "Plane above mean ground"), 0.1
            ),
            Attribute("mean_ground_z_m", text("平均地盤面の標高", "Mean ground"), 0.01),
            Attribute("height_m", text("建物の高さ", "Height"), 0.1),
            Attribute(
                "land",
                text("敷地", "Site"),
                values=(
                    ("parcel", text("筆・敷地の形", "Parcel")),
                    ("strip", text("建物から一定の幅", "Strip around the buildings")),
                ),
            ),
        ),
        derived=Derived(
            columns=(
                *SHADE_CHECKS.columns[:-1],
                Column(
                    CLASS_COLUMN,
                    "int32",
                    "1",
                    nullable=False,
                    meaning="exceeded by more than 1 h: 0, by less: 1; kept by less than 0.5 h: 2,"
                    " by more: 3",
                ),
                SHADE_CHECKS.columns[-1],
            ),
            make=with_verdicts,
        ),
    ),
    style=style,
)
