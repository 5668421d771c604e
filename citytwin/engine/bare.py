"""Runs one simulation on bare rasters: no city, no store, the same declaration and checks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import pandas as pd
import rioxarray  # noqa: F401 - registers `.rio`
import xarray as xr
from numpy.typing import NDArray
from pydantic import ValidationError

from citytwin import registry
from citytwin.engine.bare_rasters import BareStep, arrays_of, directions_of
from citytwin.engine.bare_structures import with_lines_burned
from citytwin.engine.bare_tables import tables_of
from citytwin.engine.bare_warnings import warnings_of
from citytwin.engine.blocks import block_of, check
from citytwin.engine.checkpointing import Keeper, Keeping
from citytwin.engine.code_hash import code_digest
from citytwin.engine.fingerprint import Fingerprint
from citytwin.engine.standing import record_digest
from citytwin.engine.time_of_run import records_by
from citytwin.engine.versions import library_versions
from citytwin.errors import ConfigError, StepError
from citytwin.model import fields as f
from citytwin.model.axes import Axes
from citytwin.model.checkpoints import Hearer, Watch
from citytwin.model.gauges import Gauges
from citytwin.model.grid import GridSpec
from citytwin.model.instants import times_of
from citytwin.model.properties import ObservedProperty
from citytwin.model.record import Record
from citytwin.model.site import Site
from citytwin.model.steps import Outcome, Params, Simulation, WrittenIn
from citytwin.model.tables import HYDRAULIC_STRUCTURES, Table
from citytwin.store.fields import digest_of, extremes
from citytwin.store.tables import table_digest
from citytwin.wording import explain, nearest

T = TypeVar("T", xr.DataArray, pd.DataFrame)
WARNINGS = "warnings"
"""Attribute of results that holds what to beware of."""
NOTES = "notes"
"""Attribute of results that holds all that is said of them, a line each."""


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
        Tables by their name, such as ``rain_frames`` (images of rain), in the CRS of the rasters. Walls,
        underpasses and culverts of a table ``hydraulic_structures`` are burned into the terrain as in a city.
    params
        The simulation's parameters, as its model or as a mapping.
    records
        Observed properties that the simulation can use, such as a rainfall record. Of one that shows the latest of
        them, such as ``wind_now`` without a `moment`, what is later than the clock does not count.
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
        The outputs by field name with units, and facts and notes as attributes; in ``notes`` one a
        line, and in ``warnings`` those of them that say how far not to trust the result. Fields over time have a
        dimension ``time`` [UTC], fields by direction ``direction`` [degrees from true north], fields by season ``season``. Depth and
        level at gauges (``gauge_depth``, ``gauge_level``) have the dimensions ``gauge_time`` [s since the
        start] and ``gauge``, with the ground level (``gauge_ground``) along the latter, and where the run has a date ``gauge_moment`` [UTC] along the former.

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
    grid, arrays, given = _in_form(step, step.required(bound), inputs)
    _check_records(step, bound, records)
    if step.of_the_moment(bound):
        records = records_by(records, datetime.now(UTC))
    site = Site.of(grid, time_zone)
    warnings = warnings_of(grid, arrays)
    arrays, burned = with_lines_burned(grid, arrays, given.get(HYDRAULIC_STRUCTURES))
    directions = directions_of(step, _of_kind(inputs, xr.DataArray))
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
    told = replace(outcome, notes=(*outcome.notes, *burned, *warnings))
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
        inputs.append(f"{table.name}={table_digest(frame)}")
    inputs += [f"{field.name}={digest_of(array)}" for field, array in arrays.items()]
    return Fingerprint(
        code=code_digest(registry.module_of(step)) + code_digest(__name__) + library_versions(),
        parameters=params.model_dump_json(),
        inputs=tuple(inputs),
    )


def fingerprint_of_run(
    name: str,
    inputs: Mapping[str, xr.DataArray | pd.DataFrame],
    params: Params,
    time_zone: str,
) -> Fingerprint:
    """Return the digests of all that a run on bare rasters depends on, as `simulate` would.

    Parameters
    ----------
    name, inputs, params, time_zone
        As of `simulate`.

    Raises
    ------
    ConfigError, GridMismatchError
        As of `simulate`.
    """
    step = named(name)
    check_zone(time_zone)
    grid, arrays, given = _in_form(step, step.required(params), inputs)
    return fingerprint_of(step, params, (grid, time_zone), arrays, (), given)


def grounds_of(
    inputs: Mapping[str, xr.DataArray | pd.DataFrame],
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return the ground of a flood as it was given, and with lines burned into it.

    Parameters
    ----------
    inputs
        As of `simulate`, which has taken them.

    Returns
    -------
    tuple
        Shape (ny, nx), north first [m].
    """
    grid, arrays, given = _in_form(named("flood"), (f.TERRAIN,), inputs)
    burned, _ = with_lines_burned(grid, arrays, given.get(HYDRAULIC_STRUCTURES))
    return arrays[f.TERRAIN], burned[f.TERRAIN]


