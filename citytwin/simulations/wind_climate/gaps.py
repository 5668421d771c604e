"""Directions of the wind without a ratio, such as those of a flow that came to none."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from citytwin.model.notes import Note
from citytwin.simulations.wind_climate.params import StationParams

FEWEST = 8
"""Directions from which on two neighbours tell of the one between them: 90 degrees between them at most."""
_BRIDGED = Note(
    severity="info",
    ja="風向の1つだけ風速比が得られていない所では、両隣の風向の平均で補います（欠けた風向は風速比の地図に示します）",
    en="Where a single direction has no speed ratio, the mean of the two beside it stands for it; the map of the ratios"
    " shows where one lacks",
)


def bridged(ratio: NDArray[np.float32]) -> NDArray[np.float32]:
    """Fill single directions without a ratio from the two beside them.

    One direction that fails, or a tile of it, would else leave all that follows blank. Where two in a
    row are missing, and with fewer than eight directions, nothing is filled.

    Parameters
    ----------
    ratio
        Shape (n_dir, ny, nx), directions evenly around, NaN where unknown.

    Returns
    -------
    array
        Filled.
    """
    missing = np.isnan(ratio)
    if len(ratio) < FEWEST or not missing.any():
        return ratio
    beside = 0.5 * (np.roll(ratio, 1, axis=0) + np.roll(ratio, -1, axis=0))
    return np.where(missing, beside, ratio)


def bridge_note(params: StationParams, directions: int) -> tuple[Note, ...]:
    """Say what stands for a direction that lacks, where the method may leave one out.

    Parameters
    ----------
    params
        The method.
    directions
        How many there are.
    """
    return (_BRIDGED,) if params.ratios.may_lack and directions >= FEWEST else ()
