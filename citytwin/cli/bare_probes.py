"""Places of measurements for ``citytwin simulate``: a table in, the wind there and scores out."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from citytwin.engine.bare import bound_params, named
from citytwin.engine.bare_probes import Scored, over_mean, ratios_at, scored, velocities_at
from citytwin.errors import ConfigError, SourceError
from citytwin.kernels.wind_scores import WindScores
from citytwin.model.axes import evenly
from citytwin.simulations.wind_flow import WindFlowParams
from citytwin.store.atomic import replacing

_MEASURED = re.compile(r"^R_(?P<from>\d+(?:\.\d+)?|[NESW]{1,3})$")
_POINTS = {one.name.en.split(" ")[0]: one.from_deg for one in evenly(16)}
_NEAR_M = 0.25
"""Heights that differ by less are the same [m]."""
_HEADER = f"{'from':>6} {'n':>5} {'R':>6} {'RMSE':>6} {'FB':>6} {'FAC2':>6} {'q':>6}"


def read_probes(place: Path) -> pd.DataFrame:
    """Read a table of places.

    Parameters
    ----------
    place
        CSV with the columns ``x_m`` and ``y_m`` in the CRS of the rasters, perhaps ``z_m`` above the ground.

    Raises
    ------
    SourceError
        If it cannot be read, or has no such columns.
    """
    try:
        frame = pd.read_csv(place)
    except (OSError, ValueError) as error:
        raise SourceError(f"cannot be read: {error}", source=str(place)) from error
    lacking = [name for name in ("x_m", "y_m") if name not in frame]
    if lacking or frame.empty:
        msg = f"has no column {' and '.join(lacking)}" if lacking else "holds no row"
        hint = "give a CSV with x_m and y_m, in the CRS of the rasters"
        raise SourceError(msg, source=str(place), hint=hint)
    return frame


def located(probes: pd.DataFrame) -> gpd.GeoSeries:
    """Places as points.

    Parameters
    ----------
    probes
        From `read_probes`.
    """
    return gpd.GeoSeries(gpd.points_from_xy(probes["x_m"], probes["y_m"]))


def wind_at_probes(
    data: xr.Dataset,
    probes: pd.DataFrame,
    step: tuple[str, Mapping[str, object]],
    wishes: tuple[float | None, Sequence[str]],
) -> tuple[pd.DataFrame, Scored | None]:
    """The wind at places, and how well it meets what was measured.

    Parameters
    ----------
    data
        Result of the simulation.
    probes
        Places.
    step
        The simulation and its parameters.
    wishes
        Height of the undisturbed mean speed that values are over [m], None = that of the ratios; and
        columns with measured values, one for each direction in the order of the result; none = those
        named by direction, such as ``R_270`` or ``R_W``.

    Returns
    -------
    frame, scores
        Places with columns for each direction: scalar speed, of a flow also the velocity along x and y
        (u, v) over the same; None where nothing was measured.

    Raises
    ------
    ConfigError
        If the places stand at another height than the ratios, or the columns do not fit.
    """
    reference_m, columns = wishes
    x_m, y_m = (probes[axis].to_numpy(np.float64) for axis in ("x_m", "y_m"))
    made = ratios_at(data, x_m, y_m)
    along_x, along_y = velocities_at(data, x_m, y_m)
    columns_of = {"modelled": made, "u": along_x, "v": along_y}
    params, factor = bound_params(named(step[0]), step[1]), 1.0
    if isinstance(params, WindFlowParams):
        _check_heights(probes, params.height_m)
        factor = over_mean(params, reference_m or params.height_m)
    out = probes.assign(
        **{
            f"{said}_{direction:g}": (values * factor).round(4)
            for said, by_direction in columns_of.items()
            for direction, values in by_direction.items()
        }
    )
    made = {direction: values * factor for direction, values in made.items()}
    measured = _measured(probes, columns, list(made))
    return out, scored(measured, made) if measured else None


def _check_heights(probes: pd.DataFrame, height_m: float) -> None:
    if "z_m" not in probes:
        return
    off = probes["z_m"][(probes["z_m"] - height_m).abs() > _NEAR_M]
    if len(off):
        msg = f"{len(off)} probes stand at other heights than {height_m:g} m, such as {off.iloc[0]:g} m"
        raise ConfigError(msg, hint="say height_m in the parameters; one run for each height")


def _measured(
    probes: pd.DataFrame, columns: Sequence[str], directions: list[float]
) -> dict[float, NDArray[np.float64]]:
    if columns:
        unknown = [name for name in columns if name not in probes]
        if unknown or len(columns) != len(directions):
            msg = f"measured columns {list(columns)} for the directions {directions}"
            hint = f"give one column for each, of {', '.join(map(str, probes.columns))}"
            raise ConfigError(msg, hint=hint)
        named_by = dict(zip(directions, columns, strict=True))
    else:
        found = {name: _MEASURED.match(str(name)) for name in probes.columns}
        named_by = {_degrees(match["from"]): name for name, match in found.items() if match}
        named_by = {one: name for one, name in named_by.items() if one in directions}
    return {
        direction: pd.to_numeric(probes[name], errors="coerce").to_numpy(np.float64)
        for direction, name in named_by.items()
    }


def _degrees(said: str) -> float:
    return _POINTS.get(said, float("nan")) if said.isalpha() else float(said) % 360.0


def write_probes(frame: pd.DataFrame, out: Path) -> Path:
    """Write the places with the wind there as a CSV.

    Parameters
    ----------
    frame
        Places.
    out
        Folder.
    """
    file = out / "probes.csv"
    with replacing(file) as temporary:
        frame.to_csv(temporary, index=False)
    return file


def table_of(found: Scored) -> str:
    """Scores as a table.

    Parameters
    ----------
    found
        Of all directions.
    """
    lines = [_HEADER]
    lines += [_line(f"{one:g}", found.places[one], scores) for one, scores in found.each.items()]
    if len(found.each) > 1:
        lines.append(_line("all", sum(found.places.values()), found.together))
    if found.anomaly_r is not None:
        lines.append(f"R of what a direction changes: {found.anomaly_r:.3f}")
    return "\n".join(lines)


def _line(said: str, number: int, scores: WindScores) -> str:
    return f"{said:>6} {number:>5} " + " ".join(f"{value:>6.3f}" for value in scores)
