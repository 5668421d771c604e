"""Directions of the wind without a ratio, such as those of a flow that came to none."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from citytwin.model.notes import Note, tally
from citytwin.model.text import text

FEWEST = 8
"""Directions from which on two neighbours tell of the one between them: 90 degrees between them at most."""
_FORM = text(
    "{count} セルで一部の風向の風速比が得られていないため、両隣の風向の平均で補いました",
    "In {count} cells a direction has no speed ratio; the mean of the two beside it stands for it",
)


def bridged(ratio: NDArray[np.float32]) -> tuple[NDArray[np.float32], tuple[Note, ...]]:
    """Fill single directions without a ratio from the two beside them.

    One direction that fails, or a tile of it, would else leave all that follows blank. Where two in a
    row are missing, and with fewer than eight directions, nothing is filled.

    Parameters
    ----------
    ratio
        Shape (n_dir, ny, nx), directions evenly around, NaN where unknown.

    Returns
    -------
    ratio, notes
        Filled, and in how many cells.
    """
    missing = np.isnan(ratio)
    if len(ratio) < FEWEST or not missing.any():
        return ratio, ()
    beside = 0.5 * (np.roll(ratio, 1, axis=0) + np.roll(ratio, -1, axis=0))
    filled = np.where(missing, beside, ratio)
    cells = int((missing & np.isfinite(beside)).any(axis=0).sum())
    return filled, (tally("loss", _FORM, cells),) if cells else ()
