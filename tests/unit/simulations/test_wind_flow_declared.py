"""The flow on bare rasters: what is left blank, what is told, what is refused."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from citytwin.engine.bare import simulate
from citytwin.engine.checkpointing import Keeping
from citytwin.errors import ConfigError, StepError
from citytwin.kernels.flow_turn import at_places

QUICK = {"from_deg": [270.0], "most_turnovers": 0.2, "margin_m": 20.0}


def raster(values):
    """Heights on cells of 2 m."""
    ny, nx = values.shape
    coords = {"y": 3_900_000 - 2.0 * np.arange(ny), "x": 400_000 + 2.0 * np.arange(nx)}
    return xr.DataArray(values, coords, ("y", "x")).rio.write_crs("EPSG:32654")


def town():
    """Two blocks with a gap of one cell between them, and open ground."""
    height = np.zeros((24, 24), np.float32)
    height[8:14, 6:10] = 10.0
    height[8:14, 11:15] = 10.0
    return height


def test_gap_of_one_cell_is_blank():
    """The flow has one cell there; all other open cells have a value, buildings none."""
    height = town()
    made = simulate("wind_flow", {"surface_height": raster(height)}, QUICK)
    ratio = made["wind_speed_ratio_of_flow"].values[0]
    assert np.isnan(ratio[8:14, 10]).all()
    blank = height > 0
    blank[8:14, 10] = True
    assert (np.isnan(ratio) == blank).all()
    assert "one cell wide" in made.attrs["warnings"]
    assert "not come to rest" in made.attrs["warnings"]
    assert "cut by the edge" not in made.attrs["warnings"]


def test_buildings_at_the_edge_are_told_and_unknown_cells_stay_unknown():
    """A block at the edge; a hole in the data."""
    height = town()
    height[:3, :5] = 8.0
    height[20, 20] = np.nan
    made = simulate("wind_flow", {"surface_height": raster(height)}, QUICK)
    assert "cut by the edge" in made.attrs["warnings"]
    assert np.isnan(made["wind_speed_ratio_of_flow"].values[0, 20, 20])


def test_ground_far_above_the_datum_changes_nothing():
    """On level ground at 812 m the ratios are those of ground at 0."""
    height = town()
    plain = simulate("wind_flow", {"surface_height": raster(height)}, QUICK)
    high = {
        "surface_height": raster(height + 812),
        "terrain": raster(np.full_like(height, 812.0)),
    }
    raised = simulate("wind_flow", high, QUICK)
    name = "wind_speed_ratio_of_flow"
    assert np.nanmax(np.abs(plain[name].values - raised[name].values)) < 1e-5


def test_a_ditch_makes_no_stairs_of_the_streets():
    """Streets 1.2 m above the water, more than half a level, have the wind of level ground."""
    height = town()
    plain = simulate("wind_flow", {"surface_height": raster(height)}, QUICK)
    ground = np.full_like(height, 5.0)
    ground[:, 20:22] = 3.8
    uneven = {"surface_height": raster(height + ground), "terrain": raster(ground)}
    name = "wind_speed_ratio_of_flow"
    made = simulate("wind_flow", uneven, QUICK)
    assert np.nanmax(np.abs(plain[name].values - made[name].values)) < 1e-5


def test_high_above_the_town_the_wind_is_undisturbed():
    """At 150 m above houses of 10 m: the grid reaches as high as the height that is asked for."""
    inputs = {"surface_height": raster(town())}
    made = simulate("wind_flow", inputs, {**QUICK, "height_m": 150.0})
    ratio = made["wind_speed_ratio_of_flow"].values[0]
    assert np.nanmax(np.abs(ratio - 1)) < 0.02


def test_a_large_area_in_tiles_is_that_in_one_piece():
    """Two by two tiles: each open cell has its value, within 5 % of the undisturbed speed."""
    inputs = {"surface_height": raster(town())}
    params = {**QUICK, "margin_m": 60.0, "tile_overlap_m": 32.0}
    name = "wind_speed_ratio_of_flow"
    whole = simulate("wind_flow", inputs, params)
    tiled = simulate("wind_flow", inputs, {**params, "tile_cells": 64})
    apart = np.abs(whole[name].values - tiled[name].values)
    assert (np.isnan(apart) == np.isnan(whole[name].values)).all()
    assert np.nanmax(apart) < 0.05
    assert 0 < tiled.attrs["seam_rms"] < 0.01
    assert "seam_rms" not in whole.attrs
    assert tiled.attrs["cells"] > whole.attrs["cells"]


def test_directions_given_twice():
    """0 and 360 degrees are the same."""
    with pytest.raises(ConfigError, match="from_deg"):
        simulate("wind_flow", {"surface_height": raster(town())}, {"from_deg": [0.0, 360.0]})


def test_the_wind_that_arrives_may_be_given():
    """On open ground the ratio stays 1 and velocity is U over sqrt(U^2 + 2 k): by hand, at 10 m."""
    levels = [(2.0, 3.0, 1.0), (10.0, 4.0, 1.2), (50.0, 6.0, 1.1)]
    names = ("height_m", "speed_m_s", "energy_m2_s2")
    params = {
        **QUICK,
        "height_m": 10.0,
        "approach": [dict(zip(names, level, strict=True)) for level in levels],
    }
    inputs = {"surface_height": raster(np.zeros((24, 24), np.float32))}
    inputs["surface_height"][12, 12] = 1.2
    made = simulate("wind_flow", inputs, params)
    upwind = made["wind_along_x_of_flow"].values[0][:, :6]
    np.testing.assert_allclose(upwind, 4.0 / np.sqrt(16.0 + 2.4), rtol=0.02)
    assert "given at 3 heights" in made.attrs["comment"]


def test_further_heights_are_those_of_runs_of_their_own():
    """Ratios at 5 and 10 m beside that at 2 m, to the bit; velocity is that of the first alone."""
    inputs = {"surface_height": raster(town())}
    made = simulate("wind_flow", inputs, {**QUICK, "height_m": 2.0, "also_at_m": [10, 5]})
    for height, name in ((2.0, ""), (5.0, "_5m"), (10.0, "_10m")):
        alone = simulate("wind_flow", inputs, {**QUICK, "height_m": height})
        np.testing.assert_array_equal(
            made[f"wind_speed_ratio_of_flow{name}"].values, alone["wind_speed_ratio_of_flow"].values
        )
        assert "wind_speed_ratio_of_flow_5m" not in alone


def test_an_approach_that_is_none():
    """One height, and heights that fall."""
    level = {"height_m": 10.0, "speed_m_s": 5.0, "energy_m2_s2": 1.0}
    for levels in ([level], [level, {**level, "height_m": 5.0}]):
        inputs = {"surface_height": raster(town())}
        with pytest.raises(ConfigError, match="from the ground up"):
            simulate("wind_flow", inputs, {**QUICK, "approach": levels})


def test_all_built():
    """No open ground."""
    with pytest.raises(StepError, match="no ground is open"):
        simulate(
            "wind_flow",
            {"surface_height": raster(np.full((16, 16), 9.0, np.float32))},
            {"from_deg": [0.0], "margin_m": 0.0},
        )


class PressedAt:
    """Ctrl-C is pressed when the run looks the n-th time."""

    waits = False

    def __init__(self, look):
        self.looks, self.look = 0, look

    @property
    def asked(self):
        """Whether it was."""
        self.looks += 1
        return self.looks >= self.look

    def check(self):
        """Stop."""
        raise KeyboardInterrupt


def test_stopped_within_a_direction_it_goes_on_from_the_last_whole_one(tmp_path):
    """Stopped in the third of three: the rest gives the same bits; directions are counted."""
    inputs = {"surface_height": raster(town())}
    params = {**QUICK, "from_deg": [270.0, 0.0, 45.0]}
    name, keeping, heard = "wind_speed_ratio_of_flow", Keeping(tmp_path / "state.npz", 60.0), []
    stopped = Keeping(keeping.file, 60.0, PressedAt(8))
    with pytest.raises(KeyboardInterrupt):
        simulate("wind_flow", inputs, params, keeping=stopped)
    resumed = simulate(
        "wind_flow", inputs, params, keeping=keeping, progress=lambda *told: heard.append(told)
    )
    whole = simulate("wind_flow", inputs, params)
    np.testing.assert_array_equal(resumed[name].values, whole[name].values)
    assert resumed.attrs["steps"] == whole.attrs["steps"]
    assert heard == sorted(heard)
    assert heard[0][0] > 1
    assert heard[-1] == (3, 3, "directions")


def block_turned(angle_deg):
    """A block of 12 x 20 cells in the middle of 56 x 56, turned anticlockwise."""
    south, east = np.mgrid[:56, :56] - 27.5
    c, s = np.cos(np.radians(angle_deg)), np.sin(np.radians(angle_deg))
    inside = (abs(c * east - s * south) < 10) & (abs(s * east + c * south) < 6)
    return np.where(inside, 12.0, 0.0).astype(np.float32)


def test_a_block_aslant_to_the_cells_has_the_wind_of_one_along_them():
    """Block and wind turned by 30 degrees: the same ratios and velocities, turned as well."""
    cases = {}
    for angle in (0.0, 30.0):
        params = {"from_deg": [270.0 - angle], "margin_m": 40.0}
        inputs = {"surface_height": raster(block_turned(angle))}
        made = simulate("wind_flow", inputs, params)
        names = ("wind_speed_ratio_of_flow", "wind_along_x_of_flow", "wind_along_y_of_flow")
        cases[angle] = [made[name].values[0] for name in names]
        built = block_turned(angle) > 0
        assert all(np.isnan(values[built]).all() for values in cases[angle])
        assert ("cells turned by" in made.attrs["comment"]) == (angle == 30.0)
    south, east = np.mgrid[:56, :56] - 27.5
    c, s = np.cos(np.radians(30)), np.sin(np.radians(30))
    beside = (np.hypot(south, east) < 24) & ((abs(east) > 12) | (abs(south) > 8))
    place = (c * south - s * east)[beside] + 27.5, (c * east + s * south)[beside] + 27.5
    straight = [values[beside] for values in cases[0.0]]
    ratio, u, v = (at_places(values, place) for values in cases[30.0])
    assert np.sqrt(np.mean((ratio - straight[0]) ** 2)) < 0.05
    # The velocity on the map, seen along the axes of the block.
    assert np.sqrt(np.mean((c * u + s * v - straight[1]) ** 2)) < 0.05
    assert np.sqrt(np.mean((c * v - s * u - straight[2]) ** 2)) < 0.05


def test_what_has_no_footprint_is_not_in_the_flow():
    """A second block under no footprint is blank; all else has the wind of the first alone, to the bit."""
    alone = block_turned(30.0)
    both = alone.copy()
    both[2:8, 2:8] = 12.0
    parts = raster(np.where(alone > 0, 2**16 - 1, 0).astype(np.int32))
    name, found = "wind_speed_ratio_of_flow", []
    for height in (alone, both):
        inputs = {"surface_height": raster(height), "building_parts": parts}
        made = simulate("wind_flow", inputs, QUICK)
        assert "cells turned by" in made.attrs["comment"]
        found.append(made[name].values[0])
    assert np.isnan(found[1][2:8, 2:8]).all()
    np.testing.assert_array_equal(found[1][both == 0], found[0][both == 0])


def test_cells_without_a_height_are_counted():
    """Two in the surface, and three in the ground of which one is the same; nothing is said where all are known."""
    height = town()
    ground = np.zeros_like(height)
    known = {"surface_height": raster(height), "terrain": raster(ground)}
    assert "unknown" not in simulate("wind_flow", known, QUICK).attrs["warnings"]
    height[20, 20:22] = np.nan
    ground[20, 21:24] = np.nan
    holes = {"surface_height": raster(height), "terrain": raster(ground)}
    made = simulate("wind_flow", holes, QUICK)
    assert "is unknown in 4 cells (0.69 %)" in made.attrs["warnings"]
    assert np.isnan(made["wind_speed_ratio_of_flow"].values[0, 20, 20:24]).all()
    assert np.isfinite(made["wind_speed_ratio_of_flow"].values[0, 21, 20:24]).all()
