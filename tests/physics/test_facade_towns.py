"""Points of facades in a dense town against Embree: at most 1 % may be wrong."""

from __future__ import annotations

import math

import numpy as np
import pytest
import shapely

from citytwin.kernels.caster_edges import caster_edges, edges_of_faces
from citytwin.kernels.facade_sunlight import Casters, Walls, point_sunlit, storey_hours
from citytwin.kernels.shadow_height import block_grid
from citytwin.kernels.solar import sun_position
from citytwin.kernels.sun_bundle import Suns
from tests.physics.block_rays import EmbreeBlocks, towers_on_terrain

pytest.importorskip("embreex", reason="embreex comes with the development environment")

SIZE_M = 240.0
BEFORE_M = 0.01


def winter_suns(step_h=0.5):
    """22 December in Tokyo, 8 to 16 h true solar time."""
    hour = np.arange(8.0, 16.0, step_h) + step_h / 2
    azimuth, altitude = sun_position(*np.radians([35.69, -23.44]), np.radians(15 * (hour - 12)))
    return Suns(azimuth, altitude, np.full(hour.size, step_h))


def turned_box(centre, half, angle):
    """Corners, counter-clockwise."""
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * half
    c, s = math.cos(angle), math.sin(angle)
    return corners @ np.array([[c, s], [-s, c]]) + centre


def town(seed=3, number=90):
    """Houses 1 to 3 m apart in turned rows with a few towers, hipped roofs on every third."""
    rng = np.random.default_rng(seed)
    boxes = []
    for k in range(number):
        row, place = divmod(k, 10)
        centre = np.array([20 + place * 21.0, 20 + row * 23.0]) + rng.uniform(-1, 1, 2)
        half = rng.uniform([8.4, 7.0], [9.6, 9.0])
        tall = 90.0 if k in (34, 61) else rng.choice([5.5, 8.0, 11.0, 24.0])
        boxes.append((turned_box(centre, half, 0.15 * math.sin(row)), tall, k % 3 == 0))
    return boxes


def faces_of(boxes):
    """Roofs and walls of all houses as lists of vertices."""
    faces = []
    for corners, tall, hipped in boxes:
        low = [(*c, 0.0) for c in corners]
        high = [(*c, tall) for c in corners]
        middle = (*corners.mean(axis=0), tall + 3.0)
        for k in range(4):
            n = (k + 1) % 4
            faces.append([low[k], low[n], high[n], high[k]])
            if hipped:
                faces.append([high[k], high[n], middle])
        if not hipped:
            faces.append(high)
    return faces


def embree_of(faces):
    """The same faces as triangles."""
    from embreex.mesh_construction import TriangleMesh
    from embreex.rtcore_scene import EmbreeScene

    triangles = [(f[0], f[k], f[k + 1]) for f in faces for k in range(1, len(f) - 1)]
    scene = EmbreeScene()
    TriangleMesh(scene, np.array(triangles, dtype=np.float32))
    return scene


def points_on_walls(boxes, rng, each=8):
    """Points right before the walls at random heights, and the outward normals."""
    points, normals = [], []
    for corners, tall, _ in boxes:
        for k in range(4):
            a, b = corners[k], corners[(k + 1) % 4]
            normal = np.array([b[1] - a[1], a[0] - b[0]]) / math.dist(a, b)
            for share, z in zip(rng.uniform(0, 1, each), rng.uniform(0, tall, each), strict=True):
                points.append([*(a + share * (b - a) + BEFORE_M * normal), z])
                normals.append([*normal, 0.0])
    return np.array(points), np.array(normals)


def wrong_share(got, scene, points, normals, suns):
    """Share of the points and suns before the walls that Embree sees differently."""
    flat = np.cos(suns.altitude_rad)
    to_sun = np.stack(
        [
            np.sin(suns.azimuth_rad) * flat,
            np.cos(suns.azimuth_rad) * flat,
            np.sin(suns.altitude_rad),
        ],
        axis=1,
    )
    wrong = seen = 0
    for k, direction in enumerate(to_sun):
        front = normals @ direction > 0
        assert not got[~front, k].any()
        ways = np.tile(direction, (front.sum(), 1)).astype(np.float32)
        hit = scene.run(points[front].astype(np.float32), ways, query="OCCLUDED") >= 0
        wrong += (hit == got[front, k]).sum()
        seen += front.sum()
    assert seen > 5000
    return wrong / seen


def casters_of(faces, ground):
    """Edges of the faces over a raster of ground."""
    xyz = np.array([vertex for face in faces for vertex in face])
    offsets = np.cumsum([0, *(len(face) for face in faces)])
    edges = caster_edges(edges_of_faces(xyz, offsets), (0.0, 0.0, SIZE_M, SIZE_M))
    return Casters(ground, edges)


def level_ground():
    """Ground of the town."""
    return block_grid(np.zeros((24, 24), np.float32), (0.0, SIZE_M), (10.0, 10.0), (0, 0))


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
