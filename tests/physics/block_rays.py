"""Slow and outside referees of shadows on a raster of blocks, and the cases they judge."""

from __future__ import annotations

import math

import numpy as np

LONELY = 1e-8
"""A ray that is inside a block over less than this touches it only [m]."""


def shaded_by_slabs(height, plane, cell_m, azimuth_rad, altitude_rad):
    """Shaded cells by clipping each ray to each block (slab test per axis, float64).

    The horizontal way of a ray through a block depends on the offset of the block only: one
    clip serves all pairs of cells with that offset.
    """
    ny, nx = height.shape
    row_m, col_m = cell_m
    speeds = -math.cos(azimuth_rad) / row_m, math.sin(azimuth_rad) / col_m
    slope = math.tan(altitude_rad)
    farthest = float(np.nanmax(height) - np.nanmin(plane)) / slope + 1.0
    shaded = np.zeros(height.shape, dtype=bool)
    for di in range(1 - ny, ny):
        for dj in range(1 - nx, nx):
            enter, leave = 0.0, farthest
            for offset, speed in zip((di, dj), speeds, strict=True):
                if abs(speed) < 1e-12:
                    leave = leave if offset == 0 else -1.0
                    continue
                a, b = (offset - 0.5) / speed, (offset + 0.5) / speed
                enter, leave = max(enter, min(a, b)), min(leave, max(a, b))
            if (di, dj) == (0, 0) or leave - enter < LONELY:
                continue
            rows = slice(max(0, -di), min(ny, ny - di))
            cols = slice(max(0, -dj), min(nx, nx - dj))
            caster = height[rows.start + di : rows.stop + di, cols.start + dj : cols.stop + dj]
            ray = plane[rows, cols].astype(np.float64) + enter * slope
            shaded[rows, cols] |= caster.astype(np.float64) > ray
    return shaded


def near_edge(mask):
    """Cells with a neighbour (of eight) on the other side of a shadow edge."""
    padded = np.pad(mask, 1, mode="edge")
    ny, nx = mask.shape
    around = np.array([padded[i : i + ny, j : j + nx] for i in range(3) for j in range(3)])
    return around.any(axis=0) & ~around.all(axis=0)


def towers_on_terrain(n=420, seed=1, towers=10):
    """Rolling ground of at most 5 % slope with turned boxes and cylinders; the first has 250 m.

    With many towers they are smaller, as the blocks of a city.
    """
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:n, :n].astype(np.float64)
    ground = 20 + 5 * np.sin(x / 170 + 1) + 4 * np.cos(y / 130 + 0.3)
    height = ground.copy()
    for k in range(towers):
        cx, cy = rng.uniform(50, n - 50, 2)
        half_x, half_y = rng.uniform(7, 22, 2) if towers < 100 else rng.uniform(4, 14, 2)
        turn, tall = rng.uniform(0, math.pi), 250.0 if k == 0 else rng.uniform(40, 200)
        if towers >= 100 and k:
            tall = 6 + rng.exponential(14)
        near = (
            slice(max(0, int(cy) - 34), int(cy) + 34),
            slice(max(0, int(cx) - 34), int(cx) + 34),
        )
        u = (x[near] - cx) * math.cos(turn) + (y[near] - cy) * math.sin(turn)
        v = (y[near] - cy) * math.cos(turn) - (x[near] - cx) * math.sin(turn)
        inside = u**2 + v**2 < half_x**2 if k % 4 == 3 else (abs(u) < half_x) & (abs(v) < half_y)
        height[near][inside] = ground[int(cy), int(cx)] + tall
    return height.astype(np.float32)


class EmbreeBlocks:
    """The raster as triangles, a lid on each cell and walls between, for Embree to shoot at."""

    def __init__(self, height, cell_m=1.0):
        from embreex.mesh_construction import TriangleMesh
        from embreex.rtcore_scene import EmbreeScene

        self.height, self.cell_m = height, cell_m
        self.scene = EmbreeScene()
        TriangleMesh(self.scene, self._triangles())

    def _triangles(self):
        h, d = self.height.astype(np.float64), self.cell_m
        i, j = (index.ravel() for index in np.indices(h.shape))
        quads = [self._quad((i, j), (i, j + 1), (i + 1, j + 1), (i + 1, j), *[h.ravel()] * 4)]
        i, j = np.nonzero(h[:, :-1] != h[:, 1:])
        a, b = h[i, j], h[i, j + 1]
        quads.append(self._quad((i, j + 1), (i + 1, j + 1), (i + 1, j + 1), (i, j + 1), a, a, b, b))
        i, j = np.nonzero(h[:-1] != h[1:])
        a, b = h[i, j], h[i + 1, j]
        quads.append(self._quad((i + 1, j), (i + 1, j + 1), (i + 1, j + 1), (i + 1, j), a, a, b, b))
        corners = np.concatenate(quads) * np.array([d, d, 1.0])
        return np.concatenate([corners[:, [0, 1, 2]], corners[:, [0, 2, 3]]]).astype(np.float32)

    @staticmethod
    def _quad(*parts):
        places, heights = parts[:4], parts[4:]
        points = [np.stack([j, -i, z], axis=1) for (i, j), z in zip(places, heights, strict=True)]
        return np.stack(points, axis=1).astype(np.float64)

    def shaded(self, azimuth_rad, altitude_rad, lift_m=0.002):
        """Cells whose centre, lifted off its block, does not see the sun."""
        cells = np.arange(self.height.size)
        to_sun = np.tile(self._direction(azimuth_rad, altitude_rad), (cells.size, 1))
        return self._hit(self._centres(cells, lift_m), to_sun).reshape(self.height.shape)

    def sky_shares(self, cells, azimuth_rad, altitude_rad, lift_m=0.002):
        """Share of directions in which each of some cells sees the sky."""
        rays = self._direction(azimuth_rad, altitude_rad)
        centres = self._centres(cells, lift_m)
        return np.array([1 - self._hit(np.tile(c, (len(rays), 1)), rays).mean() for c in centres])

    def _centres(self, cells, lift_m):
        i, j = np.unravel_index(cells, self.height.shape)
        z = self.height.ravel()[cells] + lift_m
        at = np.stack([(j + 0.5) * self.cell_m, -(i + 0.5) * self.cell_m, z], axis=1)
        return at.astype(np.float32)

    @staticmethod
    def _direction(azimuth_rad, altitude_rad):
        flat = np.cos(altitude_rad)
        parts = [np.sin(azimuth_rad) * flat, np.cos(azimuth_rad) * flat, np.sin(altitude_rad)]
        return np.stack(parts, axis=-1).astype(np.float32)

    def _hit(self, origins, directions):
        return np.asarray(self.scene.run(origins, directions, query="OCCLUDED")) >= 0


class EmbreeSlopes(EmbreeBlocks):
    """The raster as a surface through the centres of its cells: four triangles between each four."""

    def _triangles(self):
        h, d = self.height.astype(np.float64), self.cell_m
        i, j = (index.ravel() for index in np.indices((h.shape[0] - 1, h.shape[1] - 1)))
        corners = [
            np.stack([(j + b + 0.5) * d, -(i + a + 0.5) * d, h[i + a, j + b]], axis=1)
            for a, b in ((0, 0), (0, 1), (1, 1), (1, 0))
        ]
        middle = np.mean(corners, axis=0)
        fans = [np.stack([corners[k], corners[(k + 1) % 4], middle], axis=1) for k in range(4)]
        return np.concatenate(fans).astype(np.float32)
