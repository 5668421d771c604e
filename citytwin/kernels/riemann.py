"""Fluxes between the cells of a row for the full shallow-water equations: the HLLC solver.

One loop, no branch, one index: the compiler makes vector code of it. Every expression is the
exact mirror image of itself, so a mirrored city floods as the mirrored flood, bit by bit.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from citytwin.kernels.face_discharge import GRAVITY_M_S2, Row

# Rise of the bed beyond which a face is a wall: cells that hold no water lie at 1e6 m.
WALL_RISE_M = np.float32(5e5)

_ZERO = np.float32(0.0)
_QUARTER = np.float32(0.25)
_HALF = np.float32(0.5)
_ONE = np.float32(1.0)
_TWO = np.float32(2.0)
_GRAVITY = np.float32(GRAVITY_M_S2)
_HALF_GRAVITY = np.float32(0.5 * GRAVITY_M_S2)
# Added to the width of the fan of waves, so that a face without water divides zero by something.
_NO_WIDTH = np.float32(1e-20)


class FaceSide(NamedTuple):
    """Water on one side of each face of a row.

    Parameters
    ----------
    depth
        Water depth, shape (n,), float32 [m], >= 0.
    along
        Velocity across the face, shape (n,), float32 [m/s], positive from the first side
        (west or north) to the second.
    across
        Velocity in the direction of the face, shape (n,), float32 [m/s].
    """

    depth: Row
    along: Row
    across: Row


class FaceFlux(NamedTuple):
    """What passes each face of a row.

    Parameters
    ----------
    mass
        Discharge per width, shape (n,), float32 [m2/s], positive to the second side.
    on_first
        Momentum flux less the pressure of the first side at the face, shape (n,), float32
        [m3/s2].
    on_second
        The same less the pressure of the second side.
    carried
        Velocity in the direction of the face of the water that passes, shape (n,), float32 [m/s].
    """

    mass: Row
    on_first: Row
    on_second: Row
    carried: Row


@njit(cache=True, nogil=True, error_model="numpy")
def riemann_flux(flux: FaceFlux, first: FaceSide, second: FaceSide, rise_m: Row) -> None:
    """Find the flux through a row of faces.

    Parameters
    ----------
    flux
        Receives the fluxes, arrays of shape (n,).
    first, second
        Water on either side, arrays of shape (n,).
    rise_m
        Bed of the second side less that of the first, shape (n,), float32 [m]; beyond
        WALL_RISE_M the higher side is a wall, which mirrors the water before it.

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
    mass, on_first, on_second, carried = flux.mass, flux.on_first, flux.on_second, flux.carried
    depth_1, along_1, across_1 = first.depth, first.along, first.across
    depth_2, along_2, across_2 = second.depth, second.along, second.across
    for i in range(mass.shape[0]):
        rise = rise_m[i]
        wall_2, wall_1 = rise > WALL_RISE_M, rise < -WALL_RISE_M
        step = _ZERO if wall_1 | wall_2 else rise
        deep_1 = depth_2[i] if wall_1 else depth_1[i]
        deep_2 = depth_1[i] if wall_2 else depth_2[i]
        u_1 = -along_2[i] if wall_1 else along_1[i]
        u_2 = -along_1[i] if wall_2 else along_2[i]
        h_1 = max(_ZERO, deep_1 - max(_ZERO, step))
        h_2 = max(_ZERO, deep_2 - max(_ZERO, -step))
        c_1, c_2 = np.sqrt(_GRAVITY * h_1), np.sqrt(_GRAVITY * h_2)
        # Between two rarefactions; on dry ground the front runs ahead at two wave speeds.
        u_star = _HALF * (u_1 + u_2) + (c_1 - c_2)
        c_star = _HALF * (c_1 + c_2) + _QUARTER * (u_1 - u_2)
        slow = min(u_1 - c_1, u_star - c_star)
        slow = u_2 - _TWO * c_2 if h_1 <= _ZERO else slow
        slow = u_1 - c_1 if h_2 <= _ZERO else slow
        fast = max(u_2 + c_2, u_star + c_star)
        fast = u_1 + _TWO * c_1 if h_2 <= _ZERO else fast
        fast = u_2 + c_2 if h_1 <= _ZERO else fast
        slow, fast = min(_ZERO, slow), max(_ZERO, fast)
        width = _ONE / ((fast - slow) + _NO_WIDTH)
        both = slow * fast
        q_1, q_2 = h_1 * u_1, h_2 * u_2
        through = ((fast * q_1 - slow * q_2) + both * (h_2 - h_1)) * width
        through = _ZERO if wall_1 | wall_2 else through
        moved = (fast * (q_1 * u_1) - slow * (q_2 * u_2)) + both * (q_2 - q_1)
        pressure = _HALF_GRAVITY * ((h_2 - h_1) * (h_2 + h_1))
        mass[i] = through
        on_first[i] = (moved - slow * pressure) * width
        on_second[i] = (moved - fast * pressure) * width
        carried[i] = across_1[i] if through > _ZERO else across_2[i]
