"""Finds the rows of a table near an area without looking at all of them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from citytwin.model.grid import Bounds

GROUP_ROWS = 4096
"""Rows that are looked at together; small beside a tile, large beside the cost of a look."""


class RowIndex:
    """Boxes of rows in groups of neighbours; plain arrays, as large as the boxes.

    Parameters
    ----------
    boxes
        Shape (n, 4): x_min, y_min, x_max, y_max [m]; infinite where a row belongs everywhere,
        NaN where it lies nowhere.
    order
        Shape (n,): rows so that neighbours stand together; found where it is not known.
    """

    def __init__(self, boxes: NDArray[np.float64], order: NDArray[np.intp] | None = None) -> None:
        self.order = along_curve(boxes) if order is None else order
        """Rows so that neighbours stand together, shape (n,)."""
        self.boxes = boxes
        self._boxes = boxes[self.order]
        starts = np.arange(0, len(boxes), GROUP_ROWS)
        self._groups = np.concatenate(
            [
                np.fmin.reduceat(self._boxes[:, :2], starts, axis=0),
                np.fmax.reduceat(self._boxes[:, 2:], starts, axis=0),
            ],
            axis=1,
        ) if len(boxes) else np.empty((0, 4))  # fmt: skip

    def near(self, area: Bounds) -> NDArray[np.intp]:
        """Return the rows whose box touches an area, in their order in the table."""
        found = [np.empty(0, dtype=np.intp)]
        for group in rows_near(self._groups, area):
            begin = int(group) * GROUP_ROWS
            hit = rows_near(self._boxes[begin : begin + GROUP_ROWS], area)
            found.append(self.order[begin + hit])
        return np.sort(np.concatenate(found))

    @property
    def bounds(self) -> Bounds | None:
        """Box around all rows that lie somewhere; None where rows belong everywhere, or none do."""
        if not len(self._groups):
            return None
        low = np.fmin.reduce(self._groups[:, :2], axis=0)
        high = np.fmax.reduce(self._groups[:, 2:], axis=0)
        if not np.isfinite([low, high]).all():
            return None
        return Bounds(float(low[0]), float(low[1]), float(high[0]), float(high[1]))


def rows_near(boxes: NDArray[np.float64], area: Bounds) -> NDArray[np.intp]:
    """Return the rows whose box touches an area.

    Parameters
    ----------
    boxes
        Shape (n, 4): x_min, y_min, x_max, y_max [m].
    area
        The area [m].
    """
    hit = (boxes[:, 0] <= area.x_max) & (boxes[:, 2] >= area.x_min)
    hit &= (boxes[:, 1] <= area.y_max) & (boxes[:, 3] >= area.y_min)
    return np.flatnonzero(hit)


def along_curve(boxes: NDArray[np.float64]) -> NDArray[np.intp]:
    """Return an order of rows in which neighbours in space stand together.

    Parameters
    ----------
    boxes
        Shape (n, 4); rows that are everywhere or nowhere come last, in their own order.
    """
    located = np.isfinite(boxes).all(axis=1)
    rows, others = np.flatnonzero(located), np.flatnonzero(~located)
    if len(rows) > 1:
        centres = boxes[rows, :2] + boxes[rows, 2:]
        low, span = centres.min(axis=0), np.ptp(centres, axis=0)
        steps = (centres - low) / np.where(span > 0, span, 1.0) * 0xFFFF
        x, y = (_spread(column) for column in steps.astype(np.uint64).T)
        order = np.arange(len(rows))
        places = x | y << np.uint64(1)
        for shift in (0, 16):  # half by half: numbers of 16 bits are sorted without comparisons
            half = (places[order] >> np.uint64(shift)).astype(np.uint16)
            order = order[np.argsort(half, kind="stable")]
        rows = rows[order]
    return np.concatenate([rows, others])


def _spread(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Put a zero between any two of 16 bits; two such numbers interleaved are a Z-order curve."""
    for shift, mask in ((8, 0x00FF00FF), (4, 0x0F0F0F0F), (2, 0x33333333), (1, 0x55555555)):
        values = (values | values << np.uint64(shift)) & np.uint64(mask)
    return values
