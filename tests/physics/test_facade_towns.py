"""Points of facades in a dense town against Embree: at most 1 % may be wrong."""

from __future__ import annotations

import math

import numpy as np
import pytest
import shapely

from citytwin.kernels.caster_edges import caster_edges
from citytwin.kernels.facade_sunlight import Casters, Walls, point_sunlit, storey_hours
from citytwin.kernels.shadow_height import block_grid
from tests.physics.block_rays import EmbreeBlocks, towers_on_terrain
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

pytest.importorskip("embreex", reason="embreex comes with the development environment")


def test_points_of_a_dense_town():
    """Gaps of one metre between turned houses; no raster could hold them."""
    boxes = town()
    faces = faces_of(boxes)
    points, normals = points_on_walls(boxes, np.random.default_rng(5))
    inside = [shapely.Polygon(corners) for corners, _, _ in boxes]
    free = ~shapely.contains_xy(shapely.union_all(inside), points[:, 0], points[:, 1])
    points, normals, suns = points[free], normals[free], winter_suns()
    got = point_sunlit(casters_of(faces, level_ground()), points, normals, suns)
    assert wrong_share(got, embree_of(faces), points, normals, suns) < 0.0005


def test_storeys_of_a_dense_town():
    """Hours of each storey are those of points in its middle, as Embree sees them."""
    boxes = town()
    faces = faces_of(boxes)
    places, normals = points_on_walls(boxes, np.random.default_rng(6), each=1)
    tall = np.repeat([tall for _, tall, _ in boxes], 4)
    suns, n = winter_suns(), len(places)
    first = np.concatenate([[0], np.cumsum(np.rint(tall / 3).astype(np.int64))])
    walls = Walls(
        places[:, :2],
        normals[:, :2],
        np.zeros(n),
        np.full(n, 3.0),
        first,
        np.full(n, -np.inf),
    )
    got = storey_hours(walls, casters_of(faces, level_ground()), suns)
    storeys = np.diff(first)
    floor = np.arange(first[-1]) - np.repeat(first[:-1], storeys)
    points = np.column_stack([np.repeat(places[:, :2], storeys, axis=0), 3.0 * floor + 1.5])
    facing = np.repeat(normals, storeys, axis=0)
    scene = embree_of(faces)
    expected = np.zeros(first[-1])
    for azimuth, altitude, weight in zip(*suns, strict=True):
        ray = [math.sin(azimuth), math.cos(azimuth), math.tan(altitude)]
        ways = np.tile(ray, (len(points), 1)).astype(np.float32)
        hit = scene.run(points.astype(np.float32), ways, query="OCCLUDED") >= 0
        expected += weight * (~hit & (facing @ ray > 0))
    assert np.abs(got - expected).mean() < 0.001
    assert (np.abs(got - expected) > 0.26).mean() < 0.0005


def test_points_before_blocks_of_a_raster():
    """Towers on rolling ground as a raster: before each step of the blocks, at random heights."""
    scene = EmbreeBlocks(towers_on_terrain())
    height = scene.height
    rng = np.random.default_rng(2)
    points, normals = [], []
    for di, dj in ((0, 1), (0, -1), (1, 0), (-1, 0)):
        # The sunny side of a step: the lower cell, and the way that its wall faces.
        step = height - np.roll(height, (-di, -dj), axis=(0, 1))
        i, j = np.nonzero(step[1:-1, 1:-1] > 3.0)
        for row, col in zip(i + 1, j + 1, strict=True):
            along = rng.uniform(-0.49, 0.49)
            y, x = row + 0.5 + di * 0.501, col + 0.5 + dj * 0.501
            y, x = (y + along, x) if di == 0 else (y, x + along)
            low = height[row + di, col + dj]
            points.append([x, -y, rng.uniform(low, height[row, col])])
            normals.append([dj, -di, 0.0])
    points, normals, suns = np.array(points), np.array(normals), winter_suns(1.0)
    grid = block_grid(height, (0.0, 0.0), (1.0, 1.0), (0, 0))
    nothing = caster_edges(np.empty((0, 6)), (0.0, -420.0, 420.0, 0.0))
    got = point_sunlit(Casters(grid, nothing), points, normals, suns)
    assert wrong_share(got, scene.scene, points, normals, suns) < 0.0005
