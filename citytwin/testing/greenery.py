"""Plants of the demo city: a wooded hill, trees along wide streets and around parks and groves."""

from __future__ import annotations

import math
from dataclasses import dataclass

from citytwin.testing import terrain
from citytwin.testing.place import Point2
from citytwin.testing.planar import Ring2, millimetres, sub_quad, unit
from citytwin.testing.streets import Block, Street, StreetPlan

WOOD_HEIGHT_M = 14.0
_WOOD, _GROVE, _PARK = "F", "G", "P"
_SPACING_M = {"street": 12.0, _GROVE: 7.0, _PARK: 10.0}
_INSET = 0.07
"""Trees of parks and groves stand this share of the block inside its edges."""
_KERB_M = 1.5
_WIDE_M = 14.0
"""Narrower streets have no trees."""
_CLEAR_M = 8.0
"""No tree stands nearer to the end of a section: crossings stay open to view."""


@dataclass(frozen=True)
class Tree:
    """A single tree, in city metres."""

    name: str
    place: Point2
    ground_z: float
    height_m: float
    crown_m: float


@dataclass(frozen=True)
class Greenery:
    """All plants of the city."""

    woods: tuple[Ring2, ...]
    trees: tuple[Tree, ...]


def greenery(plan: StreetPlan) -> Greenery:
    """Plant the city; the same plants for the same plan.

    Parameters
    ----------
    plan
        Blocks and streets.
    """
    woods = tuple(block.quad for block in plan.blocks if block.kind == _WOOD)
    trees = [
        tree
        for street in plan.streets
        if street.part == "section" and street.width_m >= _WIDE_M
        for tree in _along(street)
    ]
    for block in plan.blocks:
        if block.kind in {_GROVE, _PARK}:
            trees += _around(block)
    return Greenery(woods, tuple(trees))


def _along(street: Street) -> list[Tree]:
    """Trees on both kerbs of a section."""
    start, end = street.axis[0], street.axis[-1]
    x, y = unit(start, end)
    beside, length = street.width_m / 2 - _KERB_M, math.dist(start, end)
    number = max(0, math.floor((length - 2 * _CLEAR_M) / _SPACING_M["street"]))
    places = [
        (start[0] + x * along - y * side, start[1] + y * along + x * side)
        for side in (-beside, beside)
        for along in (_CLEAR_M + (k + 0.5) * _SPACING_M["street"] for k in range(number))
    ]
    return [_tree(place, 8.0, 5.0) for place in places]


def _around(block: Block) -> list[Tree]:
    """Trees along the edges of a block."""
    corners = sub_quad(block.quad, _INSET, 1 - _INSET, _INSET, 1 - _INSET)
    tall, crown = (12.0, 7.0) if block.kind == _GROVE else (9.0, 6.0)
    places = []
    for a, b in zip(corners, (*corners[1:], corners[0]), strict=True):
        number = math.floor(math.dist(a, b) / _SPACING_M[block.kind])
        places += [
            (a[0] + (b[0] - a[0]) * k / number, a[1] + (b[1] - a[1]) * k / number)
            for k in range(number)
        ]
    return [_tree(place, tall, crown) for place in places]


def _tree(place: Point2, height_m: float, crown_m: float) -> Tree:
    """A tree at a place, a little taller or wider than its neighbours."""
    x, y = millimetres(place[0]), millimetres(place[1])
    luck = math.floor(7 * x + 13 * y) % 5 - 2
    return Tree(
        f"tree {x:.3f} {y:.3f}",
        (x, y),
        millimetres(terrain.ground_z(x, y)),
        height_m + 0.6 * luck,
        crown_m + 0.3 * luck,
    )
