"""Images of a shower that moves over a lattice around a city, for tests."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
from pyproj import CRS

from citytwin.formats.rain.image import RainImage
from citytwin.live.rain_area import RainArea, rain_area
from citytwin.model.grid import GridSpec

NOW = datetime(2026, 6, 30, 3, 0, tzinfo=UTC)
NOW_S = int(NOW.timestamp())
GRID = GridSpec("EPSG:6677", -44000.0, -94000.0, 10.0, 400, 400)
"""4 km by 4 km."""
AREA: RainArea = rain_area(GRID)


def shower(east_m: float, north_m: float, peak: float, width_m: float = 8000.0) -> np.ndarray:
    """A round shower with its middle at a place in the city's CRS, on the lattice [mm/h]."""
    lattice = AREA.lattice
    x = lattice.x_min_m + (np.arange(lattice.nx) + 0.5) * lattice.cell_m
    y = lattice.y_max_m - (np.arange(lattice.ny) + 0.5) * lattice.cell_m
    square = (x[None, :] - east_m) ** 2 + (y[:, None] - north_m) ** 2
    return (peak * np.exp(-square / (2.0 * width_m**2))).astype(np.float32)


def image(rate: np.ndarray, end_s: int, **changes: object) -> RainImage:
    """An image of five minutes on the lattice of the city."""
    lattice = AREA.lattice
    given = {
        "rate": rate, "crs": CRS.from_user_input(lattice.crs), "west": lattice.x_min_m,
        "north": lattice.y_max_m, "dx": lattice.cell_m, "dy": lattice.cell_m,
        "start_s": end_s - 300, "end_s": end_s, "issued_s": None, "file": "f",
        "raw_ref": f"{end_s:064x}",
    } | changes  # fmt: skip
    return RainImage(**given)


def approaching(
    minutes: int = 30, speed_m_s: float = 12.0, from_m: float = -36_000.0
) -> list[RainImage]:
    """A shower that comes from the west and is `from_m` from the city's middle now."""
    middle_x, middle_y = GRID.x_min + 2000.0, GRID.y_max - 2000.0
    found = []
    for end_s in range(NOW_S - minutes * 60 + 300, NOW_S + 1, 300):
        at_s = end_s - 150 - NOW_S
        east = middle_x + from_m + speed_m_s * at_s
        found.append(image(shower(east, middle_y, 60.0), end_s))
    return found
