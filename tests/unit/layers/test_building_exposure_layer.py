"""Exposed buildings: water above the roof has a class of its own."""

from __future__ import annotations

import pandas as pd

from citytwin.layers.building_exposure import CLASS_COLUMN, LAYER, with_classes
from citytwin.model.layer import ValueRange
from tests.unit.store.little_tables import building_exposure


def test_classes_of_the_map() -> None:
    """A house of 4 m in 5 m of water is under it, however many storeys it has."""
    rows = building_exposure(6)
    rows["height_m"] = [4.0, 4.0, 60.0, None, 4.0, 4.0]
    rows["flood_depth_max_m"] = [5.0, 4.0, 12.0, 9.0, None, 0.2]
    rows["flooded_storey"] = pd.array([2, 2, 5, 4, None, 0], dtype="Int32")
    made = with_classes(rows)
    assert made[CLASS_COLUMN].tolist() == [5, 2, 4, 4, pd.NA, 0]
    assert CLASS_COLUMN not in rows
    items = LAYER.style(ValueRange(0.0, 1.0)).items
    assert [item.label.en for item in items][4:] == ["4th storey or higher", "Above the roof"]
