"""Roads: a road that stays passable reads so, and is not mistaken for missing data."""

from __future__ import annotations

import pandas as pd

from citytwin.layers.roads import CLASS_COLUMN, with_classes
from citytwin.model.layer import ValueRange
from citytwin.store.paint import item_numbers
from tests.unit.store.little_city import recipe
from tests.unit.store.little_tables import road_exposure


def test_classes() -> None:
    """No time with a depth is passable, no time without a depth is unknown, times have classes."""
    roads = with_classes(road_exposure())
    # minutes: none, 5, 10, 45, 90, 200, 500, none (bridge, no depth)
    assert roads[CLASS_COLUMN].tolist()[:7] == [0, 1, 2, 4 - 1, 4, 5, 6]
    assert roads[CLASS_COLUMN].isna().tolist() == [False] * 7 + [True]
    assert CLASS_COLUMN not in road_exposure().columns


def test_colours_and_words() -> None:
    """Class 0 is worded and coloured as passable; the darkest class is the earliest."""
    one = recipe("roads")
    style = one.style(ValueRange(0, 6))
    roads = with_classes(road_exposure())
    values = roads[CLASS_COLUMN].to_numpy(dtype="float64", na_value=float("nan"))
    numbers = item_numbers(style, values, 1)
    assert numbers.tolist() == [0, 1, 2, 3, 4, 5, 6, -1]
    assert style.items[0].label.en == "Stays passable"
    later = [sum(item.rgb) for item in style.items[1:]]
    assert later == sorted(later)


def test_minutes_right_at_a_limit() -> None:
    """Ten minutes sharp belong to 10 - 30 min, as the words say."""
    roads = road_exposure()
    roads["impassable_after_min"] = [0.0, 9.9, 10.0, 30.0, 60.0, 180.0, 360.0, 359.9]
    expected = pd.array([1, 1, 2, 3, 4, 5, 6, 5], dtype="Int32")
    assert with_classes(roads)[CLASS_COLUMN].tolist() == expected.tolist()
