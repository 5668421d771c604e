"""Rain over time and space: the rows of the table ``rain_frames`` of one source as plain arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from citytwin.model.ragged import flattened


@dataclass(frozen=True, eq=False)
class RainCube:
    """Rates of rain on square cells in the CRS of the city; between the frames may be gaps."""

    start_s: NDArray[np.float64]
    """Shape (nt,): beginning of each frame, ascending [s since 1970-01-01T00:00Z]."""
    end_s: NDArray[np.float64]
    """Shape (nt,): end of each frame; never after the next begins [s]."""
    rate: NDArray[np.float32]
    """Shape (nt, ny, nx), row 0 in the north: mean rate over the frame [mm/h], NaN for unknown."""
    x_min_m: float
    """West edge [m]."""
    y_max_m: float
    """North edge [m]."""
    cell_m: float
    """Size of the cells [m]."""
    source: str

    def cells_of(
        self, x: NDArray[np.float64], y: NDArray[np.float64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Row and column of the cells that points fall into; they may lie outside.

        Parameters
        ----------
        x, y
            Shape (n,): easting and northing [m].
        """
        row = np.floor((self.y_max_m - y) / self.cell_m).astype(np.int64)
        return row, np.floor((x - self.x_min_m) / self.cell_m).astype(np.int64)


def cube_of(frames: pd.DataFrame) -> RainCube:
    """Return the frames of one source as arrays.

    Parameters
    ----------
    frames
        Rows of the table ``rain_frames``; all of one source.

    Raises
    ------
    ValueError
        If there are none, or they are of several sources or lattices.
    """
    lattices = frames[["source", "ny", "nx", "x_min_m", "y_max_m", "cell_m"]].drop_duplicates()
    if len(lattices) != 1:
        msg = f"frames of rain on {len(lattices)} lattices, expected one"
        raise ValueError(msg)
    ordered = frames.sort_values("start", kind="stable")
    one = lattices.iloc[0]
    values, _ = flattened(ordered["rate"])
    shape = (len(ordered), int(one["ny"]), int(one["nx"]))
    return RainCube(
        start_s=_seconds(ordered["start"]),
        end_s=_seconds(ordered["end"]),
        rate=np.asarray(values, dtype=np.float32).reshape(shape),
        x_min_m=float(one["x_min_m"]),
        y_max_m=float(one["y_max_m"]),
        cell_m=float(one["cell_m"]),
        source=str(one["source"]),
    )


def _seconds(times: pd.Series) -> NDArray[np.float64]:
    micros = times.dt.as_unit("us").astype("int64").to_numpy()
    return np.asarray(micros, dtype=np.float64) / 1e6
