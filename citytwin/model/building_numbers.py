"""Numbers of buildings on the grid: each follows from the id of its building, and from nothing else.

So no number becomes another when buildings come or go, or stand in other files: what holds numbers need
not be made anew for those of its buildings that are as they were.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from citytwin.errors import CityTwinError

NO_BUILDING = -1
"""Where there is none."""


def building_numbers(ids: pd.Series[str]) -> NDArray[np.int64]:
    """Return the numbers of buildings.

    Parameters
    ----------
    ids
        Of each building, shape (n,).

    Returns
    -------
    array
        Shape (n,): 63 bits of SipHash. That two of three million buildings have the same one comes to
        pass in one city of two million.
    """
    hashed = pd.util.hash_array(ids.to_numpy(dtype=object), categorize=False)
    return (hashed >> np.uint64(1)).astype(np.int64)


def rows_of_cells(cells: NDArray[np.int64], ids: pd.Series[str]) -> NDArray[np.int32]:
    """Return the row of the building on each cell.

    Parameters
    ----------
    cells
        Number of the building on each cell, shape (ny, nx).
    ids
        Of each building, shape (n,).

    Returns
    -------
    array
        Shape (ny, nx): place in `ids`; -1 where there is no building, or none of these.

    Raises
    ------
    CityTwinError
        If two of the buildings have the same number.
    """
    numbers = building_numbers(ids)
    order = np.argsort(numbers, kind="stable")
    known = numbers[order]
    twice = np.flatnonzero(known[1:] == known[:-1])
    if twice.size:
        one, other = (ids.iloc[order[twice[0] + k]] for k in (0, 1))
        msg = f"buildings {one!r} and {other!r} have the same number {known[twice[0]]} on the grid"
        raise CityTwinError(msg, hint="give one of them another id")
    if not known.size or not cells.size:
        return np.full(cells.shape, NO_BUILDING, dtype=np.int32)
    # Cells beside each other mostly show the same building, which is looked for once.
    flat = cells.ravel()
    begins = np.concatenate([[0], np.flatnonzero(flat[1:] != flat[:-1]) + 1])
    shown = flat[begins]
    place = np.minimum(np.searchsorted(known, shown), known.size - 1)
    rows = np.where(known[place] == shown, order[place], NO_BUILDING).astype(np.int32)
    return np.repeat(rows, np.diff(begins, append=flat.size)).reshape(cells.shape)
