"""Units met in feeds: their many spellings, and the factor to the one unit the twin keeps.

A table rather than a unit library: feeds use some twenty spellings, and one that is not listed
must stop the record instead of being guessed.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from citytwin.errors import CityTwinError


class UnitError(CityTwinError, ValueError):
    """A unit that is unknown, or of another quantity than the one wanted."""


@dataclass(frozen=True)
class Conversion:
    """Linear change of unit: ``value * factor + offset``."""

    factor: float
    offset: float

    def __call__(self, value: float) -> float:
        """Return the value in the other unit."""
        return value * self.factor + self.offset


@dataclass(frozen=True)
class _Unit:
    quantity: str
    factor: float
    """To the base unit of the quantity."""
    offset: float = 0.0


_UNITS = {
    "m/s": _Unit("speed", 1.0),
    "km/h": _Unit("speed", 1.0 / 3.6),
    "[mi_i]/h": _Unit("speed", 0.44704),
    "[kn_i]": _Unit("speed", 1852.0 / 3600.0),
    "Cel": _Unit("temperature", 1.0),
    "K": _Unit("temperature", 1.0, -273.15),
    "[degF]": _Unit("temperature", 5.0 / 9.0, -160.0 / 9.0),
    "mm": _Unit("length", 0.001),
    "cm": _Unit("length", 0.01),
    "[in_i]": _Unit("length", 0.0254),
    "mm/h": _Unit("rate of rain", 1.0),
    "mm/min": _Unit("rate of rain", 60.0),
    "mm/s": _Unit("rate of rain", 3600.0),
    "kg/(m2.s)": _Unit("rate of rain", 3600.0),
    "[in_i]/h": _Unit("rate of rain", 25.4),
    # Of water, which is all that feeds give by its weight.
    "kg/m2": _Unit("length", 0.001),
    "m": _Unit("length", 1.0),
    "km": _Unit("length", 1000.0),
    "[ft_i]": _Unit("length", 0.3048),
    "[mi_i]": _Unit("length", 1609.344),
    "hPa": _Unit("pressure", 1.0),
    "Pa": _Unit("pressure", 0.01),
    "kPa": _Unit("pressure", 10.0),
    "[in_i'Hg]": _Unit("pressure", 33.863788),
    "%": _Unit("share", 1.0),
    "1": _Unit("share", 100.0),
    "deg": _Unit("angle", 1.0),
    "W/m2": _Unit("irradiance", 1.0),
    "s": _Unit("time", 1.0),
    "min": _Unit("time", 60.0),
    "h": _Unit("time", 3600.0),
    "/h": _Unit("frequency", 1.0),
    "/min": _Unit("frequency", 60.0),
    "/s": _Unit("frequency", 3600.0),
    "m3/s": _Unit("discharge", 1.0),
    "l/s": _Unit("discharge", 0.001),
}
"""By UCUM code."""

_ALIASES = {
    "km/h": ("kmh", "kph", "KMH"),
    "m/s": ("ms", "mps", "m.s-1", "m s-1", "m s**-1", "MTS"),
    "[mi_i]/h": ("mp/h", "mph", "HM"),
    "[kn_i]": ("kn", "kt", "knots", "KNT"),
    "Cel": (
        "°C",
        "℃",
        "degC",
        "celsius",
        "Celsius",
        "Centigrade",
        "degree Celsius",
        "Degree Celsius",
        "CEL",
    ),
    "K": ("kelvin", "KEL"),
    "[degF]": ("°F", "℉", "degF", "fahrenheit", "FAH"),
    "mm": ("MMT",),
    "cm": ("CMT",),
    "[in_i]": ("inch", "in", "INH"),
    "mm/h": ("mm h-1", "mm/hr", "mm hr-1"),
    "mm/min": ("mm min-1",),
    "mm/s": ("mm s-1",),
    "kg/(m2.s)": ("kg m-2 s-1", "kg/m2/s", "kg.m-2.s-1", "kg m**-2 s**-1", "kg/(m^2 s)"),
    "[in_i]/h": ("in/h", "inch/h"),
    "kg/m2": ("kg m-2", "kg.m-2", "kg m**-2", "kg/(m^2)", "l/m2", "L/m2", "28"),
    "m": ("MTR", "metre", "meter", "metres", "meters"),
    "km": ("KMT", "kilometre"),
    "[ft_i]": ("ft", "FOT"),
    "[mi_i]": ("mi", "SM", "SMI"),
    "hPa": ("hpa", "mbar", "mb", "A97", "MBR"),
    "Pa": ("PAL", "pascal"),
    "kPa": ("KPA",),
    "[in_i'Hg]": ("inHg", "[in_i]Hg", "F79"),
    "%": ("percent", "P1"),
    "deg": ("°", "degree", "degrees", "DD"),
    "W/m2": ("W/m²", "W m-2", "W.m-2", "D54"),
    "/min": ("1/min",),
    "/s": ("1/s",),
    "s": ("sec", "seconds", "SEC"),
    "min": ("minutes", "MIN"),
    "h": ("hours", "HUR"),
    "1": ("C62",),
    "/h": ("1/h", "h-1", "veh/h", "vehicles/h"),
}
_UCUM = {alias: code for code, aliases in _ALIASES.items() for alias in aliases}


@cache
def conversion(unit: str, target: str) -> Conversion:
    """Return the change from a unit as written in a feed to a UCUM unit of the twin.

    Parameters
    ----------
    unit
        Spelling in the feed: UCUM, UN/CEFACT or one of the common ones, such as ``km/h``.
    target
        UCUM code, such as ``m/s``.

    Raises
    ------
    UnitError
        If the unit is unknown, or measures something else than `target`.
    """
    code = _UCUM.get(unit.strip(), unit.strip())
    source, wanted = _UNITS.get(code), _UNITS[target]
    if source is None:
        msg = f"unit {unit[:40]!r} is not known"
        raise UnitError(msg, hint=f"expected a unit of {wanted.quantity} such as {target}")
    if source.quantity != wanted.quantity:
        msg = f"unit {unit!r} measures {source.quantity}, not {wanted.quantity}"
        raise UnitError(msg, hint=f"expected a unit such as {target}")
    if source == wanted:
        return Conversion(1.0, 0.0)
    return Conversion(
        factor=source.factor / wanted.factor,
        offset=(source.offset - wanted.offset) / wanted.factor,
    )
