"""Transport through one side of a row of control volumes, in passes that compilers vectorise.

Limited third-order upwind values (Koren 1993), and stresses of an eddy viscosity. Each pass touches
few arrays, as a compiler must prove that they do not overlap before it works on many at a time.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numba import njit
from numpy.typing import NDArray

Row: TypeAlias = NDArray[np.float32]
FAST = {"nnan", "ninf", "nsz", "contract"}
"""What the compiler may assume and do: no infinite numbers, fused products; no reordering."""
_ZERO, _HALF = np.float32(0.0), np.float32(0.5)


@njit(cache=True, nogil=True, error_model="numpy", fastmath=FAST)
def mean_of(out: Row, a: Row, b: Row, share_a: np.float32, share_b: np.float32) -> None:
    """Weighted mean of two rows.

    Parameters
    ----------
    out, a, b
        Shape (n,) or longer for a and b, any unit.
    share_a, share_b
        Weights, a factor each.
    """
    for i in range(out.shape[0]):
        out[i] = share_a * a[i] + share_b * b[i]


@njit(cache=True, nogil=True, error_model="numpy", fastmath=FAST)
def edge_viscosity(out: Row, a: Row, b: Row, c: Row, d: Row) -> None:
    """Mean of the cells around an edge; 0 beside a wall, whose stress is a matter of its own.

    Parameters
    ----------
    out, a, b, c, d
        Viscosity, shape (n,) [m2/s]; 0 in solids.
    """
    quarter = np.float32(0.25)
    for i in range(out.shape[0]):
        low = min(a[i], b[i], c[i], d[i])
        mean = quarter * ((a[i] + b[i]) + (c[i] + d[i]))
        out[i] = mean if low > _ZERO else _ZERO


@njit(cache=True, nogil=True, error_model="numpy", fastmath=FAST)
def carried(out: Row, speed: Row, q0: Row, q1: Row, q2: Row, q3: Row, own: Row) -> None:
    """Speed times the excess of the upwind value over the own one (Koren 1993, kappa = 1/3).

    The side lies between the second and the third value. Without own values this is the flux; with
    them a constant stays one also where the divergence is not yet 0.

    Parameters
    ----------
    out
        Shape (n,) [unit of q times m/s].
    speed
        Through the side, shape (n,) [m/s].
    q0, q1, q2, q3
        Values along the direction, shape (n,), any unit.
    own
        Value in the control volume, shape (n,), any unit.
    """
    two, third = np.float32(2.0), np.float32(1.0 / 3.0)
    for i in range(out.shape[0]):
        up = speed[i] > _ZERO
        rise = q2[i] - q1[i]
        before, behind = q1[i] - q0[i], q3[i] - q2[i]
        there = before if up else behind
        steep, along = abs(rise), (there if rise > _ZERO else -there)
        least = min(two * steep, two * along, third * (two * steep + along))
        step = _HALF * max(_ZERO, least)
        step = step if (rise > _ZERO) == up else -step
        out[i] = speed[i] * ((q1[i] if up else q2[i]) + step - own[i])


@njit(cache=True, nogil=True, error_model="numpy", fastmath=FAST)
def spread(out: Row, viscosity: Row, low: Row, high: Row, per_m: np.float32) -> None:
    """Take the diffusive flux from low to high off `out`.

    Parameters
    ----------
    out
        Shape (n,) [unit of q times m/s].
    viscosity
        Shape (n,) [m2/s].
    low, high
        Values on both sides, shape (n,), any unit.
    per_m
        Inverse of their distance [1/m].
    """
    for i in range(out.shape[0]):
        out[i] -= viscosity[i] * (high[i] - low[i]) * per_m


@njit(cache=True, nogil=True, error_model="numpy", fastmath=FAST)
def add_to(out: Row, row: Row, scale: np.float32) -> None:
    """Add a row times a factor.

    Parameters
    ----------
    out, row
        Shape (n,), any unit.
    scale
        A factor.
    """
    for i in range(out.shape[0]):
        out[i] += scale * row[i]


@njit(cache=True, nogil=True, error_model="numpy", fastmath=FAST)
def renewed(
    rate: Row, viscosity: Row, speed: Row, per_square: np.float32, per_m: np.float32
) -> None:
    """Add how fast what passes a side renews the volume: by viscosity, and by air that enters.

    Parameters
    ----------
    rate
        Shape (n,) [1/s], changed.
    viscosity
        At the side, shape (n,) [m2/s].
    speed
        Through it, shape (n,) [m/s].
    per_square
        Inverse of the lengths of the volume and across the side [1/m2], > 0.
    per_m
        Inverse length of the volume, of the sign of speeds that enter [1/m].
    """
    for i in range(rate.shape[0]):
        rate[i] += per_square * viscosity[i] + max(_ZERO, per_m * speed[i])


@njit(cache=True, nogil=True, error_model="numpy", fastmath=FAST)
def finish(
    out: Row, old: Row, gain: Row, rate: Row, free: NDArray[np.uint8], dt: np.float32
) -> None:
    """Take the step, held back where exchange with the neighbours is faster than the step.

    Parameters
    ----------
    out, old
        Velocity after and before, shape (n,) [m/s].
    gain
        Its change, shape (n,) [m/s2].
    rate
        Sum of the rates of exchange and drag, shape (n,) [1/s].
    free
        1 on faces in the flow, shape (n,).
    dt
        Length of the step [s].
    """
    one = np.float32(1.0)
    for i in range(out.shape[0]):
        out[i] = old[i] + free[i] * dt * gain[i] / (one + dt * rate[i])


@njit(cache=True, nogil=True, error_model="numpy", fastmath=FAST)
def drag(
    gain: Row, rate: Row, speed: Row, energies: tuple[Row, Row], walls: Row, scale: np.float32
) -> None:
    """Stress of rough walls: friction velocity from the turbulence energy (Launder & Spalding 1974).

    Parameters
    ----------
    gain
        Shape (n,) [m/s2], changed.
    rate
        Shape (n,) [1/s], changed.
    speed
        Shape (n,) [m/s].
    energies
        Turbulence energy on both sides of the face, shape (n,) each [m2/s2].
    walls
        Number of walls beside the face, shape (n,) [-].
    scale
        Drag of one wall per root of energy [1/m].
    """
    a, b = energies
    for i in range(speed.shape[0]):
        part = scale * walls[i] * np.sqrt(_HALF * (a[i] + b[i]))
        rate[i] += part
        gain[i] -= part * speed[i]


@njit(cache=True, nogil=True, error_model="numpy", fastmath=FAST)
def walls_beside(
    out: Row, a: NDArray[np.uint8], b: NDArray[np.uint8], c: NDArray[np.uint8], d: NDArray[np.uint8]
) -> None:
    """Number of walls beside the faces of a row, 0 to 2, halves where a wall ends.

    Parameters
    ----------
    out
        Shape (n,), a factor.
    a, b, c, d
        1 where there is air in the four cells across, shape (n,).
    """
    for i in range(out.shape[0]):
        out[i] = _HALF * (np.float32(4.0) - ((a[i] + b[i]) + (c[i] + d[i])))
