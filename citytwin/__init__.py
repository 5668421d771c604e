"""citytwin: a digital twin of a whole city.

``citytwin.read_citymodel(PATH)`` reads a city model into tables, ``citytwin.open(DIR)`` opens a
published city, ``citytwin.simulate(NAME, INPUTS)`` runs one simulation on bare rasters,
``citytwin.assess(NAME, RASTERS, TABLES)`` one assessment on rasters and tables, and
``citytwin.sun_at_points(POINTS, RASTERS, TABLES, DAYS)`` looks for the sun in windows, and
``citytwin.open_volume(FOLDER)`` opens a result in three dimensions. Each is imported when first used, so that the package loads at once.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from citytwin.version import __version__

if TYPE_CHECKING:
    from citytwin.citymodel.model import CityModel
    from citytwin.citymodel.reading import read_citymodel
    from citytwin.engine.bare import simulate
    from citytwin.engine.bare_assess import assess
    from citytwin.engine.bare_points import sun_at_points
    from citytwin.twin import Twin
    from citytwin.twin import open_twin as open  # noqa: A004 - the public name
    from citytwin.volume import open_volume

__all__ = [
    "CityModel",
    "Twin",
    "__version__",
    "assess",
    "open",
    "open_volume",
    "read_citymodel",
    "simulate",
    "sun_at_points",
]

_LAZY = {
    "read_citymodel": ("citytwin.citymodel.reading", "read_citymodel"),
    "CityModel": ("citytwin.citymodel.model", "CityModel"),
    "open": ("citytwin.twin", "open_twin"),
    "Twin": ("citytwin.twin", "Twin"),
    "open_volume": ("citytwin.volume", "open_volume"),
    "simulate": ("citytwin.engine.bare", "simulate"),
    "assess": ("citytwin.engine.bare_assess", "assess"),
    "sun_at_points": ("citytwin.engine.bare_points", "sun_at_points"),
}


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        msg = f"module 'citytwin' has no attribute {name!r}"
        raise AttributeError(msg)
    module, attribute = _LAZY[name]
    return getattr(importlib.import_module(module), attribute)
