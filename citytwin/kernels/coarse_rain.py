"""Rain that differs from place to place, on coarse cells with fine streets and roofs in them."""

from __future__ import annotations

import numpy as np

from citytwin.kernels.carried_depths import CarriedDepths
from citytwin.kernels.flood_part import whole
from citytwin.kernels.flood_setup import Cells, written_zeros
from citytwin.kernels.rain_field import RainField
from citytwin.kernels.rain_layout import RainLayout, links_within
from citytwin.kernels.roof_runoff import rain_weight, roof_runoff_map
from citytwin.model.checkpoints import NamedArrays


class CoarseRain:
    """Rain of each step; what rounding drops is carried to the next one. See `GriddedRain`.

    Parameters
    ----------
    rain
        The rain.
    cells
        Masks of the fine grid, shape (m, n).
    number
        Fine cells along a side of a coarse one.

    Attributes
    ----------
    depth_m
        Rain of the step on each coarse cell, that of the roofs draining to it included, shape
        (ny, nx), float32 [m].
    """

    def __init__(self, rain: RainField, cells: Cells, number: int) -> None:
        self._rain = rain
        rows, cols = cells.is_open.shape
        window = whole(cells.is_open.shape).core
        links = links_within(roof_runoff_map(cells.is_open, cells.is_roof), window, window)
        self._layout = RainLayout(rain, window, cells.is_open, links)
        ny, nx = -(-rows // number), -(-cols // number)
        kind = np.repeat(self._layout.kind, np.diff(self._layout.end, prepend=0))
        flat = (np.arange(rows) // number)[:, None] * nx + np.arange(cols) // number
        weight = rain_weight(cells.is_open, cells.is_roof).ravel()
        # One entry for each kind of rain in each coarse cell.
        pairs, entry = np.unique(flat.ravel() * self._layout.kinds + kind, return_inverse=True)
        self._share = np.bincount(entry, weight) / number**2
        self._kind, self._cell = pairs % self._layout.kinds, pairs // self._layout.kinds
        self.depth_m = written_zeros(ny, nx)
        self._carried = CarriedDepths("rain_carry_m", ny * nx)

    def fall(self, time_s: float, until_s: float) -> np.float32:
        """Let the rain of a step fall; see `GriddedRain`.

        Parameters
        ----------
        time_s, until_s
            Begin and end of the step [s].

        Returns
        -------
        numpy.float32
            Depth of the rain of which `depth_m` holds shares [m]: 1, or 0 where none falls.
        """
        fallen = self._rain.depth_until_m(until_s) - self._rain.depth_until_m(time_s)
        if not fallen.any():
            return np.float32(0.0)
        kinds = self._layout.of_kinds(fallen)
        due = np.bincount(self._cell, self._share * kinds[self._kind], self.depth_m.size)
        now = self._carried.rounded(np.asarray(due, dtype=np.float64))
        self.depth_m[:] = now.reshape(self.depth_m.shape)
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
