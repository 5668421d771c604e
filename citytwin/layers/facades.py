"""Map of the sun on the walls of buildings."""

from __future__ import annotations

from itertools import groupby

import geopandas as gpd
import pandas as pd

from citytwin.model.layer import Attribute, Derived, Style, ValueRange, VectorView
from citytwin.model.palettes import LAJOLLA
from citytwin.model.ragged import flattened
from citytwin.model.steps import LayerRecipe
from citytwin.model.style_bins import bins
from citytwin.model.tables import FACADES, Column
from citytwin.model.text import text

STOREYS_COLUMN = "hours_by_storey"
_HOURS = (0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0)


def by_storey(hours: list[float], covered: int) -> str:
    """Word the hours of all storeys; storeys of equal hours stand together.

    Parameters
    ----------
    hours
        Of each storey, the lowest first [h].
    covered
        How many of the lowest another building stands against.

    Returns
    -------
    str
        Such as ``1: -, 2-4: 2.3, 5: 4.0``.
    """
    shown = ["-" if n < covered else f"{value:.1f}" for n, value in enumerate(hours)]
    words, begin = [], 1
    for value, group in groupby(shown):
        end = begin + len(list(group)) - 1
        words.append(f"{begin}: {value}" if begin == end else f"{begin}-{end}: {value}")
        begin = end + 1
    return ", ".join(words)


def in_words(facades: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Put the list of hours into words, which every map can show.

    Parameters
    ----------
    facades
        Rows of the facades.
    """
    hours, first = flattened(facades["storey_hours"])
    ends = zip(first[:-1], first[1:], facades["covered_storeys"], strict=True)
    words = [by_storey(hours[begin:end].tolist(), int(n)) for begin, end, n in ends]
    rows: gpd.GeoDataFrame = facades.drop(columns="storey_hours")
    return rows.assign(**{STOREYS_COLUMN: pd.array(words, dtype="string")})


def style(values: ValueRange) -> Style:  # noqa: ARG001 - the same classes for every city
    """Nine classes of one hour, dark where the sun hardly comes."""
    return Style(
        kind="class",
        unit="h",
        title=text("最下階の日照時間", "Sunlit hours, lowest storey"),
        items=bins(_HOURS, LAJOLLA, "h"),
    )


LAYER = LayerRecipe(
    id="facades",
    order=81,
    group="sunlight",
    title=text("壁面の日照時間（階別）", "Sun on walls, by storey"),
    summary=text(
        "雲がないとした場合に、建物の壁へ直射日光が届く時間です。色は最下階、各階の値は壁をクリックすると"
        "表示されます。灰色の壁は隣の建物に接しています。都市モデルの形状と地形の影を計算し、"
        "樹木・バルコニー・元データにない建物は含みません。",
        "Hours of direct sun on the walls of buildings under a clear sky: colours are those of the"
        " lowest storey, a click shows all storeys. "
        "Grey walls stand against another building. Shadows are those of the shapes of the city"
        " model and of the ground; trees, balconies, and buildings that the sources lack, cast none.",
    ),
    view=VectorView(
        table=FACADES,
        id_column="facade_id",
        style_column="sunlit_hours_lowest",
        attributes=(
            Attribute("sunlit_hours_lowest", text("最下階の日照時間", "Lowest storey"), 0.1),
            Attribute("sunlit_hours_mean", text("全階の平均", "Mean of storeys"), 0.1),
            Attribute("sunlit_hours_highest", text("最上階の日照時間", "Highest storey"), 0.1),
            Attribute(
                STOREYS_COLUMN,
                text("階別の日照時間（下の階から）", "Hours by storey (1 = lowest)"),
            ),
            Attribute("storeys", text("階の数（推定）", "Storeys (estimated)"), precision=1),
            Attribute(
                "covered_storeys",
                text("隣の建物に接する階の数", "Storeys against another building"),
                precision=1,
            ),
            Attribute("azimuth_deg", text("壁の向き（真北から時計回り）", "Faces (from north)"), 1),
            Attribute("length_m", text("壁の長さ", "Length"), precision=0.1),
            Attribute("building_id", text("建物", "Building")),
        ),
        derived=Derived(
            columns=(
                *(c for c in FACADES.columns if c.name not in ("storey_hours", "geometry")),
                Column(
                    STOREYS_COLUMN,
                    "string",
                    meaning="hours of storeys or runs of storeys, the lowest first; - where covered",
                ),
                FACADES.columns[-1],
            ),
            make=in_words,
        ),
    ),
    style=style,
    moment="day",
)
