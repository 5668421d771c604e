"""Single polygons: every code by hand, rings against shapely, planes against a decomposition."""

from __future__ import annotations

import math

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from numba import config

from citytwin.kernels import simple_rings
from citytwin.kernels.polygon_validity import SOUND, UNCHECKED, check_polygons
from citytwin.kernels.simple_rings import UNDECIDED, first_crossing
from citytwin.kernels.snapping import snap_vertices

SQUARE = [(0, 0, 0), (10, 0, 0), (10, 10, 0), (0, 10, 0)]
LIMITS = (0.001, 0.01, 20.0)


def checked(*polygons: list) -> tuple[list[int], np.ndarray, np.ndarray]:
    """Code, value and vertex of each polygon, given as rings of points."""
    rings = [np.asarray(ring, dtype=np.float64).reshape(-1, 3) for p in polygons for ring in p]
    xyz = np.concatenate(rings)
    ends = np.concatenate([[0], np.cumsum([len(ring) for ring in rings])]).astype(np.int64)
    firsts = np.concatenate([[0], np.cumsum([len(p) for p in polygons])]).astype(np.int64)
    same_as = np.empty(len(xyz), dtype=np.int64)
    snap_vertices(xyz, ends[firsts], LIMITS[0], same_as)
    number = len(polygons)
    code, at = np.zeros(number, dtype=np.int64), np.zeros(number, dtype=np.int64)
    value = np.empty(number)
    check_polygons(xyz, same_as, ends, firsts, LIMITS, (code, value, at), np.empty((len(xyz), 2)))
    return code.tolist(), value, at


def hole(x: float = 3.0, side: float = 2.0, z: float = 0.0) -> list:
    """Square hole, turned against the outer ring."""
    return [(x, 3, z), (x, 3 + side, z), (x + side, 3 + side, z), (x + side, 3, z)]


def test_sound_polygons() -> None:
    """A square, a wall, a slope, a triangle, a square with a hole, in either direction."""
    wall = [(x, 0, y) for x, y, _ in SQUARE]
    slope = [(x, y, 0.5 * x - y) for x, y, _ in SQUARE]
    both = [[SQUARE], [SQUARE[::-1]], [wall], [slope], [SQUARE[:3]], [SQUARE, hole()]]
    assert checked(*both)[0] == [SOUND] * 6


@pytest.mark.parametrize(
    ("rings", "code"),
    [
        ([SQUARE[:2]], 101),
        ([SQUARE, hole()[:2]], 101),
        ([[]], 101),
        ([[*SQUARE, (0, 10, 0.0005)]], 102),
        ([[(0, 0.0005, 0), *SQUARE[1:], (0, 0, 0)]], 102),
        ([SQUARE, [*hole(), (3, 3, 0)]], 102),
        ([[SQUARE[i] for i in (0, 2, 1, 3)]], 104),
        ([[(0, 0, 0), (10, 0, 0), (5, 0, 0)]], 104),
        ([[(0, 0, 0), (10, 0, 0), (10, 10, 0), (10, 0, 0), (0, 10, 0)]], 104),
        ([[(0, 0, 0), (10, 0, 0), (10, 10, 0), (5, 0, 0), (0, 10, 0)]], 104),
        ([SQUARE, [hole()[i] for i in (0, 2, 1, 3)]], 104),
        ([SQUARE, hole()[::-1]], 208),
    ],
)
def test_every_code(rings: list, code: int) -> None:
    """Made by hand, one fault each."""
    assert checked(rings)[0] == [code]


def test_a_corner_off_the_plane() -> None:
    """A corner of a square lifted by h leaves four residuals of h / 4 on the best plane."""
    lifted = [[(x, y, h if (x, y) == (10, 10) else 0) for x, y, _ in SQUARE] for h in (0.03, 0.08)]
    codes, value, at = checked([lifted[0]], [lifted[1]])
    assert codes == [SOUND, 203]
    assert value[1] == pytest.approx(0.02, rel=1e-4)
    assert 4 <= at[1] < 8


def test_a_narrow_fold() -> None:
    """A step of 8 mm over 1 cm across a level field: flat within 1 cm, folded by about 39 degrees.

    How much exactly depends on the triangles: their slope is 8 mm over 1 cm or a little less.
    """

    def profile(x: float) -> float:
        return 0.004 if x >= 5.01 else -0.004

    outline = [
        (x, y) for x, y in [(0, 0), (5, 0), (5.01, 0), (10, 0), (10, 4), (5.01, 4), (5, 4), (0, 4)]
    ]
    codes, value, _ = checked([[(x, y, profile(x)) for x, y in outline]])
    assert codes == [204]
    assert value[0] == pytest.approx(math.degrees(math.atan2(0.008, 0.01)), abs=4.0)


