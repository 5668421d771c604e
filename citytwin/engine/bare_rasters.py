"""Rasters for a step without a city: their grid, and their values in the form that steps see."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
import rioxarray  # noqa: F401 - registers `.rio`
import xarray as xr
from numpy.typing import NDArray

from citytwin.errors import ConfigError, GridMismatchError
from citytwin.model import crs as crs_of
from citytwin.model import fields as f
from citytwin.model.axes import Direction
from citytwin.model.grid import GridSpec
from citytwin.model.height_words import foot_m, names_metres
from citytwin.model.steps import Assessment, Simulation
from citytwin.store.fields import extremes
from citytwin.wording import nearest

BareStep: TypeAlias = Simulation[Any] | Assessment[Any]


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


def require_known(step: BareStep, names: Iterable[str]) -> None:
    """Refuse names of rasters that a step does not take, before any is read.

    Parameters
    ----------
    step
        What would take them.
    names
        Of fields.

    Raises
    ------
    ConfigError
        With the nearest valid name.
    """
    for name in names:
        _field(step, name)


def _field(step: BareStep, name: str) -> f.Field:
    known = [r for r in (*step.inputs, *step.optional) if isinstance(r, f.Field)]
    for field in known:
        if field.name == name:
            return field
    names = [field.name for field in known]
    msg = f"{step.name} takes no {name!r}{nearest(name, names)}"
    raise ConfigError(msg)


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
    if field.unit == "m":
        _require_metres(field.name, array)
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


def _require_metres(name: str, array: xr.DataArray) -> None:
    """Refuse heights of which the raster itself says that they are in feet or centimetres."""
    written = array.attrs.get("units") or ""
    # Of a file of several bands rioxarray keeps the units of all beside the one that was taken.
    unit = str(written[0] or "" if isinstance(written, tuple) else written)
    heights = crs_of.height_unit(array.rio.crs.to_wkt())
    by_crs = names_metres(unit) and heights.metres != 1.0
    unit = heights.name if by_crs else unit
    if names_metres(unit):
        return
    foot = foot_m(unit)
    hint = "convert it to metres"
    if foot is not None:
        hint += f": gdal_calc.py -A IN --calc='A*{foot:.10g}' --outfile=OUT"
    if by_crs:
        hint += ", and give it a CRS with heights in metres: gdal_edit.py -a_srs"
    raise ConfigError(f"{name} is in {unit!r}, by what its file says", hint=hint)


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
