"""Finds vertices that cannot belong to their building: null vertices, spikes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

Z_MIN_M, Z_MAX_M = -500.0, 9000.0
"""Heights outside are no heights of a city."""
_SPIKE_M = 500.0
_SPIKE_RATIO = 20.0
_TALLEST_M = 1000.0
ENVELOPE_MARGINS_M = np.array([1000.0, 1000.0, 200.0])
"""East, north and up: how far outside its Envelope a file may go."""


@dataclass(frozen=True)
class Envelope:
    """Box that the file gives for its content, in the CRS of the city [m]."""

    low: FloatArray
    """Shape (3,): west, south, bottom; the bottom is -inf where the file gives none."""
    high: FloatArray
    """Shape (3,): east, north, top."""

    def holds(self, points: FloatArray) -> NDArray[np.bool_]:
        """Whether points lie in the box or near it.

        Parameters
        ----------
        points
            Shape (n, 3) [m].
        """
        margin = ENVELOPE_MARGINS_M
        return np.asarray(((points >= self.low - margin) & (points <= self.high + margin)).all(1))


def bad_vertices(
    xyz: FloatArray, of_outer_ring: NDArray[np.bool_], envelope: Envelope | None
) -> NDArray[np.bool_]:
    """Mark the vertices of one building that lie where no part of it can be.

    The middle of the building is the median of the vertices of its outer rings, which a few bad
    ones cannot move (holes may lie in another town altogether). A vertex is bad when it is not finite, higher or lower than any city, farther from the middle
    than 500 m and twenty times the median distance, or more than 1000 m above or below it. The
    Envelope of the file counts only where it holds the middle: some files carry a wrong one.

    Parameters
    ----------
    xyz
        Shape (n, 3) [m]; height NaN where the file gives none.
    of_outer_ring
        Shape (n,): whether the vertex belongs to an outer ring.
    envelope
        Of the file, or None.

    Returns
    -------
    array
        Shape (n,).
    """
    if of_outer_ring.any() and _is_compact(xyz, envelope):
        return np.zeros(len(xyz), dtype=np.bool_)
    flat = np.isnan(xyz[:, 2])
    z = np.where(flat, 0.0, xyz[:, 2])
    bad = ~np.isfinite(xyz[:, :2]).all(axis=1) | (z < Z_MIN_M) | (z > Z_MAX_M)
    sound = ~bad & of_outer_ring
    if not sound.any():
        return np.ones(len(xyz), dtype=np.bool_)
    middle = np.median(xyz[sound, :2], axis=0)
    distance = np.hypot(*(xyz[:, :2] - middle).T)
    limit = max(_SPIKE_M, _SPIKE_RATIO * float(np.median(distance[sound])))
    with np.errstate(invalid="ignore"):
        bad |= distance > limit
    heights = z[sound & ~flat]
    middle_z = float(np.median(heights)) if len(heights) else 0.0
    bad |= ~flat & (np.abs(z - middle_z) > _TALLEST_M)
    if envelope is not None:
        centre = np.array([[middle[0], middle[1], middle_z]])
        if bool(envelope.holds(centre)[0]):
            checked = np.column_stack([xyz[:, :2], np.where(flat, middle_z, z)])
            with np.errstate(invalid="ignore"):
                bad |= ~envelope.holds(checked)
    return np.asarray(bad)


def _is_compact(xyz: FloatArray, envelope: Envelope | None) -> bool:
    """Whether no vertex can be far from the middle, since all lie near each other.

    So it is nearly always, and the medians need not be looked for.
    """
    low, high = xyz.min(axis=0), xyz.max(axis=0)  # NaN where any is
    with np.errstate(invalid="ignore"):
        extent = high - low
    return bool(
        np.hypot(extent[0], extent[1]) < _SPIKE_M
        and extent[2] < _TALLEST_M
        and low[2] >= Z_MIN_M
        and high[2] <= Z_MAX_M
        and (envelope is None or envelope.holds(np.array([low, high])).all())
    )
