"""Places of measurements for ``citytwin simulate``: a table in, the wind there and scores out."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from citytwin.engine.bare_probes import (
    FEWEST,
    Scored,
    directions_at_places,
    ratios_at,
    velocities_at,
)
from citytwin.errors import ConfigError, SourceError
from citytwin.kernels.wind_scores import WindScores
from citytwin.model.axes import evenly
from citytwin.model.steps import Params, Simulation
from citytwin.simulations.wind_flow.params import WindFlowParams, over_mean
from citytwin.store.atomic import replacing
from citytwin.store.plain_rasters import head_of

_MEASURED = re.compile(r"^R_(?P<from>\d+(?:\.\d+)?|[NESW]{1,3})$")
_POINTS = {one.name.en.split(" ")[0]: one.from_deg for one in evenly(16)}
_KINDS: tuple[str, ...] = ("modelled", "u", "v")
"""Columns of a flow by direction; a proxy has the first alone."""
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
        If it cannot be read, has no such columns, or something else than numbers in them.
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
    for name in (one for one in ("x_m", "y_m", "z_m") if one in frame):
        values = pd.to_numeric(frame[name], errors="coerce").astype(np.float64)
        wrong = frame[name][~np.isfinite(values)]
        if len(wrong):
            msg = f"{len(wrong)} values of {name} are no numbers: {wrong.iloc[0]} in row {wrong.index[0] + 1}"
            raise SourceError(msg, source=str(place), hint="give metres in each row")
        frame[name] = values
    return frame


def located(probes: pd.DataFrame) -> gpd.GeoSeries:
    """Places as points.

    Parameters
    ----------
    probes
        From `read_probes`.
    """
    return gpd.GeoSeries(gpd.points_from_xy(probes["x_m"], probes["y_m"]))


@dataclass(frozen=True)
class ProbeWishes:
    """What is wanted at places."""

    reference_m: float | None = None
    """Height of the undisturbed mean speed that values are over [m]; None = that of the ratios."""
    measured: tuple[str, ...] = ()
    """Columns with measured values, one for each direction in the order of the result; none = those named
    by direction, such as ``R_270`` or ``R_W``."""


@dataclass(frozen=True, eq=False)
class Probes:
    """Places that fit the run that is to come."""

    places: pd.DataFrame
    measured: Mapping[float, NDArray[np.float64]]
    """What was measured, by direction, shape (n,); empty where nothing was."""
    factor: float
    """What ratios are multiplied by, to be over the speed that is wanted."""

    @classmethod
    def fitting(
        cls, places: pd.DataFrame, step: Simulation[Any], params: Params, wishes: ProbeWishes
    ) -> Probes:
        """Check places against a run before it starts.

        Parameters
        ----------
        places
            From `read_probes`.
        step, params
            The run.
        wishes
            What is wanted.

        Raises
        ------
        ConfigError
            If the run gives no ratios by direction, the places stand at another height than the ratios,
            or columns do not fit: of a direction that is not computed, twice of one, with less than three
            numbers, or named as those of the result.
        """
        directions = directions_at_places(step, params)
        factor, kinds = 1.0, _KINDS[:1]
        if isinstance(params, WindFlowParams):
            _check_heights(places, params.height_m)
            factor = over_mean(params, wishes.reference_m or params.height_m)
            kinds = _KINDS
        elif wishes.reference_m is not None or "z_m" in places:
            msg = f"ratios of {step.name} are of no one height: --reference-m and z_m say nothing there"
            raise ConfigError(msg, hint="leave them out, or give the probes to wind_flow")
        made = [_column(kind, one) for kind in kinds for one in directions]
        taken = [name for name in made if name in places]
        if taken:
            msg = f"the probes have columns named as those of the result: {', '.join(taken)}"
            raise ConfigError(msg, hint="give them other names")
        return cls(places, _measured(places, wishes.measured, directions), factor)


def _column(kind: str, direction: float) -> str:
    return f"{kind}_{direction:g}"


def wind_at_probes(
    data: xr.Dataset, probes: Probes
) -> tuple[pd.DataFrame, dict[float, NDArray[np.float64]]]:
    """The wind at places.

    Parameters
    ----------
    data
        Result of the simulation.
    probes
        Places.

    Returns
    -------
    frame, modelled
        Places with columns for each direction: scalar speed, of a flow also the velocity along x and y
        (u, v) over the same; and the scalar speed by direction, shape (n,).
    """
    x_m, y_m = (probes.places[axis].to_numpy(np.float64) for axis in ("x_m", "y_m"))
    wind = zip(_KINDS, (ratios_at(data, x_m, y_m), *velocities_at(data, x_m, y_m)), strict=True)
    scaled = {
        kind: {direction: values * probes.factor for direction, values in by_direction.items()}
        for kind, by_direction in wind
    }
    columns = {
        _column(kind, direction): values.round(4)
        for kind, by_direction in scaled.items()
        for direction, values in by_direction.items()
    }
    return probes.places.assign(**columns), scaled[_KINDS[0]]


def _check_heights(probes: pd.DataFrame, height_m: float) -> None:
    if "z_m" not in probes:
        return
    off = probes["z_m"][(probes["z_m"] - height_m).abs() > _NEAR_M]
    if len(off):
        msg = f"{len(off)} probes stand at other heights than {height_m:g} m, such as {off.iloc[0]:g} m"
        raise ConfigError(msg, hint="say height_m in the parameters; one run for each height")


def _measured(
    probes: pd.DataFrame, columns: Sequence[str], directions: Sequence[float]
) -> dict[float, NDArray[np.float64]]:
    named_by = _named_by_order(probes, columns, directions) or _named_by_side(probes, directions)
    measured = {
        direction: pd.to_numeric(probes[name], errors="coerce").to_numpy(np.float64)
        for direction, name in named_by.items()
    }
    few = [named_by[one] for one, values in measured.items() if np.isfinite(values).sum() < FEWEST]
    if few:
        msg = f"fewer than {FEWEST} numbers in the measured columns {', '.join(few)}"
        raise ConfigError(msg, hint="leave them out: then the wind at places comes without scores")
    return measured


def _named_by_order(
    probes: pd.DataFrame, columns: Sequence[str], directions: Sequence[float]
) -> dict[float, str]:
    """Columns that are named one by one; none where none is."""
    if not columns:
        return {}
    if len(columns) != len(directions) or not set(columns) <= set(probes.columns):
        msg = f"measured columns {list(columns)} for the directions {list(directions)}"
        hint = f"give one column for each, of {', '.join(map(str, probes.columns))}"
        raise ConfigError(msg, hint=hint)
    return dict(zip(directions, columns, strict=True))


def _named_by_side(probes: pd.DataFrame, directions: Sequence[float]) -> dict[float, str]:
    """Columns that are named by where the wind comes from."""
    found = {str(name): _MEASURED.match(str(name)) for name in probes.columns}
    from_deg = {name: _degrees(match["from"]) for name, match in found.items() if match}
    other = [name for name, one in from_deg.items() if one not in directions]
    if other:
        computed = ", ".join(f"{one:g}" for one in directions)
        msg = f"measured in {', '.join(other)}, computed from {computed} degrees"
        hint = "give the same directions in from_deg, or name by --measured the columns that count"
        raise ConfigError(msg, hint=hint)
    named_by = {one: name for name, one in from_deg.items()}
    if len(named_by) < len(from_deg):
        msg = f"a direction is measured in two columns of {', '.join(from_deg)}"
        raise ConfigError(msg, hint="leave one of them out, or name by --measured those that count")
    return named_by


def _degrees(said: str) -> float:
    return _POINTS.get(said, float("nan")) if said.isalpha() else float(said) % 360.0


def place_of_probes(out: Path) -> Path:
    """File that the wind at places is written to.

    Parameters
    ----------
    out
        Folder.
    """
    return out / "probes.csv"


def forget_probes(out: Path) -> None:
    """Remove the wind at places of an earlier run, which does not belong to rasters that are new.

    Parameters
    ----------
    out
        Folder; a table of places that no run has made is left alone.
    """
    file = place_of_probes(out)
    if f",{_KINDS[0]}_" in head_of(file):
        file.unlink()


def write_probes(frame: pd.DataFrame, out: Path) -> Path:
    """Write the places with the wind there as a CSV.

    Parameters
    ----------
    frame
        Places.
    out
        Folder.
    """
    file = place_of_probes(out)
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
