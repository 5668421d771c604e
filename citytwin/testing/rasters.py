"""Synthetic rasters of the small town: every field of the twin, and foreign terrain rasters."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from citytwin.model import crs
from citytwin.model import fields as f
from citytwin.model import tables as t
from citytwin.model.axes import evenly
from citytwin.model.building_numbers import NO_BUILDING, building_numbers
from citytwin.model.fields import Field
from citytwin.model.grid import GridSpec
from citytwin.model.raster import Raster, RasterRole
from citytwin.testing.town_buildings import building_rows
from citytwin.testing.town_plan import House, ground_z_m, houses, is_unknown

FloatArray = NDArray[np.float64]
Fields = dict[Field, NDArray[Any]]

OTHER_CRS = "EPSG:6691"
"""UTM zone 54N: a coarse raster of the town lies askew to its grid."""
SURVEY_BIAS_M = 0.25
"""How far the surveyed surface lies above the true one."""

GROVE_TOP_M, GROVE_BASE_M = 8.0, 2.5
"""Top and base of the crowns of its trees above the ground."""


DIRECTIONS = evenly(3)
"""Of the fields by direction."""


def town_fields(grid: GridSpec) -> Fields:
    """Return every field of the twin over the town: NaN where nobody measured the ground.

    Ground, surface, buildings, roughness and source of the ground follow the plan of the town;
    all others are a smooth pattern within their valid range, fit to exercise steps that read
    them and nothing else.

    Parameters
    ----------
    grid
        Grid of the town.

    Returns
    -------
    dict
        Shape (ny, nx) each, of those by direction (3, ny, nx), of the type that the field declares.
    """
    x, y = np.meshgrid(grid.x_centres(grid.whole), grid.y_centres(grid.whole))
    terrain = np.where(is_unknown(grid, x, y), np.nan, ground_z_m(grid, x, y))
    surface, index = terrain.copy(), np.full(grid.shape, -1, dtype=np.int32)
    for number, house in enumerate(houses(grid)):
        under = house.covers(x, y)
        surface[under] = np.fmax(house.roof_z_m(y), terrain)[under]
        index[under] = number
    numbers = building_numbers(building_rows(grid)["building_id"])
    gap = np.isnan(terrain)
    grove = (np.sin(x / 7.0) * np.sin(y / 5.0) > 0.8) & (index < 0)
    source = np.where(gap, f.CLASS_NODATA, t.TerrainSource.MEASURED)
    planned: Fields = {
        f.TERRAIN: terrain.astype(np.float32),
        f.TERRAIN_SOURCE: source.astype(np.uint8),
        f.SURFACE_HEIGHT: surface.astype(np.float32),
        f.REFERENCE_SURFACE: (surface + SURVEY_BIAS_M).astype(np.float32),
        f.BUILDING_MASK: (index >= 0).astype(np.uint8),
        f.BUILDING_NUMBER: np.append(numbers, NO_BUILDING)[index],
        f.BUILDING_COVERAGE: (index >= 0).astype(np.float32),
        f.BUILDING_PARTS: np.where(index >= 0, 2**16 - 1, 0).astype(np.int32),
        f.CANOPY_TOP: np.where(grove, terrain + GROVE_TOP_M, np.nan).astype(np.float32),
        f.CANOPY_BASE: np.where(grove, terrain + GROVE_BASE_M, np.nan).astype(np.float32),
        f.LOD_USED: np.where(index >= 0, t.LodUsed.LOD2, t.LodUsed.NONE).astype(np.uint8),
        f.ROUGHNESS: np.where(index >= 0, 0.05, 0.047).astype(np.float32),
    }
    others = {field: _pattern(field, x, y, gap) for field in f.ALL if field not in planned}
    turned = {
        field: np.stack([values / (1 + k) for k in range(len(DIRECTIONS))])
        for field, values in others.items()
        if field.axis == "direction"
    }
    return planned | others | turned


def town_rasters(grid: GridSpec) -> dict[RasterRole, tuple[Raster, ...]]:
    """Return foreign rasters of the town, in the order in which a user may list them.

    Parameters
    ----------
    grid
        Grid of the town.

    Returns
    -------
    dict
        Terrain: a fine raster of the western part, and a coarse one of the whole in another CRS
        (`OTHER_CRS`), both unknown where the town is. Surface: a fine raster of the whole. Trees:
        the houses above their ground, as if they were trees.
    """
    box = grid.bounds
    width = box.x_max - box.x_min
    east, north = crs.transform(
        np.array([box.x_min, box.x_max, box.x_min, box.x_max]),
        np.array([box.y_min, box.y_min, box.y_max, box.y_max]),
        grid.crs,
        OTHER_CRS,
    )
    askew = (float(east.min()), float(north.max()), float(np.ptp(east)), float(np.ptp(north)))
    straight = (box.x_min, box.y_max, width, box.y_max - box.y_min)
    west = (box.x_min, box.y_max, 0.6 * width, box.y_max - box.y_min)
    bare = _raster(grid, grid.crs, straight, 1.0, "synthetic_trees.tif")
    surface = _raster(grid, grid.crs, straight, 1.0, "synthetic_surface.tif", houses(grid))
    return {
        "terrain_raster": (
            _raster(grid, grid.crs, west, 0.7, "synthetic_fine.tif"),
            _raster(grid, OTHER_CRS, askew, 4.0, "synthetic_coarse.tif"),
        ),
        "surface_raster": (surface,),
        "canopy_raster": (replace(bare, values=surface.values - bare.values),),
    }


def _raster(
    grid: GridSpec,
    code: str,
    area: tuple[float, float, float, float],
    cell_m: float,
    source: str,
    built: tuple[House, ...] = (),
) -> Raster:
    """Raster from west edge, north edge, width and height, one cell wider on every side."""
    x_min, y_max = area[0] - cell_m, area[1] + cell_m
    nx, ny = math.ceil(area[2] / cell_m) + 2, math.ceil(area[3] / cell_m) + 2
    east, north = np.meshgrid(
        x_min + (np.arange(nx) + 0.5) * cell_m, y_max - (np.arange(ny) + 0.5) * cell_m
    )
    flat_x, flat_y = crs.transform(east.ravel(), north.ravel(), code, grid.crs)
    x, y = flat_x.reshape(ny, nx), flat_y.reshape(ny, nx)
    z = np.where(is_unknown(grid, x, y), np.nan, ground_z_m(grid, x, y))
    for house in built:
        under = house.covers(x, y)
        z[under] = np.fmax(house.roof_z_m(y), z)[under]
    return Raster(z.astype(np.float32), code, x_min, y_max, cell_m, cell_m, source)


def _pattern(field: Field, x: FloatArray, y: FloatArray, gap: NDArray[np.bool_]) -> NDArray[Any]:
    """Smooth values of a field, within its valid range."""
    low = max(field.valid_min, 0.0)
    high = min(field.valid_max, low + 10.0)
    if field.dtype != "float32":
        high = min(high, low + 3.0)
    share = 0.5 + 0.5 * np.sin(x / 41.0) * np.cos(y / 29.0)
    values = low + (high - low) * share
    if field.dtype == "float32":
        return np.where(gap, np.nan, values).astype(np.float32)
    return np.where(gap, field.nodata, np.rint(values)).astype(field.dtype)
