"""Plane geometry on short vertex lists; pure Python, so that every machine agrees."""

from __future__ import annotations

import math
from collections.abc import Sequence

from citytwin.testing.place import Point2

Ring2 = tuple[Point2, ...]


def millimetres(value: float) -> float:
    """Round to a whole millimetre, the precision of everything that is written."""
    return round(value, 3) + 0.0


def signed_area(ring: Sequence[Point2]) -> float:
    """Area [m2] of an open ring; positive when it runs anticlockwise."""
    total = 0.0
    for (x0, y0), (x1, y1) in zip(ring, [*ring[1:], ring[0]], strict=True):
        total += x0 * y1 - x1 * y0
    return total / 2.0


def centroid(ring: Sequence[Point2]) -> Point2:
    """Centre of gravity of an open ring."""
    x_sum = y_sum = area = 0.0
    x_ref, y_ref = ring[0]
    for (x0, y0), (x1, y1) in zip(ring, [*ring[1:], ring[0]], strict=True):
        cross = (x0 - x_ref) * (y1 - y_ref) - (x1 - x_ref) * (y0 - y_ref)
        area += cross
        x_sum += (x0 + x1 - 2 * x_ref) * cross
        y_sum += (y0 + y1 - 2 * y_ref) * cross
    return x_ref + x_sum / (3 * area), y_ref + y_sum / (3 * area)


def offset_crossing(
    node: Point2, first: Point2, first_half_m: float, second: Point2, second_half_m: float
) -> Point2:
    """Corner of a block at a street crossing.

    Parameters
    ----------
    node
        Where the two street axes meet.
    first, second
        Unit directions of the axes, leaving the node; ``second`` lies anticlockwise of
        ``first`` and the block lies between them.
    first_half_m, second_half_m
        Half widths of the two streets.
    """
    cross = first[0] * second[1] - first[1] * second[0]
    along_second = first_half_m / cross
    along_first = second_half_m / cross
    return (
        node[0] + along_first * first[0] + along_second * second[0],
        node[1] + along_first * first[1] + along_second * second[1],
    )


def unit(start: Point2, end: Point2) -> Point2:
    """Unit direction from one point to another."""
    length = math.hypot(end[0] - start[0], end[1] - start[1])
    return (end[0] - start[0]) / length, (end[1] - start[1]) / length


def quad_point(quad: Sequence[Point2], a: float, b: float) -> Point2:
    """Bilinear point of a quad (SW, SE, NE, NW): ``a`` runs east, ``b`` north, both 0 to 1."""
    sw, se, ne, nw = quad
    return (
        (1 - a) * (1 - b) * sw[0] + a * (1 - b) * se[0] + a * b * ne[0] + (1 - a) * b * nw[0],
        (1 - a) * (1 - b) * sw[1] + a * (1 - b) * se[1] + a * b * ne[1] + (1 - a) * b * nw[1],
    )


def sub_quad(quad: Sequence[Point2], a0: float, a1: float, b0: float, b1: float) -> Ring2:
    """Part of a quad between two shares of its width and two of its depth."""
    return (
        quad_point(quad, a0, b0),
        quad_point(quad, a1, b0),
        quad_point(quad, a1, b1),
        quad_point(quad, a0, b1),
    )


def depth_inside(ring: Sequence[Point2], point: Point2) -> float:
    """Distance [m] of a point from the nearest edge line of a convex ring; negative outside."""
    depths = []
    for start, end in zip(ring, [*ring[1:], ring[0]], strict=True):
        dx, dy = unit(start, end)
        depths.append(dx * (point[1] - start[1]) - dy * (point[0] - start[0]))
    return min(depths)
