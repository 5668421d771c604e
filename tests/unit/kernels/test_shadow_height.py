"""Heights of shadows from blocks and from edges of faces, against slow ways to find them."""

from __future__ import annotations

import math

import numpy as np
import pytest
import shapely

from citytwin.kernels.caster_edges import caster_edges, edges_of_faces, shadow_of_edges
from citytwin.kernels.shadow_height import Sunbeam, block_grid, shadow_of_blocks
from tests.physics.block_rays import shaded_by_slabs
from tests.unit.kernels.test_shadow_bounds import rough_city

NOWHERE = (0.0, 0.0)


def beam_at(x, y, azimuth, altitude):
    """A ray from a place towards the sun."""
    return Sunbeam(x, y, math.sin(azimuth), math.cos(azimuth), math.tan(altitude))


def shaded_cells(height, cell_m, azimuth, altitude):
    """Cells that the walk finds shaded, each from its centre on its own block."""
    grid = block_grid(height, (-7.0, 12.0), cell_m, (3, -5))
    shaded = np.zeros(height.shape, dtype=bool)
    for i, j in np.argwhere(np.isfinite(height)):
        x = -7.0 + (j - 5 + 0.5) * cell_m[1]
        y = 12.0 - (i + 3 + 0.5) * cell_m[0]
        start = float(height[i, j])
        beam = beam_at(x, y, azimuth, altitude)
        shaded[i, j] = shadow_of_blocks(grid, beam, NOWHERE, start, math.inf) > start
    return shaded


@pytest.mark.parametrize("cell_m", [(1.0, 1.0), (0.7, 1.9)])
@pytest.mark.parametrize("seed", range(8))
def test_no_cell_is_wrong(seed, cell_m):
    """Rays clipped to every block say the same, in each octant and along its borders."""
    rng = np.random.default_rng(seed + 50)
    height = rough_city(21, 26, seed)
    for azimuth in (math.radians(45 * seed + rng.uniform(1, 44)), math.radians(45 * seed)):
        altitude = rng.uniform(0.05, 1.2)
        got = shaded_cells(height, cell_m, azimuth, altitude)
        expected = shaded_by_slabs(height, height, cell_m, azimuth, altitude)
        assert np.array_equal(got, expected & np.isfinite(height))


def test_the_height_of_the_shadow_is_where_light_begins():
    """Just above it the ray is free, just below it is not."""
    height = rough_city(40, 37, 3)
    plane = np.full(height.shape, np.nan, dtype=np.float32)
    azimuth, altitude, rng = 3.9, 0.3, np.random.default_rng(1)
    grid = block_grid(height, (0.0, 0.0), (1.0, 1.0), (0, 0))
    for i, j in rng.integers(0, 37, (30, 2)):
        beam = beam_at(j + 0.5, -i - 0.5, azimuth, altitude)
        found = shadow_of_blocks(grid, beam, NOWHERE, -50.0, math.inf)
        for step, dark in ((-0.01, True), (0.01, False)):
            plane[:] = found + step
            assert shaded_by_slabs(height, plane, (1.0, 1.0), azimuth, altitude)[i, j] == dark or (
                height[i, j] > plane[i, j]
            )


def test_any_window_gives_the_same_bits():
    """The same places in a raster and in windows of it that hold all that casts on them."""
    rng = np.random.default_rng(8)
    height = rough_city(300, 310, 2)
    height[100, 200] = 55.0  # casts over squares that windows cut differently
    whole = block_grid(height, (13.7, 99.1), (0.7, 0.9), (0, 0))
    window = block_grid(height[21:287, 9:], (13.7, 99.1), (0.7, 0.9), (21, 9))
    for _ in range(400):
        x, y = 13.7 + 0.9 * rng.uniform(100, 200), 99.1 - 0.7 * rng.uniform(100, 200)
        beam = beam_at(x, y, rng.uniform(0, 7), rng.uniform(0.3, 1.0))
        wanted = shadow_of_blocks(whole, beam, NOWHERE, 0.0, math.inf)
        assert shadow_of_blocks(window, beam, NOWHERE, 0.0, math.inf) == wanted


def test_cells_behind_a_wall_are_the_wall():
    """A slanting wall and its own stairs: without the normal they would shade its foot."""
    i, j = np.mgrid[:60, :60]
    height = np.where(j + 0.5 < 30 + 0.4 * (i - 30), 20.0, 0.0).astype(np.float32)
    normal = np.array([1.0, -0.0 - -0.4]) / math.hypot(1.0, 0.4)
    grid = block_grid(height, (0.0, 0.0), (1.0, 1.0), (0, 0))
    for place in np.linspace(15, 45, 41):
        x, y = 30 + 0.4 * (place - 30) + 0.01, -place
        beam = beam_at(x, y, math.radians(100), 0.4)
        assert shadow_of_blocks(grid, beam, tuple(normal), 0.5, math.inf) == 0.5


