"""Statistics of points per cell: mean, lowest, highest; cells without a point stay unknown.

Only blocks of cells that hold points exist, so that memory follows the points, not what a header
says about their extent.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from citytwin.model.grid import Tile

Indices = NDArray[np.int64]
Statistic = Literal["mean", "min", "max"]

_SIDE = 256
"""Rows and columns of a block."""


@dataclass(eq=False)
class _Block:
    value: NDArray[np.float64]
    count: NDArray[np.int32]


@dataclass(eq=False)
class CellStatistic:
    """One statistic over cells, which are numbered from anywhere."""

    statistic: Statistic
    _blocks: dict[tuple[int, int], _Block] = field(default_factory=dict)

    @property
    def cells(self) -> int:
        """Cells that memory is set aside for."""
        return len(self._blocks) * _SIDE * _SIDE

    def add(self, rows: Indices, cols: Indices, z: NDArray[np.float64], most: int) -> bool:
        """Take in points.

        Parameters
        ----------
        rows, cols
            Shape (n,): cells.
        z
            Shape (n,): heights [m].
        most
            Cells that there may be.

        Returns
        -------
        bool
            Whether there were no more.
        """
        for key, rows_in, cols_in, z_in in _by_block(rows, cols, z):
            if key not in self._blocks and self.cells >= most:
                return False
            block = self._block(key)
            cells = rows_in * _SIDE + cols_in
            self._gather(block.value, cells, z_in)
            np.add.at(block.count, cells, 1)
        return True

    def _block(self, key: tuple[int, int]) -> _Block:
        if key not in self._blocks:
            start = {"mean": 0.0, "min": np.inf, "max": -np.inf}[self.statistic]
            value = np.full(_SIDE * _SIDE, start, dtype=np.float64)
            self._blocks[key] = _Block(value, np.zeros(_SIDE * _SIDE, dtype=np.int32))
        return self._blocks[key]

    def _gather(self, value: NDArray[np.float64], cells: Indices, z: NDArray[np.float64]) -> None:
        if self.statistic == "mean":
            np.add.at(value, cells, z)
        elif self.statistic == "min":
            np.minimum.at(value, cells, z)
        else:
            np.maximum.at(value, cells, z)

    def merge(self, other: CellStatistic) -> None:
        """Take in the same statistic over other points.

        Parameters
        ----------
        other
            Numbered alike.
        """
        everywhere = np.arange(_SIDE * _SIDE)
        for key, block in other._blocks.items():
            own = self._block(key)
            self._gather(own.value, everywhere, block.value)
            own.count += block.count

    def extent(self) -> Tile | None:
        """Smallest window that holds all known cells; None where there is none."""
        rows: list[int] = []
        cols: list[int] = []
        for (block_row, block_col), block in self._blocks.items():
            known = np.argwhere(block.count.reshape(_SIDE, _SIDE) > 0)
            for found, first, axis in ((rows, block_row, 0), (cols, block_col, 1)):
                found += [first * _SIDE + int(known[:, axis].min())]
                found += [first * _SIDE + int(known[:, axis].max())]
        if not rows:
            return None
        return Tile(min(rows), max(rows) + 1, min(cols), max(cols) + 1)

    def values(self, window: Tile) -> NDArray[np.float32]:
        """Shape of the window: the statistic, NaN where there was no point [m].

        Parameters
        ----------
        window
            The extent.
        """
        result = np.full(window.shape, np.nan, dtype=np.float32)
        for (block_row, block_col), block in self._blocks.items():
            known = np.flatnonzero(block.count)
            value = block.value[known]
            if self.statistic == "mean":
                value = value / block.count[known]
            rows = block_row * _SIDE - window.row0 + known // _SIDE
            cols = block_col * _SIDE - window.col0 + known % _SIDE
            result[rows, cols] = value
        return result


def _by_block(
    rows: Indices, cols: Indices, z: NDArray[np.float64]
) -> Iterator[tuple[tuple[int, int], Indices, Indices, NDArray[np.float64]]]:
    """Points of each block, in their order, with their cells counted from the block's first."""
    block_rows, block_cols = rows // _SIDE, cols // _SIDE
    order = np.lexsort((block_cols, block_rows))
    changes = np.flatnonzero(
        np.diff(block_rows[order], prepend=0) | np.diff(block_cols[order], prepend=0)
    )
    starts = np.unique(np.concatenate([np.zeros(1, dtype=np.int64), changes]))
    for start, end in zip(starts, [*starts[1:], len(order)], strict=True):
        some = order[start:end]
        if len(some):
            key = int(block_rows[some[0]]), int(block_cols[some[0]])
            yield key, rows[some] - key[0] * _SIDE, cols[some] - key[1] * _SIDE, z[some]