def test_slivers_have_no_direction() -> None:
    """A vertex 0.2 mm beside an edge and 0.4 mm above it makes a triangle that says nothing."""
    assert checked([[(0, 0, 0), (5, -0.0002, 0.0004), *SQUARE[1:]]])[0] == [SOUND]


@given(
    st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=3, max_size=9, unique=True)
)
@settings(max_examples=400)
def test_rings_against_shapely(points: list[tuple[int, int]]) -> None:
    """On a grid, where vertices often lie on edges: 104 is what GEOS calls invalid."""
    codes, _, _ = checked([[(x, y, 0.0) for x, y in points]])
    assert (codes == [SOUND]) == shapely.Polygon(points).is_valid


def rotated(points: np.ndarray, angles: tuple[float, float]) -> np.ndarray:
    """Points of a level plane on an inclined one, far from the origin."""
    a, b = angles
    turn_x = np.array([[1, 0, 0], [0, math.cos(a), -math.sin(a)], [0, math.sin(a), math.cos(a)]])
    turn_y = np.array([[math.cos(b), 0, math.sin(b)], [0, 1, 0], [-math.sin(b), 0, math.cos(b)]])
    return points @ (turn_x @ turn_y).T + [-8000.0, -37000.0, 30.0]


@given(
    st.lists(
        st.tuples(st.floats(0, 30, width=32), st.floats(0, 30, width=32)), min_size=4, max_size=60
    ),
    st.tuples(st.floats(-3.0, 3.0), st.floats(-3.0, 3.0)),
)
@settings(max_examples=200)
def test_inclined_rings_against_shapely(
    points: list[tuple[float, float]], angles: tuple[float, float]
) -> None:
    """Anywhere in space a ring is as simple as it is in its own plane.

    Left out are rings with vertices that snapping would join, and with vertices on other edges:
    a rotation rounds the touch away.
    """
    plane = np.array(points, dtype=np.float64)
    polygon = shapely.Polygon(plane)
    number = len(plane)
    edges = shapely.linestrings([[a, b] for a, b in zip(plane, np.roll(plane, -1, 0), strict=True)])
    corners = shapely.points(plane)
    touch = min(
        corners[i].distance(edges[j])
        for i in range(number)
        for j in range(number)
        if i not in (j, (j + 1) % number)
    )
    clear = min(touch, shapely.length(edges).min()) > 2.0 * LIMITS[0]
    if not clear or polygon.buffer(-1e-3).area < 1.0:
        return
    codes, _, _ = checked([rotated(np.column_stack([plane, 0 * plane[:, 0]]), angles)])
    assert (codes == [SOUND]) == polygon.is_valid


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=100)
def test_planes_against_a_decomposition(seed: int) -> None:
    """The largest distance is that of the plane of the two largest singular vectors."""
    rng = np.random.default_rng(seed)
    angle = np.sort(rng.uniform(0, 2 * math.pi, rng.integers(4, 12)))
    flat = np.column_stack([8 * np.cos(angle), 5 * np.sin(angle), rng.normal(0, 0.02, len(angle))])
    points = rotated(flat, (rng.uniform(-3, 3), rng.uniform(-3, 3)))
    middle = points - points.mean(axis=0)
    normal = np.linalg.svd(middle)[2][2]
    largest = np.abs(middle @ normal).max()
    steps = np.linalg.norm(points - np.roll(points, 1, axis=0), axis=1)
    if abs(largest - 0.01) < 1e-6 or steps.min() < 0.002:
        return
    codes, value, _ = checked([points])
    assert (codes == [203]) == (largest > 0.01)
    if largest > 0.01:
        assert value[0] == pytest.approx(largest, abs=1e-7)


def test_long_rings() -> None:
    """A star of 1000 corners is simple; with two corners exchanged it is not."""
    angle = np.arange(1000) * (2 * math.pi / 1000)
    radius = np.where(np.arange(1000) % 2, 50.0, 40.0)
    star = np.column_stack([radius * np.cos(angle), radius * np.sin(angle), 0 * angle])
    crossed = star.copy()
    crossed[[700, 703]] = crossed[[703, 700]]
    codes, _, at = checked([star], [crossed])
    assert codes == [SOUND, 104]
    assert 1690 <= at[1] <= 1710


def test_a_ring_made_to_take_for_ever_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Teeth as long as the ring is wide: every edge must be compared with every other one."""
    teeth = 16_000
    if config.DISABLE_JIT:  # a thousandth of the patience, for loops that are as much slower
        teeth = 500
        monkeypatch.setattr(simple_rings, "_MOST_PAIRS", 20_000)
    y = np.arange(teeth) * 1e-2
    x = np.where(np.arange(teeth) % 2, 0.0, 1e4)
    uv = np.column_stack([np.append(x, [-5.0, -5.0]), np.append(y, [y[-1], 0.0])])
    assert first_crossing(uv) == UNDECIDED
    codes, _, _ = checked([np.column_stack([uv, 0 * uv[:, 0]])])
    assert codes == [UNCHECKED]
