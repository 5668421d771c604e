"""Synthetic tables of the small town's buildings: rows and the faces that bound them."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from citytwin.model.grid import Bounds, GridSpec
from citytwin.testing.town_plan import House, houses

Point = tuple[float, float, float]
Ring = tuple[Point, ...]
Face = tuple[str, tuple[Ring, ...]]
"""Semantic, and rings with the outer one first."""

SOURCE = "synthetic"


def building_rows(grid: GridSpec) -> gpd.GeoDataFrame:
    """Return the buildings of the town; some attributes are unknown, as in real data.

    Parameters
    ----------
    grid
        Grid of the town.
    """
    town = houses(grid)
    number = range(len(town))
    columns = {
        "building_id": [f"house_{n}" for n in number],
        "stable_key": [f"lot_{n}" for n in number],
        "parent_id": [None] * len(town),
        "lod": [lod(house) for house in town],
        "lods": [lod(house) for house in town],
        "height_m": [house.ridge_z_m - house.ground_z_m for house in town],
        "height_from": ["attribute" if lod(house) == "0" else "geometry" for house in town],
        "measured_height_m": [None if n % 3 else town[n].eaves_z_m for n in number],
        "ground_z_m": [house.ground_z_m for house in town],
        "roof_z_m": [house.ridge_z_m for house in town],
        "storeys": [None if n % 2 else 2 for n in number],
        "usage": [None if n % 4 == 3 else house.kind for n, house in enumerate(town)],
        "usage_code": [None] * len(town),
        "attributes": [None if n % 2 else f'{{"lot":{n}}}' for n in number],
        "source": [SOURCE] * len(town),
        "offset": [None] * len(town),
        "defects": [""] * len(town),
    }
    footprints = [shapely.MultiPolygon([_footprint(house)]) for house in town]
    return gpd.GeoDataFrame(columns, geometry=footprints, crs=grid.crs)


def surface_rows(grid: GridSpec) -> pd.DataFrame:
    """Return the faces of the town's buildings; those of level 0 have none.

    Parameters
    ----------
    grid
        Grid of the town.
    """
    owned = [
        (f"house_{number}", lod(house), face)
        for number, house in enumerate(houses(grid))
        for face in _faces(house)
    ]
    columns = {
        "surface_id": [f"face_{n}" for n in range(len(owned))],
        "building_id": [owner for owner, _, _ in owned],
        "lod": [level for _, level, _ in owned],
        "semantic": [face[0] for _, _, face in owned],
        "xyz": [np.array([p for ring in face[1] for p in ring]).ravel() for _, _, face in owned],
        "ring_sizes": [[len(ring) for ring in face[1]] for _, _, face in owned],
    }
    return pd.DataFrame(columns)


def lod(house: House) -> str:
    """Level of detail in which a house is recorded.

    Parameters
    ----------
    house
        The house.
    """
    return {"block": "0", "tower": "1", "mast": "1"}.get(house.kind, "2")


def _footprint(house: House) -> shapely.Polygon:
    holes = [] if house.court is None else [_corners(house.court)]
    return shapely.Polygon(_corners(house.outline), holes)


def _corners(box: Bounds) -> list[tuple[float, float]]:
    return [
        (box.x_min, box.y_min),
        (box.x_max, box.y_min),
        (box.x_max, box.y_max),
        (box.x_min, box.y_max),
    ]


def _faces(house: House) -> list[Face]:
    if house.kind == "block":
        return []
    box = house.outline
    walls = _walls(box, house.ground_z_m, house.eaves_z_m)
    base = tuple((x, y, house.ground_z_m) for x, y in reversed(_corners(box)))
    if house.kind == "gable":
        return [("ground", (base,)), *walls, *_gable(house)]
    eaves = tuple((x, y, house.eaves_z_m) for x, y in _corners(box))
    if house.court is None:
        return [("ground", (base,)), *walls, ("roof", (eaves,))]
    low = tuple((x, y, house.ground_z_m) for x, y in _corners(house.court))
    high = tuple((x, y, house.eaves_z_m) for x, y in reversed(_corners(house.court)))
    inner = _walls(house.court, house.ground_z_m, house.eaves_z_m)
    return [("ground", (base, low)), *walls, *inner, ("roof", (eaves, high))]


def _walls(box: Bounds, low_m: float, high_m: float) -> list[Face]:
    corners = _corners(box)
    pairs = zip(corners, corners[1:] + corners[:1], strict=True)
    return [("wall", (((*a, low_m), (*b, low_m), (*b, high_m), (*a, high_m)),)) for a, b in pairs]


def _gable(house: House) -> list[Face]:
    box, eaves, ridge = house.outline, house.eaves_z_m, house.ridge_z_m
    middle = (box.y_min + box.y_max) / 2
    west, east = (box.x_min, middle, ridge), (box.x_max, middle, ridge)
    sw, se, ne, nw = ((x, y, eaves) for x, y in _corners(box))
    return [
        ("roof", ((sw, se, east, west),)),
        ("roof", ((nw, west, east, ne),)),
        ("wall", ((se, ne, east),)),
        ("wall", ((nw, sw, west),)),
    ]
