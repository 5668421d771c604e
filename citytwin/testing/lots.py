"""Plots inside a block, and how a building finds room on its plot."""

from __future__ import annotations

import math

from citytwin.testing import terrain
from citytwin.testing.place import Point2
from citytwin.testing.planar import Ring2, depth_inside, quad_point, unit
from citytwin.testing.solids import Frame

_SHRINKS = (1.0, 0.92, 0.85, 0.78, 0.7)
_RAMP_CLEAR_HALF_M = 22.0
_RAMP_CLEAR_D_M = 155.0


def quad_axis_rad(quad: Ring2) -> float:
    """Direction of a block's long streets, anticlockwise from east."""
    sw, se, ne, nw = quad
    south, north = unit(sw, se), unit(nw, ne)
    return math.atan2(south[1] + north[1], south[0] + north[0])


def block_size_m(quad: Ring2) -> Point2:
    """Mean width and depth of a block."""
    sw, se, ne, nw = quad
    width = (math.dist(sw, se) + math.dist(nw, ne)) / 2
    depth = (math.dist(sw, nw) + math.dist(se, ne)) / 2
    return width, depth


def on_ramp(point: Point2) -> bool:
    """Whether a point lies on the avenue's embankment, where nothing is built."""
    near_avenue = abs(point[0] - terrain.AVENUE_U_M) < _RAMP_CLEAR_HALF_M
    return near_avenue and abs(terrain.river_distance(*point)) < _RAMP_CLEAR_D_M


def fit(
    lot: Ring2,
    size_m: Point2,
    place: Point2 = (0.5, 0.5),
    turn_rad: float = 0.0,
    margin_m: float = 1.0,
) -> tuple[Frame, Point2] | None:
    """Place a rectangle on a lot, shrunk as far as needed; None when there is no room.

    Parameters
    ----------
    lot
        Convex quad SW, SE, NE, NW.
    size_m
        Wanted length (along the lot's east-west axis) and width.
    place
        Where on the lot its centre goes, shares of width and depth.
    turn_rad
        Extra turn against the lot's axis.
    margin_m
        Least distance from the lot's edges.
    """
    angle = quad_axis_rad(lot) + turn_rad
    centre = quad_point(lot, *place)
    cos_a, sin_a = math.cos(angle), math.sin(angle)
    for shrink in _SHRINKS:
        length, width = size_m[0] * shrink, size_m[1] * shrink
        origin = (
            centre[0] - (length * cos_a - width * sin_a) / 2,
            centre[1] - (length * sin_a + width * cos_a) / 2,
        )
        frame = Frame(origin, angle)
        ring = frame.rectangle(length, width)
        if any(on_ramp(corner) for corner in ring):
            return None
        if min(depth_inside(lot, corner) for corner in ring) >= margin_m:
            return frame, (length, width)
    return None


def quarter_turns(frame: Frame, size_m: Point2, turns: int) -> tuple[Frame, float, float]:
    """The same rectangle seen from its next corner, ``turns`` (0 to 3) times."""
    length, width = size_m
    corner = ((0.0, 0.0), (length, 0.0), (length, width), (0.0, width))[turns]
    turned = Frame(frame.at(*corner), frame.angle_rad + turns * math.pi / 2)
    return (turned, length, width) if turns % 2 == 0 else (turned, width, length)


def upright(frame: Frame, size_m: Point2) -> tuple[Frame, float, float]:
    """The same rectangle with p along its longer side."""
    return quarter_turns(frame, size_m, 0 if size_m[0] >= size_m[1] else 1)
