"""Runs a step over the small town in tiles of any size, the way the engine does."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from citytwin.engine.blocks import block_of, check, of_core, padded_tile
from citytwin.engine.city_store import MERGED, CityStore
from citytwin.engine.gridding import GridderTask, grid_tile
from citytwin.model.fields import Field
from citytwin.model.grid import Tile
from citytwin.model.layer import ValueRange
from citytwin.model.properties import ObservedProperty
from citytwin.model.raster import RasterRole
from citytwin.model.reach import Domain, FieldRanges
from citytwin.model.steps import Gridder, Outcome, Params, Simulation
from citytwin.model.tables import Table
from citytwin.store.fields import extremes
from citytwin.testing.small_town import TIME_ZONE, SmallTown

Resource: TypeAlias = Field | Table | RasterRole | ObservedProperty
Values: TypeAlias = dict[Field, NDArray[Any]]


def ranges_of(town: SmallTown, fields: Collection[Field]) -> FieldRanges:
    """Smallest and largest value of fields over the whole town.

    Parameters
    ----------
    town
        The town.
    fields
        Which fields.
    """
    found = {field: extremes(field, town.fields[field]) for field in fields}
    return FieldRanges({field: r or ValueRange(0.0, 0.0) for field, r in found.items()})


def window_of(
    step: Simulation[Any], params: Params, town: SmallTown, tile: Tile, given: Collection[Resource]
) -> Tile:
    """Window of inputs that the engine gives a simulation for a tile.

    Parameters
    ----------
    step, params
        The simulation.
    town
        Where it runs.
    tile
        Window of the result.
    given
        The inputs that the town has.
    """
    fields = [need for need in given if isinstance(need, Field)]
    return padded_tile(step, params, town.grid, tile, ranges_of(town, fields))


def simulate_window(
    step: Simulation[Any],
    params: Params,
    town: SmallTown,
    window: Tile,
    given: Collection[Resource],
    core: Tile | None = None,
) -> tuple[Mapping[Field, NDArray[Any]], Outcome]:
    """Run a simulation on one window of the town, without cutting or checking its result.

    Parameters
    ----------
    step, params
        The simulation.
    town
        Where it runs.
    window
        Window of the inputs.
    given
        The inputs that the town has; all required ones among them.
    core
        Cells whose results are wanted; None = all of the window.

    Returns
    -------
    tuple
        The arrays that the simulation was given (copies of the town's), and what it made.
    """
    arrays = {
        need: np.array(town.fields[need][(..., *window.slices)], order="C")
        for need in given
        if isinstance(need, Field)
    }
    records = {need: town.records[need] for need in given if isinstance(need, ObservedProperty)}
    directions = {field: town.directions for field in arrays if field.axis == "direction"}
    block = block_of(town.grid, window, arrays, records, town.site, directions)
    return arrays, step.run(replace(block, core=core), params)


def simulate_in_tiles(
    step: Simulation[Any],
    params: Params,
    town: SmallTown,
    tile_cells: int,
    given: Collection[Resource],
) -> Values:
    """Run a simulation tile by tile and join the tiles; each is checked as the engine checks it.

    Parameters
    ----------
    step, params
        The simulation; one that needs the whole city runs once.
    town
        Where it runs.
    tile_cells
        Side of a tile [cells].
    given
        The inputs that the town has; all required ones among them.

    Returns
    -------
    dict
        Declared outputs, shape (ny, nx), or (nt, ny, nx) and (n_dir, ny, nx) of those with a leading axis.
    """
    grid = town.grid
    axes = step.axes(params, town.site)
    whole: Values = {
        field: np.empty(axes.shape(field.axis, grid.shape), field.dtype)
        for field in step.made(params)
    }
    for tile in [grid.whole] if isinstance(step.reach, Domain) else grid.tiles(tile_cells):
        window = window_of(step, params, town, tile, given)
        _, outcome = simulate_window(step, params, town, window, given, tile)
        cut = {field: of_core(array, tile, window) for field, array in outcome.fields.items()}
        made = check(step.name, step.made(params), cut, tile.shape, tile.name, axes)
        for field, array in made.items():
            whole[field][(..., *tile.slices)] = array
    return whole


def grid_in_tiles(
    step: Gridder[Any],
    params: Params,
    town: SmallTown,
    tile_cells: int,
    given: Collection[Resource],
    folder: Path,
) -> Values:
    """Run a gridder through the engine's working store, tile by tile.

    Parameters
    ----------
    step, params
        The gridder.
    town
        Where it runs.
    tile_cells
        Side of a tile [cells].
    given
        The inputs that the town has; all required ones among them.
    folder
        Empty folder for the store.

    Returns
    -------
    dict
        Declared outputs, shape (ny, nx), or (n_dir, ny, nx) of those by direction.
    """
    grid = town.grid
    store = CityStore(folder, grid.crs, TIME_ZONE, tile_cells, grid)
    tables = tuple(need for need in given if isinstance(need, Table))
    fields = tuple(need for need in given if isinstance(need, Field))
    for table in tables:
        frame = town.tables[table]
        store.write_table(MERGED, table, frame)
    rasters: list[tuple[str, RasterRole]] = []
    for role, found in town.rasters.items():
        for number, raster in enumerate(found if role in given else ()):
            store.write_raster(f"raster_{number}", role, raster)
            rasters.append((f"raster_{number}", role))
    for field in fields:
        store.fields.create(field, town.directions if field.axis == "direction" else ())
        store.fields.write(field, grid.whole, town.fields[field])
    for field in step.outputs:
        store.fields.create(field, step.axes(params).of(field.axis))
    for tile in grid.tiles(tile_cells):
        task = GridderTask(
            step_name=step.name,
            params_json=params.model_dump_json(),
            tile=tile,
            tables=tables,
            rasters=tuple(rasters),
            fields=fields,
            records=tuple(town.records[r] for r in given if isinstance(r, ObservedProperty)),
        )
        grid_tile(task, store)
    return {field: store.fields.read(field, grid.whole) for field in step.outputs}
