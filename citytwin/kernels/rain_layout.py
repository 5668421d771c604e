"""Which rain each cell of a grid gets from a coarser lattice, that of the roofs around it included."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from citytwin.kernels.rain_field import RainField
from citytwin.kernels.rain_shares import blended, grouped
from citytwin.kernels.roof_runoff import RUNOFF_UNITS, RunoffMap
from citytwin.kernels.window import Window


class RoofLinks(NamedTuple):
    """Which roofs drain to the cells of a part of a grid.

    Parameters
    ----------
    source_row, source_col
        Building cell of each link, rows and columns of the grid, shape (n,), int64; ordered.
    target
        Flat index in the part (row * nx + column) of the open cell that gets its rain, shape (n,),
        int64.
    units
        Part of the rain of the source in 1 / RUNOFF_UNITS, shape (n,), int64.
    """

    source_row: NDArray[np.int64]
    source_col: NDArray[np.int64]
    target: NDArray[np.int64]
    units: NDArray[np.int64]


_NONE = np.empty(0, dtype=np.int64)
NO_ROOFS = RoofLinks(_NONE, _NONE, _NONE, _NONE)
"""Where no roof drains."""


def links_within(runoff: RunoffMap, around: Window, reach: Window) -> RoofLinks:
    """Return the links to the cells of a part of a grid.

    Parameters
    ----------
    runoff
        Links in a window that holds all roofs that drain to the part.
    around
        This window.
    reach
        The part, inside it.

    Returns
    -------
    RoofLinks
        Arrays of shape (n,), in the order of their sources.
    """
    across = around.col1 - around.col0
    row, col = runoff.target // across + around.row0, runoff.target % across + around.col0
    inside = (row >= reach.row0) & (row < reach.row1) & (col >= reach.col0) & (col < reach.col1)
    target = (row - reach.row0) * (reach.col1 - reach.col0) + (col - reach.col0)
    return RoofLinks(
        (runoff.source // across + around.row0)[inside],
        (runoff.source % across + around.col0)[inside],
        target[inside],
        runoff.units[inside],
    )


class _Mixes(NamedTuple):
    """Cells whose rain comes from roofs under other rain than their own as well."""

    own: NDArray[np.int64]
    """Kind of rain over each of them, shape (m,)."""
    cell: NDArray[np.int64]
    """Which of them gets each contribution, shape (n,)."""
    source: NDArray[np.int64]
    """Kind of rain over its source, shape (n,)."""
    share: NDArray[np.float64]
    """Of all the rain that the cell gets, shape (n,) [-]."""


class RainLayout:
    """Kinds of rain, and where each falls: one kind where the same cells of the lattice share alike.

    Parameters
    ----------
    rain
        The rain.
    window
        Part of the grid.
    is_open
        Cells of the part that can hold water, shape (ny, nx), bool.
    links
        Roofs that drain to it.

    Attributes
    ----------
    end
        Where each run of cells under one kind of rain ends, row by row through the flat part, shape
        (r,), int64.
    kind
        Its kind, shape (r,), int32.
    """

    def __init__(
        self, rain: RainField, window: Window, is_open: NDArray[np.bool_], links: RoofLinks
    ) -> None:
        rows = _span(window.row0, window.row1, links.source_row)
        cols = _span(window.col0, window.col1, links.source_col)
        self._rows, row_group = grouped(rain.row_shares(*rows))
        self._cols, col_group = grouped(rain.col_shares(*cols))
        across = len(self._cols.first)

        def kind_at(row: NDArray[np.int64], col: NDArray[np.int64]) -> NDArray[np.int64]:
            return row_group[row - rows[0]] * across + col_group[col - cols[0]]

        ny, nx = is_open.shape
        kinds = kind_at(
            np.arange(window.row0, window.row1)[:, None], np.arange(window.col0, window.col1)
        )
        self._plain = len(self._rows.first) * across
        source = kind_at(links.source_row, links.source_col)
        self._mixes = _mixes(kinds.ravel(), source, links, is_open.ravel())
        mixed = np.unique(links.target[source != kinds.ravel()[links.target]])
        kinds.ravel()[mixed] = self._plain + np.arange(mixed.size)
        ends = np.append(np.flatnonzero(np.diff(kinds.ravel())) + 1, ny * nx)
        self.end = ends.astype(np.int64)
        self.kind = kinds.ravel()[ends - 1].astype(np.int32)

    @property
    def kinds(self) -> int:
        """Number of kinds of rain."""
        return self._plain + len(self._mixes.own)

    def of_kinds(self, depth_m: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the rain of each kind.

        Parameters
        ----------
        depth_m
            Rain on the cells of the lattice, shape (ky, kx), float64 [m].

        Returns
        -------
        numpy.ndarray
            Mean over the area, shape (kinds,), float64 [m].
        """
        by_row = blended(depth_m, self._rows)
        plain = np.ascontiguousarray(blended(by_row.T, self._cols).T).ravel()
        own, cell, source, share = self._mixes
        if not own.size:
            return plain
        more = np.bincount(cell, share * (plain[source] - plain[own[cell]]), minlength=own.size)
        return np.concatenate([plain, plain[own] + more])


def _span(begin: int, end: int, more: NDArray[np.int64]) -> tuple[int, int]:
    """Range that holds another one and some numbers."""
    return min(begin, int(more.min(initial=begin))), max(end, int(more.max(initial=end - 1)) + 1)


def _mixes(
    kinds: NDArray[np.int64],
    source: NDArray[np.int64],
    links: RoofLinks,
    is_open: NDArray[np.bool_],
) -> _Mixes:
    """Find the cells that get rain of several kinds."""
    target = links.target
    mixed, cell = np.unique(target, return_inverse=True)
    is_mixed = np.zeros(mixed.size, dtype=np.bool_)
    np.logical_or.at(is_mixed, cell, source != kinds[target])
    number = np.cumsum(is_mixed) - 1
    total = np.where(is_open[mixed], np.int64(RUNOFF_UNITS), np.int64(0))
    np.add.at(total, cell, links.units)
    chosen = is_mixed[cell]
    share = links.units[chosen] / total[cell[chosen]]
    return _Mixes(kinds[mixed[is_mixed]], number[cell[chosen]], source[chosen], share)
