"""A dense town of true shapes, and Embree as the referee of what the sun reaches in it."""

from __future__ import annotations

import math

import numpy as np

from citytwin.kernels.caster_edges import caster_edges, edges_of_faces
from citytwin.kernels.facade_sunlight import Casters
from citytwin.kernels.shadow_height import block_grid
from citytwin.kernels.solar import sun_position
from citytwin.kernels.sun_bundle import Suns

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


def town(rows=9, each=10, seed=3):
    """Houses 1 to 3 m apart in turned rows with a few towers, hipped roofs on every third."""
    rng = np.random.default_rng(seed)
    boxes = []
    for k in range(rows * each):
        row, place = divmod(k, each)
        centre = np.array([20 + place * 21.0, 20 + row * 23.0]) + rng.uniform(-1, 1, 2)
        half = rng.uniform([8.4, 7.0], [9.6, 9.0])
        tall = 90.0 if k % 45 in (34, 16) else rng.choice([5.5, 8.0, 11.0, 24.0])
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
    return wrong / seen


def casters_of(faces, ground, size_m=SIZE_M):
    """Edges of the faces over a raster of ground."""
    xyz = np.array([vertex for face in faces for vertex in face])
    offsets = np.cumsum([0, *(len(face) for face in faces)])
    edges = caster_edges(edges_of_faces(xyz, offsets), (0.0, 0.0, size_m, size_m))
    return Casters(ground, edges)


def level_ground(size_m=SIZE_M):
    """Ground of the town."""
    return block_grid(np.zeros((24, 24), np.float32), (0.0, size_m), (size_m / 24,) * 2, (0, 0))
