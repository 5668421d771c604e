"""Triangulation of the demo city's ground along the break lines of river and levees."""

from __future__ import annotations

import itertools

from citytwin.testing import terrain
from citytwin.testing.place import HEIGHT_M, WIDTH_M, Point3
from citytwin.testing.planar import millimetres

Triangle3 = tuple[Point3, Point3, Point3]

_COLUMN_STEP_M = 19.0
_SOUTH_ROWS = 13
_NORTH_ROWS = 21


def ground_columns() -> tuple[float, ...]:
    """Eastings [m] of the mesh: every edge of the ramp and of the low spot, and between."""
    edge = terrain.AVENUE_HALF_M
    foot = edge + 8.0
    fixed = sorted(
        {0.0, WIDTH_M, *terrain.LOW_SPOT_U_M}
        | {terrain.AVENUE_U_M + shift for shift in (-foot, -edge, edge, foot)}
    )
    columns = [0.0]
    for start, end in itertools.pairwise(fixed):
        steps = max(1, round((end - start) / _COLUMN_STEP_M))
        columns.extend(millimetres(start + (end - start) * k / steps) for k in range(1, steps + 1))
    return tuple(columns)


def _column_points(u: float) -> list[Point3]:
    points: list[Point3] = []
    south_toe = terrain.river_point(u, -terrain.LEVEE_TOE_D_M)[1]
    north_toe = terrain.river_point(u, terrain.LEVEE_TOE_D_M)[1]
    for k in range(_SOUTH_ROWS):
        v = millimetres(south_toe * k / _SOUTH_ROWS)
        points.append((u, v, millimetres(terrain.land_z(u, v))))
    for side in (-1, 1):
        line = list(zip(terrain.BREAKS_D_M, terrain.break_heights(u, side), strict=True))
        for d, z in reversed(line) if side < 0 else line[1:]:
            v = terrain.river_point(u, side * d)[1]
            points.append((u, millimetres(v), millimetres(z)))
    for k in range(1, _NORTH_ROWS + 1):
        v = millimetres(north_toe + (HEIGHT_M - north_toe) * k / _NORTH_ROWS)
        points.append((u, v, millimetres(terrain.land_z(u, v))))
    return points


def ground_triangles() -> tuple[Triangle3, ...]:
    """Anticlockwise triangles (city metres, height) that cover the whole city once."""
    columns = [_column_points(u) for u in ground_columns()]
    triangles: list[Triangle3] = []
    for west, east in itertools.pairwise(columns):
        for k in range(len(west) - 1):
            sw, se, ne, nw = west[k], east[k], east[k + 1], west[k + 1]
            # The flatter diagonal follows valleys and ridges better.
            if abs(sw[2] - ne[2]) <= abs(se[2] - nw[2]):
                triangles += [(sw, se, ne), (sw, ne, nw)]
            else:
                triangles += [(sw, se, nw), (se, ne, nw)]
    return tuple(triangles)