def roofs(number, seed):
    """Triangles of all slopes, as vertices and offsets of their rings."""
    rng = np.random.default_rng(seed)
    middle = rng.uniform(-60, 60, (number, 1, 2))
    plan = middle + rng.uniform(-9, 9, (number, 3, 2))
    xyz = np.concatenate([plan, rng.uniform(0, 30, (number, 3, 1))], axis=2).reshape(-1, 3)
    return xyz, np.arange(0, 3 * number + 1, 3)


def test_edges_tell_what_the_faces_tell():
    """Each triangle cut with the ray by GEOS: the higher end of the cut throws the shadow."""
    xyz, offsets = roofs(60, 4)
    triangles = xyz.reshape(-1, 3, 3)
    casters = caster_edges(edges_of_faces(xyz, offsets), (-80.0, -80.0, 80.0, 80.0))
    rng = np.random.default_rng(9)
    for _ in range(60):
        beam = beam_at(*rng.uniform(-70, 70, 2), rng.uniform(0, 7), rng.uniform(0.1, 0.8))
        here = np.array([beam.x, beam.y])
        ray = shapely.LineString([here, here + 300 * np.array([beam.to_x, beam.to_y])])
        expected = -1000.0
        for a, b, c in triangles:
            plan = shapely.Polygon([a[:2], b[:2], c[:2]])
            # A face over the place itself covers it, which is not asked here.
            ends = shapely.get_coordinates(shapely.intersection(ray, plan))
            ends = ends[np.hypot(*(ends - here).T) > 0]
            axes = np.array([b[:2] - a[:2], c[:2] - a[:2]]).T
            z = a[2] + np.linalg.solve(axes, (ends - a[:2]).T).T @ np.array([b - a, c - a])[:, 2]
            shadow = z - np.hypot(*(ends - here).T) * beam.rise
            expected = max(expected, shadow.max(initial=-1000.0))
        got = shadow_of_edges(casters, beam, -1000.0, math.inf)
        assert got == pytest.approx(expected, abs=1e-6)


def test_of_edges_above_each_other_the_higher_ones_are_kept():
    """A block has floor, roof and walls over each side; and two edges that cross are both kept."""
    floor = np.array([[0, 0, 1.0], [4, 0, 1], [4, 3, 1], [0, 3, 1]])
    wall = np.array([[0, 0, 1.0], [4, 0, 1], [4, 0, 9], [0, 0, 9]])
    roof = floor + [0, 0, 8.0]
    found = edges_of_faces(np.concatenate([floor, wall, roof]), np.array([0, 4, 8, 12]))
    assert len(found) == 4
    assert (found[:, [2, 5]] == 9.0).all()
    crossing = np.array([[0, 0, 5.0], [4, 0, 1], [9, 9, 0], [4, 0, 4], [0, 0, 2], [9, 9, 0]])
    found = edges_of_faces(crossing, np.array([0, 3, 6]))
    assert ((found[:, :2] == 0).all(axis=1) & (found[:, 3] == 4)).sum() == 2


def test_what_is_no_number_and_what_has_no_length_casts_nothing():
    """Vertices of hostile files are left out; no edges at all are an answer too."""
    xyz = np.array([[0, 0, 5.0], [np.nan, 0, 5], [4, 4, 5], [4, 4, 9]])
    assert len(edges_of_faces(xyz, np.array([0, 4]))) == 1
    for wild in (np.inf, 1e300, -1e18):
        assert len(edges_of_faces(np.where(np.isnan(xyz), wild, xyz), np.array([0, 4]))) == 1
    nothing = edges_of_faces(np.empty((0, 3)), np.zeros(1, dtype=np.int64))
    casters = caster_edges(nothing, (0.0, 0.0, 10.0, 10.0))
    assert shadow_of_edges(casters, beam_at(5.0, 5.0, 1.0, 0.1), 2.0, math.inf) == 2.0


def test_an_edge_of_a_thousand_kilometres_fills_its_bins_only():
    """What crosses the area casts in it, wherever its ends lie."""
    ends = np.array([[-1e6, -1e6, 40.0, 1e6, 1e6, 40.0]])
    casters = caster_edges(ends, (0.0, 0.0, 2000.0, 2000.0))
    assert len(casters.edge) < 5 * 2000 / 16
    got = shadow_of_edges(casters, beam_at(1010.0, 1000.0, 1.5 * math.pi, 0.5), 0.0, math.inf)
    assert got == pytest.approx(40.0 - 10.0 * math.tan(0.5), abs=1e-4)


@pytest.mark.parametrize(
    ("height", "cell_m"),
    [(np.zeros((0, 3)), (1.0, 1.0)), (np.zeros(5), (1.0, 1.0)), (np.zeros((2, 2)), (1.0, 0.0))],
)
def test_unusable_rasters_are_refused(height, cell_m):
    """No cells, no rows, no size."""
    with pytest.raises(ValueError, match=r"2-D|positive"):
        block_grid(height, (0.0, 0.0), cell_m, (0, 0))
