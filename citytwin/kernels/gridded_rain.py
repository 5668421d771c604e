"""Rain that differs from place to place, as depths of the cells in a time step."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from citytwin.kernels.carried_depths import CarriedDepths
from citytwin.kernels.face_discharge import Row
from citytwin.kernels.flood_setup import written_zeros
from citytwin.kernels.inertial_state import Ground
from citytwin.kernels.rain_field import RainField
from citytwin.kernels.rain_layout import RainLayout, RoofLinks
from citytwin.kernels.window import Window
from citytwin.model.checkpoints import NamedArrays


@njit(cache=True, nogil=True, error_model="numpy")
def spread(
    out: Row,
    weight: Row,
    end: NDArray[np.int64],
    kind: NDArray[np.int32],
    depth_m: Row,
    written_m: Row,
) -> None:
    """Write the rain of every cell; where it is what was written before nothing is touched.

    Parameters
    ----------
    out
        Receives the rain, shape (n,), float32 [m].
    weight
        Share of the rain of one cell that each receives, shape (n,), float32 [-].
    end, kind
        Where each run of cells under one kind of rain ends, shape (r,), int64, and its kind, int32.
    depth_m, written_m
        Rain of each kind, now and when `out` was written last, shape (k,), float32 [m]; NaN in the
        latter where it was not.
    """
    begin = 0
    for run in range(end.shape[0]):
        depth = depth_m[kind[run]]
        if depth != written_m[kind[run]]:
            for i in range(begin, end[run]):
                out[i] = weight[i] * depth
        begin = end[run]


class GriddedRain:
    """Rain of each step; what rounding drops is carried to the next one.

    Parameters
    ----------
    rain
        The rain.
    layout
        Where each kind of it falls, in a part of a grid.
    weight
        Share of the rain of one cell that each receives, shape (ny, nx), float32 [-].

    Attributes
    ----------
    depth_m
        Rain of the step on each cell, shape (ny, nx), float32 [m]: what the solver takes for the
        share of a rain of 1 m.
    """

    def __init__(self, rain: RainField, layout: RainLayout, weight: NDArray[np.float32]) -> None:
        self._rain, self._layout, self._weight = rain, layout, weight
        self.depth_m = written_zeros(*weight.shape)
        self._carried = CarriedDepths("rain_carry_m", layout.kinds)
        self._written_m = np.full(layout.kinds, np.nan, dtype=np.float32)

    def fall(self, time_s: float, until_s: float) -> np.float32:
        """Let the rain of a step fall.

        Parameters
        ----------
        time_s, until_s
            Begin and end of the step [s].

        Returns
        -------
        numpy.float32
            Depth of the rain of which `depth_m` holds shares [m]: 1, or 0 where none falls.
        """
        rain = self._rain
        fallen = rain.depth_until_m(until_s) - rain.depth_until_m(time_s)
        now = self._carried.rounded(self._layout.of_kinds(fallen))
        if not now.any():
            return np.float32(0.0)
        layout = self._layout
        shape = (self.depth_m.ravel(), self._weight.ravel())
        spread(*shape, layout.end, layout.kind, now, self._written_m)
        self._written_m = now
        return np.float32(1.0)

    def state(self) -> NamedArrays:
        """Return what waits for the next step; see `CarriedDepths`."""
        return self._carried.state()

    def restore(self, state: NamedArrays) -> None:
        """Go on from a state.

        Parameters
        ----------
        state
            What `state` returned.
        """
        self._carried.restore(state)


def under_rain(
    ground: Ground,
    rain: RainField,
    window: Window,
    is_open: NDArray[np.bool_],
    links: RoofLinks,
) -> tuple[Ground, GriddedRain]:
    """Lay rain that differs from place to place over a part of a grid.

    Parameters
    ----------
    ground
        Ground of the part.
    rain
        The rain.
    window
        Where the part lies.
    is_open
        Its cells that can hold water, shape (ny, nx), bool.
    links
        Roofs that drain to it.

    Returns
    -------
    tuple
        The ground, whose shares of rain are the depths of the rain now, and the rain.
    """
    layout = RainLayout(rain, window, is_open, links)
    gridded = GriddedRain(rain, layout, ground.rain_weight)
    return ground._replace(rain_weight=gridded.depth_m), gridded
