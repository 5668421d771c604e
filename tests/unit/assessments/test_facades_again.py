"""Sun on walls after small changes: what stands is taken, and no bit tells."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from pandas.testing import assert_frame_equal

from citytwin.assessments.facades import ASSESSMENT, FacadesParams
from citytwin.kernels.facade_sunlight import Casters, Walls, storey_hours
from citytwin.kernels.sun_bundle import Suns
from citytwin.model import fields as f
from citytwin.model import tables as t
from citytwin.model.grid import GridSpec
from citytwin.model.kept_figures import Figures, KeptFigures
from citytwin.model.steps import CityState
from citytwin.rules import standing_walls
from citytwin.store.tables import conform

GRID = GridSpec("EPSG:6677", -44000.0, -93000.0, 5.0, 200, 300)
"""1500 m x 1000 m."""
PARAMS = FacadesParams.model_validate({"date": "2026-12-22", "step_minutes": 60})
Boxes = list[tuple[str, float, float, float]]
"""Name, east and north within the grid, height over the ground [m]."""


def town(seed: int) -> Boxes:
    """Houses of 5 to 12 m, 40 m from each other, with a tower."""
    rng = np.random.default_rng(seed)
    east, north = np.meshgrid(np.arange(20.0, 1480, 40), np.arange(20.0, 980, 40))
    places = zip(east.ravel(), north.ravel(), rng.uniform(5, 12, east.size), strict=True)
    boxes = [(f"b{n}", float(x), float(y), float(z)) for n, (x, y, z) in enumerate(places)]
    boxes[300] = (*boxes[300][:3], 60.0)
    return boxes


def state(boxes: Boxes, ground_m: float = 5.0) -> CityState:
    """A city of houses of 14 m x 11 m on level ground."""
    x, y = GRID.x_min, GRID.y_max - 1000.0
    buildings = gpd.GeoDataFrame(
        {
            "building_id": [name for name, *_ in boxes],
            "roof_z_m": [ground_m + tall for *_, tall in boxes],
            "height_m": [tall for *_, tall in boxes],
        },
        geometry=[shapely.box(x + e, y + n, x + e + 14, y + n + 11) for _, e, n, _ in boxes],
        crs=GRID.crs,
    )
    ground = np.full(GRID.shape, ground_m, dtype=np.float32)
    return CityState(GRID, {f.TERRAIN: ground}, {t.BUILDINGS: buildings}, "Asia/Tokyo")


class Nights:
    """Runs after each other, each with what the one before has left."""

    def __init__(self) -> None:
        self.figures: dict[str, Figures] = {}
        self.table: pd.DataFrame | None = None

    def _before(self, columns: Sequence[str]) -> pd.DataFrame | None:
        return None if self.table is None else pd.DataFrame(self.table)[list(columns)]

    def run(self, city: CityState) -> pd.DataFrame:
        """Table of one."""
        kept = KeptFigures(self.figures)
        made = ASSESSMENT.run(replace(city, figures=kept, before=self._before), PARAMS)
        self.table, self.figures = conform(t.FACADES, made.frame, GRID.crs), kept.record
        return self.table


@pytest.fixture
def looked_at(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Number of walls that the sun was looked for at, by run of the kernel."""
    seen: list[int] = []

    def counted(walls: Walls, casters: Casters, suns: Suns) -> np.ndarray:
        seen.append(len(walls.foot))
        return storey_hours(walls, casters, suns)

    monkeypatch.setattr(standing_walls, "storey_hours", counted)
    return seen


def lower(boxes: Boxes, number: int) -> Boxes:
    """Lower a roof by a metre."""
    name, east, north, tall = boxes[number]
    return [*boxes[:number], (name, east, north, tall - 1.0), *boxes[number + 1 :]]


EDITS: dict[str, Callable[[Boxes], Boxes]] = {
    "a roof lower": lambda boxes: lower(boxes, 130),
    "the tower lower": lambda boxes: lower(boxes, 300),
    "one gone": lambda boxes: [*boxes[:77], *boxes[78:]],
    "one more": lambda boxes: [("new", 700.0, 701.0, 30.0), *boxes],
    "two names swapped": lambda boxes: [
        (boxes[1][0], *boxes[0][1:]),
        (boxes[0][0], *boxes[1][1:]),
        *boxes[2:],
    ],
    "another order": lambda boxes: boxes[::-1],
}


@pytest.mark.parametrize("edit", EDITS)
def test_after_an_edit_the_walls_are_those_of_a_run_anew(edit: str, looked_at: list[int]) -> None:
    """Only walls that may see the edit are looked at."""
    nights, before = Nights(), town(1)
    nights.run(state(before))
    after = EDITS[edit](before)
    again = nights.run(state(after))
    whole = conform(t.FACADES, ASSESSMENT.run(state(after), PARAMS).frame, GRID.crs)
    assert_frame_equal(again, whole, check_exact=True)
    first, second, all_of_them = looked_at
    assert first > 3000
    share = second / all_of_them
    most = 0.6 if "tower" in edit else 0.3  # 60 m throw a shadow over 1100 m
    assert share < most, f"{edit}: {share:.0%} of the walls were looked at again"


def test_edits_of_many_nights(looked_at: list[int]) -> None:
    """Buildings go, move and grow, night after night."""
    nights, boxes = Nights(), town(2)
    rng = np.random.default_rng(5)
    nights.run(state(boxes))
    for _ in range(4):
        for _ in range(int(rng.integers(1, 4))):
            number = int(rng.integers(len(boxes)))
            name, east, north, tall = boxes.pop(number)
            if rng.random() < 0.7:
                boxes.insert(number, (name, east + rng.uniform(-3, 3), north, tall * 1.1))
        again = nights.run(state(boxes))
        whole = conform(t.FACADES, ASSESSMENT.run(state(boxes), PARAMS).frame, GRID.crs)
        assert_frame_equal(again, whole, check_exact=True)
    assert min(looked_at[1::2]) < 0.5 * looked_at[0]


def test_other_ground_or_a_lost_table_has_all_walls_looked_at(looked_at: list[int]) -> None:
    """Nothing is taken that does not hold."""
    nights, boxes = Nights(), town(1)
    nights.run(state(boxes))
    nights.run(state(boxes, ground_m=6.0))
    nights.table = None
    nights.run(state(boxes, ground_m=6.0))
    assert looked_at == [looked_at[0]] * 3


def test_a_table_that_lacks_walls_gives_what_it_has(looked_at: list[int]) -> None:
    """Rows that went astray are found anew."""
    nights, boxes = Nights(), town(1)
    whole = nights.run(state(boxes))
    nights.table = whole.drop(index=whole.index[10:15]).reset_index(drop=True)
    assert_frame_equal(nights.run(state(boxes)), whole, check_exact=True)
    assert looked_at[1] == 5
