"""Planar faces burned into height rasters."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from citytwin.kernels.plane_raster import (
    BURNABLE,
    DEGENERATE,
    NOT_FINITE,
    VERTICAL,
    burn_planes,
    face_kind,
)
from citytwin.kernels.scanline import GridWindow

GRID = GridWindow(x_min=-103.0, y_max=57.0, cell_m=0.5, row0=0, col0=0)
NY, NX = 40, 56


def ragged(*polygons):
    """Build xyz, ring offsets and polygon offsets from polygons given as lists of rings."""
    rings = [np.asarray(ring, dtype=float) for polygon in polygons for ring in polygon]
    counts = [len(ring) for ring in rings]
    return (
        np.concatenate(rings),
        np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        np.concatenate([[0], np.cumsum([len(p) for p in polygons])]).astype(np.int64),
    )


def burn(polygons, window=GRID, shape=(NY, NX), ids=None):
    """Burn polygons into fresh rasters."""
    height = np.full(shape, np.nan, dtype=np.float32)
    winner = np.full(shape, -1, dtype=np.int32)
    if ids is None:
        ids = np.arange(len(polygons))
    burn_planes(*ragged(*polygons), np.asarray(ids, dtype=np.int32), window, height, winner)
    return height, winner


def centres(window=GRID, shape=(NY, NX)):
    """Coordinates of all pixel centres, from the definition of the grid."""
    ny, nx = shape
    x = window.x_min + (window.col0 + np.arange(nx) + 0.5) * window.cell_m
    y = window.y_max - (window.row0 + np.arange(ny) + 0.5) * window.cell_m
    return np.meshgrid(x, y)


def box(x0, y0, x1, y1, height=lambda x, y: 0 * x + 10.0):
    """Rectangle with heights from a function."""
    xy = np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]], dtype=float)
    return np.c_[xy, height(xy[:, 0], xy[:, 1])]


def test_tilted_plane_is_exact():
    """Every pixel of a tilted face carries the plane's own height at its centre."""

    def plane(x, y):
        return 20.0 + 0.7 * x - 0.3 * y

    height, winner = burn([[box(-100.3, 40.2, -80.1, 55.7, plane)]], ids=[7])
    x, y = centres()
    inside = (x > -100.3) & (x < -80.1) & (y > 40.2) & (y < 55.7)
    assert np.array_equal(np.isfinite(height), inside)
    assert np.array_equal(winner == 7, inside)
    np.testing.assert_allclose(height[inside], plane(x, y)[inside], atol=2e-5)


def test_hole_stays_open():
    """A courtyard ring burns nothing, whichever way it is wound."""
    outer = box(-100, 40, -80, 55)
    hole = box(-95, 44, -90, 50)
    x, y = centres()
    in_hole = (x > -95) & (x < -90) & (y > 44) & (y < 50)
    for ring in (hole, hole[::-1]):
        height, _ = burn([[outer, ring]])
        assert np.isnan(height[in_hole]).all()
        assert np.isfinite(height).sum() == 40 * 30 - in_hole.sum()


def test_faces_with_a_common_edge_burn_each_pixel_once():
    """A fan of triangles about a vertex on a pixel centre covers its square exactly once."""
    middle = (-90.25, 46.75, 5.0)
    corner = [(-100.25, 40.75, 5.0), (-79.75, 40.75, 5.0), (-79.75, 53.25, 5.0)]
    corner += [(-100.25, 53.25, 5.0)]
    fan = [[[corner[i], corner[(i + 1) % 4], middle]] for i in range(4)]
    count = sum(np.isfinite(burn([face])[0]).astype(int) for face in fan)
    whole = np.isfinite(burn([[corner]])[0]).astype(int)
    assert np.array_equal(count, whole)
    assert whole.sum() == 41 * 25


def random_faces(rng, n):
    """Tilted star-shaped faces of 3 to 9 corners, some with a hole."""
    faces = []
    for _ in range(n):
        cx, cy = rng.uniform(-103, -75), rng.uniform(37, 57)
        angle = np.sort(rng.uniform(0, 2 * np.pi, rng.integers(3, 10)))
        radius = rng.uniform(1, 6, angle.size)
        slope = rng.normal(0, 0.5, 2)

        def ring(scale, cx=cx, cy=cy, angle=angle, radius=radius, slope=slope):
            dx, dy = scale * radius * np.cos(angle), scale * radius * np.sin(angle)
            return np.c_[cx + dx, cy + dy, 12.0 + slope[0] * dx + slope[1] * dy]

        faces.append([ring(1.0), ring(0.4)] if rng.random() < 0.5 else [ring(1.0)])
    return faces


def test_pixels_are_those_of_an_independent_library():
    """A pixel is burned if and only if shapely finds its centre in the polygon."""
    rng = np.random.default_rng(20)
    x, y = centres()
    for rings in random_faces(rng, 30):
        polygon = shapely.Polygon(rings[0][:, :2])
        if not polygon.is_valid:
            continue
        expected = shapely.contains_xy(polygon, x, y)
        for hole in rings[1:]:
            expected ^= shapely.contains_xy(shapely.Polygon(hole[:, :2]), x, y)
        assert np.array_equal(np.isfinite(burn([rings])[0]), expected)


def test_any_tiling_gives_the_same_bits():
    """Windows cut from the grid hold the very bits of the whole raster."""
    faces = random_faces(np.random.default_rng(3), 60)
    height, winner = burn(faces)
    for tile in (7, 16, 33):
        for row in range(0, NY, tile):
            for col in range(0, NX, tile):
                shape = (min(tile, NY - row), min(tile, NX - col))
                window = GRID._replace(row0=row, col0=col)
                part, who = burn(faces, window, shape)
                rows, cols = slice(row, row + shape[0]), slice(col, col + shape[1])
                assert part.tobytes() == height[rows, cols].tobytes()
                assert np.array_equal(who, winner[rows, cols])


