"""Transport through the faces of a row of control volumes, in passes that compilers vectorise.

Limited third-order upwind values (Koren 1993), and stresses of an eddy viscosity. Each pass touches
few arrays, as a compiler must prove that they do not overlap before it works on many at a time. Rows
are cut out of whole arrays where they are read: one that is handed on is counted by all who hold it,
and with rows of a few hundred cells that took half of the time.
"""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

import numpy as np
from numba import njit
from numpy.typing import NDArray

Row: TypeAlias = NDArray[np.float32]
Flat: TypeAlias = NDArray[np.float32]
"""Values of all cells with their border, in a line."""
FlatFlags: TypeAlias = NDArray[np.uint8]
Rows: TypeAlias = NDArray[np.float32]
"""Work space: rows of one value per control volume and one more."""
FAST = {"nnan", "ninf", "nsz", "contract"}
"""What the compiler may assume and do: no infinite numbers, fused products; no reordering."""
GAIN, RATE, WALLS, FIRST_FACES = 0, 1, 2, 3
"""Rows of the work space: change of the quantity [unit per s], how fast it is renewed [1/s], drag of
walls [1/m], and from where on there are faces, each with four rows: speed of the air [m/s], value of
the quantity in it, viscosity [m2/s], diffusive flux towards lower indices [unit times m/s]."""
_SPEED, _VALUE, _VISCOSITY, _FLUX = 0, 1, 2, 3
_ZERO, _HALF, _ONE = np.float32(0.0), np.float32(0.5), np.float32(1.0)


class Free(NamedTuple):
    """Where a quantity may change: one bit of flags."""

    flags: FlatFlags
    bit: np.uint8


class Across(NamedTuple):
    """How the faces of a row lie in flat arrays."""

    step: int
    """From one value to the next across the faces."""
    shift: int
    """Back to the other cell of a volume that reaches over two; 0 for one that is a cell."""
    share_here: np.float32
    """Weight of the air through the side of the cell itself, beside that of the other [-]."""
    share_there: np.float32
    per_m: np.float32
    """Inverse distance of the values on both sides [1/m]."""
    per_shift: np.float32
    """Inverse distance of the two cells [1/m]."""


@njit(cache=True, nogil=True, error_model="numpy", fastmath=FAST)
def pass_faces(
    rows: Rows, faces: int, n: int, q: Flat, through: Flat, nu: Flat, at: int, across: Across
) -> None:
    """Find what passes a row of faces.

    Values are limited upwind ones (Koren 1993, kappa = 1/3). The viscosity is the mean of the four
    cells around an edge, and 0 beside a wall, whose stress is a matter of its own.

    Parameters
    ----------
    rows
        Work space.
    faces
        First of the four rows to fill.
    n
        Number of faces.
    q
        The quantity, any unit.
    through
        Velocity along the direction of the faces [m/s].
    nu
        Viscosity in cells [m2/s]; 0 in solids.
    at
        Where the value behind the first face stands.
    across
        How the faces lie.
    """
    step, shift, per_m, per_shift = across.step, across.shift, across.per_m, across.per_shift
    share_here, share_there = across.share_here, across.share_there
    speed = rows[faces + _SPEED, :n]
    value = rows[faces + _VALUE, :n]
    viscosity = rows[faces + _VISCOSITY, :n]
    flux = rows[faces + _FLUX, :n]
    here = through[at : at + n]
    there = through[at - shift : at - shift + n]
    for i in range(n):
        speed[i] = share_here * here[i] + share_there * there[i]
    before, behind = at - step, at + step
    q0 = q[before - step : before - step + n]
    q1 = q[before : before + n]
    q2 = q[at : at + n]
    q3 = q[behind : behind + n]
    two, third = np.float32(2.0), np.float32(1.0 / 3.0)
    for i in range(n):
        up = speed[i] > _ZERO
        rise = q2[i] - q1[i]
        low, high = q1[i] - q0[i], q3[i] - q2[i]
        far = low if up else high
        steep, along = abs(rise), (far if rise > _ZERO else -far)
        least = min(two * steep, two * along, third * (two * steep + along))
        limited = _HALF * max(_ZERO, least)
        limited = limited if (rise > _ZERO) == up else -limited
        value[i] = (q1[i] if up else q2[i]) + limited
    a = nu[before : before + n]
    b = nu[at : at + n]
    if step == shift:
        # A velocity along itself: its faces are the middles of cells.
        for i in range(n):
            viscosity[i] = a[i]
    else:
        c = nu[before - shift : before - shift + n]
        d = nu[at - shift : at - shift + n]
        for i in range(n):
            mean = np.float32(0.25) * ((a[i] + b[i]) + (c[i] + d[i]))
            viscosity[i] = mean if min(a[i], b[i], c[i], d[i]) > _ZERO else _ZERO
    for i in range(n):
        flux[i] = viscosity[i] * (q2[i] - q1[i]) * per_m
    if shift:
        for i in range(n):
            flux[i] += viscosity[i] * (here[i] - there[i]) * per_shift


