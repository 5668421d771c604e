"""Trees in the simulations of the sun: seasons, shares by hand, and what the results say."""

from __future__ import annotations

from datetime import date as Day

import numpy as np
import pytest
import rioxarray  # noqa: F401 - registers `.rio`
import xarray as xr
from pydantic import ValidationError

from citytwin.engine.bare import simulate
from citytwin.model.foliage import Trees

SOUTH = [{"azimuth_deg": 180.0, "altitude_deg": 26.565051177, "hours": 2.0, "north": "grid"}]
"""A sun that rises half a metre per metre."""


def raster(values):
    """A raster of metre cells near Tokyo."""
    ny, nx = values.shape
    coords = {"y": -94000.5 - np.arange(ny), "x": -43999.5 + np.arange(nx)}
    array = xr.DataArray(values.astype(np.float32), dims=("y", "x"), coords=coords)
    return array.rio.write_crs("EPSG:6677")


def orchard():
    """Level ground at 30 m; one crown from 2 to 4 m above it over 2 x 3 cells."""
    ground = np.full((16, 9), 30.0)
    top, base = np.full((2, 16, 9), np.nan)
    top[12:14, 3:6], base[12:14, 3:6] = 34.0, 32.0
    return {
        "surface_height": raster(ground),
        "canopy_top": raster(top),
        "canopy_base": raster(base),
    }


# Shade begins 4 m north of the south side (row edge 14), ends 8 m north of the north side (12).
SHADE = np.zeros((16, 9), dtype=bool)
SHADE[4:10, 3:6] = True


@pytest.mark.parametrize(("day", "share"), [("2026-07-01", 0.03), ("2026-12-22", 0.46)])
def test_hours_in_summer_and_winter(day, share):
    """Two hours count 3 % of it in leaf and 46 % without leaves."""
    found = simulate("sunlight", orchard(), {"suns": SOUTH, "date": day})
    hours = np.where(SHADE, 2.0 * share, 2.0).astype(np.float32)
    assert np.allclose(found["sunlit_hours"].values, hours, atol=1e-6)
    assert "Trees count: 3 % of the light passes their crowns in leaf, 46 %" in found.comment


def test_trees_may_be_left_out_and_trunks_assumed():
    """Without trees all is lit; without a base it is a quarter of the height above the ground."""
    open_ = simulate("sunlight", orchard(), {"suns": SOUTH, "trees": {"count": False}})
    assert (open_["sunlit_hours"] == 2.0).all()
    assert "Trees are left out" in open_.comment
    # A run hands no crowns over that the parameters have no use for: it is told all the same.
    ground = {"surface_height": orchard()["surface_height"]}
    alone = simulate("sunlight", ground, {"suns": SOUTH, "trees": {"count": False}})
    assert "Trees are left out" in alone.comment
    assert "rees" not in simulate("sunlight", ground, {"suns": SOUTH}).comment
    given = orchard()
    del given["canopy_base"]
    found = simulate("sunlight", given, {"suns": SOUTH, "trees": {"in_leaf_share": 0.0}})
    shade = np.zeros((16, 9), dtype=bool)
    # A base of 1 m: shade begins 2 m north of the south side.
    shade[4:12, 3:6] = True
    assert np.array_equal(found["sunlit_hours"].values == 0, shade)


def test_the_sky_under_trees():
    """Far from the tree nearly all of the sky is seen, under it little; without leaves more."""
    seen = [
        float(simulate("sky_view", orchard(), {"date": day})["sky_view_factor"][12, 4])
        for day in ("2026-07-01", "2026-12-22")
    ]
    bare = float(simulate("sky_view", orchard(), {"trees": {"count": False}})
                 ["sky_view_factor"][12, 4])  # fmt: skip
    assert bare == pytest.approx(1.0, abs=1e-6)
    # What the crown hides is the same: 1 - (1 - share) * hidden.
    assert (1 - seen[0]) / 0.97 == pytest.approx((1 - seen[1]) / 0.54, abs=1e-5)
    assert 0.2 < seen[0] < 0.8


def test_irradiation_behind_trees_is_linear_in_what_they_let_through():
    """All of it when all passes, and between nothing and all in proportion; in winter by season."""
    params = {"first_day": "2026-07-01", "step_minutes": 60, "directions": 64, "albedo": 0.0}

    def light(trees, **more):
        found = simulate("irradiation", orchard(), {**params, **more, "trees": trees})
        return found["irradiation_global"].values.astype(np.float64)

    none, all_, some = (light({"in_leaf_share": share}) for share in (0.0, 1.0, 0.3))
    assert np.array_equal(all_, light({"count": False}))
    assert np.allclose(some, none + 0.3 * (all_ - none), rtol=1e-5)
    # Below the crown most of the light of a summer day is taken, far from it little.
    assert none[12, 4] < 0.5 * all_[12, 4]
    assert none[0, 0] > 0.95 * all_[0, 0]
    winter = {"first_day": "2026-12-22", "trees": {"in_leaf_share": 0.0, "bare_share": 1.0}}
    assert np.array_equal(light(winter.pop("trees"), **winter), light({"count": False}, **winter))


@pytest.mark.parametrize("name", ["sunlight", "sky_view", "irradiation", "shadow"])
def test_a_treeless_part_of_a_city_with_trees(name):
    """Where no crown stands all is as if trees did not count, to the bit."""
    given = orchard()
    for layer in ("canopy_top", "canopy_base"):
        given[layer] = given[layer] * np.nan
    params = {
        "sunlight": {"suns": SOUTH},
        "sky_view": {"directions": 32},
        "irradiation": {"first_day": "2026-07-01", "step_minutes": 60, "directions": 16},
        "shadow": {"moment": "2026-12-22T09:00:00+09:00"},
    }[name]
    counted = simulate(name, given, params)
    left_out = simulate(name, given, {**params, "trees": {"count": False}})
    assert "Trees count" in counted.comment
    for field in counted:
        assert np.array_equal(counted[field], left_out[field])


def test_a_base_without_a_top_is_told():
    """Half of the input is no reason to be silent."""
    given = orchard()
    del given["canopy_top"]
    found = simulate("sunlight", given, {"suns": SOUTH})
    assert (found["sunlit_hours"] == 2.0).all()
    assert "without their tops" in found.comment


def test_leaves_follow_the_hemisphere_and_the_parameters():
    """April to October in the north, October to April in the south, over the year's end too."""
    days = [
        Day(2026, 1, 15),
        Day(2026, 4, 6),
        Day(2026, 4, 7),
        Day(2026, 10, 27),
        Day(2026, 10, 28),
    ]
    assert Trees().in_leaf(days, 35.0).tolist() == [False, False, True, True, False]
    assert Trees().in_leaf(days, -35.0).tolist() == [True, True, True, True, True]
    assert not Trees().in_leaf([Day(2026, 7, 1)], -35.0)[0]
    evergreen = Trees(leaves=("01-01", "12-31"))
    assert evergreen.in_leaf(days, -35.0).all()
    for wrong in ("4-7", "13-01", "02-30", "0407"):
        with pytest.raises(ValidationError):
            Trees(leaves=(wrong, "10-01"))
