"""Lays the one grid over the city, and checks that grid, data and CRS belong to one place."""

from __future__ import annotations

import math
from textwrap import shorten

import numpy as np

from citytwin.config import Config
from citytwin.engine.city_store import CityStore
from citytwin.engine.lineage import Lineage
from citytwin.engine.standing import Standing
from citytwin.errors import ConfigError
from citytwin.model import crs as crs_of
from citytwin.model import tables as t
from citytwin.model.grid import Bounds, GridSpec
from citytwin.model.notes import Note

MAX_SCALE_OFF = 0.005
"""Every length, area and wind of a run would be wrong by more than that."""
TOLD_SCALE_OFF = 0.001
"""Plane zones stay below 0.0001, UTM below 0.001 within its zone."""
MARGIN_DEG = 1.0
"""Cities at the edge of an area of use may lie outside it; another country may not."""


def find_grid(config: Config, store: CityStore, standing: Standing) -> GridSpec:
    """Lay the grid over the bounds given, else over the buildings, else over the terrain.

    Parameters
    ----------
    config
        The configuration.
    store, standing
        What was read; `standing` is told what must be said of the CRS.

    Raises
    ------
    ConfigError
        If nothing tells where the city is, or its CRS does not belong there.
    """
    grid = _laid(config, store, standing)
    _check_crs(config, grid, standing)
    return grid


def _laid(config: Config, store: CityStore, standing: Standing) -> GridSpec:
    grid = config.grid
    if grid.bounds is not None:
        return GridSpec.covering(Bounds(*grid.bounds), grid.cell_m, config.crs)
    for table in (t.BUILDINGS, t.RELIEF, t.ROADS):
        entry = standing.tables.get(table)
        if entry is not None and entry.rows:
            low = np.min(entry.boxes[:, :2], axis=0)
            high = np.max(entry.boxes[:, 2:], axis=0)
            box = Bounds(float(low[0]), float(low[1]), float(high[0]), float(high[1]))
            return GridSpec.covering(box.grown(grid.margin_m), grid.cell_m, config.crs)
    for owner, role, _ in standing.rasters:
        raster = store.read_raster(owner, role)
        ny, nx = raster.values.shape
        box = Bounds(
            raster.x_min,
            raster.y_max - ny * raster.cell_y_m,
            raster.x_min + nx * raster.cell_x_m,
            raster.y_max,
        )
        return GridSpec.covering(box, grid.cell_m, config.crs)
    msg = "nothing says where the city is: no buildings, terrain or roads were read"
    raise ConfigError(msg, hint="give `grid.bounds`")


def _check_crs(config: Config, grid: GridSpec, standing: Standing) -> None:
    """Refuse a CRS in which a metre is no metre here; tell of one in which it nearly is none."""
    found = crs_of.fit(*grid.centre, grid.crs)
    lon, lat, scale = found.longitude_deg, found.latitude_deg, found.scale
    off = abs(scale - 1.0)
    if off <= MAX_SCALE_OFF and found.outside_deg <= MARGIN_DEG:
        if off > TOLD_SCALE_OFF:
            said = _scale_note(found)
            standing.warnings.append(Lineage(frozenset(s.name for s in config.sources), (said,)))
        return
    if not (math.isfinite(lon) and math.isfinite(lat) and math.isfinite(scale)):
        what = f"is not defined at ({grid.centre[0]:.0f}, {grid.centre[1]:.0f}), where the city is"
        hint = "check `crs` and `grid.bounds`"
    else:
        what = (
            f"does not belong to longitude {lon:.3f}, latitude {lat:.3f}, where the city is: "
            f"a metre on the ground is {scale:.4f} m on the grid"
        )
        if found.outside_deg > MARGIN_DEG:
            what += f", and it is made for {shorten(found.area, 90, placeholder=' ...')}"
        hint = f"say `crs: {crs_of.suited(lon, lat)}`, or check `grid.bounds`"
    raise ConfigError(f"crs {config.crs!r} {what}", hint=hint)


def _scale_note(found: crs_of.Fit) -> Note:
    percent = 100 * (found.scale - 1.0)
    better = crs_of.suited(found.longitude_deg, found.latitude_deg)
    return Note(
        severity="fallback",
        ja=f"座標系 {found.code} の縮尺係数は {found.scale:.4f} で、距離が {percent:+.2f}% "
        f"ずれます（{better} が適します）",
        en=f"Lengths in {found.code} are off by {percent:+.2f} % here (scale {found.scale:.4f}); "
        f"{better} would suit the place",
    )
