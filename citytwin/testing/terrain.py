"""Ground of the demo city: a river between true levees, a low quarter, a terrace, a hill.

City metres: ``u`` runs east, ``v`` north, origin at the south-west corner; heights are
metres above T.P. Cross sections of the river follow ``d``, the distance from its centreline
(positive to the north); between the break lines they are straight, so that a triangulation
along the break lines has the exact levees.
"""

from __future__ import annotations

import math

from citytwin.testing.place import HEIGHT_M, Point2

AVENUE_U_M = 430.0
AVENUE_HALF_M = 9.0
DECK_Z_M = 9.2
RAMP_START_D_M = 46.0
RAMP_FLAT_D_M = 52.0
RAMP_GRADE = 0.045
RAMP_SIDE_SLOPE = 0.5
LEVEE_TOE_D_M = 60.0
LEVEE_ROAD_D_M = 68.0
CREST_D_M = (46.0, 50.0)
LOW_WATER_D_M = 24.0
LOW_SPOT_U_M = (610.0, 625.0, 665.0, 680.0)
LOW_SPOT_DROP_M = 0.6
LOW_QUARTER_FLOOD_LEVEL_M = 4.6

# Break lines of one side, from the river axis outward.
BREAKS_D_M = (0.0, 16.0, 24.0, 38.0, 46.0, 50.0, 60.0)


def river_v(u: float) -> float:
    """Northing [m] of the river centreline at an easting."""
    return 400.0 - 0.10 * (u - 500.0) + 48.0 * math.sin(2.0 * math.pi * (u - 150.0) / 980.0)


def river_stretch(u: float) -> float:
    """Northing per metre of cross-section distance (the river runs askew to the axes)."""
    slope = -0.10 + 48.0 * 2.0 * math.pi / 980.0 * math.cos(2.0 * math.pi * (u - 150.0) / 980.0)
    return math.hypot(1.0, slope)


def river_point(u: float, d: float) -> Point2:
    """Point at easting ``u`` that lies ``d`` metres north of the river centreline."""
    return u, river_v(u) + d * river_stretch(u)


def river_distance(u: float, v: float) -> float:
    """Distance ``d`` [m] north of the river centreline."""
    return (v - river_v(u)) / river_stretch(u)


def bed_z(u: float) -> float:
    """Height [m] of the river bed on its axis."""
    return 0.8 - 1.0e-3 * u


def berm_z(u: float) -> float:
    """Height [m] of the flood berm between low-water channel and levee."""
    return 3.9 - 1.0e-3 * u


def levee_crest_z(u: float, side: int) -> float:
    """Height [m] of the levee crest; ``side`` is 1 for the north levee, -1 for the south."""
    crest = 8.0 - 1.0e-3 * u
    if side > 0:
        first, full, full_end, last = LOW_SPOT_U_M
        rise = min((u - first) / (full - first), (last - u) / (last - full_end), 1.0)
        crest -= LOW_SPOT_DROP_M * max(rise, 0.0)
    return crest


def _smooth(t: float) -> float:
    t = min(max(t, 0.0), 1.0)
    return t * t * (3.0 - 2.0 * t)


def _north_land_z(u: float, v: float) -> float:
    toe = river_point(u, LEVEE_TOE_D_M)[1]
    share = (v - toe) / (HEIGHT_M - toe)
    plain = 5.5 - 0.6e-3 * u + 0.12 * math.sin(u / 61.0 + v / 83.0)
    bowl = 3.2 + 1.1 * share + 0.18 * math.sin(u / 47.0) * math.cos(v / 59.0)
    east_west = _smooth((u - 445.0) / 45.0) * (1.0 - _smooth((u - 915.0) / 70.0))
    inside = east_west * (1.0 - _smooth((share - 0.33) / 0.15))
    terrace = 4.6 * _smooth((share - 0.36) / 0.26)
    far = ((u - 95.0) / 215.0) ** 2 + ((v - 880.0) / 190.0) ** 2
    knoll = ((u - 330.0) / 120.0) ** 2 + ((v - 930.0) / 120.0) ** 2
    hill = 31.0 * math.exp(-1.25 * far) + 9.0 * math.exp(-1.4 * knoll)
    return plain + inside * (bowl - plain) + terrace + hill


def _south_land_z(u: float, v: float) -> float:
    rise = 0.9 * math.exp(-(((river_distance(u, v) + 60.0) / 90.0) ** 2))
    return 4.9 - 0.9e-3 * u + rise + 0.15 * math.sin(u / 73.0) * math.sin(v / 67.0)


def land_z(u: float, v: float) -> float:
    """Ground [m] outside the levees, with the embankment of the avenue."""
    distance = river_distance(u, v)
    natural = _north_land_z(u, v) if distance > 0 else _south_land_z(u, v)
    return max(natural, ramp_z(u, abs(distance)))


def ramp_z(u: float, distance_m: float) -> float:
    """Height [m] of the bridge ramp, which falls away from the levee and to both sides."""
    top = DECK_Z_M - RAMP_GRADE * max(distance_m - RAMP_FLAT_D_M, 0.0)
    return top - RAMP_SIDE_SLOPE * max(abs(u - AVENUE_U_M) - AVENUE_HALF_M, 0.0)


def break_heights(u: float, side: int) -> tuple[float, ...]:
    """Heights [m] at the break lines ``BREAKS_D_M`` of one side of the river."""
    ramp = ramp_z(u, RAMP_START_D_M)
    inner = max(levee_crest_z(u, side), ramp)
    outer = max(levee_crest_z(u, side), ramp_z(u, BREAKS_D_M[5]))
    toe = land_z(*river_point(u, side * LEVEE_TOE_D_M))
    return bed_z(u), bed_z(u) + 0.3, berm_z(u), berm_z(u) + 0.15, inner, outer, toe


def ground_z(u: float, v: float) -> float:
    """Height [m above T.P.] of the ground (bare earth: no bridge, no building)."""
    distance = river_distance(u, v)
    if abs(distance) >= LEVEE_TOE_D_M:
        return land_z(u, v)
    heights = break_heights(u, 1 if distance > 0 else -1)
    for index in range(len(BREAKS_D_M) - 1):
        near, far = BREAKS_D_M[index], BREAKS_D_M[index + 1]
        if abs(distance) <= far:
            share = (abs(distance) - near) / (far - near)
            return heights[index] + share * (heights[index + 1] - heights[index])
    return heights[-1]