def test_order_of_faces_does_not_matter():
    """The highest face wins, and equal heights go to the smallest id, in any order."""
    faces = random_faces(np.random.default_rng(4), 25)
    faces += [[box(-99, 41, -85, 52)], [box(-95, 43, -81, 54)]]
    ids = np.arange(len(faces))
    height, winner = burn(faces, ids=ids)
    order = np.random.default_rng(5).permutation(len(faces))
    height2, winner2 = burn([faces[i] for i in order], ids=ids[order])
    assert height.tobytes() == height2.tobytes()
    assert np.array_equal(winner, winner2)
    _, both = burn([[box(-99, 41, -85, 52)], [box(-95, 43, -81, 54)]], ids=[9, 4])
    x, y = centres()
    assert (both[(x > -95) & (x < -85) & (y > 43) & (y < 52)] == 4).all()


def test_the_highest_face_wins_where_faces_cross():
    """Two crossing planes leave their upper envelope."""
    up = box(-100, 40, -80, 55, lambda x, y: 10 + 0.5 * (x + 90))
    down = box(-100, 40, -80, 55, lambda x, y: 10 - 0.5 * (x + 90))
    height, winner = burn([[up], [down]])
    x, _ = centres()
    inside = np.isfinite(height)
    np.testing.assert_allclose(height[inside], 10 + 0.5 * np.abs(x + 90)[inside], atol=2e-5)
    assert np.array_equal(winner[inside] == 0, x[inside] > -90)


def test_height_stays_in_the_range_of_the_face():
    """A badly warped face never rises above its highest or below its lowest vertex."""
    warped = np.array([[-100, 40, 0], [-80, 40, 9], [-80, 55, 0], [-100, 55, 9.0]])
    warped = np.r_[warped, [[-101.0, 47.0, -30.0]]]
    height, _ = burn([[warped]])
    assert np.nanmin(height) >= -30
    assert np.nanmax(height) <= 9


def test_bow_tie_burns_by_parity():
    """A self-crossing ring burns its two triangles and nothing else."""
    bow = [(-100, 40, 5), (-80, 56, 5), (-80, 40, 5), (-100, 56.001, 5)]
    height, _ = burn([[bow]])
    x, y = centres()
    t = (x + 100) / 20
    low, high = 40 + 16 * t, 56.001 - 16.001 * t
    inside = (x > -100) & (x < -80) & ((y - low) * (y - high) < 0)
    assert np.array_equal(np.isfinite(height), inside)


def test_faces_that_cannot_be_burned_are_named_and_leave_no_trace():
    """Walls, slivers, empty polygons, NaN and infinite coordinates are told apart."""
    wall = [(-100, 40, 0), (-80, 40, 0), (-80, 40, 9), (-100, 40, 9)]
    line = [(-100, 40, 5), (-80, 55, 5), (-100, 40, 5), (-80, 55, 5)]
    point = [(-90, 45, 5)] * 5
    two = [(-100, 40, 5), (-80, 55, 5)]
    nan = [(-100, 40, 5), (-80, 40, np.nan), (-80, 55, 5)]
    inf = [(-100, 40, 5), (-80, np.inf, 5), (-80, 55, 5)]
    good = box(-100, 40, -99, 41)
    faces = [[wall], [line], [point], [two], [nan], [inf], [good], [good, point]]
    kinds = face_kind(*ragged(*faces))
    assert kinds.tolist() == [VERTICAL] + [DEGENERATE] * 3 + [NOT_FINITE] * 2 + [BURNABLE] * 2
    height, winner = burn(faces[:6])
    assert np.isnan(height).all()
    assert (winner == -1).all()


def test_polygon_without_rings_is_degenerate():
    """An empty polygon in the ragged table burns nothing and crashes nothing."""
    xyz = np.array(box(-100, 40, -90, 50))
    offsets = np.array([0, 4]), np.array([0, 0, 1])
    assert face_kind(xyz, *offsets).tolist() == [DEGENERATE, BURNABLE]


def test_giant_coordinates_do_not_crash():
    """Vertices far outside the window, even at 1e300, are clipped to it."""
    far = box(-1e7, -1e7, 1e7, 1e7)
    height, _ = burn([[far]])
    assert (height == 10).all()
    huge = [(-1e300, -1e300, 0), (1e300, -1e300, 0), (0, 1e300, 0)]
    assert face_kind(*ragged([huge])).tolist() == [NOT_FINITE]
    assert np.isnan(burn([[huge]])[0]).all()


def test_wrong_offsets_are_refused():
    """Offsets that would read outside the vertices raise instead of reading."""
    xyz, rings, polygons = ragged([box(-100, 40, -90, 50)])
    with pytest.raises(ValueError, match="outside"):
        face_kind(xyz, rings + 1, polygons)
    with pytest.raises(ValueError, match="fall"):
        face_kind(xyz, np.array([4, 0, 4]), np.array([0, 2]))


def test_terrain_already_there_is_a_floor():
    """Faces below the height already in the raster leave it and its winner alone."""
    height = np.full((NY, NX), 12.0, dtype=np.float32)
    winner = np.full((NY, NX), -1, dtype=np.int32)
    ids = np.zeros(1, dtype=np.int32)
    burn_planes(*ragged([box(-100, 40, -90, 50)]), ids, GRID, height, winner)
    assert (height == 12).all()
    assert (winner == -1).all()
