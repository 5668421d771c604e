"""Runs one simulation on bare rasters: no city, no store, the same declaration and checks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import pandas as pd
import rioxarray  # noqa: F401 - registers `.rio`
import xarray as xr
from numpy.typing import NDArray
from pydantic import ValidationError

from citytwin import registry
from citytwin.engine.bare_tables import digest_of_table, tables_of
from citytwin.engine.bare_warnings import warnings_of
from citytwin.engine.blocks import block_of, check
from citytwin.engine.checkpointing import Keeper, Keeping
from citytwin.engine.code_hash import code_digest
from citytwin.engine.fingerprint import Fingerprint
from citytwin.engine.standing import record_digest
from citytwin.engine.versions import library_versions
from citytwin.errors import ConfigError, GridMismatchError, StepError
from citytwin.model import crs as crs_of
from citytwin.model import fields as f
from citytwin.model.axes import Axes, Direction
from citytwin.model.checkpoints import Hearer, Watch
from citytwin.model.grid import GridSpec
from citytwin.model.instants import times_of
from citytwin.model.properties import ObservedProperty
from citytwin.model.record import Record
from citytwin.model.steps import Assessment, Outcome, Params, Simulation, Site
from citytwin.model.tables import Table
from citytwin.store.fields import digest_of, extremes
from citytwin.wording import explain, nearest

BareStep: TypeAlias = Simulation[Any] | Assessment[Any]

WARNINGS = "warnings"
"""Attribute of results that holds what to beware of."""


def simulate(
    name: str,
    inputs: Mapping[str, xr.DataArray | pd.DataFrame],
    params: Params | Mapping[str, Any] | None = None,
    *,
    records: Sequence[Record] = (),
    time_zone: str = "UTC",
    keeping: Keeping | None = None,
    progress: Hearer | None = None,
    threads: int = 1,
) -> xr.Dataset:
    """Run a simulation on rasters that need not belong to a city.

    Parameters
    ----------
    name
        Such as ``sunlight``, ``wind`` or ``flood``.
    inputs
        Rasters by field name, such as ``surface_height``: two dimensions (y, x), coordinates of
        the cell centres in metres, square cells, a projected CRS (``da.rio.write_crs``), all on
        one grid; NaN where there is no data. Fields by direction have a first dimension
        ``direction``, whose coordinate says where the wind comes from [degrees from true north].
        Tables by their name, such as ``rain_frames`` (images of rain), in the CRS of the rasters.
    params
        The simulation's parameters, as its model or as a mapping.
    records
        Observed properties that the simulation can use, such as a rainfall record.
    time_zone
        Zone in which a local date is meant.
    keeping
        Where the state of a long run (a flood) is kept every few minutes; the same run goes on from
        there after a kill, with the same bits.
    progress
        Called by long runs with what has been done, how much there is in all, and what is counted:
        ``"time"`` (simulated [s]) or ``"directions"`` of the wind.
    threads
        Threads that a long run (a flood with the inertial scheme) may use; any number gives the
        same bits.

    Returns
    -------
    Dataset
        The outputs by field name with units, and facts and notes as attributes; in ``warnings``,
        one a line, those that say how far not to trust the result. Fields over time have a
        dimension ``time`` [UTC], fields by direction ``direction`` [degrees from true north].

    Raises
    ------
    ConfigError
        If the simulation, an input, a parameter or the zone is unknown or missing.
    GridMismatchError
        If the rasters do not lie on one north-up grid of square cells.
    StepError
        If no cell gets a value.
    """
    step = named(name)
    check_zone(time_zone)
    bound = bound_params(step, params or {})
    rasters = {key: one for key, one in inputs.items() if isinstance(one, xr.DataArray)}
    tables = {key: one for key, one in inputs.items() if isinstance(one, pd.DataFrame)}
    grid, arrays = arrays_of(step, step.required(bound), rasters)
    _check_records(step, bound, records)
    given = tables_of(step, step.required(bound), tables, grid.crs)
    site = Site.of(grid, time_zone)
    warnings = warnings_of(grid, arrays)
    directions = directions_of(step, rasters)
    observed = {r.observed: r for r in records}
    block = block_of(grid, grid.whole, arrays, observed, site, directions)
    block = replace(block, tables=given, threads=max(1, threads))
    keeper = None
    if keeping is not None:
        run = fingerprint_of(step, bound, (grid, time_zone), arrays, records, given)
        keeper = Keeper(keeping.file, str(run), 60.0 * keeping.every_minutes, keeping.stop)
    outcome = step.run(replace(block, watch=Watch(progress, keeper)), bound)
    axes = step.axes(bound, site)
    check(step.name, step.made(bound), outcome.fields, grid.shape, "", axes)
    if all(extremes(field, values) is None for field, values in outcome.fields.items()):
        msg = "no cell of the result has a value"
        hint = "check that the rasters hold data; with a surface, give the terrain below it as well"
        raise StepError(msg, step=name, hint=hint)
    told = replace(outcome, notes=(*outcome.notes, *warnings))
    return _dataset(told, grid, axes)


def fingerprint_of(
    step: Simulation[Any],
    params: Params,
    place: tuple[GridSpec, str],
    arrays: Mapping[f.Field, NDArray[Any]],
    records: Sequence[Record],
    tables: Mapping[Table, pd.DataFrame] | None = None,
) -> Fingerprint:
    """Return the digests of all that a run on bare rasters depends on.

    Parameters
    ----------
    step, params
        The simulation.
    place
        Grid and time zone.
    arrays
        Rasters.
    records
        Observed properties.
    tables
        Tables.
    """
    inputs = [repr(place), *(record_digest(record) for record in records)]
    for table, frame in sorted((tables or {}).items(), key=lambda pair: pair[0].name):
        inputs.append(f"{table.name}={digest_of_table(frame)}")
    inputs += [f"{field.name}={digest_of(array)}" for field, array in arrays.items()]
    return Fingerprint(
        code=code_digest(registry.module_of(step)) + code_digest(__name__) + library_versions(),
        parameters=params.model_dump_json(),
        inputs=tuple(inputs),
    )


def named(name: str) -> Simulation[Any]:
    """Return the registered simulation of that name.

    Parameters
    ----------
    name
        Such as ``sunlight``.

    Raises
    ------
    ConfigError
        If there is none; with the nearest valid name.
    """
    known = {step.name: step for step in registry.all_of(Simulation)}
    if name not in known:
        msg = f"{name!r} is no simulation{nearest(name, list(known))}"
        raise ConfigError(msg)
    return known[name]


def check_zone(time_zone: str) -> None:
    """Refuse what is no time zone.

    Parameters
    ----------
    time_zone
        IANA name.

    Raises
    ------
    ConfigError
        If nobody knows it.
    """
    try:
        ZoneInfo(time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        msg = f"{time_zone!r} is no IANA time zone"
        raise ConfigError(msg, hint="give one such as Asia/Tokyo") from error


def bound_params(step: BareStep, params: Params | Mapping[str, Any]) -> Params:
    """Check the parameters of a step.

    Parameters
    ----------
    step
        Whose they are.
    params
        Its model, or a mapping.

    Raises
    ------
    ConfigError
        If they are those of another step, or a name or value is wrong.
    """
    model: type[Params] = step.params
    if isinstance(params, model):
        return params
    if isinstance(params, Params):
        msg = f"{step.name} takes {model.__name__}, got {type(params).__name__}"
        raise ConfigError(msg)
    try:
        return model.model_validate(dict(params))
    except ValidationError as error:
        raise ConfigError(explain(error, model, f"parameters of {step.name}")) from error


def arrays_of(
    step: BareStep, needs: Sequence[object], inputs: Mapping[str, xr.DataArray]
) -> tuple[GridSpec, dict[f.Field, NDArray[Any]]]:
    """Bring rasters into the form that steps see, and tell the grid on which they lie.

    Parameters
    ----------
    step
        What takes them.
    needs
        What it cannot do without; fields among them must be given.
    inputs
        Rasters by field name.

    Raises
    ------
    ConfigError
        If one is unknown, missing, without CRS, or beyond its valid range.
    GridMismatchError
        If they do not lie on one north-up grid of square cells.
    """
    fields = {_field(step, key): _rows_first(array) for key, array in inputs.items()}
    for field, array in fields.items():
        _require_axis(field, array)
    missing = [r.name for r in needs if isinstance(r, f.Field) and r not in fields]
    if missing:
        msg = f"{step.name} needs {', '.join(missing)}"
        raise ConfigError(msg, hint="give a raster for each")
    grid = _common_grid(fields)
    return grid, {field: _values(field, array) for field, array in fields.items()}


def _field(step: BareStep, name: str) -> f.Field:
    known = [r for r in (*step.inputs, *step.optional) if isinstance(r, f.Field)]
    for field in known:
        if field.name == name:
            return field
    names = [field.name for field in known]
    msg = f"{step.name} takes no {name!r}{nearest(name, names)}"
    raise ConfigError(msg)


def _check_records(step: Simulation[Any], params: Params, records: Sequence[Record]) -> None:
    given = {record.observed for record in records}
    needs = step.required(params)
    missing = [r.name for r in needs if isinstance(r, ObservedProperty) and r not in given]
    if missing:
        msg = f"simulation {step.name} needs a record of {', '.join(missing)}"
        raise ConfigError(msg, hint="pass it in `records`, or in the parameters")


def _rows_first(array: xr.DataArray) -> xr.DataArray:
    """Turn an array of columns into one of rows; names other than x and y are taken as they come."""
    return array.transpose(..., "y", "x") if {"x", "y"} <= set(array.dims) else array


def directions_of(
    step: BareStep, inputs: Mapping[str, xr.DataArray]
) -> dict[f.Field, tuple[Direction, ...]]:
    """Return the directions of the inputs by direction.

    Parameters
    ----------
    step
        What takes them.
    inputs
        Rasters by field name, as `arrays_of` accepts them.
    """
    fields = {_field(step, key): array for key, array in inputs.items()}
    return {
        field: tuple(Direction(float(value)) for value in array["direction"].values)
        for field, array in fields.items()
        if field.axis == "direction"
    }


def _require_axis(field: f.Field, array: xr.DataArray) -> None:
    """Refuse an array whose first dimension is not the axis of the field."""
    if field.axis is None:
        return
    if array.ndim != 3 or array.dims[0] != field.axis or field.axis not in array.coords:
        wanted = f"three dimensions ({field.axis}, y, x) with coordinates"
        raise GridMismatchError(field.name, expected=wanted, got=str(array.dims))
    if field.axis == "direction":
        degrees = np.asarray(array[field.axis].values, dtype=np.float64)
        usable = ((degrees >= 0) & (degrees < 360)).all()
        if not usable or np.unique(degrees).size != degrees.size:
            msg = f"{field.name}: its directions are {degrees.tolist()}"
            hint = "give each direction once, from 0 to below 360 degrees from true north"
            raise ConfigError(msg, hint=hint)


def _values(field: f.Field, array: xr.DataArray) -> NDArray[Any]:
    """North first, NaN where there is no data; a code for no data that slipped through is named."""
    given = np.asarray(array.values)
    nodata = array.rio.nodata
    unknown = np.isnan(given) if given.dtype.kind == "f" else np.zeros(given.shape, bool)
    if nodata is not None:
        unknown |= given == nodata
    if field.dtype == "float32":
        values = np.array(given, dtype=field.dtype)
        values[unknown] = np.nan
    else:
        values = _whole(field, given, unknown)
    found = extremes(field, values)
    if found and (found.low < field.valid_min or found.high > field.valid_max):
        msg = (
            f"{field.name} runs from {found.low:g} to {found.high:g}, outside its valid range "
            f"{field.valid_min:g} to {field.valid_max:g} {field.unit}"
        )
        raise ConfigError(msg, hint="mask cells without data, and give the values in that unit")
    return np.ascontiguousarray(values[(..., *_north_first(array))])


def _whole(field: f.Field, given: NDArray[Any], unknown: NDArray[np.bool_]) -> NDArray[Any]:
    """Classes or counts in the type of the field: a cast would wrap and round them in silence."""
    filled = np.where(unknown, 0, given)
    limits = np.iinfo(field.dtype)
    wrong = (filled != np.floor(filled)) | (filled < limits.min) | (filled > limits.max)
    wrong &= ~unknown
    if wrong.any():
        place = tuple(int(index) for index in np.argwhere(wrong)[0])
        *_, row, col = place
        msg = f"{field.name} is {filled[place]:g} in row {row}, column {col} of the raster"
        hint = f"give whole numbers from {limits.min} to {limits.max}, NaN where there is no data"
        raise ConfigError(msg, hint=hint)
    return np.where(unknown, field.nodata, filled).astype(field.dtype)


def _north_first(array: xr.DataArray) -> tuple[slice, slice]:
    y = array[array.dims[-2]].values
    return (slice(None, None, 1 if y[0] > y[-1] else -1), slice(None))


def _common_grid(fields: Mapping[f.Field, xr.DataArray]) -> GridSpec:
    grids = {
        field.name: _grid_of(field.name, array if field.axis is None else array[0])
        for field, array in fields.items()
    }
    first_name, first = next(iter(grids.items()))
    for name, grid in grids.items():
        if grid != first:
            msg = f"{name} does not lie on the grid of {first_name}"
            raise GridMismatchError(msg, expected=str(first), got=str(grid))
    return first


def _grid_of(name: str, array: xr.DataArray) -> GridSpec:
    if array.ndim != 2:
        raise GridMismatchError(name, expected="two dimensions (y, x)", got=str(array.dims))
    if array.rio.crs is None:
        msg = f"{name} has no CRS, so nobody knows where it is or what a cell measures"
        raise ConfigError(msg, hint='say array.rio.write_crs("EPSG:6677")')
    name_of_crs = crs_of.require_metric(array.rio.crs.to_string())
    y, x = (np.asarray(array[dim].values, dtype=np.float64) for dim in array.dims)
    if min(len(x), len(y)) < 2:
        raise GridMismatchError(name, expected="at least 2 x 2 cells", got=str(array.shape))
    steps = np.concatenate([np.diff(x), np.abs(np.diff(y))])
    cell = float(np.median(steps))
    if cell <= 0 or np.abs(steps - cell).max() > 1e-3 * cell:
        got = f"steps of {steps.min():g} to {steps.max():g} m"
        raise GridMismatchError(name, expected="square cells of one size, x rising", got=got)
    x_min, y_max = float(x[0]) - cell / 2, float(max(y[0], y[-1])) + cell / 2
    return GridSpec(name_of_crs, round(x_min, 6), round(y_max, 6), round(cell, 6), len(y), len(x))


def _dataset(outcome: Outcome, grid: GridSpec, axes: Axes) -> xr.Dataset:
    coordinates = {"y": grid.y_centres(grid.whole), "x": grid.x_centres(grid.whole)}
    along: dict[str | None, dict[str, Any]] = {
        None: {},
        "time": {"time": times_of(axes.instants)},
        "direction": {"direction": [one.from_deg for one in axes.directions]},
    }
    variables = {
        field.name: xr.DataArray(
            values,
            dims=(*along[field.axis], "y", "x"),
            coords=coordinates | along[field.axis],
            attrs={"units": field.unit, "long_name": field.title.en},
        )
        for field, values in outcome.fields.items()
    }
    facts = {fact.name: fact.value for fact in outcome.facts}
    said = {
        "comment": " ".join(note.en + "." for note in outcome.notes),
        WARNINGS: "\n".join(note.en for note in outcome.notes if note.severity != "info"),
    }
    data = xr.Dataset(variables, attrs={**facts, **said})
    located: xr.Dataset = data.rio.write_crs(grid.crs)
    return located
