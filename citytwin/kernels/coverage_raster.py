"""Share of each cell that lies under faces: area coverage by 4 x 4 samples.

Sampled masks of one bit each as in Carpenter (1984), The A-buffer, an antialiased hidden surface
method, SIGGRAPH Computer Graphics 18(3), 103-108.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from citytwin.kernels.plane_raster import BURNABLE, fit_plane
from citytwin.kernels.scanline import GridWindow, check_offsets, flag_edges

SIDE = 4
"""Samples along each side of a cell; their squares fill it."""


@njit(cache=True, nogil=True)
def cover_samples(
    xyz: np.ndarray,
    ring_offsets: np.ndarray,
    polygon_offsets: np.ndarray,
    window: GridWindow,
    samples: np.ndarray,
) -> None:
    """Mark the samples of each cell that lie under a face.

    The samples are the centres of the cells of a grid four times as fine, and the faces cover
    them by the rules of `citytwin.kernels.plane_raster.burn_planes`: even-odd over all rings of a
    face, half-open at edges, nothing for walls and for faces that cannot be burned. A sample under
    several faces counts once, so the result depends neither on the order of the faces nor on the
    window.

    Parameters
    ----------
    xyz
        Vertices, shape (n_vertex, 3), float64 [m].
    ring_offsets
        Offsets of rings into ``xyz``, shape (n_ring + 1,), int64.
    polygon_offsets
        Offsets of polygons into the rings, shape (n_polygon + 1,), int64.
    window
        Place of ``samples`` in its grid.
    samples
        Shape (ny, nx), uint16: one bit per sample of the cell, row by row from the north-west.
        Changed in place.

    Raises
    ------
    ValueError
        When offsets lead outside their arrays.
    """
    check_offsets(ring_offsets, xyz.shape[0])
    check_offsets(polygon_offsets, ring_offsets.size - 1)
    ny, nx = samples.shape
    fine = GridWindow(
        window.x_min, window.y_max, window.cell_m / SIDE, SIDE * window.row0, SIDE * window.col0
    )
    flags = np.zeros((SIDE * ny, SIDE * nx + 1), dtype=np.uint8)
    for p in range(polygon_offsets.size - 1):
        rings = ring_offsets[polygon_offsets[p] : polygon_offsets[p + 1] + 1]
        if fit_plane(xyz, rings).kind != BURNABLE:
            continue
        row_start, row_stop, col_start, col_last = flag_edges(
            xyz[:, 0], xyz[:, 1], rings, fine, flags
        )
        for row in range(row_start, row_stop):
            inside = 0
            for col in range(col_start, col_last):
                inside ^= flags[row, col]
                flags[row, col] = 0
                if inside != 0:
                    bit = SIDE * (row % SIDE) + col % SIDE
                    samples[row // SIDE, col // SIDE] |= np.uint16(1 << bit)
            flags[row, col_last] = 0


def covered_share(samples: NDArray[np.uint16]) -> NDArray[np.float32]:
    """Share of the samples of each cell that are marked.

    For one straight edge through a cell the share is at most 7/32 off the true area: the edge
    passes at most seven of the sixteen squares, and is wrong by at most half of each.

    Parameters
    ----------
    samples
        Shape (ny, nx), uint16, as `cover_samples` marks them.

    Returns
    -------
    array
        Same shape, float32: a multiple of 1/16 from 0 to 1.
    """
    return np.bitwise_count(samples).astype(np.float32) / np.float32(SIDE * SIDE)
