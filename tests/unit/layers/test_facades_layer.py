"""Hours of storeys in words."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from citytwin.layers.facades import in_words
from citytwin.model.ragged import list_column


def facades(hours: list[list[float]], covered: list[int]) -> gpd.GeoDataFrame:
    """Walls with these hours."""
    ends = np.cumsum([0, *map(len, hours)])
    wall = shapely.LineString([(0, 0), (1, 0)])
    return gpd.GeoDataFrame(
        {
            "storey_hours": list_column(np.array([h for row in hours for h in row], float), ends),
            "covered_storeys": pd.array(covered, dtype="Int32"),
        },
        geometry=[wall] * len(hours),
        crs="EPSG:6677",
    )


STOREYS = [
    ([2.25], 0, "1: 2.2"),
    ([0.0, 0.04, 0.3], 0, "1-2: 0.0, 3: 0.3"),
    ([0.0, 0.0, 1.5, 1.5, 1.5, 4.0], 2, "1-2: -, 3-5: 1.5, 6: 4.0"),
    ([0.0], 1, "1: -"),
    ([4.0, 4.0], 0, "1-2: 4.0"),
    ([4.0, 4.01, 4.0], 0, "1-3: 4.0"),
    ([0.35, 0.35], 3, "1-2: -"),
]


@pytest.mark.parametrize(("hours", "covered", "words"), STOREYS)
def test_storeys_of_equal_hours_stand_together(
    hours: list[float], covered: int, words: str
) -> None:
    """Covered storeys have a dash rather than hours."""
    assert in_words(facades([hours], [covered]))["hours_by_storey"].tolist() == [words]


def test_walls_are_worded_one_by_one() -> None:
    """Equal hours of neighbours do not run together; no wall has no words."""
    hours, covered, words = (list(column) for column in zip(*STOREYS, strict=True))
    assert in_words(facades(hours * 3, covered * 3))["hours_by_storey"].tolist() == words * 3
    assert in_words(facades([], []))["hours_by_storey"].tolist() == []


def test_rows_keep_their_order_and_the_list_is_replaced() -> None:
    """One text for each row; the rows given stay as they were."""
    rows = facades([[1.0, 2.0], [3.0]], [0, 1])
    made = in_words(rows)
    assert made["hours_by_storey"].tolist() == ["1: 1.0, 2: 2.0", "1: -"]
    assert "storey_hours" not in made
    assert "storey_hours" in rows
