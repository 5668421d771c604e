"""A building with a slip in its coordinates is named, not gridded."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from citytwin.engine.city_store import CityStore
from citytwin.engine.extent import around, outliers, refuse_outliers
from citytwin.errors import ConfigError
from citytwin.model import tables as t
from citytwin.store.tables import conform, row_boxes
from citytwin.testing.small_town import small_town
from citytwin.testing.town_tables import town_tables


def boxes(*places: tuple[float, float]) -> np.ndarray:
    """Boxes of 10 m."""
    corner = np.array(places, dtype=np.float64)
    return np.concatenate([corner, corner + 10.0], axis=1)


def town(count: int, side_m: float) -> list[tuple[float, float]]:
    """Places spread over a square."""
    rng = np.random.default_rng(3)
    return [(float(x), float(y)) for x, y in rng.uniform(0, side_m, (count, 2))]


@pytest.mark.parametrize("count", [1, 2, 5, 99, 1000])
def test_a_slip_is_found_in_towns_of_any_size(count: int) -> None:
    """One building 200 km off, among few or many."""
    found = outliers(boxes((200_000.0, 0.0), *town(count, 500.0)))
    assert 0 in found
    assert len(found) == 1


def test_cities_with_islands_and_hamlets_are_whole() -> None:
    """A harbour with an island 15 km off; a valley of farms 3 km apart; a single house."""
    island = [(x + 15_000.0, y) for x, y in town(30, 400.0)]
    assert not len(outliers(boxes(*town(2000, 6000.0), *island)))
    assert not len(outliers(boxes(*((3000.0 * n, 0.0) for n in range(12)))))
    assert not len(outliers(boxes((5.0, 5.0))))
    assert not len(outliers(boxes(*[(5.0, 5.0)] * 7)))


def test_boxes_that_lie_nowhere_do_not_count() -> None:
    """Infinite and empty geometries."""
    some = np.vstack(
        [boxes((0.0, 0.0), (50.0, 20.0)), [[np.nan] * 4], [[-np.inf] * 2 + [np.inf] * 2]]
    )
    assert not len(outliers(some))
    assert around(some).x_max == 60.0


def test_the_farthest_are_named_with_their_file_and_the_bounds_of_the_others(
    tmp_path: Path,
) -> None:
    """What the user needs to mend it."""
    grid = small_town(80, 96).grid
    store = CityStore(tmp_path, grid.crs, "Asia/Tokyo", 16, grid)
    frame = town_tables(grid)[t.BUILDINGS]
    shapes = frame.geometry.copy()
    shapes.iloc[2] = shapes.translate(xoff=200_000.0).iloc[2]
    moved = conform(t.BUILDINGS, frame.set_geometry(shapes), grid.crs)
    store.write_table("merged", t.BUILDINGS, moved)
    with pytest.raises(ConfigError) as caught:
        refuse_outliers(t.BUILDINGS, row_boxes(t.BUILDINGS, moved), store)
    assert f"{frame['building_id'].iloc[2]} in {frame['source'].iloc[2]}" in caught.value.message
    assert "200" in caught.value.message
    others = frame.drop(index=2).total_bounds
    assert f"[{np.floor(others[0]):.0f}, {np.floor(others[1]):.0f}" in caught.value.hint
    assert "grid.bounds" in caught.value.hint
