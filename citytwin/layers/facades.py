"""Map of the sun on the walls of buildings."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from citytwin.model.layer import Attribute, Derived, Style, ValueRange, VectorView
from citytwin.model.palettes import LAJOLLA
from citytwin.model.ragged import flattened
from citytwin.model.steps import LayerRecipe
from citytwin.model.style_bins import bins
from citytwin.model.tables import FACADES, Column
from citytwin.model.text import text

STOREYS_COLUMN = "hours_by_storey"
_HOURS = (0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0)


def in_words(facades: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Put the list of hours into words, which every map can show.

    Parameters
    ----------
    facades
        Rows of the facades.

    Returns
    -------
    GeoDataFrame
        With words such as ``1: -, 2-4: 2.3, 5: 4.0`` instead of the list: storeys of equal hours stand
        together, and those that another building stands against have a dash.
    """
    hours, first = flattened(facades["storey_hours"])
    row = np.repeat(np.arange(len(facades)), np.diff(first))
    storey = np.arange(len(hours)) - first[row] + 1
    covered = facades["covered_storeys"].to_numpy(dtype=np.int64)[row]
    spelled, spelling = _spelled(np.where(storey <= covered, np.nan, hours))
    begins = np.flatnonzero((storey == 1) | (np.diff(spelling, prepend=-1) != 0))
    ends = np.append(begins, len(hours))[1:] - 1
    most = int(storey.max(initial=0)) + 1
    stretch = (spelling[begins] * most + storey[begins]) * most + storey[ends]
    which, distinct = pd.factorize(stretch)
    words = [
        _stretch(int(begin), int(end), spelled[k])
        for k, begin, end in zip(
            *np.unravel_index(distinct, (len(spelled), most, most)), strict=True
        )
    ]
    pieces = pa.array(words, pa.large_string()).take(pa.array(which))
    of_rows = pa.LargeListArray.from_arrays(pa.array(np.searchsorted(begins, first)), pieces)
    joined = pc.binary_join(of_rows, pa.scalar(", ", pa.large_string()))
    rows: gpd.GeoDataFrame = facades.drop(columns="storey_hours")
    return rows.assign(**{STOREYS_COLUMN: pd.array(joined.to_pylist(), dtype="string")})


def _spelled(hours: NDArray[np.float64]) -> tuple[list[str], NDArray[np.int64]]:
    """Return how hours are written, and which of that each is; NaN is a dash."""
    which, distinct = pd.factorize(hours, use_na_sentinel=False)
    words = ["-" if np.isnan(value) else f"{value:.1f}" for value in distinct.tolist()]
    number, spelled = pd.factorize(np.array(words, dtype=np.object_))
    return spelled.tolist(), number[which]


def _stretch(begin: int, end: int, word: str) -> str:
    return f"{begin}: {word}" if begin == end else f"{begin}-{end}: {word}"


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