@njit(cache=True, nogil=True, error_model="numpy", fastmath=FAST)
def exchange(
    rows: Rows,
    low: int,
    high: int,
    ahead: int,
    q: Flat,
    at: int,
    per_m: np.float32,
    per_square: tuple[np.float32, np.float32],
) -> None:
    """Add what two opposite faces bring to the volumes of a row, and how fast they renew them.

    What comes by counts as its excess over the own value: a constant stays one also where the
    divergence is not yet 0. Volumes are renewed by viscosity, and by air that enters.

    Parameters
    ----------
    rows
        Work space.
    low, high
        First of the rows of either face, towards higher indices.
    ahead
        Where the high face of the first volume stands in its rows.
    q
        The quantity, any unit.
    at
        Where that of the first volume stands.
    per_m
        Inverse length of the volumes between the faces [1/m].
    per_square
        Inverse of that length and of the distance across the low and the high face [1/m2].
    """
    n = rows.shape[1] - 1
    gain = rows[GAIN, :n]
    rate = rows[RATE, :n]
    own = q[at : at + n]
    enters = rows[low + _SPEED, :n]
    value = rows[low + _VALUE, :n]
    flux = rows[low + _FLUX, :n]
    for i in range(n):
        gain[i] += per_m * (enters[i] * (value[i] - own[i]) - flux[i])
    end = ahead + n
    leaves = rows[high + _SPEED, ahead:end]
    carried = rows[high + _VALUE, ahead:end]
    passed = rows[high + _FLUX, ahead:end]
    for i in range(n):
        gain[i] -= per_m * (leaves[i] * (carried[i] - own[i]) - passed[i])
    viscosity = rows[low + _VISCOSITY, :n]
    beyond = rows[high + _VISCOSITY, ahead:end]
    for i in range(n):
        spread = per_square[0] * viscosity[i] + per_square[1] * beyond[i]
        rate[i] += spread + per_m * (max(_ZERO, enters[i]) + max(_ZERO, -leaves[i]))


@njit(cache=True, nogil=True, error_model="numpy", fastmath=FAST)
def begin(rows: Rows, force: np.float32, per_m: np.float32, p: Flat, at: int, shift: int) -> None:
    """Begin a row: what drives it, nothing renewed.

    Parameters
    ----------
    rows
        Work space.
    force
        On all volumes [m/s2].
    per_m
        Inverse distance of the pressures on both sides [1/m].
    p
        Pressure over density in cells [m2/s2].
    at
        Where the first cell stands.
    shift
        Back to the other one.
    """
    n = rows.shape[1] - 1
    gain = rows[GAIN, :n]
    rate = rows[RATE, :n]
    here = p[at : at + n]
    before = p[at - shift : at - shift + n]
    for i in range(n):
        gain[i] = force - per_m * (here[i] - before[i])
    for i in range(n):
        rate[i] = _ZERO


@njit(cache=True, nogil=True, error_model="numpy", fastmath=FAST)
def finish(out: Flat, rows: Rows, n: int, q: Flat, free: Free, at: int, dt: np.float32) -> None:
    """Take the step, held back where exchange with the neighbours is faster than the step.

    Parameters
    ----------
    out, q
        Velocity after and before [m/s].
    rows
        Work space.
    n
        Number of faces to write.
    free
        Faces in the flow.
    at
        Where the first one stands.
    dt
        Length of the step [s].
    """
    gain = rows[GAIN, :n]
    rate = rows[RATE, :n]
    new = out[at : at + n]
    old = q[at : at + n]
    flags, bit = free.flags[at : at + n], free.bit
    for i in range(n):
        change = dt * gain[i] / (_ONE + dt * rate[i])
        new[i] = old[i] + (change if flags[i] & bit else _ZERO)


