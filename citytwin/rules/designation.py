"""Which limits of shade hold where: zones, and what the municipality chose for them."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from pydantic import Field as Bound

from citytwin.errors import StepError
from citytwin.model.steps import Params
from citytwin.model.sun_rule import Regulated, ShadeLimits, ShadeRow

USE_ZONE = "UseDistrict"
"""Class of i-UR of the zones of use."""
OLDER_ZONE = "DistrictsAndZones"
"""Class of i-UR before 2.0, of zones of use and of many other kinds."""
_KANJI_DIGITS = str.maketrans("一二三", "123")


class Choice(Params):
    """What an ordinance sets for zones of one row of the rule."""

    row: str
    """Name of the row in the rule, such as ``mid_high_rise``."""
    option: int = Bound(ge=1)
    """Number of the pair of limits."""
    plane_m: float | None = Bound(default=None, ge=0)
    """Height of the plane above mean ground; None = the lowest that the row allows."""
    zones: tuple[str, ...] = ()
    """Zones that it holds in; empty = all of the row."""
    floor_area_ratios: tuple[float, ...] = ()
    """Only zones of these largest ratios of floor area to site (2 = 200 %); empty = any [1]."""


@dataclass(frozen=True)
class Designation:
    """Limits that hold on some land."""

    zone: str
    """Name of the zone, as the city model or the configuration has it."""
    row: str
    option: int
    plane_m: float
    near_h: float
    far_h: float
    regulated: Regulated
    assumed: bool
    """Whether no ordinance was given, so that the strictest option stands for it."""
    area: shapely.Geometry | None
    """Land on which they hold, prepared; None = everywhere."""


@dataclass(frozen=True)
class Designations:
    """All limits of a city, and the zones of which nothing is known."""

    found: tuple[Designation, ...]
    unknown_zones: tuple[str, ...]


def zone_key(name: str) -> str:
    """Return the form in which names of zones are compared: width, case and digits aside.

    Parameters
    ----------
    name
        Such as ``第一種低層住居専用地域``.
    """
    plain = unicodedata.normalize("NFKC", name).casefold()
    return "".join(plain.split()).translate(_KANJI_DIGITS)


def designations_of(
    limits: ShadeLimits, choices: Sequence[Choice], zones: gpd.GeoDataFrame | None, rest: str | None
) -> Designations:
    """Say which limits hold where.

    Parameters
    ----------
    limits
        Of the rule.
    choices
        Of the ordinance; the first that fits a zone counts.
    zones
        Zones table, where the city has one.
    rest
        Name of the zone that land outside all zones is taken for; None = nothing holds there.

    Raises
    ------
    StepError
        If a choice names a row, option or plane that the rule does not have, or `rest` is no zone
        of the rule.
    """
    for choice in choices:
        _check(limits, choice)
    known = _use_zones(zones)
    found: list[Designation] = []
    unknown: set[str] = set()
    exempt = {zone_key(name) for name in limits.exempt_zones}
    keys = ["text", "floor_area_ratio_max"]
    for (name, ratio), rows in known.groupby(keys, dropna=False, sort=True):
        if zone_key(str(name)) in exempt:
            continue
        area = shapely.union_all(rows.geometry.to_numpy())
        made = _designation(limits, choices, str(name), float(ratio), area)
        if made is not None:
            found.append(made)
        elif (rows["kind"] == USE_ZONE).any():
            unknown.add(str(name))
    if rest is not None and zone_key(rest) not in exempt:
        made = _designation(limits, choices, rest, np.nan, _outside(_of_use(limits, known)))
        if made is None:
            raise _fail(f"{rest!r} is no zone of the rule", _zone_names(limits))
        found.append(made)
    return Designations(tuple(found), tuple(sorted(unknown)))


def _use_zones(zones: gpd.GeoDataFrame | None) -> gpd.GeoDataFrame:
    if zones is None:
        columns: dict[str, list[object]] = {"kind": [], "text": [], "floor_area_ratio_max": []}
        return gpd.GeoDataFrame(columns, geometry=[])
    use = zones["kind"].isin((USE_ZONE, OLDER_ZONE)) & zones["text"].notna()
    return zones[use.to_numpy(dtype=np.bool_)]


def _of_use(limits: ShadeLimits, zones: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Zones that the rule names, and other zones of use."""
    named = {zone_key(name) for name in _zone_names(limits)}
    own = [zone_key(str(name)) in named for name in zones["text"]]
    return zones[np.asarray(own, dtype=np.bool_) | (zones["kind"] == USE_ZONE).to_numpy()]


def _designation(
    limits: ShadeLimits,
    choices: Sequence[Choice],
    name: str,
    ratio: float,
    area: shapely.Geometry | None,
) -> Designation | None:
    key = zone_key(name)
    row = next((r for r in limits.rows if key in map(zone_key, r.zones)), None)
    if row is None:
        return None
    choice = next((c for c in choices if _fits(c, row, key, ratio)), None)
    option = row.options[0]
    if choice is not None:
        option = next(o for o in row.options if o.option == choice.option)
    plane_m = min(row.planes_m) if choice is None or choice.plane_m is None else choice.plane_m
    if area is not None:
        shapely.prepare(area)
    return Designation(
        zone=name,
        row=row.row,
        option=option.option,
        plane_m=plane_m,
        near_h=option.near_h,
        far_h=option.far_h,
        regulated=row.regulated,
        assumed=choice is None,
        area=area,
    )


def _fits(choice: Choice, row: ShadeRow, key: str, ratio: float) -> bool:
    if choice.row != row.row or (choice.zones and key not in map(zone_key, choice.zones)):
        return False
    return not choice.floor_area_ratios or any(
        abs(ratio - given) < 5e-3 for given in choice.floor_area_ratios
    )


def _outside(zones: gpd.GeoDataFrame) -> shapely.Geometry | None:
    """Land in no zone, as far as it matters; None where there are no zones."""
    if not len(zones):
        return None
    covered = shapely.union_all(zones.geometry.to_numpy())
    west, south, east, north = covered.bounds
    far = max(east - west, north - south)
    return shapely.box(west - far, south - far, east + far, north + far).difference(covered)


def _check(limits: ShadeLimits, choice: Choice) -> None:
    row = next((row for row in limits.rows if row.row == choice.row), None)
    if row is None:
        raise _fail(f"the rule has no row {choice.row!r}", [row.row for row in limits.rows])
    numbers = [option.option for option in row.options]
    if choice.option not in numbers:
        raise _fail(f"row {row.row} has no option {choice.option}", numbers)
    if choice.plane_m is not None and choice.plane_m not in row.planes_m:
        raise _fail(f"row {row.row} has no plane at {choice.plane_m:g} m", row.planes_m)
    known = {zone_key(name) for name in row.zones}
    for name in choice.zones:
        if zone_key(name) not in known:
            raise _fail(f"row {row.row} has no zone {name!r}", row.zones)


def _zone_names(limits: ShadeLimits) -> list[str]:
    return [name for row in limits.rows for name in row.zones] + list(limits.exempt_zones)


def _fail(message: str, valid: Sequence[object]) -> StepError:
    hint = f"use one of {', '.join(str(value) for value in valid)}"
    return StepError(message, step="shade_rule", hint=hint)
