"""Velocity after friction with the ground, at the end of a time step."""

from __future__ import annotations

import numpy as np
from numba import njit

from citytwin.kernels.face_discharge import Row, inverse_cube_root

_ZERO = np.float32(0.0)
_ONE = np.float32(1.0)
_TWO = np.float32(2.0)
_FOUR = np.float32(4.0)
# Speed [m/s] taken as none: its square would fall out of the range of normal numbers, and
# still water far from any flow would be computed many times slower.
_STILL = np.float32(1e-15)


@njit(cache=True, nogil=True, error_model="numpy")
def slow_down(
    speeds: tuple[Row, Row],
    depth: Row,
    manning: Row,
    work: tuple[Row, Row],
    gravity_dt: np.float32,
) -> None:
    """Apply the friction of a time step to a row of velocities.

    Parameters
    ----------
    speeds
        The two velocities before friction, shape (n,), float32 [m/s], changed in place.
    depth
        Water depth at the end of the step, shape (n,), float32 [m], > 0.
    manning
        Manning's n, shape (n,), float32 [s/m^(1/3)].
    work
        Two rows of work space, shape (n,), float32.
    gravity_dt
        Gravity times time step [m/s].

    Notes
    -----
    The implicit step u' = u - dt g n^2 |u'| u' / h^(4/3) solved exactly: with
    k = dt g n^2 / h^(4/3) the speed becomes 2 |u| / (1 + sqrt(1 + 4 k |u|)), much as
    Xia and Liang (2018) do. Stable for any step and film; steady flow stays as it is.
    """
    root, share = work
    x_speed, y_speed = speeds
    inverse_cube_root(root, depth)
    for i in range(root.shape[0]):
        squared = root[i] * root[i]
        drag = gravity_dt * (manning[i] * manning[i]) * (squared * squared)
        speed = np.sqrt(x_speed[i] * x_speed[i] + y_speed[i] * y_speed[i])
        share[i] = _TWO / (_ONE + np.sqrt(_ONE + _FOUR * drag * speed))
    for i in range(root.shape[0]):
        u, v = x_speed[i] * share[i], y_speed[i] * share[i]
        x_speed[i] = u if abs(u) > _STILL else _ZERO
        y_speed[i] = v if abs(v) > _STILL else _ZERO
