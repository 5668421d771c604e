"""A wind at places: what a simulation on bare rasters gives where somebody measured."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, NamedTuple

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from citytwin.errors import ConfigError
from citytwin.kernels.flow_turn import at_places
from citytwin.kernels.wind_scores import WindScores, anomaly_r, wind_scores
from citytwin.model import fields as f
from citytwin.model.steps import Params, Simulation

FloatArray = NDArray[np.float64]
FEWEST = 3
"""Places below which nothing is scored."""
_RATIOS = (f.WIND_SPEED_RATIO_OF_FLOW, f.WIND_SPEED_RATIO_BY_DIRECTION)


class Scored(NamedTuple):
    """How well the wind at places meets what was measured."""

    each: dict[float, WindScores]
    """By direction [degrees from true north]."""
    together: WindScores
    """Of all directions."""
    anomaly_r: float | None
    """Correlation of what a direction changes; None with less than two directions."""
    places: dict[float, int]
    """Number of places by direction."""


def directions_at_places(step: Simulation[Any], params: Params) -> tuple[float, ...]:
    """Directions of the ratios that a run will give at places; known before it starts.

    Parameters
    ----------
    step, params
        The run.

    Returns
    -------
    tuple of float
        Where the wind comes from [degrees from true north], in the order of the result.

    Raises
    ------
    ConfigError
        If it will give no ratios by direction.
    """
    _name_of_ratios([field.name for field in step.made(params)])
    return tuple(float(one.from_deg) for one in step.directions(params))


def _name_of_ratios(made: Collection[str]) -> str:
    found = [field.name for field in _RATIOS if field.name in made]
    if not found:
        msg = "the result has no speed ratios by direction"
        raise ConfigError(msg, hint="give probes to wind_flow or wind_by_direction")
    return found[0]


def ratios_at(data: xr.Dataset, x_m: FloatArray, y_m: FloatArray) -> dict[float, FloatArray]:
    """Speed ratios at places, by direction.

    Parameters
    ----------
    data
        Result of ``wind_flow`` or ``wind_by_direction``.
    x_m, y_m
        Shape (n,), in the CRS of the result [m].

    Returns
    -------
    dict
        By direction [degrees from true north], shape (n,), bilinear between the open cells; NaN in
        buildings and outside.

    Raises
    ------
    ConfigError
        If there are no ratios by direction.
    """
    return _at(data[_name_of_ratios([str(name) for name in data])], x_m, y_m)


def velocities_at(
    data: xr.Dataset, x_m: FloatArray, y_m: FloatArray
) -> tuple[dict[float, FloatArray], dict[float, FloatArray]]:
    """Mean velocity along x and along y at places, by direction, as of `ratios_at`; none of a proxy.

    Parameters
    ----------
    data
        Result of ``wind_flow`` or ``wind_by_direction``.
    x_m, y_m
        Shape (n,), in the CRS of the result [m].
    """
    names = (f.WIND_ALONG_X_OF_FLOW.name, f.WIND_ALONG_Y_OF_FLOW.name)
    if names[0] not in data:
        return {}, {}
    along_x, along_y = (_at(data[name], x_m, y_m) for name in names)
    return along_x, along_y


def _at(by_direction: xr.DataArray, x_m: FloatArray, y_m: FloatArray) -> dict[float, FloatArray]:
    x, y = by_direction["x"].values, by_direction["y"].values
    cell_m = float(x[1] - x[0])
    places = (y[0] - y_m) / cell_m, (x_m - x[0]) / cell_m
    return {
        float(direction): at_places(values, places).astype(np.float64)
        for direction, values in zip(
            by_direction["direction"].values, by_direction.values, strict=True
        )
    }


def scored(measured: dict[float, FloatArray], modelled: dict[float, FloatArray]) -> Scored:
    """Score a modelled wind at places against a measured one.

    Parameters
    ----------
    measured, modelled
        By direction, shape (n,) each, and each measured one modelled; places where one is NaN are left
        out.

    Raises
    ------
    ConfigError
        If a direction has less than three places.
    """
    both = {
        one: np.isfinite(values) & np.isfinite(modelled[one]) for one, values in measured.items()
    }
    few = [one for one, known in both.items() if known.sum() < FEWEST]
    if few or not both:
        msg = f"fewer than {FEWEST} places with both values from {few} degrees"
        raise ConfigError(msg, hint="check the coordinates of the probes, and their columns")
    each = {
        one: wind_scores(measured[one][known], modelled[one][known]) for one, known in both.items()
    }
    of, by = (
        np.concatenate([values[one][known] for one, known in both.items()])
        for values in (measured, modelled)
    )
    everywhere = np.all(list(both.values()), axis=0)
    changed = None
    if len(both) > 1 and everywhere.sum() >= FEWEST:
        changed = anomaly_r(
            *(
                np.array([values[one][everywhere] for one in both])
                for values in (measured, modelled)
            )
        )
    numbers = {one: int(known.sum()) for one, known in both.items()}
    return Scored(each, wind_scores(of, by), changed, numbers)
