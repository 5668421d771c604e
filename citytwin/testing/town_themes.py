"""Synthetic water, plants, bridge, zones, structures and expected inundation of the small town."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from citytwin.model import tables as t
from citytwin.model.grid import GridSpec
from citytwin.model.tables import Table
from citytwin.testing.town_buildings import SOURCE


def theme_tables(grid: GridSpec) -> dict[Table, pd.DataFrame]:
    """Return the tables of themes beside buildings, ground, roads and land use.

    Parameters
    ----------
    grid
        Grid of the town.

    Returns
    -------
    dict
        A pond with an island; a lawn and two trees, of which one has no crown recorded; a bridge;
        two zones, one without numbers; a site with some houses; two triangles of water; culverts
        with and without levels, a broad underpass, walls with a height and without any; a sewer under
        the town with an outfall at its east; a bus there, and back once a day.
    """
    box = grid.bounds
    west, north = box.x_min, box.y_max
    pond = shapely.box(west + 4, north - 14, west + 12, north - 4).difference(
        shapely.box(west + 6, north - 8, west + 8, north - 6)
    )
    lawn = shapely.box(west + 14, north - 12, west + 22, north - 4)
    town = shapely.box(box.x_min, box.y_min, box.x_max, box.y_max)
    lot = shapely.box(box.x_min, box.y_min, box.x_min + 70.0, box.y_min + 50.0)
    trees = [shapely.Point(west + 16, north - 6), shapely.Point(west + 25, north - 9)]
    return {
        t.WATER_BODIES: _frame(grid, t.WATER_BODIES, [pond], ("pond", None, "池", None, SOURCE)),
        t.VEGETATION: _frame(
            grid,
            t.VEGETATION,
            [lawn, *trees],
            ("lawn", "cover", "草地", None, 0.2, None, SOURCE),
            ("oak", "single", None, "Quercus", 9.0, 6.0, SOURCE),
            ("ash", "single", None, None, None, None, SOURCE),
        ),
        t.BRIDGES: _frame(
            grid, t.BRIDGES, [lawn], ("bridge", "橋", None, None, 1, 6.0, 7.5, SOURCE)
        ),
        t.ZONES: _frame(
            grid,
            t.ZONES,
            [town, lawn],
            (
                "z1",
                "UseDistrict",
                None,
                "1",
                "第1種住居地域",
                2.0,
                None,
                0.6,
                None,
                None,
                None,
                SOURCE,
            ),
            ("z2", "HeightControlDistrict", None, None, None, *[None] * 6, SOURCE),
        ),
        t.SITES: _frame(grid, t.SITES, [lot], ("lot", SOURCE)),
        t.HAZARD_SURFACES: _water(west, north),
        t.HYDRAULIC_STRUCTURES: _structures(grid),
        t.SEWER_NETWORK: _sewers(grid),
        t.TRANSIT_LINES: _frame(
            grid,
            t.TRANSIT_LINES,
            [shapely.LineString([(west + 5, north - 5), (west + 25, north - 20)])] * 2,
            ("bus:0", "1", "bus", 0, "2026-07-01", 40, "05:10", "25:10", 20.0, SOURCE),
            ("bus:1", "1", "bus", 1, "2026-07-01", 1, "05:10", "05:10", None, SOURCE),
        ),
    }


def _structures(grid: GridSpec) -> gpd.GeoDataFrame:
    box = grid.bounds
    east, south = 0.5 * (box.x_max - box.x_min), 0.5 * (box.y_max - box.y_min)

    def line(*places: tuple[float, float]) -> shapely.LineString:
        return shapely.LineString([(box.x_min + x, box.y_max - y) for x, y in places])

    lines = (
        line((5.0, 3.0), (east, south), (2 * east - 6.0, south + 7.0)),
        line((20.0, 20.0), (60.0, 34.0)),
        line((east, 4.0), (east, 44.0)),
        line((3.0, south + 20.0), (2 * east, south + 2.0)),
        line((9.0, 30.0), (9.0, 40.0)),
    )
    return _frame(
        grid,
        t.HYDRAULIC_STRUCTURES,
        lines,
        ("c1", "culvert", 3.0, 2.0, 2.5, 1.5, None, SOURCE),
        ("c2", "culvert", None, None, None, None, None, SOURCE),
        ("u1", "underpass", 9.0, None, None, None, None, SOURCE),
        ("w1", "wall", None, 2.0, None, None, None, SOURCE),
        ("w2", "wall", 1.0, None, None, None, None, SOURCE),
    )


def _sewers(grid: GridSpec) -> pd.DataFrame:
    box = grid.bounds
    rows: list[tuple[str, str, float | None, float | None]]
    rows = [("OPTIONS", "FLOW_UNITS CMS", None, None)]
    nodes = (
        ("JUNCTIONS", "M1 -1.0 0"),
        ("JUNCTIONS", "M2 -1.2 0"),
        ("OUTFALLS", "O1 -1.5 FREE NO"),
    )
    for k, (section, record) in enumerate(nodes, start=1):
        rows.append(
            (section, record, box.x_min + 0.24 * k * (box.x_max - box.x_min), box.y_min + 8.0)
        )
    for name, ends in (("P1", "M1 M2"), ("P2", "M2 O1")):
        rows.append(("CONDUITS", f"{name} {ends} 30 0.013 0 0", None, None))
        rows.append(("XSECTIONS", f"{name} CIRCULAR 0.4 0 0 0", None, None))
    return pd.DataFrame(
        [(*row, SOURCE) for row in rows], columns=list(t.SEWER_NETWORK.column_names)
    )


def _frame(
    grid: GridSpec, table: Table, shapes: Sequence[shapely.Geometry], *rows: tuple[Any, ...]
) -> gpd.GeoDataFrame:
    names = table.column_names[:-1]
    frame = pd.DataFrame([dict(zip(names, row, strict=True)) for row in rows], columns=list(names))
    return gpd.GeoDataFrame(frame, geometry=list(shapes), crs=grid.crs)


def _water(west: float, north: float) -> pd.DataFrame:
    corners = [(0.0, 0.0), (20.0, 0.0), (20.0, -20.0), (0.0, -20.0)]
    points = [(west + x, north + y, 3.5) for x, y in corners]
    said = ("flood", "river_flood", "みずほ川", "L2", "national", "2", "0.5m以上3m未満", SOURCE)
    rows = [
        (np.array([points[i] for i in triangle]).ravel(), *said)
        for triangle in ((0, 1, 2), (0, 2, 3))
    ]
    return pd.DataFrame(rows, columns=list(t.HAZARD_SURFACES.column_names))
