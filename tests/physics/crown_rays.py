"""Slow referee of crowns: every ray clipped to the box that each crown fills over its cell."""

from __future__ import annotations

import math

import numpy as np

from tests.physics.block_rays import LONELY


def crossing_crowns(plane, top, base, cell_m, azimuth_rad, altitude_rad):
    """Cells whose ray towards the sun passes through a crown, whatever stands in its way.

    A crown is a box from its base to its top over its cell; a ray passes through it when it is
    inside it over some length (slab test of the three axes, float64). The cell's own crown counts
    from its centre on.
    """
    ny, nx = plane.shape
    speeds = -math.cos(azimuth_rad) / cell_m[0], math.sin(azimuth_rad) / cell_m[1]
    slope = math.tan(altitude_rad)
    crossed = np.zeros(plane.shape, dtype=bool)
    for di in range(1 - ny, ny):
        for dj in range(1 - nx, nx):
            enter, leave = 0.0, math.inf
            for offset, speed in zip((di, dj), speeds, strict=True):
                if abs(speed) < 1e-12:
                    leave = leave if offset == 0 else -1.0
                    continue
                a, b = (offset - 0.5) / speed, (offset + 0.5) / speed
                enter, leave = max(enter, min(a, b)), min(leave, max(a, b))
            if leave - enter < LONELY:
                continue
            rows = slice(max(0, -di), min(ny, ny - di))
            cols = slice(max(0, -dj), min(nx, nx - dj))
            there = (
                slice(rows.start + di, rows.stop + di),
                slice(cols.start + dj, cols.stop + dj),
            )
            start = plane[rows, cols].astype(np.float64)
            low, high = base[there].astype(np.float64), top[there].astype(np.float64)
            with np.errstate(invalid="ignore"):
                met = (start + enter * slope < high) & (start + leave * slope > low)
            crossed[rows, cols] |= met & (high > low)
    return crossed
