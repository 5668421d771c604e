"""Velocity after friction with the ground, at the end of a time step."""

from __future__ import annotations

import numpy as np
from numba import njit

from citytwin.kernels.face_discharge import inverse_cube_root

_ZERO = np.float32(0.0)
_ONE = np.float32(1.0)
_TWO = np.float32(2.0)
_FOUR = np.float32(4.0)
# Speed [m/s] taken as none: its square would fall out of the range of normal numbers, and
# still water far from any flow would be computed many times slower.
_STILL = np.float32(1e-15)


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def slowed(
    speeds: tuple[np.float32, np.float32],
    inverse_depth: np.float32,
    depth: np.float32,
    manning: np.float32,
    gravity_dt: np.float32,
) -> tuple[np.float32, np.float32]:
    """Return the velocity of a cell after the friction of a time step.

    Parameters
    ----------
    speeds
        The two velocities before friction [m/s].
    inverse_depth
        One over the water depth [1/m].
    depth
        Water depth at the end of the step [m], > 0.
    manning
        Manning's n [s/m^(1/3)].
    gravity_dt
        Gravity times time step [m/s].

    Returns
    -------
    tuple of numpy.float32
        The two velocities after it [m/s].

    Notes
    -----
    The implicit step u' = u - dt g n^2 |u'| u' / h^(4/3) solved exactly: with
    k = dt g n^2 / h^(4/3) the speed becomes 2 |u| / (1 + sqrt(1 + 4 k |u|)), much as
    Xia and Liang (2018) do. Stable for any step and film; steady flow stays as it is.
    """
    u, v = speeds
    drag = (gravity_dt * (manning * manning)) * (inverse_cube_root(depth) * inverse_depth)
    speed = np.sqrt(u * u + v * v)
    share = _TWO / (_ONE + np.sqrt(_ONE + _FOUR * (drag * speed)))
    u, v = u * share, v * share
    return (u if abs(u) > _STILL else _ZERO), (v if abs(v) > _STILL else _ZERO)
