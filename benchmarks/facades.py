"""Speed and error of the sun on walls: cost per wall and sun, whatever the number of storeys.

A dense town of true shapes: houses 1 to 3 m apart in turned rows, a third of the roofs hipped, two
towers of 90 m among 45. One thread, processor time. Errors are counted against rays that Embree casts over the same
faces, from random points before the walls; the raster is the same town in cells of 1 m.

    python -m benchmarks.facades
"""

from __future__ import annotations

import math
import platform
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import numpy as np
import shapely

from benchmarks.processor import processor
from citytwin.kernels.caster_edges import caster_edges
from citytwin.kernels.facade_sunlight import Casters, Walls, point_sunlit, storey_hours
from citytwin.kernels.plane_raster import burn_planes
from citytwin.kernels.scanline import GridWindow
from citytwin.kernels.shadow_height import block_grid
from tests.physics.facade_town import (
    casters_of,
    embree_of,
    faces_of,
    level_ground,
    points_on_walls,
    town,
    winter_suns,
    wrong_share,
)

REPEATS = 3
STEP_H = 1 / 12
"""A sun every 5 minutes, 8 to 16 h true solar time on 22 December."""
SIZES = ((18, 20), (36, 40), (72, 80))
"""Rows of houses, and houses in each."""
STOREYS = (1, 4, 16, 64, 256)


def seconds(run: Callable[[], Any]) -> float:
    """Least processor time of some runs [s]."""
    taken = []
    for _ in range(REPEATS):
        begin = time.process_time()
        run()
        taken.append(time.process_time() - begin)
    return min(taken)


def walls_of(boxes: list[Any], storeys: int | None) -> Walls:
    """One wall per side; with storeys of 3 m, or as many as wanted in the same height."""
    places, normals = points_on_walls(boxes, np.random.default_rng(6), each=1)
    tall = np.repeat([tall for _, tall, _ in boxes], 4)
    number = (
        np.rint(tall / 3.0).astype(np.int64) if storeys is None else np.full(len(tall), storeys)
    )
    n = len(tall)
    return Walls(
        places[:, :2],
        normals[:, :2],
        np.zeros(n),
        tall / number,
        np.concatenate([[0], np.cumsum(number)]),
        np.full(n, -np.inf),
    )


def raster_of(faces: list[Any], size_m: float, cell_m: float) -> Casters:
    """The roofs of the same faces in cells."""
    n = math.ceil(size_m / cell_m)
    height, winner = np.zeros((n, n), np.float32), np.full((n, n), -1, np.int32)
    rings = np.cumsum([0, *(len(face) for face in faces)])
    xyz = np.array([vertex for face in faces for vertex in face])
    count = np.arange(len(faces) + 1)
    window = GridWindow(0.0, n * cell_m, cell_m, 0, 0)
    burn_planes(xyz, rings, count, count[:-1].astype(np.int32), window, height, winner)
    nothing = caster_edges(np.empty((0, 6)), (0.0, 0.0, size_m, size_m))
    return Casters(block_grid(height, (0.0, n * cell_m), (cell_m, cell_m), (0, 0)), nothing)


def pairs(walls: Walls, suns: Any) -> int:
    """Walls and suns before them, which are those that cost."""
    to_sun = np.stack([np.sin(suns.azimuth_rad), np.cos(suns.azimuth_rad)])
    return int((walls.normal @ to_sun > 0).sum())


def main() -> None:
    """Print the tables of the README."""
    suns = winter_suns(STEP_H)
    print(f"{datetime.now(UTC):%Y-%m-%d}, {processor()}, Python {platform.python_version()}\n")
    print(
        "| houses | walls | storeys | wall-sun pairs | faces: s | ns per pair | 1 m raster: ns per pair |"
    )
    print("|---:|---:|---:|---:|---:|---:|---:|")
    for rows, each in SIZES:
        boxes, size_m = town(rows, each), max(rows * 23.0, each * 21.0) + 40.0
        faces, walls = faces_of(boxes), walls_of(boxes, None)
        by_faces = casters_of(faces, level_ground(size_m), size_m)
        taken = seconds(lambda: storey_hours(walls, by_faces, suns))  # noqa: B023 - called here
        by_cells = raster_of(faces, size_m, 1.0)
        slower = seconds(lambda: storey_hours(walls, by_cells, suns))  # noqa: B023
        met = pairs(walls, suns)
        print(
            f"| {len(boxes)} | {len(walls.foot)} | {walls.first[-1]} | {met} | {taken:.2f}"
            f" | {taken / met * 1e9:.0f} | {slower / met * 1e9:.0f} |"
        )
    print(
        "\n| storeys per wall | ns per pair of wall and sun | each storey as a point: ns per pair |"
    )
    print("|---:|---:|---:|")
    boxes, size_m = town(18, 20), 18 * 23.0 + 60.0
    casters = casters_of(faces_of(boxes), level_ground(size_m), size_m)
    for storeys in STOREYS:
        walls = walls_of(boxes, storeys)
        met = pairs(walls, suns)
        taken = seconds(lambda: storey_hours(walls, casters, suns))  # noqa: B023
        points, normals = _middles(walls)
        alone = seconds(lambda: point_sunlit(casters, points, normals, suns))  # noqa: B023
        print(f"| {storeys} | {taken / met * 1e9:.0f} | {alone / met * 1e9:.0f} |")
    _errors()


def _middles(walls: Walls) -> tuple[np.ndarray, np.ndarray]:
    """Middle of each storey as a point."""
    storeys = np.diff(walls.first)
    number = np.arange(walls.first[-1]) - np.repeat(walls.first[:-1], storeys)
    z = (number + 0.5) * np.repeat(walls.storey_m, storeys)
    points = np.column_stack([np.repeat(walls.foot, storeys, axis=0), z])
    normals = np.column_stack([np.repeat(walls.normal, storeys, axis=0), np.zeros(len(z))])
    return points, normals


def _errors() -> None:
    boxes, suns = town(), winter_suns(0.25)
    faces = faces_of(boxes)
    points, normals = points_on_walls(boxes, np.random.default_rng(5), each=24)
    shapes = shapely.union_all([shapely.Polygon(corners) for corners, _, _ in boxes])
    free = ~shapely.contains_xy(shapes, points[:, 0], points[:, 1])
    points, normals = points[free], normals[free]
    scene = embree_of(faces)
    print("\n| points of walls, casters | wrong, % | goal, % |\n|---|---:|---:|")
    cases = {"true faces": casters_of(faces, level_ground())}
    cases |= {f"raster of {cell} m": raster_of(faces, 240.0, cell) for cell in (0.5, 1.0, 2.5)}
    for name, casters in cases.items():
        got = point_sunlit(casters, points, normals, suns)
        share = wrong_share(got, scene, points, normals, suns)
        print(f"| {name} | {100 * share:.3f} | 1 |")


if __name__ == "__main__":
    main()
