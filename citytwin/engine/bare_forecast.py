"""How long a simulation on bare rasters would take, before it begins."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr

from citytwin.engine.bare import bound_params, named
from citytwin.model.steps import Params


def forecast_s(
    name: str, rasters: Mapping[str, xr.DataArray], params: Params | Mapping[str, Any]
) -> float | None:
    """Estimate how long a run would take on one thread, with water (or wind) in all cells.

    Parameters
    ----------
    name
        Simulation.
    rasters
        By field name, as `simulate` takes them.
    params
        Parameters.

    Returns
    -------
    float or None
        Seconds of one thread; None where the simulation estimates nothing or there is no raster.

    Raises
    ------
    ConfigError
        If a parameter is wrong.
    """
    step = named(name)
    if step.cost_of is None or not rasters:
        return None
    one = next(iter(rasters.values()))
    x = np.asarray(one[one.dims[-1]].values, dtype=np.float64)
    cell_m = float(abs(x[-1] - x[0])) / max(len(x) - 1, 1)
    if not cell_m > 0:
        return None
    cost = step.cost_of(bound_params(step, params), cell_m)
    return cost.seconds_of(one.shape[-1] * one.shape[-2])
