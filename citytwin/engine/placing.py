"""Lays the one grid over the city, and checks that grid, data and CRS belong to one place."""

from __future__ import annotations

import math
from dataclasses import replace

from distributed.system import MEMORY_LIMIT

from citytwin.config import Config
from citytwin.engine.city_store import CityStore
from citytwin.engine.crs_fit import check_fit
from citytwin.engine.extent import around, refuse_outliers
from citytwin.engine.lineage import Lineage
from citytwin.engine.standing import Standing
from citytwin.errors import ConfigError
from citytwin.model import crs as crs_of
from citytwin.model import tables as t
from citytwin.model.grid import Bounds, GridSpec
from citytwin.model.notes import Note
from citytwin.model.raster import RasterRole
from citytwin.model.tables import Table

BYTES_PER_CELL = 8
"""Of a layer while it is written: its values and one copy of them; every layer is read whole."""


def find_grid(config: Config, store: CityStore, standing: Standing) -> GridSpec:
    """Lay the grid over the bounds given, else over the buildings, else over the terrain.

    Parameters
    ----------
    config
        The configuration.
    store, standing
        What was read; `standing` is told what must be said of the CRS, and what lies elsewhere.

    Raises
    ------
    ConfigError
        If nothing tells where the city is, features lie far off all others, the CRS does not
        belong to the place, the grid does not fit into memory, or all data lie outside it.
    """
    grid = _laid(config, store, standing)
    _check_crs(config, grid, standing)
    check_memory(grid, MEMORY_LIMIT)
    check_overlap(grid, store, standing)
    return grid


def known_grid(config: Config) -> GridSpec | None:
    """Return the grid over the bounds given; None where the data say how large the city is.

    Parameters
    ----------
    config
        The configuration.
    """
    grid = config.grid
    if grid.bounds is None:
        return None
    return GridSpec.covering(Bounds(*grid.bounds), grid.cell_m, config.crs)


def _laid(config: Config, store: CityStore, standing: Standing) -> GridSpec:
    grid, known = config.grid, known_grid(config)
    if known is not None:
        return known
    for table in (t.BUILDINGS, t.RELIEF, t.ROADS):
        entry = standing.tables.get(table)
        if entry is not None and entry.rows:
            refuse_outliers(table, entry.boxes, store)
            box = around(entry.boxes)
            return GridSpec.covering(box.grown(grid.margin_m), grid.cell_m, config.crs)
    for owner, role, _ in standing.rasters:
        return GridSpec.covering(_raster_box(store, owner, role), grid.cell_m, config.crs)
    msg = "nothing says where the city is: no buildings, terrain or roads were read"
    raise ConfigError(msg, hint="give `grid.bounds`")


def _raster_box(store: CityStore, owner: str, role: RasterRole) -> Bounds:
    raster = store.read_raster(owner, role)
    ny, nx = raster.values.shape
    return Bounds(
        raster.x_min,
        raster.y_max - ny * raster.cell_y_m,
        raster.x_min + nx * raster.cell_x_m,
        raster.y_max,
    )


def check_memory(grid: GridSpec, limit_bytes: int) -> None:
    """Refuse a grid of which one field would not fit into this machine, before hours of work.

    Parameters
    ----------
    grid
        The grid.
    limit_bytes
        Memory that this machine gives to citytwin.

    Raises
    ------
    ConfigError
        With the cell size that would do.
    """
    cells = grid.ny * grid.nx
    needed = cells * BYTES_PER_CELL
    if needed <= limit_bytes:
        return
    fitting = math.ceil(grid.cell_m * math.sqrt(needed / limit_bytes) * 10) / 10
    msg = (
        f"{grid.ny} rows and {grid.nx} columns of {grid.cell_m:g} m are {cells / 1e6:.0f} million "
        f"cells: a layer of them takes {needed / 1e9:.0f} GB, this machine has "
        f"{limit_bytes / 1e9:.0f} GB"
    )
    raise ConfigError(msg, hint=f"say `cell_m: {fitting:g}` or more, or narrow `grid.bounds`")


def check_overlap(grid: GridSpec, store: CityStore, standing: Standing) -> None:
    """Tell what lies outside the grid as a whole, and stop when nothing lies on it.

    Parameters
    ----------
    grid
        The grid.
    store, standing
        What was read; `standing` gets the losses.

    Raises
    ------
    ConfigError
        If all that was read lies elsewhere; it says where, and where the grid is.
    """
    pieces: list[tuple[Table | RasterRole, str, Bounds]] = [
        (table, f"{table.name} ({entry.rows} rows)", around(entry.boxes))
        for table in (t.BUILDINGS, t.RELIEF, t.ROADS, t.LAND_USE)
        if (entry := standing.tables.get(table)) is not None and entry.rows
    ]
    for owner, role, _ in standing.rasters:
        pieces.append((role, f"{role} of source {owner}", _raster_box(store, owner, role)))
    apart = [piece for piece in pieces if not piece[2].overlaps(grid.bounds)]
    said = [f"{what} lies in {_told(box, grid.crs)}" for _, what, box in apart]
    where = f"the grid in {_told(grid.bounds, grid.crs)}"
    if apart and len(apart) == len(pieces):
        hint = "check `grid.bounds` (west, south, east, north in metres of `crs`) and `crs`"
        raise ConfigError(f"nothing lies on the grid: {'; '.join(said)}; {where}", hint=hint)
    for (kind, what, _), text in zip(apart, said, strict=True):
        standing.losses.append(f"{text}, {where} (check its CRS and `grid.bounds`)")
        note = Note(
            severity="loss",
            ja=f"{what} は全て計算範囲の外にあり、使われていません",
            en=f"All of {what} lies outside the grid and is not used",
        )
        own = standing.lineage.get(kind, Lineage())
        standing.lineage[kind] = replace(own, notes=(*own.notes, note))


def _told(box: Bounds, crs: str) -> str:
    lon, lat = crs_of.lonlat((box.x_min + box.x_max) / 2, (box.y_min + box.y_max) / 2, crs)
    edges = ", ".join(f"{edge:.0f}" for edge in (box.x_min, box.y_min, box.x_max, box.y_max))
    return f"[{edges}] ({lon:.3f} E, {lat:.3f} N)"


def _check_crs(config: Config, grid: GridSpec, standing: Standing) -> None:
    """Refuse a CRS that does not suit the place; what it does to lengths is told on every layer."""
    hint = "say `crs: {suited}`, or check `grid.bounds`"
    if said := check_fit(grid, hint, anywhere=False):
        standing.warnings.append(Lineage(frozenset(s.name for s in config.sources), said))
