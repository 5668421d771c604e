"""Runs one assessment on rasters and tables that need not belong to a city."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import xarray as xr

from citytwin import registry
from citytwin.engine.bare import bound_params, check_zone
from citytwin.engine.bare_rasters import arrays_of, directions_of
from citytwin.errors import ConfigError
from citytwin.kernels.plane_raster import burn_planes
from citytwin.kernels.scanline import GridWindow
from citytwin.model import fields as f
from citytwin.model import tables as t
from citytwin.model.grid import GridSpec
from citytwin.model.ragged import faces_of_geometry
from citytwin.model.steps import Arrays, Assessment, CityState, Params
from citytwin.model.tables import Column, Table
from citytwin.store.tables import conform
from citytwin.wording import nearest


def assess(
    name: str,
    rasters: Mapping[str, xr.DataArray],
    tables: Mapping[str, pd.DataFrame],
    params: Params | Mapping[str, Any] | None = None,
    *,
    time_zone: str = "UTC",
) -> pd.DataFrame:
    """Run an assessment, such as the sun on walls of ``facades``, on data of your own.

    Footprints of buildings need no column but their geometry: ids are counted where there are
    none. Their roofs are as high as ``roof_z_m`` says [m above the datum], else ``height_m`` above the
    ground, else the median of ``surface_height`` over them, where that raster is given.

    Parameters
    ----------
    name
        Such as ``facades``.
    rasters
        Rasters by field name, such as ``terrain``: as :func:`citytwin.simulate` takes them.
    tables
        Tables by name, such as ``buildings`` and ``surfaces``: those of
        :func:`citytwin.read_citymodel`, or frames of your own with some of their columns.
    params
        The assessment's parameters, as its model or as a mapping.
    time_zone
        Zone in which a local date is meant.

    Returns
    -------
    DataFrame
        Its table, a GeoDataFrame where it has geometry; facts and notes as ``attrs``.

    Raises
    ------
    ConfigError
        If the assessment, an input, a parameter or the zone is unknown or missing, or a table has
        no CRS.
    GridMismatchError
        If the rasters do not lie on one north-up grid of square cells.
    StepError
        If the parameters ask for what is not there.
    """
    step = _named(name)
    check_zone(time_zone)
    bound = bound_params(step, params or {})
    grid, arrays = arrays_of(step, step.inputs, rasters)
    whole = tables_of(step, tables, arrays, grid)
    state = CityState(grid, arrays, whole, time_zone, directions_of(step, rasters))
    assessed = step.run(state, bound)
    made = conform(step.output, assessed.frame, grid.crs)
    made.attrs = {fact.name: fact.value for fact in assessed.facts}
    made.attrs["comment"] = " ".join(f"{note.en}." for note in assessed.notes)
    return made


def tables_of(
    step: Assessment[Any],
    tables: Mapping[str, pd.DataFrame],
    arrays: Arrays,
    grid: GridSpec,
) -> dict[Table, pd.DataFrame]:
    """Bring tables into the form that steps see.

    Parameters
    ----------
    step
        What takes them.
    tables
        Frames by name of the table, with some of its columns.
    arrays
        Fields on the grid; the surface tells heights of roofs that no column tells.
    grid
        Where the fields lie.

    Raises
    ------
    ConfigError
        If one is unknown or missing, has no CRS, or lacks a column that nothing can stand for.
    """
    frames = {_table(step, key): frame for key, frame in tables.items()}
    missing = [r.name for r in step.inputs if isinstance(r, Table) and r not in frames]
    if missing:
        raise ConfigError(f"{step.name} needs {', '.join(missing)}", hint="give a table for each")
    whole = {table: completed(table, frame, grid) for table, frame in frames.items()}
    if f.SURFACE_HEIGHT in arrays and t.BUILDINGS in whole:
        whole[t.BUILDINGS] = _roofed(whole[t.BUILDINGS], arrays[f.SURFACE_HEIGHT], grid)
    return whole


def _named(name: str) -> Assessment[Any]:
    known = {step.name: step for step in registry.all_of(Assessment)}
    if name not in known:
        raise ConfigError(f"{name!r} is no assessment{nearest(name, list(known))}")
    return known[name]


def _table(step: Assessment[Any], name: str) -> Table:
    known = {r.name: r for r in (*step.inputs, *step.optional) if isinstance(r, Table)}
    if name not in known:
        raise ConfigError(f"{step.name} takes no table {name!r}{nearest(name, list(known))}")
    return known[name]


def completed(table: Table, frame: pd.DataFrame, grid: GridSpec) -> pd.DataFrame:
    """Bring a frame into the CRS of the grid, with all columns of its table.

    Parameters
    ----------
    table
        Its schema.
    frame
        Some of its columns.
    grid
        Whose CRS counts.

    Raises
    ------
    ConfigError
        If it has no CRS, or lacks a column that nothing can stand for.
    """
    rows = frame.reset_index(drop=True)
    if table.geometry != "none":
        if getattr(frame, "crs", None) is None:
            msg = f"table {table.name} has no CRS, so nobody knows where it lies"
            raise ConfigError(msg, hint='give a GeoDataFrame: say frame.set_crs("EPSG:6677")')
        located = gpd.GeoDataFrame(rows).to_crs(grid.crs)
        rows = located.assign(geometry=located.geometry)  # whatever the column was called
    filled = {
        column.name: rows[column.name] if column.name in rows else _filler(table, column, len(rows))
        for column in table.columns
    }
    if table.geometry == "none":
        return conform(table, pd.DataFrame(filled), grid.crs)
    return conform(table, gpd.GeoDataFrame(filled, crs=grid.crs), grid.crs)


def _filler(table: Table, column: Column, rows: int) -> list[Any]:
    """Values of a column that is not given: ids are counted, texts empty, all else unknown."""
    if column.name == table.key:
        return [str(number) for number in range(1, rows + 1)]
    if column.nullable:
        return [None] * rows
    if column.kind != "string":
        msg = f"table {table.name} needs a column {column.name!r}"
        raise ConfigError(msg, hint=column.meaning)
    return [""] * rows


def _roofed(buildings: pd.DataFrame, surface: Any, grid: GridSpec) -> pd.DataFrame:
    """Give buildings of which no height is known the median surface over them as their roof."""
    unknown = (buildings["roof_z_m"].isna() & buildings["height_m"].isna()).to_numpy(np.bool_)
    faces = faces_of_geometry(list(buildings.loc[unknown, "geometry"]), np.zeros(unknown.sum()))
    height = np.full(grid.shape, np.nan, dtype=np.float32)
    owner = np.full(grid.shape, -1, dtype=np.int32)
    window = GridWindow(grid.x_min, grid.y_max, grid.cell_m, 0, 0)
    burn_planes(
        faces.xyz, faces.ring_offsets, faces.polygon_offsets, faces.owners, window, height, owner
    )
    known = (owner >= 0) & ~np.isnan(surface)
    cells: pd.Series[float] = pd.Series(surface[known].astype(np.float64))
    roof = cells.groupby(owner[known]).median()
    found = buildings["roof_z_m"].to_numpy(np.float64, na_value=np.nan).copy()
    found[np.flatnonzero(unknown)[roof.index]] = roof.to_numpy()
    return buildings.assign(roof_z_m=found)
