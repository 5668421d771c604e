"""Streamlines on the map: where they lie, which direction they are of, what is refused."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
import xarray as xr

import citytwin
from citytwin.errors import StepError

X0, Y0, CELL_M = 400_000.0, 3_900_000.0, 2.0


def by_direction(values):
    """A field for wind from the west and from the south, on 20 x 30 cells of 2 m."""
    coords = {
        "direction": [270.0, 180.0],
        "y": Y0 - CELL_M * (np.arange(20) + 0.5),
        "x": X0 + CELL_M * (np.arange(30) + 0.5),
    }
    array = xr.DataArray(np.asarray(values, np.float32), coords, ("direction", "y", "x"))
    return array.rio.write_crs("EPSG:32654")


def winds():
    """Wind to the east at 0.5, and to the north at 1.5 west of the middle, at 1 east of it."""
    east, north, ratio = (np.zeros((2, 20, 30)) for _ in range(3))
    east[0], ratio[0] = 0.4, 0.5
    north[1], ratio[1] = 1.0, 1.0
    ratio[1, :, :15] = 1.5
    return {
        "wind_speed_ratio_of_flow": by_direction(ratio),
        "wind_along_x_of_flow": by_direction(east),
        "wind_along_y_of_flow": by_direction(north),
    }


def test_lines_lead_downwind_in_pieces_with_their_speed():
    """For the first direction, to the east: pieces as long as lines are apart, of the speed there."""
    made = citytwin.assess("wind_streamlines", winds(), {}, {"spacing_m": 10.0})
    assert set(made["from_deg"]) == {270.0}
    assert made["speed_ratio"].to_numpy() == pytest.approx(0.5)
    ends = shapely.get_coordinates(made.geometry.to_numpy()).reshape(len(made), 2, 2)
    assert (ends[:, 1, 0] > ends[:, 0, 0]).all()
    assert (ends[:, 1, 1] == ends[:, 0, 1]).all()
    assert made["length_m"].between(8.0, 12.0).all()
    # Rows of seeds begin in the middle of the north row, 1 m from the edge.
    assert sorted(set(ends[:, 0, 1])) == [Y0 - 31.0, Y0 - 21.0, Y0 - 11.0, Y0 - 1.0]
    first = made[made["line"] == 1].sort_values("piece")
    assert (first.geometry.iloc[1:].get_coordinates().iloc[::2, 0].to_numpy()
            == first.geometry.iloc[:-1].get_coordinates().iloc[1::2, 0].to_numpy()).all()  # fmt: skip
    assert "wind from W (270°)" in made.attrs["comment"]


def test_another_direction_is_asked_for():
    """Wind from the south goes north, faster in the west."""
    made = citytwin.assess("wind_streamlines", winds(), {}, {"from_deg": 180.0, "spacing_m": 10.0})
    ends = shapely.get_coordinates(made.geometry.to_numpy()).reshape(len(made), 2, 2)
    assert (ends[:, 1, 1] > ends[:, 0, 1]).all()
    west = ends[:, 0, 0] < X0 + 30.0
    assert made["speed_ratio"].to_numpy() == pytest.approx(np.where(west, 1.5, 1.0))


def test_a_direction_that_was_not_solved_is_refused():
    """The message names those that were."""
    with pytest.raises(StepError, match="90 degrees") as error:
        citytwin.assess("wind_streamlines", winds(), {}, {"from_deg": 90.0})
    assert "270, 180" in str(error.value.hint)
