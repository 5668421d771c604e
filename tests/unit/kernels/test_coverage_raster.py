"""Share of cells under faces, against exact areas of polygons."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from citytwin.kernels.coverage_raster import SIDE, cover_samples, covered_share
from citytwin.kernels.scanline import GridWindow

GRID = GridWindow(x_min=-13.0, y_max=21.0, cell_m=2.5, row0=3, col0=-2)
SHAPE = (11, 14)
WEST, NORTH = GRID.x_min + GRID.col0 * GRID.cell_m, GRID.y_max - GRID.row0 * GRID.cell_m
MIDDLE = (WEST + 17.3, NORTH - 13.9)


def cover(polygons, window=GRID, shape=SHAPE):
    """Share of each cell under polygons, given as lists of rings (x, y, z)."""
    rings = [np.asarray(ring, dtype=float) for polygon in polygons for ring in polygon]
    ring_offsets = np.cumsum([0] + [len(ring) for ring in rings])
    polygon_offsets = np.cumsum([0] + [len(polygon) for polygon in polygons])
    samples = np.zeros(shape, dtype=np.uint16)
    cover_samples(np.concatenate(rings), ring_offsets, polygon_offsets, window, samples)
    return covered_share(samples)


def square(side, degrees, middle=MIDDLE, z=7.0):
    """A square turned about its middle."""
    turn = np.radians(degrees + np.array([45.0, 135.0, 225.0, 315.0]))
    radius = side / np.sqrt(2.0)
    return np.c_[middle[0] + radius * np.cos(turn), middle[1] + radius * np.sin(turn), [z] * 4]


def boxes(cell_m, shape):
    """Cells of a size over the area of the raster, row by row."""
    rows, cols = np.mgrid[0 : shape[0], 0 : shape[1]]
    west, north = WEST + cols * cell_m, NORTH - rows * cell_m
    return shapely.box(west, north - cell_m, west + cell_m, north)


@pytest.mark.parametrize("degrees", [0.0, 7.0, 30.0, 45.0, 61.5])
@pytest.mark.parametrize("side", [11.7, 3.1])
def test_a_turned_square_covers_its_area_within_the_bound_of_the_samples(side, degrees):
    """A square of the samples is right unless an edge crosses it, and else wrong by half of it.

    Where a corner lies in it, it may be wrong altogether.
    """
    ring = square(side, degrees)
    polygon = shapely.Polygon(ring[:, :2])
    share = cover([[ring]])
    exact = shapely.area(shapely.intersection(boxes(GRID.cell_m, SHAPE), polygon)) / 2.5**2
    fine = boxes(GRID.cell_m / SIDE, (SIDE * SHAPE[0], SIDE * SHAPE[1]))
    crossed = shapely.intersects(fine, polygon.boundary)
    cornered = shapely.intersects(fine, shapely.MultiPoint(ring[:, :2]))
    wrong = np.where(cornered, 1.0, 0.5 * crossed).reshape(SHAPE[0], SIDE, SHAPE[1], SIDE)
    bound = wrong.sum(axis=(1, 3)) / SIDE**2
    assert (np.abs(share - exact) <= bound + 1e-12).all()
    assert abs(share.sum() * 2.5**2 - side**2) < 0.05 * side**2 + 0.3
    untouched = ~crossed.reshape(SHAPE[0], SIDE, SHAPE[1], SIDE).any(axis=(1, 3))
    np.testing.assert_array_equal(share[untouched], exact[untouched].round())


def test_one_straight_edge_is_within_seven_thirtyseconds():
    """The bound that the kernel states, over many directions of an edge far longer than a cell."""
    cells = boxes(GRID.cell_m, SHAPE)
    for degrees in np.arange(0.0, 180.0, 3.7):
        ring = square(400.0, degrees, (MIDDLE[0] + 200.0 * np.cos(np.radians(degrees)),
                                       MIDDLE[1] + 200.0 * np.sin(np.radians(degrees))))  # fmt: skip
        polygon = shapely.Polygon(ring[:, :2])
        exact = shapely.area(shapely.intersection(cells, polygon)) / 2.5**2
        assert np.abs(cover([[ring]]) - exact).max() <= 7 / 32


def test_the_samples_are_those_of_an_independent_library():
    """Each cell counts the sixteen points that shapely finds in star-shaped polygons."""
    rng = np.random.default_rng(8)
    step = GRID.cell_m / SIDE
    x = WEST + (np.arange(SIDE * SHAPE[1]) + 0.5) * step
    y = NORTH - (np.arange(SIDE * SHAPE[0]) + 0.5) * step
    x, y = np.meshgrid(x, y)
    for _ in range(12):
        angle = np.sort(rng.uniform(0, 2 * np.pi, 7))
        radius = rng.uniform(3, 12, 7)
        ring = np.c_[MIDDLE[0] + radius * np.cos(angle), MIDDLE[1] + radius * np.sin(angle)]
        inside = shapely.contains_xy(shapely.Polygon(ring), x, y)
        expected = inside.reshape(SHAPE[0], SIDE, SHAPE[1], SIDE).sum(axis=(1, 3)) / 16
        np.testing.assert_array_equal(cover([[np.c_[ring, np.full(7, 3.0)]]]), expected)


def test_courtyards_are_open_and_overlaps_count_once():
    """A hole of the size of a cell leaves none of it covered, however it is wound."""
    outer = square(15.0, 0.0, (WEST + 12.5, NORTH - 12.5))
    hole = square(2.5, 0.0, (WEST + 13.75, NORTH - 13.75))
    for ring in (hole, hole[::-1]):
        share = cover([[outer, ring]])
        assert share[5, 5] == 0.0
        assert share.sum() == 35.0
    both = cover([[outer, hole], [square(2.5, 0.0, (WEST + 8.75, NORTH - 8.75), z=99.0)]])
    np.testing.assert_array_equal(both, cover([[outer, hole]]))


def test_a_quarter_of_a_cell_is_a_quarter():
    """Half a cell wide and high, along the lines of the samples."""
    share = cover([[square(1.25, 0.0, (WEST + 5.625, NORTH - 5.625))]])
    assert share[2, 2] == 0.25
    assert share.sum() == 0.25


def test_walls_and_broken_faces_cover_nothing():
    """A wall seen from above is a line; a face with a NaN is nowhere."""
    wall = [(-5, 5, 0), (9, 12, 0), (9, 12, 9), (-5, 5, 9)]
    broken = square(9.0, 10.0)
    broken[2, 2] = np.nan
    assert not cover([[wall], [broken]]).any()


@pytest.mark.parametrize("tile", [3, 5])
def test_any_window_and_any_order_give_the_same_bits(tile):
    """Rows and columns are counted over the whole grid, also those before its corner."""
    faces = [[square(9.0, 20.0)], [square(7.0, 50.0, (WEST + 3.0, NORTH - 22.0))],
             [square(12.0, 3.0), square(4.0, 30.0)]]  # fmt: skip
    whole = cover(faces)
    assert cover(faces[::-1]).tobytes() == whole.tobytes()
    for row in range(0, SHAPE[0], tile):
        for col in range(0, SHAPE[1], tile):
            shape = (min(tile, SHAPE[0] - row), min(tile, SHAPE[1] - col))
            window = GRID._replace(row0=GRID.row0 + row, col0=GRID.col0 + col)
            part = cover(faces, window, shape)
            expected = whole[row : row + shape[0], col : col + shape[1]]
            assert part.tobytes() == np.ascontiguousarray(expected).tobytes()


def test_wrong_offsets_are_refused():
    """Offsets that would read outside the vertices raise instead of reading."""
    samples = np.zeros(SHAPE, dtype=np.uint16)
    with pytest.raises(ValueError, match="outside"):
        cover_samples(square(5.0, 0.0), np.array([0, 9]), np.array([0, 1]), GRID, samples)
