"""Water between larger cells than those of the city: parameters, notes, refusals."""

from __future__ import annotations

import numpy as np
import pytest
import rioxarray  # noqa: F401 - registers `.rio`
import xarray as xr
from pydantic import ValidationError

from citytwin.engine.bare import simulate
from citytwin.errors import StepError
from citytwin.model.steps import Tile
from citytwin.simulations.flood.effort import cost_of
from citytwin.simulations.flood.forcing import options_of
from citytwin.simulations.flood.params import FloodParams
from citytwin.simulations.flood.tiles import FloodTileAtWork

STORM = {"duration_h": 0.05, "rain": [{"start_minutes": 0, "end_minutes": 3, "mm_per_h": 100}]}


def town() -> dict[str, xr.DataArray]:
    """A slope of 24 x 30 cells of 2 m with a house."""
    y, x = np.mgrid[:24, :30]
    mask = np.zeros(y.shape, dtype=np.uint8)
    mask[8:15, 10:17] = 1
    where = {"y": 99.0 - 2.0 * np.arange(24), "x": 1.0 + 2.0 * np.arange(30)}

    def raster(values: np.ndarray) -> xr.DataArray:
        return xr.DataArray(values, dims=("y", "x"), coords=where).rio.write_crs("EPSG:6677")

    return {
        "terrain": raster((5 - 0.004 * x + 0.02 * np.sin(y)).astype(np.float32)),
        "building_mask": raster(mask),
    }


def test_the_result_lies_on_the_city_s_cells_and_says_how_it_was_made() -> None:
    """The account closes, houses stay dry, and a note tells the size of the cells."""
    flood = simulate("flood", town(), STORM | {"flow_cell_m": 6})
    depth = flood["flood_depth_max"].values
    assert depth.shape == (24, 30)
    assert np.isnan(depth[8:15, 10:17]).all()
    assert np.nanmax(depth) > 0.01
    assert abs(flood.attrs["volume_error"]) < 1e-7
    assert flood.attrs["rain_volume"] == pytest.approx(24 * 30 * 4 * 0.005)
    assert "between cells of 6 m with tables of the ground and buildings at 2 m" in flood.comment


@pytest.mark.parametrize("size", [3.0, 1.0, 5.0])
def test_cells_that_are_no_multiple_are_refused(size: float) -> None:
    """With both sizes."""
    with pytest.raises(StepError, match=f"flow_cell_m is {size:g} m, the city's cells 2 m"):
        options_of(FloodParams(flow_cell_m=size), 2.0)


def test_the_full_equations_are_refused() -> None:
    """Before anything is computed."""
    with pytest.raises(ValidationError, match="flow_cell_m goes"):
        FloodParams.model_validate({"flow_cell_m": 10, "scheme": "full"})


def test_ground_and_zones_take_from_large_cells() -> None:
    """Half of the slope lies in a zone that takes more than it rains: about half of it is gone."""
    zone = [(0, 50), (60, 50), (60, 75), (0, 75)]
    soaks = [{"law": "constant", "rate_mm_per_h": 20, "covers": ["other"]}]
    flood = simulate(
        "flood",
        town(),
        STORM
        | {"flow_cell_m": 6, "edges": "closed", "infiltration": soaks}
        | {"drainage_zones": [{"outline": zone, "mm_per_h": 200}]},
    )
    said = flood.attrs
    assert said["infiltrated_volume"] == pytest.approx(0.2 * said["rain_volume"], rel=0.1)
    assert 0.3 < said["drained_volume"] / said["rain_volume"] < 0.5
    assert abs(said["volume_error"]) < 1e-7


def test_tiles_are_refused() -> None:
    """With what to do."""
    with pytest.raises(StepError, match=r"flow_cell_m .10 m. does not run in tiles"):
        FloodTileAtWork(
            lambda _tile: pytest.fail("nothing is read"),
            FloodParams(flow_cell_m=10),
            Tile(0, 1, 0, 1),
        )


def test_the_plan_reckons_with_the_larger_cells() -> None:
    """10 m cells on 1 m: a tenth of the steps, each at a hundredth of the cells and a look."""
    seconds = cost_of(FloodParams(flow_cell_m=10, duration_h=1), 1.0).seconds_per_megacell
    assert seconds == pytest.approx(3600 / (0.6 * 10 / 5.5) * (0.01 / 10 + 0.01 / 8))
