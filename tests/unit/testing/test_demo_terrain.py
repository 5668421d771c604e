"""Ground of the demo city: levees, basin and triangulation."""

import math
from collections import deque

import numpy as np
import pytest

from citytwin.testing import terrain
from citytwin.testing.demo_data import BREACH_D_M, BREACH_HYDROGRAPH, BREACH_U_M, low_quarter
from citytwin.testing.ground_mesh import ground_triangles
from citytwin.testing.place import HEIGHT_M, WIDTH_M


@pytest.fixture(scope="module")
def triangles():
    """Ground triangles, (n, 3, 3)."""
    return np.array(ground_triangles())


def doubled_areas(triangles):
    """Twice the signed plan area of each triangle."""
    (ax, ay), (bx, by) = ((triangles[:, k, :2] - triangles[:, 0, :2]).T for k in (1, 2))
    return ax * by - ay * bx


def test_triangles_cover_the_map_once(triangles):
    """All triangles run anticlockwise and their areas add up to the map."""
    areas = doubled_areas(triangles) / 2
    assert areas.min() > 0.5
    assert areas.sum() == pytest.approx(WIDTH_M * HEIGHT_M, abs=0.01)


def test_neighbouring_triangles_share_their_edges(triangles):
    """Inside the map every edge is used forth and back: no cracks, no T-junctions."""
    edges = set()
    for triangle in triangles.tolist():
        points = [tuple(p) for p in triangle]
        edges.update(zip(points, points[1:] + points[:1], strict=True))
    for start, end in edges:
        if (end, start) not in edges:
            on_border = any(
                start[axis] == end[axis] and start[axis] in (0.0, limit)
                for axis, limit in ((0, WIDTH_M), (1, HEIGHT_M))
            )
            assert on_border, (start, end)


def test_vertices_lie_on_the_ground(triangles):
    """Each vertex has the height that the terrain function gives there."""
    for u, v, z in triangles[::37].reshape(-1, 3).tolist():
        assert z == pytest.approx(terrain.ground_z(u, v), abs=0.005)


def test_triangles_follow_the_ground_between_their_corners(triangles):
    """The mean of the corners is near the ground at the centre, also on levee slopes."""
    centres = triangles.mean(axis=1)
    errors = [z - terrain.ground_z(u, v) for u, v, z in centres.tolist()]
    assert math.sqrt(np.mean(np.square(errors))) < 0.12
    assert np.abs(errors).max() < 1.6  # where a bridge ramp meets a levee askew


@pytest.mark.parametrize("side", [1, -1])
def test_levees_stand_over_bed_berm_and_land(side):
    """Going landward the section rises from bed to crest and falls to the land behind."""
    for u in np.linspace(0.0, WIDTH_M, 41):
        bed, channel, berm, _, inner, outer, toe = terrain.break_heights(float(u), side)
        assert bed < channel < berm < inner
        assert inner > toe + 1.0 or abs(u - terrain.AVENUE_U_M) < 60.0
        assert outer >= toe


def test_the_north_levee_is_lowest_at_the_breach():
    """The low spot lies 0.6 m under the regular crest and holds the breach."""
    regular = 8.0 - 1.0e-3 * BREACH_U_M
    assert terrain.levee_crest_z(BREACH_U_M, 1) == pytest.approx(regular - 0.6)
    assert terrain.levee_crest_z(BREACH_U_M, -1) == pytest.approx(regular)
    assert terrain.levee_crest_z(700.0, 1) == pytest.approx(7.3)


def test_bridge_is_not_in_the_ground():
    """Under the deck the ground is the river bed and its berms."""
    for d in (-30.0, 0.0, 12.0, 30.0):
        u, v = terrain.river_point(terrain.AVENUE_U_M, d)
        assert terrain.ground_z(u, v) < terrain.DECK_Z_M - 3.0


def test_low_quarter_lies_below_the_flood_level():
    """Every vertex of the low quarter's outline is below the still-water level."""
    for u, v in low_quarter():
        assert terrain.ground_z(u, v) < terrain.LOW_QUARTER_FLOOD_LEVEL_M


def test_breach_water_fills_the_quarter_to_its_level_and_stays():
    """A bathtub grown from the breach ends inside the map and holds the inflow within 10 %."""
    cell = 10.0
    us = np.arange(cell / 2, WIDTH_M, cell)
    vs = np.arange(cell / 2, HEIGHT_M, cell)
    ground = np.array([[terrain.ground_z(u, v) for u in us] for v in vs])
    wet = ground < terrain.LOW_QUARTER_FLOOD_LEVEL_M
    u, v = terrain.river_point(BREACH_U_M, BREACH_D_M)
    start = (int(v // cell), int(u // cell))
    seen, queue = {start}, deque([start])
    assert wet[start]
    while queue:
        row, column = queue.popleft()
        for r, c in ((row + 1, column), (row - 1, column), (row, column + 1), (row, column - 1)):
            inside = 0 <= r < len(vs) and 0 <= c < len(us)
            assert inside, "the basin leaks over the map's edge"
            if wet[r, c] and (r, c) not in seen:
                seen.add((r, c))
                queue.append((r, c))
    depth = [terrain.LOW_QUARTER_FLOOD_LEVEL_M - ground[cell_] for cell_ in seen]
    times, flows = np.array(BREACH_HYDROGRAPH).T
    inflow = float(np.trapezoid(flows, times))
    assert inflow == pytest.approx(96000.0)
    assert sum(depth) * cell * cell == pytest.approx(inflow, rel=0.1)