@njit(cache=True, nogil=True, error_model="numpy", fastmath=FAST)
def tell(out: Flat, rows: Rows, n: int, free: Free, at: int) -> None:
    """Tell what drives a row, in place of a step.

    Parameters
    ----------
    out
        What drives the quantity [unit per s].
    rows
        Work space.
    n
        Number of values to write.
    free
        Where it may change.
    at
        Where the first value stands.
    """
    gain = rows[GAIN, :n]
    told = out[at : at + n]
    flags, bit = free.flags[at : at + n], free.bit
    for i in range(n):
        told[i] = gain[i] if flags[i] & bit else _ZERO


@njit(cache=True, nogil=True, error_model="numpy", fastmath=FAST)
def add(rows: Rows, also: Flat, at: int) -> None:
    """Add what drives a row besides.

    Parameters
    ----------
    rows
        Work space.
    also
        That [unit per s].
    at
        Where its first value stands.
    """
    n = rows.shape[1] - 1
    gain = rows[GAIN, :n]
    more = also[at : at + n]
    for i in range(n):
        gain[i] += more[i]


@njit(cache=True, nogil=True, error_model="numpy", fastmath=FAST)
def walls_below(
    rows: Rows,
    air: FlatFlags,
    built: Row,
    places: tuple[int, int],
    columns: tuple[int, int],
    scales: tuple[np.float32, np.float32],
) -> None:
    """Drag of ground and roofs below the faces of a row.

    Parameters
    ----------
    rows
        Work space.
    air
        1 in cells of air.
    built
        1 in columns of buildings, 0 on open ground, shape ((ny + 5) * (nx + 5),), a factor.
    places
        Where the cells below stand, that of the face and the other.
    columns
        The same in `built`.
    scales
        Drag of ground, and by how much that of roofs is more [1/m].
    """
    n, ground, more = rows.shape[1] - 1, scales[0], scales[1]
    walls = rows[WALLS, :n]
    for side in range(2):
        cells = air[places[side] : places[side] + n]
        roofs = built[columns[side] : columns[side] + n]
        if side == 0:
            for i in range(n):
                walls[i] = _HALF * (_ONE - cells[i]) * (ground + more * roofs[i])
        else:
            for i in range(n):
                walls[i] += _HALF * (_ONE - cells[i]) * (ground + more * roofs[i])


@njit(cache=True, nogil=True, error_model="numpy", fastmath=FAST)
def walls_beside(
    rows: Rows, air: FlatFlags, at: int, shift: int, step: int, scale: np.float32
) -> None:
    """Add the drag of the walls beside the faces of a row, 0 to 2 each, halves where a wall ends.

    Parameters
    ----------
    rows
        Work space.
    air
        1 in cells of air.
    at
        Where the first cell stands.
    shift
        Back to the other cell of a face.
    step
        To the cells beside these.
    scale
        Drag of one wall [1/m].
    """
    n, other = rows.shape[1] - 1, at - shift
    walls = rows[WALLS, :n]
    a = air[at - step : at - step + n]
    b = air[other - step : other - step + n]
    c = air[at + step : at + step + n]
    d = air[other + step : other + step + n]
    for i in range(n):
        walls[i] += scale * _HALF * (np.float32(4.0) - ((a[i] + b[i]) + (c[i] + d[i])))


@njit(cache=True, nogil=True, error_model="numpy", fastmath=FAST)
def drag(rows: Rows, q: Flat, energy: Flat, at: int, shift: int) -> None:
    """Stress of rough walls: friction velocity from the turbulence energy (Launder & Spalding 1974).

    Parameters
    ----------
    rows
        Work space, with the drag of the walls per root of energy.
    q
        Velocity [m/s].
    energy
        Turbulence energy in cells [m2/s2].
    at
        Where the first face, and the cell behind it, stand.
    shift
        Back to the cell before it.
    """
    n = rows.shape[1] - 1
    gain = rows[GAIN, :n]
    rate = rows[RATE, :n]
    walls = rows[WALLS, :n]
    speed = q[at : at + n]
    a = energy[at : at + n]
    b = energy[at - shift : at - shift + n]
    for i in range(n):
        walls[i] *= np.sqrt(_HALF * (a[i] + b[i]))
    for i in range(n):
        rate[i] += walls[i]
    for i in range(n):
        gain[i] -= walls[i] * speed[i]
