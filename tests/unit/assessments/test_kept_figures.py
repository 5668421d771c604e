"""Hours of sun on spaces that no change can shade are not counted again, and no bit tells."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from numpy.typing import NDArray

from citytwin.assessments import open_space_sun
from citytwin.engine.results import TableResult
from citytwin.model import fields as f
from citytwin.model import tables as t
from citytwin.model.grid import GridSpec
from citytwin.model.kept_figures import Figures, KeptFigures
from citytwin.model.steps import Assessed, CityState
from citytwin.store.tables import row_digests

CRS = "EPSG:6677"
X, Y = -7000.0, -33000.0
"""South-west corner."""
GRID = GridSpec(CRS, X, Y + 1000.0, 10.0, 100, 100)
PARKS = {"west": (50.0, 500.0), "middle": (500.0, 500.0), "east": (900.0, 480.0)}
COUNT = 60


@dataclass
class Town:
    """Houses on a slope, and three parks of 40 m."""

    x: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    y: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    height: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    ground: NDArray[np.float32] = field(default_factory=lambda: np.zeros((0, 0), np.float32))

    def state(self) -> CityState:
        """What an assessment sees of it."""
        houses = gpd.GeoDataFrame(
            {
                "building_id": [f"b{i}" for i in range(len(self.x))],
                "roof_z_m": np.full(len(self.x), np.nan),
                "height_m": self.height,
            },
            geometry=shapely.box(self.x, self.y, self.x + 12.0, self.y + 9.0),
            crs=CRS,
        )
        parks = gpd.GeoDataFrame(
            {"parcel_id": list(PARKS), "use": "green"},
            geometry=[
                shapely.box(X + a, Y + b, X + a + 40.0, Y + b + 40.0) for a, b in PARKS.values()
            ],
            crs=CRS,
        )
        return CityState(
            grid=GRID,
            fields={f.TERRAIN: self.ground},
            tables={t.BUILDINGS: houses, t.LAND_USE: parks},
            time_zone="Asia/Tokyo",
        )


def town() -> Town:
    """A house of 15 m right south of each park, from where the sun comes, and others anywhere."""
    rng = np.random.default_rng(11)
    x, y = rng.uniform(0.0, 980.0, COUNT), rng.uniform(0.0, 980.0, COUNT)
    free = np.ones(COUNT, dtype=np.bool_)
    for east, north in PARKS.values():
        free &= (abs(x - east - 14.0) > 60.0) | (abs(y - north - 14.0) > 60.0)
    beside = np.array(list(PARKS.values())) + (14.0, -11.0)
    x, y = np.concatenate([beside[:, 0], x[free]]), np.concatenate([beside[:, 1], y[free]])
    height = np.concatenate([np.full(3, 15.0), rng.uniform(4.0, 9.0, len(x) - 3)])
    slope = np.tile(np.linspace(3.0, 9.0, 100, dtype=np.float32), (100, 1))
    return Town(X + x, Y + y, height, slope)


def lower_by_the_middle(here: Town) -> None:
    """A house beside one park becomes lower."""
    here.height[1] -= 6.0


def gone_in_the_west(here: Town) -> None:
    """A house beside one park goes, and all behind it have other numbers."""
    here.x, here.y, here.height = (np.delete(a, 0) for a in (here.x, here.y, here.height))


def tower_far_away(here: Town) -> None:
    """A tower in the south-east is seen from everywhere."""
    here.x, here.y = np.append(here.x, X + 700.0), np.append(here.y, Y + 200.0)
    here.height = np.append(here.height, 180.0)


def ground_in_a_corner(here: Town) -> None:
    """The ground is another."""
    here.ground = here.ground.copy()
    here.ground[0, 0] += 1.0


def house_out_of_reach(here: Town) -> None:
    """A hut in the south, 400 m from any park."""
    here.x, here.y = np.append(here.x, X + 500.0), np.append(here.y, Y + 20.0)
    here.height = np.append(here.height, 3.0)


EDITS: list[tuple[Callable[[Town], None], set[str]]] = [
    (lower_by_the_middle, {"middle"}),
    (gone_in_the_west, {"west"}),
    (tower_far_away, set(PARKS)),
    (ground_in_a_corner, set(PARKS)),
    (house_out_of_reach, set()),
]


def assess(here: Town, before: dict[str, Figures] | None = None) -> tuple[Assessed, KeptFigures]:
    """Count the hours of sun on its parks."""
    figures = KeptFigures(before)
    params = open_space_sun.OpenSpaceSunParams(step_minutes=15.0, spacing_m=4.0)
    return open_space_sun.run(replace(here.state(), figures=figures), params), figures


@pytest.mark.parametrize(("edit", "reached"), EDITS, ids=[edit.__name__ for edit, _ in EDITS])
def test_after_an_edit(edit: Callable[[Town], None], reached: set[str]) -> None:
    """The table has the bits of one that is made anew; what is found again is what the edit reaches."""
    _, before = assess(town())
    here = town()
    edit(here)
    made, found = assess(here, before.record)
    anew, _ = assess(here)
    assert row_digests(made.frame).tolist() == row_digests(anew.frame).tolist()
    assert made.facts == anew.facts
    pd.testing.assert_frame_equal(
        pd.DataFrame(made.frame), pd.DataFrame(anew.frame), check_exact=True
    )
    again = [
        name for name, key in zip(PARKS, found.record, strict=True) if key not in before.record
    ]
    assert set(again) == reached


def test_edits_matter() -> None:
    """The house beside a park does shade it: its hours are others."""
    first, _ = assess(town())
    here = town()
    lower_by_the_middle(here)
    second, _ = assess(here)
    assert (first.frame["mean_hours"] != second.frame["mean_hours"]).tolist() == [
        False,
        True,
        False,
    ]


def test_figures_on_record_keep_every_bit() -> None:
    """As JSON in the manifest they are the same numbers."""
    rng = np.random.default_rng(3)
    figures = {f"k{i}": tuple(rng.random(3) * 10.0**i) for i in range(-20, 20)}
    kept = TableResult(digest="", rows=0, figures=figures)
    assert TableResult.model_validate_json(kept.model_dump_json()).figures == figures
