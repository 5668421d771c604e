"""Flux between two cells for the full shallow-water equations: the HLLC solver.

A function of single numbers without a branch: loops over a row that call it become vector code.
Every expression is the exact mirror image of itself, so a mirrored city floods as the mirrored
flood, bit by bit.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from citytwin.kernels.face_discharge import GRAVITY_M_S2

# Rise of the bed beyond which a face is a wall: cells that hold no water lie at 1e6 m.
WALL_RISE_M = np.float32(5e5)

_ZERO = np.float32(0.0)
_QUARTER = np.float32(0.25)
_HALF = np.float32(0.5)
_ONE = np.float32(1.0)
_GRAVITY = np.float32(GRAVITY_M_S2)
_HALF_GRAVITY = np.float32(0.5 * GRAVITY_M_S2)
# Added to the width of the fan of waves, so that a face without water divides zero by something.
_NO_WIDTH = np.float32(1e-20)


class FaceSide(NamedTuple):
    """Water on one side of a face.

    Parameters
    ----------
    depth
        Water depth [m], >= 0.
    along
        Velocity across the face [m/s], positive from the first side (west or north) to the
        second.
    across
        Velocity in the direction of the face [m/s].
    """

    depth: np.float32
    along: np.float32
    across: np.float32


class FaceFlux(NamedTuple):
    """What passes a face.

    Parameters
    ----------
    mass
        Discharge per width [m2/s], positive to the second side.
    on_first
        Momentum flux less the pressure of the first side at the face [m3/s2].
    on_second
        The same less the pressure of the second side.
    carried
        Velocity in the direction of the face of the water that passes [m/s].
    """

    mass: np.float32
    on_first: np.float32
    on_second: np.float32
    carried: np.float32


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def riemann_flux(first: FaceSide, second: FaceSide, rise: np.float32) -> FaceFlux:
    """Return the flux through a face.

    Parameters
    ----------
    first, second
        Water on either side.
    rise
        Bed of the second side less that of the first [m]; beyond WALL_RISE_M the higher side is a
        wall, which mirrors the water before it.

    Returns
    -------
    FaceFlux
        Mass and momentum that pass.

    Notes
    -----
    HLLC of Toro, Spruce and Speares (1994) with the wave speeds of Toro (2001), section 10.4, and
    his speeds of the front on dry ground; water depths at a step of the bed by the hydrostatic
    reconstruction of Audusse et al. (2004). For the shallow-water equations HLLC differs from HLL
    only in the velocity along the face, which is that of the side the water comes from.

    Pressures are taken off before they are added up. What pushes the water on a side is a
    difference of depths at the face: zero, not two large numbers, where it is at rest. A uniform
    pressure on all faces of a cell pushes nothing, so nothing is lost.
    """
    wall_2, wall_1 = rise > WALL_RISE_M, rise < -WALL_RISE_M
    step = _ZERO if wall_1 | wall_2 else rise
    deep_1 = second.depth if wall_1 else first.depth
    deep_2 = first.depth if wall_2 else second.depth
    u_1 = -second.along if wall_1 else first.along
    u_2 = -first.along if wall_2 else second.along
    h_1 = max(_ZERO, deep_1 - max(_ZERO, step))
    h_2 = max(_ZERO, deep_2 - max(_ZERO, -step))
    c_1, c_2 = np.sqrt(_GRAVITY * h_1), np.sqrt(_GRAVITY * h_2)
    # Between two rarefactions; on dry ground the front runs ahead at two wave speeds.
    u_star = _HALF * (u_1 + u_2) + (c_1 - c_2)
    c_star = _HALF * (c_1 + c_2) + _QUARTER * (u_1 - u_2)
    slow = min(u_1 - c_1, u_star - c_star)
    slow = u_2 - (c_2 + c_2) if h_1 <= _ZERO else slow
    slow = u_1 - c_1 if h_2 <= _ZERO else slow
    fast = max(u_2 + c_2, u_star + c_star)
    fast = u_1 + (c_1 + c_1) if h_2 <= _ZERO else fast
    fast = u_2 + c_2 if h_1 <= _ZERO else fast
    slow, fast = min(_ZERO, slow), max(_ZERO, fast)
    width = _ONE / ((fast - slow) + _NO_WIDTH)
    both = slow * fast
    q_1, q_2 = h_1 * u_1, h_2 * u_2
    through = ((fast * q_1 - slow * q_2) + both * (h_2 - h_1)) * width
    through = _ZERO if wall_1 | wall_2 else through
    moved = (fast * (q_1 * u_1) - slow * (q_2 * u_2)) + both * (q_2 - q_1)
    pressure = _HALF_GRAVITY * ((h_2 - h_1) * (h_2 + h_1))
    return FaceFlux(
        through,
        (moved - slow * pressure) * width,
        (moved - fast * pressure) * width,
        first.across if through > _ZERO else second.across,
    )
