"""Which rows a file has in place of which of the file whose place it took."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from citytwin.model.grid import Bounds
from citytwin.store.row_index import rows_near

_MOST = 2000
"""Of more changes none is told: a city that was surveyed anew has changed everywhere."""


class FileRows(NamedTuple):
    """What is known of the rows of a file, in their order."""

    boxes: NDArray[np.float64]
    """Shape (n, 4): x_min, y_min, x_max, y_max [m]; NaN for a row that lies nowhere."""
    digests: NDArray[np.uint64]
    """Of what steps see of each row, shape (n,)."""
    buildings: NDArray[np.uint64]
    """Hash of the building that each row is, or is a part of, shape (n,); 0 for none."""

    def taken(self, rows: NDArray[np.intp]) -> FileRows:
        """Return some rows."""
        return FileRows(self.boxes[rows], self.digests[rows], self.buildings[rows])


class GoneRow(BaseModel):
    """A row that is no longer there as it was."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    row: int
    """Its number in the file."""
    box: tuple[float, float, float, float]
    digest: int
    building: int


class Replaced(BaseModel):
    """What a file changed of the one whose place it took; all other rows stand in the same order."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    gone: tuple[GoneRow, ...] = ()
    """Of the old file, ascending."""
    new: tuple[int, ...] = ()
    """Numbers of rows of the new file, ascending."""

    def gone_near(self, area: Bounds) -> FileRows:
        """Return the rows that were near an area and are no longer there."""
        gone = self._gone()
        return gone.taken(rows_near(gone.boxes, area))

    def near_before(
        self, rows: int, near: NDArray[np.intp], digests: NDArray[np.uint64], area: Bounds
    ) -> NDArray[np.uint64]:
        """Return digests of the rows of the old file near an area, in their order.

        Parameters
        ----------
        rows
            How many the new file has.
        near
            Those of the new file near the area, ascending.
        digests
            Of all rows of the new file.
        area
            The area [m].
        """
        is_kept = np.ones(rows, dtype=bool)
        is_kept[list(self.new)] = False
        was_kept = np.ones(rows - len(self.new) + len(self.gone), dtype=bool)
        was_kept[[gone.row for gone in self.gone]] = False
        kept = near[is_kept[near]]
        numbers = np.flatnonzero(was_kept)[np.cumsum(is_kept)[kept] - 1]
        gone = self._gone()
        here = rows_near(gone.boxes, area)
        numbers = np.concatenate(
            [numbers, np.array([self.gone[place].row for place in here], dtype=np.int64)]
        )
        order = np.argsort(numbers, kind="stable")
        return np.concatenate([digests[kept], gone.digests[here]])[order]

    def _gone(self) -> FileRows:
        return FileRows(
            np.array([gone.box for gone in self.gone], dtype=np.float64).reshape(-1, 4),
            np.array([gone.digest for gone in self.gone], dtype=np.uint64),
            np.array([gone.building for gone in self.gone], dtype=np.uint64),
        )


def replaced_rows(before: FileRows, now: FileRows) -> Replaced | None:
    """Compare a file with the one whose place it takes.

    Parameters
    ----------
    before, now
        Rows of both.

    Returns
    -------
    Replaced or None
        None where too much has changed, or rows stand in another order.
    """
    gone, new = _changes(before.digests, now.digests)
    if max(len(gone), len(new)) > _MOST or not np.isfinite(before.boxes[gone]).all():
        return None
    kept_before, kept_now = np.delete(before.digests, gone), np.delete(now.digests, new)
    if not np.array_equal(kept_before, kept_now):
        return None
    return Replaced(
        gone=tuple(
            GoneRow(
                row=row,
                box=tuple(before.boxes[row].tolist()),
                digest=int(before.digests[row]),
                building=int(before.buildings[row]),
            )
            for row in gone.tolist()
        ),
        new=tuple(new.tolist()),
    )


def _changes(
    before: NDArray[np.uint64], now: NDArray[np.uint64]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows that are gone, and rows that are new: those in whose place another stands, or, where rows
    have come or gone between them, those that the other file has not got.
    """
    if len(before) == len(now):
        other = np.flatnonzero(before != now)
        if len(other) <= _MOST:
            return other, other
    return np.flatnonzero(~np.isin(before, now)), np.flatnonzero(~np.isin(now, before))
