"""Hours of storeys in words."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely

from citytwin.layers.facades import by_storey, in_words
from citytwin.model.ragged import list_column


@pytest.mark.parametrize(
    ("hours", "covered", "words"),
    [
        ([2.25], 0, "1: 2.2"),
        ([0.0, 0.04, 0.3], 0, "1-2: 0.0, 3: 0.3"),
        ([0.0, 0.0, 1.5, 1.5, 1.5, 4.0], 2, "1-2: -, 3-5: 1.5, 6: 4.0"),
        ([0.0], 1, "1: -"),
    ],
)
def test_storeys_of_equal_hours_stand_together(
    hours: list[float], covered: int, words: str
) -> None:
    """Covered storeys have a dash rather than hours."""
    assert by_storey(hours, covered) == words


def test_rows_keep_their_order_and_the_list_is_replaced() -> None:
    """One text for each row; the rows given stay as they were."""
    rows = gpd.GeoDataFrame(
        {
            "storey_hours": list_column(np.array([1.0, 2.0, 3.0]), np.array([0, 2, 3])),
            "covered_storeys": [0, 1],
        },
        geometry=[shapely.LineString([(0, 0), (1, 0)])] * 2,
        crs="EPSG:6677",
    )
    made = in_words(rows)
    assert made["hours_by_storey"].tolist() == ["1: 1.0, 2: 2.0", "1: -"]
    assert "storey_hours" not in made
    assert "storey_hours" in rows
