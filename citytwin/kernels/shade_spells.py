"""When a point lies in the shadow of edges, exact in time: no sun positions are sampled.

A sun of fixed declination runs on a circle, s(H) = C + A cos H + B sin H over its hour angle H.
With u = tan(H / 2), a plane through the point is crossed where a quadratic in u vanishes
(Weierstrass substitution). An edge with a curtain hanging from it to the ground hides the sun
while the sun stands between the vertical planes through its two ends and below the plane through
the edge: three quadratics. A solid without overhangs, and the curtains of all edges of its roofs,
hide the same of the sky. The spells of all edges are joined; the result is exact but for rounding.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numba import njit

_MOST_ROOTS = 6
_HOURS_PER_RAD = 12.0 / math.pi


class SunCircle(NamedTuple):
    """Way of the sun across the sky of a place, and the part of it that counts.

    Parameters
    ----------
    axes
        Rows C, A, B of s(H) = C + A cos H + B sin H, a unit vector toward the sun in the axes of
        the grid (east, north, up), shape (3, 3) [1].
    begin_rad, end_rad
        Hour angles between which the sun counts, -pi < begin < end < pi [rad].
    """

    axes: np.ndarray
    begin_rad: float
    end_rad: float


def sun_circle(
    latitude_rad: float,
    declination_rad: float,
    convergence_rad: float,
    hour_angles_rad: tuple[float, float],
    lowest_rad: float,
) -> SunCircle:
    """Circle of the sun at a place.

    Parameters
    ----------
    latitude_rad
        Of the place, north positive [rad].
    declination_rad
        Of the sun, north positive [rad].
    convergence_rad
        Grid azimuth = true azimuth - convergence [rad].
    hour_angles_rad
        Begin and end of the window, 15 degrees per hour after true solar noon [rad].
    lowest_rad
        Suns below this altitude do not count, >= 0 [rad].

    Returns
    -------
    SunCircle
        Its window ends where the sun is too low; begin = end where it always is.
    """
    sin_lat, cos_lat = math.sin(latitude_rad), math.cos(latitude_rad)
    sin_dec, cos_dec = math.sin(declination_rad), math.cos(declination_rad)
    east = np.array([0.0, 0.0, -cos_dec])
    north = np.array([sin_dec * cos_lat, -cos_dec * sin_lat, 0.0])
    up = np.array([sin_dec * sin_lat, cos_dec * cos_lat, 0.0])
    sin_turn, cos_turn = math.sin(convergence_rad), math.cos(convergence_rad)
    axes = np.column_stack(
        [east * cos_turn - north * sin_turn, north * cos_turn + east * sin_turn, up]
    )
    begin, end = hour_angles_rad
    half_day = _half_day(up[0] - math.sin(lowest_rad), up[1])
    begin, end = max(begin, -half_day), min(end, half_day)
    return SunCircle(axes, begin, max(begin, end))


def _half_day(constant: float, swing: float) -> float:
    """Hour angle at which constant + swing cos H falls to zero, 0..pi [rad]."""
    if constant >= abs(swing):
        return math.pi - 1e-6
    if constant <= -abs(swing):
        return 0.0
    return math.acos(-constant / swing)


def sun_directions(circle: SunCircle, hour_angle_rad: np.ndarray) -> np.ndarray:
    """Unit vectors toward the sun.

    Parameters
    ----------
    circle
        Way of the sun.
    hour_angle_rad
        Shape (nt,) [rad].

    Returns
    -------
    numpy.ndarray
        East, north and up in the axes of the grid, shape (nt, 3) [1].
    """
    ones = np.ones_like(hour_angle_rad)
    turned = np.column_stack([ones, np.cos(hour_angle_rad), np.sin(hour_angle_rad)])
    return np.asarray(turned @ circle.axes)


@njit(cache=True, nogil=True)
def shaded_hours(points: np.ndarray, edges: np.ndarray, circle: SunCircle) -> np.ndarray:
    """Hours for which each point lies in the shadow of some edges.

    Parameters
    ----------
    points
        East, north and height, shape (n, 3), float64 [m].
    edges
        Upper edges of what casts the shadow: east, north and height of both ends, shape (m, 6),
        float64 [m]. Each hides all that lies below it.
    circle
        Way of the sun.

    Returns
    -------
    numpy.ndarray
        Shape (n,), float64 [h].
    """
    begin, end = math.tan(circle.begin_rad / 2.0), math.tan(circle.end_rad / 2.0)
    limits = _window_sides(circle)
    spells = np.empty((edges.shape[0] * (_MOST_ROOTS + 1), 2))
    hours = np.zeros(points.shape[0])
    for i in range(points.shape[0]):
        count = _spells_of(points[i], edges, circle.axes, limits, begin, end, spells)
        total = 0.0
        for k in range(_joined(spells, count)):
            total += 2.0 * (math.atan(spells[k, 1]) - math.atan(spells[k, 0]))
        hours[i] = total * _HOURS_PER_RAD
    return hours


@njit(cache=True, nogil=True)
def shaded_spells(point: np.ndarray, edges: np.ndarray, circle: SunCircle) -> np.ndarray:
    """When a point lies in the shadow of some edges.

    Parameters
    ----------
    point
        East, north and height, shape (3,), float64 [m].
    edges, circle
        As of `shaded_hours`: shape (m, 6) [m].

    Returns
    -------
    numpy.ndarray
        Begin and end of each spell in true solar time, in order, shape (n, 2) [h].
    """
    begin, end = math.tan(circle.begin_rad / 2.0), math.tan(circle.end_rad / 2.0)
    limits = _window_sides(circle)
    spells = np.empty((edges.shape[0] * (_MOST_ROOTS + 1), 2))
    count = _spells_of(point, edges, circle.axes, limits, begin, end, spells)
    joined = spells[: _joined(spells, count)]
    return 12.0 + 2.0 * np.arctan(joined) * _HOURS_PER_RAD


@njit(cache=True, nogil=True)
def _window_sides(circle: SunCircle) -> np.ndarray:
    """East and north of the first and the last sun, and whether edges beside them can be told."""
    sides = np.zeros(5)
    for k, angle in enumerate((circle.begin_rad, circle.end_rad)):
        cos_h, sin_h = math.cos(angle), math.sin(angle)
        for axis in range(2):
            sides[2 * k + axis] = (
                circle.axes[0, axis] + circle.axes[1, axis] * cos_h + circle.axes[2, axis] * sin_h
            )
    # clockwise by less than half a turn, as on a winter's day
    sides[4] = 1.0 if sides[0] * sides[3] - sides[1] * sides[2] < 0.0 else 0.0
    return sides


@njit(cache=True, nogil=True)
def _spells_of(
    point: np.ndarray,
    edges: np.ndarray,
    axes: np.ndarray,
    limits: np.ndarray,
    begin: float,
    end: float,
    spells: np.ndarray,
) -> int:
    """Write the spells of every edge, unjoined; return their number."""
    count = 0
    quadratics = np.empty((3, 3))
    for e in range(edges.shape[0]):
        ax, ay, az = edges[e, 0] - point[0], edges[e, 1] - point[1], edges[e, 2] - point[2]
        bx, by, bz = edges[e, 3] - point[0], edges[e, 4] - point[1], edges[e, 5] - point[2]
        if az <= 0.0 and bz <= 0.0:
            continue
        turn = ax * by - ay * bx
        if turn == 0.0:
            continue
        if turn < 0.0:  # seen from the point, b lies counter-clockwise of a
            ax, ay, az, bx, by, bz = bx, by, bz, ax, ay, az
        if limits[4] > 0.0 and _beside(ax, ay, bx, by, limits):
            continue
        _quadratic(-ay, ax, 0.0, axes, quadratics[0])
        _quadratic(by, -bx, 0.0, axes, quadratics[1])
        _quadratic(az * by - ay * bz, ax * bz - az * bx, ay * bx - ax * by, axes, quadratics[2])
        count = _where_all_hold(quadratics, begin, end, spells, count)
    return count


@njit(cache=True, nogil=True)
def _beside(ax: float, ay: float, bx: float, by: float, limits: np.ndarray) -> bool:
    """Whether an edge lies wholly before the first or after the last azimuth of the sun."""
    x, y = limits[0], limits[1]
    if x * ay - y * ax > 0.0 and x * by - y * bx > 0.0:
        return True
    x, y = limits[2], limits[3]
    return bool(x * ay - y * ax < 0.0 and x * by - y * bx < 0.0)


@njit(cache=True, nogil=True)
def _quadratic(nx: float, ny: float, nz: float, axes: np.ndarray, found: np.ndarray) -> None:
    """Coefficients of n.s(u) (1 + u^2) as c0 + c1 u + c2 u^2."""
    constant = nx * axes[0, 0] + ny * axes[0, 1] + nz * axes[0, 2]
    cosine = nx * axes[1, 0] + ny * axes[1, 1] + nz * axes[1, 2]
    sine = nx * axes[2, 0] + ny * axes[2, 1] + nz * axes[2, 2]
    found[0] = constant + cosine
    found[1] = 2.0 * sine
    found[2] = constant - cosine


@njit(cache=True, nogil=True)
def _where_all_hold(
    quadratics: np.ndarray, begin: float, end: float, spells: np.ndarray, count: int
) -> int:
    """Append the parts of the window in which no quadratic is negative."""
    cuts = np.empty(_MOST_ROOTS + 2)
    cuts[0] = begin
    number = 1
    for k in range(3):
        number = _with_roots(quadratics[k], begin, end, cuts, number)
    cuts[number] = end
    for k in range(number):
        middle = 0.5 * (cuts[k] + cuts[k + 1])
        holds = True
        for q in range(3):
            value = quadratics[q, 0] + middle * (quadratics[q, 1] + middle * quadratics[q, 2])
            holds = holds and value >= 0.0
        if holds:
            spells[count, 0], spells[count, 1] = cuts[k], cuts[k + 1]
            count += 1
    return count


@njit(cache=True, nogil=True)
def _with_roots(
    quadratic: np.ndarray, begin: float, end: float, cuts: np.ndarray, number: int
) -> int:
    """Insert the roots within the window into a sorted list; return its new length."""
    c0, c1, c2 = quadratic[0], quadratic[1], quadratic[2]
    inside = c1 * c1 - 4.0 * c0 * c2
    if inside < 0.0:
        return number
    # the root without cancellation first (Press et al. 2007, Numerical Recipes, eq. 5.6.4)
    q = -0.5 * (c1 + math.copysign(math.sqrt(inside), c1))
    for k in range(2):
        over, under = (q, c2) if k == 0 else (c0, q)
        if under == 0.0:
            continue
        root = over / under
        if not begin < root < end:
            continue
        place = number
        while place > 1 and cuts[place - 1] > root:
            cuts[place] = cuts[place - 1]
            place -= 1
        cuts[place] = root
        number += 1
    return number


@njit(cache=True, nogil=True)
def _joined(spells: np.ndarray, count: int) -> int:
    """Sort spells by their begin and join those that touch, in place; return how many are left."""
    for k in range(1, count):
        low, high = spells[k, 0], spells[k, 1]
        place = k
        while place > 0 and spells[place - 1, 0] > low:
            spells[place, 0], spells[place, 1] = spells[place - 1, 0], spells[place - 1, 1]
            place -= 1
        spells[place, 0], spells[place, 1] = low, high
    left = 0
    for k in range(count):
        if left and spells[k, 0] <= spells[left - 1, 1] + 1e-12:
            spells[left - 1, 1] = max(spells[left - 1, 1], spells[k, 1])
        else:
            spells[left, 0], spells[left, 1] = spells[k, 0], spells[k, 1]
            left += 1
    return left
