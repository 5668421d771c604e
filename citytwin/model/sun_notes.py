"""What maps of sunlight say about how they were made."""

from __future__ import annotations

import numpy as np

from citytwin.model.grid import GridSpec
from citytwin.model.notes import Note
from citytwin.model.site import Site

WIDE_CITY_M = 30_000.0
"""Extent from which the error of one position of the sun for the whole city is told [m]."""
_DEGREE_M = 111_195.0
"""A degree of a great circle on the mean Earth [m]."""

_BLOCKS = Note(
    severity="info",
    ja="各セルを頂部が平らな角柱とみなして影を計算しています。斜面は階段として扱われ、"
    "傾きの 2 倍より低い太陽では自らの段の影に入ります",
    en="Every cell is taken for a flat-topped block: slopes are stairs, which lie in their own"
    " shadow when the sun stands lower than about twice their slope",
)


def sun_notes(blocks: bool, grid: GridSpec, site: Site) -> tuple[Note, ...]:
    """Remarks on the cells taken for blocks, and on the one sun of a wide city.

    Parameters
    ----------
    blocks
        Whether every cell was taken for a block.
    grid, site
        Of the city.
    """
    return (*((_BLOCKS,) if blocks else ()), *_wide_city(grid, site))


def _wide_city(grid: GridSpec, site: Site) -> tuple[Note, ...]:
    """Say what the one sun and the one north of the whole city cost at its corners.

    The sun stands as far from its place as the corner from the middle, as an angle at the centre
    of the Earth; it passes a degree of longitude in 4 minutes; the meridians of two places converge
    by their difference of longitude times the sine of the latitude.
    """
    bounds = grid.bounds
    east_m, north_m = (bounds.x_max - bounds.x_min) / 2, (bounds.y_max - bounds.y_min) / 2
    if 2 * max(east_m, north_m) <= WIDE_CITY_M:
        return ()
    latitude = np.radians(site.latitude_deg)
    longitude_deg = east_m / (_DEGREE_M * max(float(np.cos(latitude)), 0.01))
    sun_deg = float(np.hypot(east_m, north_m)) / _DEGREE_M
    minutes, lean_deg = 4.0 * longitude_deg, abs(longitude_deg * float(np.sin(latitude)))
    return (
        Note(
            severity="info",
            ja="都市全体を一つの太陽位置で計算しています。端では太陽の位置が最大 "
            f"{sun_deg:.2f} 度（時刻で {minutes:.1f} 分）、真北が最大 {lean_deg:.2f} 度ずれます",
            en="One position of the sun serves the whole city: at its corners the sun is off by up "
            f"to {sun_deg:.2f} degrees ({minutes:.1f} min), true north by {lean_deg:.2f} degrees",
        ),
    )