def _in_form(
    step: Simulation[Any],
    needs: Sequence[object],
    inputs: Mapping[str, xr.DataArray | pd.DataFrame],
) -> tuple[GridSpec, dict[f.Field, NDArray[Any]], dict[Table, pd.DataFrame]]:
    """Grid, rasters and tables as the step sees them."""
    _check_kinds(inputs)
    grid, arrays = arrays_of(step, needs, _of_kind(inputs, xr.DataArray))
    return grid, arrays, tables_of(step, needs, _of_kind(inputs, pd.DataFrame), grid.crs)


def _of_kind(inputs: Mapping[str, xr.DataArray | pd.DataFrame], kind: type[T]) -> dict[str, T]:
    return {key: one for key, one in inputs.items() if isinstance(one, kind)}


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


def bound_params(
    step: BareStep, params: Params | Mapping[str, Any], folder: Path = Path()
) -> Params:
    """Check the parameters of a step.

    Parameters
    ----------
    step
        Whose they are.
    params
        Its model, or a mapping.
    folder
        Folder that relative paths among them lead from.

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
        return model.model_validate(dict(params), context=WrittenIn(folder))
    except ValidationError as error:
        raise ConfigError(explain(error, model, f"parameters of {step.name}")) from error


def _check_kinds(inputs: Mapping[str, object]) -> None:
    for name, given in inputs.items():
        if not isinstance(given, xr.DataArray | pd.DataFrame):
            msg = f"{name} is neither a raster nor a table, but a {type(given).__name__}"
            hint = "give an xarray.DataArray with coordinates and CRS, or a pandas.DataFrame"
            raise ConfigError(msg, hint=hint)


def _check_records(step: Simulation[Any], params: Params, records: Sequence[Record]) -> None:
    given = {record.observed for record in records}
    needs = step.required(params)
    missing = [r.name for r in needs if isinstance(r, ObservedProperty) and r not in given]
    if missing:
        msg = f"simulation {step.name} needs a record of {', '.join(missing)}"
        raise ConfigError(msg, hint="pass it in `records`, or in the parameters")


def _dataset(outcome: Outcome, grid: GridSpec, axes: Axes) -> xr.Dataset:
    coordinates = {"y": grid.y_centres(grid.whole), "x": grid.x_centres(grid.whole)}
    along: dict[str | None, dict[str, Any]] = {
        None: {},
        "time": {"time": times_of(axes.instants)},
        "direction": {"direction": [one.from_deg for one in axes.directions]},
        "season": {"season": [one.name.en for one in axes.seasons]},
    }
    gauges = _at_gauges(outcome.gauges, outcome.valid_time)
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
        NOTES: "\n".join(note.en for note in outcome.notes),
        WARNINGS: "\n".join(note.en for note in outcome.notes if note.severity != "info"),
    }
    data = xr.Dataset({**variables, **gauges}, attrs={**facts, **said})
    located: xr.Dataset = data.rio.write_crs(grid.crs)
    return located


def _at_gauges(gauges: Gauges | None, start: datetime | None) -> dict[str, xr.DataArray]:
    """Series at gauges by their name; with the time of each moment where the run has a date."""
    if gauges is None:
        return {}
    dims = "gauge_time", "gauge"
    coordinates: dict[str, Any] = {
        "gauge_time": ("gauge_time", gauges.time_s, {"units": "s", "long_name": "since the start"}),
        "gauge": list(gauges.names),
        "gauge_x": ("gauge", gauges.x, {"units": "m"}),
        "gauge_y": ("gauge", gauges.y, {"units": "m"}),
        "gauge_ground": ("gauge", gauges.ground_m, {"units": "m", "long_name": "Ground level"}),
    }
    if start is not None:
        since = np.round(1e3 * gauges.time_s).astype("timedelta64[ms]")
        begin = np.datetime64(start.astimezone(UTC).replace(tzinfo=None), "ms")
        coordinates["gauge_moment"] = ("gauge_time", begin + since, {"long_name": "UTC"})

    def series(values: NDArray[Any], title: str) -> xr.DataArray:
        return xr.DataArray(values, coordinates, dims, attrs={"units": "m", "long_name": title})

    return {
        "gauge_depth": series(gauges.depth_m, "Depth at gauges"),
        "gauge_level": series(gauges.level_m, "Water level at gauges"),
    }
