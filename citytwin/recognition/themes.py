"""Themes of a city model by the codes of PLATEAU, and what each gives."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Literal, get_args

from citytwin.errors import ConfigError
from citytwin.model import tables as t
from citytwin.model.raster import RasterRole
from citytwin.model.tables import Table
from citytwin.wording import nearest

Theme = Literal["bldg", "dem", "tran", "brid", "luse", "wtr", "veg", "urf", "fld"]
"""Buildings, ground, roads, bridges, land use, water, plants, planning zones, and expected
inundations of every kind (``fld``, ``ifld``, ``htd``, ``tnm``, ``rfld``)."""
THEMES: tuple[Theme, ...] = get_args(Theme)
_GIVES: dict[Theme, tuple[Table | RasterRole, ...]] = {
    "bldg": (t.BUILDINGS, t.SURFACES),
    "dem": (t.RELIEF, "terrain_raster", "surface_raster"),
    "tran": (t.ROADS,),
    "brid": (t.BRIDGES,),
    "luse": (t.LAND_USE,),
    "wtr": (t.WATER_BODIES,),
    "veg": (t.VEGETATION,),
    "urf": (t.ZONES,),
    "fld": (t.HAZARD_SURFACES,),
}
CITY_TABLES: tuple[Table, ...] = tuple(
    given for theme in THEMES for given in _GIVES[theme] if isinstance(given, Table)
)
"""Tables of a city model, in the order of the themes."""


def given_by(themes: Sequence[str] | None) -> Collection[Table | RasterRole]:
    """Tables and rasters of some themes.

    Parameters
    ----------
    themes
        Codes; None for all.

    Raises
    ------
    ConfigError
        If there is no such theme.
    """
    for theme in themes or ():
        if theme not in _GIVES:
            msg = f"there is no theme {theme!r}{nearest(theme, THEMES)}"
            raise ConfigError(msg, hint=f"themes are {', '.join(THEMES)}")
    wanted = THEMES if themes is None else [theme for theme in THEMES if theme in themes]
    return [given for theme in wanted for given in _GIVES[theme]]
