"""Shells that cross themselves (306) against a brute-force judge in whole numbers.

The judge looks at every edge and every triangle with signs of determinants of integers, which are
exact: an edge crosses a triangle if its ends lie on different sides of the plane, and the triangle's
edges all pass it on the same side. It shares nothing with the kernel but the definition.
"""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Sequence

import numpy as np
import pytest

from citytwin.formats.city.validity import check_block
from tests.unit.formats.boxes import X, Y, Z, block_of

Point = tuple[int, int, int]
OCTAHEDRON = [
    (0, 2, 4),
    (2, 1, 4),
    (1, 3, 4),
    (3, 0, 4),
    (2, 0, 5),
    (1, 2, 5),
    (3, 1, 5),
    (0, 3, 5),
]
BIPYRAMID = [(i, (i + 1) % 5, 5) for i in range(5)] + [((i + 1) % 5, i, 6) for i in range(5)]
SURE_M = 0.05
"""The kernel may pass over crossings by less than its margin of a centimetre."""


def volume(a: Point, b: Point, c: Point, d: Point) -> int:
    """Six times the signed volume of a tetrahedron."""
    u, v, w = ([q - p for p, q in zip(a, end, strict=True)] for end in (b, c, d))
    return (
        u[0] * (v[1] * w[2] - v[2] * w[1])
        - u[1] * (v[0] * w[2] - v[2] * w[0])
        + u[2] * (v[0] * w[1] - v[1] * w[0])
    )


def depth_of_crossing(p: Point, q: Point, triangle: Sequence[Point]) -> float | None:
    """How far the nearer of ends and boundary lies from the crossing [m]; None where there is none."""
    a, b, c = triangle
    low, high = volume(a, b, c, p), volume(a, b, c, q)
    turns = [volume(p, q, s, t) for s, t in ((a, b), (b, c), (c, a))]
    if low * high >= 0 or not (all(t > 0 for t in turns) or all(t < 0 for t in turns)):
        return None
    share = low / (low - high)
    point = [x + share * (y - x) for x, y in zip(p, q, strict=True)]
    edges = [_distance(point, s, t) for s, t in ((a, b), (b, c), (c, a))]
    area = math.sqrt(sum(n * n for n in _normal(a, b, c)))
    return min(*edges, abs(low) / area, abs(high) / area)


def _normal(a: Point, b: Point, c: Point) -> list[int]:
    u, v = ([q - p for p, q in zip(a, end, strict=True)] for end in (b, c))
    return [u[i - 2] * v[i - 1] - u[i - 1] * v[i - 2] for i in range(3)]


def _distance(point: Sequence[float], s: Point, t: Point) -> float:
    along = [y - x for x, y in zip(s, t, strict=True)]
    toward = [y - x for x, y in zip(s, point, strict=True)]
    square = sum(n * n for n in along)
    share = min(1.0, max(0.0, sum(a * b for a, b in zip(along, toward, strict=True)) / square))
    return math.dist(toward, [share * n for n in along])


def verdict(corners: Sequence[Point], faces: Sequence[tuple[int, ...]]) -> bool | None:
    """Whether a shell crosses itself; None where it does by too little, or a face has no area."""
    if any(not any(_normal(*(corners[i] for i in face))) for face in faces):
        return None
    edges = {tuple(sorted(pair)) for face in faces for pair in itertools.combinations(face, 2)}
    depths = [
        depth_of_crossing(corners[i], corners[j], [corners[k] for k in face])
        for (i, j), face in itertools.product(edges, faces)
        if not {i, j} & set(face)
    ]
    found = [depth for depth in depths if depth is not None]
    if not found:
        return False
    return True if max(found) > SURE_M else None


@pytest.mark.parametrize(("faces", "seed"), [(OCTAHEDRON, 1), (BIPYRAMID, 2)])
def test_random_shells(faces: list[tuple[int, ...]], seed: int) -> None:
    """Corners anywhere in a cube of 20 m: many that cross, many that do not."""
    draw = random.Random(seed)
    count = max(map(max, faces)) + 1
    shells = [
        [(draw.randrange(21), draw.randrange(21), draw.randrange(21)) for _ in range(count)]
        for _ in range(400)
    ]
    expected = [verdict(corners, faces) for corners in shells]
    known = [n for n, crosses in enumerate(expected) if crosses is not None]
    assert min(sum(expected[n] is crosses for n in known) for crosses in (True, False)) > 20
    solids = [
        [[[(X + a, Y + b, Z + c) for a, b, c in (shells[n][i] for i in face)]] for face in faces]
        for n in known
    ]
    findings = check_block(block_of(*solids))
    crossing = set(findings.building[findings.code == 306].tolist())
    others = ~np.isin(findings.code, (306, 405))
    unsound = set(findings.building[others].tolist())  # corners that fall together, for instance
    told = {n: known[n] for n in range(len(known)) if n not in unsound}
    assert len(told) > 200
    assert {n for n in told if expected[told[n]]} == {n for n in told if n in crossing}
