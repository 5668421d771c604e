"""Observed water beside a computed flood: at gauges through time, and at high-water marks."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from citytwin.kernels.gauge_scores import GaugeScores, MarkScores, gauge_scores, mark_scores
from citytwin.model import fields as f
from citytwin.rules.observed_water import DEPTH, ObservedGauges, ObservedSeries, WaterMarks

FloatArray = NDArray[np.float64]
FEWEST = 3
"""Observations below which a gauge is not scored."""
_CLOSE_S = 1e-3
"""By how much the end of a run and the last observation may differ, for rounding [s]."""


class GaugeComparison(NamedTuple):
    """One gauge, computed and observed."""

    observed: ObservedSeries
    """Within the time of the run."""
    computed_m: FloatArray
    """At the times of the observations, shape (n,) [m]."""
    dry: int
    """Observations at which the cell of the gauge is dry: of its level that of the ground counts."""
    left_out: int
    """Observations before or after the run."""
    scores: GaugeScores | None
    """None where fewer than `FEWEST` observations lie within the run."""


def compared_gauges(data: xr.Dataset, observed: ObservedGauges) -> dict[str, GaugeComparison]:
    """Put observed levels or depths beside the computed ones.

    Parameters
    ----------
    data
        Result of a flood with gauges of these names.
    observed
        What was observed.

    Returns
    -------
    dict
        By the name of the gauge, in the order of the file.
    """
    return {
        name: _compared(data, observed.measure, name, one) for name, one in observed.series.items()
    }


def _compared(data: xr.Dataset, measure: str, name: str, given: ObservedSeries) -> GaugeComparison:
    gauge = data.sel(gauge=name)
    time_s = data["gauge_time"].values.astype(np.float64)
    depth = gauge["gauge_depth"].values.astype(np.float64)
    computed = depth if measure == DEPTH else float(gauge["gauge_ground"]) + depth
    within = (given.time_s >= time_s[0] - _CLOSE_S) & (given.time_s <= time_s[-1] + _CLOSE_S)
    kept = ObservedSeries(given.time_s[within], given.value_m[within])
    at = np.interp(kept.time_s, time_s, computed)
    dry = int((np.interp(kept.time_s, time_s, depth) <= 0).sum())
    left_out = int((~within).sum())
    scores = gauge_scores(*kept, time_s, computed) if within.sum() >= FEWEST else None
    return GaugeComparison(kept, at, dry, left_out, scores)


class MarkComparison(NamedTuple):
    """High-water marks, computed and observed."""

    computed_m: FloatArray
    """Largest level or depth at each mark, shape (n,) [m]; NaN where no open cell is near."""
    is_dry: NDArray[np.bool_]
    """Where no water came in the run: of the level that of the ground counts. Shape (n,)."""
    scores: MarkScores | None
    """None where no mark has an open cell near it."""


def compared_marks(
    data: xr.Dataset,
    given_m: NDArray[np.floating],
    ground_m: NDArray[np.floating],
    marks: WaterMarks,
) -> MarkComparison:
    """Put high-water marks beside the largest computed water.

    A mark is on a wall, mostly: where its own cell is closed, or a wall was burned into it, the open one of the
    eight around it counts whose middle is the nearest.

    Parameters
    ----------
    data
        Result of a flood.
    given_m, ground_m
        The ground without and with what was burned into it, shape (ny, nx), north first [m].
    marks
        The marks.
    """
    depth = data[f.FLOOD_DEPTH_MAX.name].values.astype(np.float64)
    x, y = (data[axis].values.astype(np.float64) for axis in ("x", "y"))
    ground = ground_m.astype(np.float64)
    depth[ground > given_m] = np.nan  # the film on a wall is not the water beside it
    computed = np.full(len(marks.value_m), np.nan)
    is_dry = np.zeros(len(marks.value_m), dtype=np.bool_)
    for number, (at_x, at_y) in enumerate(zip(marks.x_m, marks.y_m, strict=True)):
        cell = _open_cell(depth, x, y, float(at_x), float(at_y))
        if cell is not None:
            is_dry[number] = depth[cell] <= 0
            computed[number] = depth[cell] + (0.0 if marks.measure == DEPTH else ground[cell])
    known = np.isfinite(computed)
    error = (computed - marks.value_m)[known]
    return MarkComparison(
        computed, is_dry, mark_scores(error, is_dry[known]) if known.any() else None
    )


def are_inside(raster: xr.DataArray, marks: WaterMarks) -> NDArray[np.bool_]:
    """Which marks lie on a raster, shape (n,).

    Parameters
    ----------
    raster
        In the CRS of the marks.
    marks
        The marks.
    """
    west, south, east, north = raster.rio.bounds()
    x, y = marks.x_m, marks.y_m
    return np.asarray((x >= west) & (x < east) & (y > south) & (y <= north))


def _open_cell(
    depth_m: FloatArray, x_m: FloatArray, y_m: FloatArray, at_x: float, at_y: float
) -> tuple[int, int] | None:
    """Row and column of the cell of a place, or of the open one beside it; y falls from row to row."""
    cell_m = float(x_m[1] - x_m[0])
    row = int(np.floor((y_m[0] - at_y) / cell_m + 0.5))
    col = int(np.floor((at_x - x_m[0]) / cell_m + 0.5))
    ny, nx = depth_m.shape
    if not (0 <= row < ny and 0 <= col < nx):
        return None
    if np.isfinite(depth_m[row, col]):
        return row, col
    around = [
        (r, c)
        for r in range(max(row - 1, 0), min(row + 2, ny))
        for c in range(max(col - 1, 0), min(col + 2, nx))
        if np.isfinite(depth_m[r, c])
    ]
    return min(around, key=lambda at: np.hypot(x_m[at[1]] - at_x, y_m[at[0]] - at_y), default=None)
