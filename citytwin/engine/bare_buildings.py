"""Rasters for a simulation without a city, drawn from buildings as those of a city are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
import xarray as xr
from numpy.typing import NDArray

from citytwin import registry
from citytwin.engine.bare import named
from citytwin.engine.bare_assess import completed
from citytwin.engine.bare_rasters import arrays_of
from citytwin.errors import ConfigError
from citytwin.model import fields as f
from citytwin.model import tables as t
from citytwin.model.grid import Bounds, GridSpec
from citytwin.model.steps import Gridder, GridTask
from citytwin.store.tables import empty

EDGE_CELLS = 2
"""Open cells around all that is drawn, so that no building is cut [cells]."""


@dataclass(frozen=True, eq=False)
class CaseBuildings:
    """Buildings of a case."""

    outlines: gpd.GeoDataFrame
    """With ``roof_z_m`` [m above the datum] or ``height_m`` [m above the ground], in a CRS in metres."""
    faces: pd.DataFrame | None = None
    """Their faces, in the same CRS; None where only outlines are known."""


def takes_surface(name: str) -> bool:
    """Whether a simulation takes a surface, for which the heights of buildings count.

    Parameters
    ----------
    name
        Simulation.
    """
    step = named(name)
    return any(one == f.SURFACE_HEIGHT for one in (*step.inputs, *step.optional))


def drawn_buildings(
    name: str,
    buildings: CaseBuildings,
    cell_m: float | None,
    rasters: Mapping[str, xr.DataArray],
    also: gpd.GeoSeries | None = None,
) -> dict[str, xr.DataArray]:
    """Draw buildings on a grid: surface, mask, and which parts of each cell they cover; for a flood the mask.

    Parameters
    ----------
    name
        Simulation that takes the rasters; it gets those that it knows.
    buildings
        What is drawn; outlines alone may be in another CRS than the rasters.
    cell_m
        Edge of a cell where no raster is given [m].
    rasters
        Rasters given besides, such as ``terrain``; their grid counts. Without terrain the ground is
        level, at 0.
    also
        Places that the grid must hold as well, in the same CRS.

    Returns
    -------
    dict
        Rasters by field name, those given among them.

    Raises
    ------
    ConfigError
        If the simulation takes no buildings, they are given twice, there is no cell size or, where water
        runs, no terrain, none lies on the rasters or covers the centre of a cell, or faces are in another CRS than these.
    """
    step, outlines, faces = named(name), buildings.outlines, buildings.faces
    taken = {r.name: r for r in (*step.inputs, *step.optional) if isinstance(r, f.Field)}
    if not takes_surface(name) and f.BUILDING_MASK.name not in taken:
        msg = f"{name} takes neither a surface nor a mask, which is what buildings are drawn as"
        raise ConfigError(msg, hint="leave out the buildings")
    for field in (f.SURFACE_HEIGHT, f.BUILDING_MASK):
        if field.name in rasters:
            msg = f"{field.name} is given twice: as a raster, and by buildings"
            raise ConfigError(msg, hint="give one of them, and the ground as --terrain")
    if f.TERRAIN in step.inputs and f.TERRAIN.name not in rasters:
        raise ConfigError(f"{name} needs terrain beside buildings", hint="give --terrain FILE")
    if rasters:
        grid, arrays = arrays_of(step, (), rasters)
    else:
        grid, arrays = _grid(outlines, cell_m, also), {}
    if faces is not None and not outlines.crs.equals(grid.crs, ignore_axis_order=True):
        # Faces are bare vertices, which nothing here brings into another system.
        msg = f"faces of buildings are in {outlines.crs.to_string()}, the rasters in {grid.crs}"
        raise ConfigError(msg, hint="read the city model in the CRS of the rasters")
    fields: dict[f.Field, NDArray[Any]] = {f.TERRAIN: np.zeros(grid.shape, np.float32), **arrays}
    rows = {t.BUILDINGS: completed(t.BUILDINGS, outlines, grid)}
    rows[t.SURFACES] = empty(t.SURFACES, grid.crs) if faces is None else faces
    task = GridTask(grid, grid.whole, rows, {}, fields)
    for drawn in ("surface", "coverage"):
        gridder: Gridder[Any] = registry.named(Gridder, drawn)
        fields.update(gridder.run(task, gridder.params()).fields)
    if rasters and not fields[f.BUILDING_MASK].any():
        raise _none_drawn(rows[t.BUILDINGS], grid)
    made = {field.name: _array(field, values, grid) for field, values in fields.items()}
    return {**{key: made[key] for key in made if key in taken}, **rasters}


def _none_drawn(buildings: pd.DataFrame, grid: GridSpec) -> ConfigError:
    """Why no cell is that of a building: they lie elsewhere, or between the centres of cells."""
    edges = grid.bounds
    area = shapely.box(edges.x_min, edges.y_min, edges.x_max, edges.y_max)
    if shapely.intersects(np.asarray(buildings["geometry"], dtype=object), area).any():
        msg = f"no building covers the centre of a cell of {grid.cell_m:g} m"
        return ConfigError(msg, hint="take rasters of smaller cells, or larger outlines")
    hint = "check the CRS of both: --crs says that of the buildings"
    return ConfigError("no building lies on the rasters", hint=hint)


def _grid(outlines: gpd.GeoDataFrame, cell_m: float | None, also: gpd.GeoSeries | None) -> GridSpec:
    if cell_m is None:
        raise ConfigError("no cell size for the buildings", hint="give --cell-m, such as 2.5")
    west, south, east, north = outlines.total_bounds.tolist()
    if also is not None and len(also):
        x0, y0, x1, y1 = also.total_bounds.tolist()
        west, south, east, north = min(west, x0), min(south, y0), max(east, x1), max(north, y1)
    bounds = Bounds(west, south, east, north).grown(EDGE_CELLS * cell_m)
    return GridSpec.covering(bounds, cell_m, outlines.crs.to_string())


def _array(field: f.Field, values: NDArray[Any], grid: GridSpec) -> xr.DataArray:
    coords = {"y": grid.y_centres(grid.whole), "x": grid.x_centres(grid.whole)}
    array: xr.DataArray = xr.DataArray(values, coords, ("y", "x")).rio.write_crs(grid.crs)
    if field.dtype == "float32":
        return array
    located: xr.DataArray = array.rio.write_nodata(field.nodata)
    return located
