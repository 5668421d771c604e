"""How long each cell lies under deep water: times above a depth, added up over a run.

The Japanese duration of inundation is that at 0.5 m (Ministry of Land, Infrastructure, Transport
and Tourism 2015, manual for inundation maps, 4th edition).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from citytwin.kernels.face_discharge import Row
from citytwin.kernels.wide_vectors import wide_vectors

_ZERO, _NONE = np.float32(0.0), np.float32(np.nan)


class Spells(NamedTuple):
    """Times at or above a depth; every array is changed in place.

    Parameters
    ----------
    since_s
        Begin of the spell that lasts now, shape (ny, nx), float32 [s]; NaN where there is none.
    ended_s
        Length of all spells that have ended, shape (ny, nx), float32 [s].
    is_lasting
        Whether a spell lasts anywhere in a row, shape (ny,), bool.
    """

    since_s: NDArray[np.float32]
    ended_s: NDArray[np.float32]
    is_lasting: NDArray[np.bool_]


def no_spells(shape: tuple[int, int]) -> Spells:
    """Begin the count.

    Parameters
    ----------
    shape
        Rows and columns.

    Returns
    -------
    Spells
        New arrays of that shape.
    """
    return Spells(
        np.full(shape, np.nan, dtype=np.float32),
        np.full(shape, 0.0, dtype=np.float32),
        np.zeros(shape[0], dtype=np.bool_),
    )


@njit(cache=True, nogil=True, error_model="numpy")
def _row_spells(
    since: Row, ended: Row, depth: Row, threshold_m: np.float32, time_s: np.float32
) -> bool:
    """Begin and end the spells of a row; return whether any lasts."""
    wide_vectors()
    lasting = np.int32(0)
    # Without a branch: the compiler makes vector code of it.
    for i in range(depth.shape[0]):
        is_deep, begun = depth[i] >= threshold_m, since[i]
        has_begun = begun == begun
        ends = has_begun & (not is_deep)
        ended[i] = ended[i] + (time_s - begun if ends else _ZERO)
        start = begun if has_begun else time_s
        since[i] = start if is_deep else _NONE
        lasting |= np.int32(1) if is_deep else np.int32(0)
    lasts: bool = lasting != np.int32(0)
    return lasts


@njit(cache=True, nogil=True, error_model="numpy")
def track_spells(
    spells: Spells,
    depth_m: NDArray[np.float32],
    row_depth_m: Row,
    threshold_m: np.float32,
    time_s: np.float32,
) -> None:
    """Bring the spells up to now.

    Parameters
    ----------
    spells
        Arrays of shape (ny, nx) and (ny,), changed in place.
    depth_m
        Depth now, shape (ny, nx), float32 [m].
    row_depth_m
        Largest depth of each row, shape (ny,), float32 [m].
    threshold_m
        Depth from which a spell lasts [m], > 0.
    time_s
        Time now [s], not before that of the last call.

    Notes
    -----
    A spell is counted from the first to the last look that finds it, so the error is at most the
    time between two looks at each of its ends; times are kept and not sums of steps, which would
    add up their rounding.
    """
    for j in range(depth_m.shape[0]):
        if spells.is_lasting[j] or row_depth_m[j] >= threshold_m:
            spells.is_lasting[j] = _row_spells(
                spells.since_s[j], spells.ended_s[j], depth_m[j], threshold_m, time_s
            )


@njit(cache=True, nogil=True, error_model="numpy")
def track_last(
    last_s: NDArray[np.float32],
    depth_m: NDArray[np.float32],
    row_depth_m: Row,
    threshold_m: np.float32,
    time_s: np.float32,
) -> None:
    """Keep the last time at which each cell was deep.

    Parameters
    ----------
    last_s
        Last time so far, shape (ny, nx), float32 [s], changed in place; NaN where never.
    depth_m
        Depth now, shape (ny, nx), float32 [m].
    row_depth_m
        Largest depth of each row, shape (ny,), float32 [m].
    threshold_m
        Depth that counts as deep [m], > 0.
    time_s
        Time now [s].
    """
    for j in range(depth_m.shape[0]):
        if row_depth_m[j] >= threshold_m:
            last, depth = last_s[j], depth_m[j]
            for i in range(depth.shape[0]):
                last[i] = time_s if depth[i] >= threshold_m else last[i]


def spell_length_s(spells: Spells, time_s: float) -> NDArray[np.float32]:
    """Length of all spells of a cell, those that still last included.

    Parameters
    ----------
    spells
        Arrays of shape (ny, nx).
    time_s
        Time now [s].

    Returns
    -------
    numpy.ndarray
        Time at or above the depth, shape (ny, nx), float32 [s].
    """
    lasting = np.float32(time_s) - spells.since_s
    return spells.ended_s + np.where(np.isnan(lasting), np.float32(0.0), lasting)
