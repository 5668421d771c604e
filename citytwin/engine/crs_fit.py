"""Whether a metre on the grid is a metre on the ground."""

from __future__ import annotations

import math
from textwrap import shorten

from citytwin.errors import ConfigError
from citytwin.model import crs as crs_of
from citytwin.model.grid import GridSpec
from citytwin.model.notes import Note

MAX_SCALE_OFF = 0.005
"""Every length, area and wind of a run would be wrong by more than that."""
TOLD_SCALE_OFF = 0.001
"""Plane zones stay below 0.0001, UTM below 0.001 within its zone."""
MARGIN_DEG = 1.0
"""Cities at the edge of an area of use may lie outside it; another country may not."""


def check_fit(grid: GridSpec, hint: str, *, anywhere: bool) -> tuple[Note, ...]:
    """Refuse a CRS in which a metre is no metre here; tell of one in which it nearly is none.

    Parameters
    ----------
    grid
        The grid.
    hint
        What to do, with ``{suited}`` where a CRS is named that suits the place.
    anywhere
        Whether the grid may lie outside the area that its CRS is made for, as invented cases do.

    Raises
    ------
    ConfigError
        If the CRS does not suit the place.
    """
    found = crs_of.fit(*grid.centre, grid.crs)
    lon, lat, scale = found.longitude_deg, found.latitude_deg, found.scale
    off = abs(scale - 1.0)
    outside = found.outside_deg > MARGIN_DEG and not anywhere
    if off <= MAX_SCALE_OFF and not outside:
        return (_scale_note(found),) if off > TOLD_SCALE_OFF else ()
    if not (math.isfinite(lon) and math.isfinite(lat) and math.isfinite(scale)):
        what = f"is not defined at ({grid.centre[0]:.0f}, {grid.centre[1]:.0f}), where the city is"
        raise ConfigError(f"crs {grid.crs!r} {what}", hint="check the CRS and the coordinates")
    what = (
        f"does not belong to longitude {lon:.3f}, latitude {lat:.3f}, where the city is: "
        f"a metre on the ground is {scale:.4f} m on the grid"
    )
    if outside:
        what += f", and it is made for {shorten(found.area, 90, placeholder=' ...')}"
    raise ConfigError(
        f"crs {grid.crs!r} {what}", hint=hint.replace("{suited}", crs_of.suited(lon, lat))
    )


def _scale_note(found: crs_of.Fit) -> Note:
    percent = 100 * (found.scale - 1.0)
    better = crs_of.suited(found.longitude_deg, found.latitude_deg)
    return Note(
        severity="fallback",
        ja=f"座標系 {found.code} の縮尺係数は {found.scale:.4f} で、距離が {percent:+.2f}% "
        f"ずれます（{better} が適します）",
        en=f"Lengths in {found.code} are off by {percent:+.2f} % here (scale {found.scale:.4f}); "
        f"{better} would suit the place",
    )
