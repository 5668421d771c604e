"""Sunlit hours of a day on ground and roofs (band sweep, possible sunshine, point sun)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from datetime import date as Day
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray
from pydantic import Field as Bound

from citytwin.errors import StepError
from citytwin.kernels.far_horizon import above_horizon
from citytwin.kernels.horizon_sweep import Method, accumulate_sunlit, reach_m
from citytwin.kernels.solar import ephemeris
from citytwin.kernels.sun_bundle import Suns
from citytwin.model import fields as f
from citytwin.model.grid import GridSpec
from citytwin.model.notes import Note
from citytwin.model.steps import Block, Cost, FieldRanges, Halo, Outcome, Params, Simulation, Site
from citytwin.model.text import text

WIDE_CITY_M = 30_000.0
"""Extent from which the error of one position of the sun for the whole city is told [m]."""
_DEGREE_M = 111_195.0
"""A degree of a great circle on the mean Earth [m]."""


class SunPosition(Params):
    """A sun position given by hand, for tests and rules."""

    azimuth_deg: float = Bound(ge=0, le=360)
    altitude_deg: float = Bound(ge=-90, le=90)
    hours: float = Bound(gt=0, le=24)
    """What the position counts [h]."""
    north: Literal["grid", "true"] = "true"
    """Which north the azimuth counts from, clockwise."""


class SunlightParams(Params):
    """A day, or sun positions given by hand."""

    date: Day | None = None
    """Local day at the city."""
    step_minutes: float = Bound(default=10.0, gt=0, le=60)
    """Interval between sun positions; each stands for the interval around it."""
    min_altitude_deg: float = Bound(default=3.0, gt=0, lt=90)
    """Lower suns do not count: their direct radiation stays below the 120 W/m2 that the WMO asks
    of sunshine, and their shadows have no end."""
    refraction: bool = True
    """Whether the atmosphere lifts the sun (physics) or not (rules)."""
    suns: tuple[SunPosition, ...] = ()
    """Positions instead of a day."""
    plane_m: float | None = Bound(default=None, ge=0, le=100)
    """Height above ground at which the sun is looked for [m]; None = on the surface itself, so
    that roofs get the sun on the roof."""
    horizon_deg: tuple[Annotated[float, Bound(ge=-90, lt=90)], ...] = ()
    """Altitudes of the horizon of mountains beyond the city, at equal steps of azimuth from true
    north over east, as PVGIS and `citytwin.kernels.far_horizon` give them; lower suns do not
    count."""
    method: Method = "fast"
    """``fast`` takes walls for blocks and slopes for slopes; ``exact`` takes every cell for a
    flat-topped block and has no wrong cell (about four times the work; ``fast_blocks`` is its
    quick approximation). On blocks, ground that falls away from a low sun lies in the shadow of
    its own steps: blocks are for buildings on a level plane, as rules ask for."""


def _suns(params: SunlightParams, site: Site) -> Suns:
    """Positions that count, with their hours."""
    if params.suns:
        turned = [
            sun.azimuth_deg - (site.convergence_deg if sun.north == "true" else 0.0)
            for sun in params.suns
        ]
        azimuth = np.array(turned)
        altitude = np.array([sun.altitude_deg for sun in params.suns])
        hours = np.array([sun.hours for sun in params.suns])
    else:
        azimuth, altitude, hours = _day(params, site)
    up = altitude >= (params.min_altitude_deg if not params.suns else 1e-6)
    if params.horizon_deg:
        true_azimuth = np.radians(azimuth + site.convergence_deg)
        up &= above_horizon(true_azimuth, np.radians(altitude), np.radians(params.horizon_deg))
    return Suns(np.radians(np.mod(azimuth[up], 360.0)), np.radians(altitude[up]), hours[up])


def _day(
    params: SunlightParams, site: Site
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Grid azimuth, altitude [deg] and weight [h] in the middle of each interval of the day."""
    if params.date is None:
        msg = "neither a date nor sun positions are given"
        raise StepError(msg, step="sunlight", hint="give `date: 2026-12-22`")
    begin = _midnight(params.date, site)
    number = round(24 * 60 / params.step_minutes)
    middle = [begin + timedelta(days=(k + 0.5) / number) for k in range(number)]
    sun = ephemeris(
        np.array([moment.timestamp() for moment in middle]), site.longitude_deg, site.latitude_deg
    )
    altitude = sun.apparent_altitude_deg if params.refraction else sun.altitude_deg
    return sun.azimuth_deg - site.convergence_deg, altitude, np.full(number, 24.0 / number)


def _midnight(day: Day, site: Site) -> datetime:
    local = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(site.time_zone))
    return local.astimezone(UTC)


def _reach(params: SunlightParams, ranges: FieldRanges, cell_m: float) -> float:
    """Longest shadow: of the highest surface on the lowest, at the lowest sun that counts."""
    surface = ranges[f.SURFACE_HEIGHT]
    lowest = params.min_altitude_deg
    if params.suns:
        lowest = min((s.altitude_deg for s in params.suns if s.altitude_deg > 0), default=90.0)
    return reach_m(surface.high - surface.low, float(np.radians(min(lowest, 89.9))), cell_m)


def run(block: Block, params: SunlightParams) -> Outcome:
    """Add up the hours in which the sun reaches each cell."""
    suns = _suns(params, block.site)
    surface = block[f.SURFACE_HEIGHT]
    plane = surface
    if params.plane_m is not None:
        ground = block.get(f.TERRAIN)
        if ground is None:
            msg = "a plane above ground needs the ground"
            raise StepError(msg, step="sunlight", hint="give `terrain`, or leave plane_m out")
        plane = (ground + np.float32(params.plane_m)).astype(np.float32)
    hours = accumulate_sunlit(
        surface,
        plane,
        block.cell_m,
        suns,
        block.row0,
        block.col0,
        params.method,
    )
    when = None if params.date is None else _midnight(params.date, block.site)
    return Outcome({f.SUNLIT_HOURS: hours}, notes=_notes(params, suns, block), valid_time=when)


def _notes(params: SunlightParams, suns: Suns, block: Block) -> tuple[Note, ...]:
    told = (*_method_note(params.method), *_wide_city_note(block.grid, block.site))
    if params.date is None:
        return told
    day = params.date
    low = params.min_altitude_deg
    most = float(suns.weight.sum())
    said = Note(
        severity="info",
        ja=f"{day.year}年{day.month}月{day.day}日の可照時間（太陽高度 {low:g} 度以上、雲なし）。"
        f"遮るもののない所で {most:.1f} 時間",
        en=f"Possible sunlight on {day.isoformat()}, sun above {low:g} degrees, no clouds:"
        f" {most:.1f} h on open ground",
    )
    return (said, *told)


def _method_note(method: Method) -> tuple[Note, ...]:
    """Say what cells were taken for, where it is not what a city is."""
    if method == "fast":
        return ()
    return (
        Note(
            severity="info",
            ja="各セルを頂部が平らな角柱とみなして影を計算しています。斜面は階段として扱われ、"
            "傾きの 2 倍より低い太陽では自らの段の影に入ります",
            en="Every cell is taken for a flat-topped block: slopes are stairs, which lie in their"
            " own shadow when the sun stands lower than about twice their slope",
        ),
    )


def _wide_city_note(grid: GridSpec, site: Site) -> tuple[Note, ...]:
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


SIMULATION = Simulation(
    name="sunlight",
    title=text("日照時間", "Sunlit hours"),
    inputs=(f.SURFACE_HEIGHT,),
    optional=(f.TERRAIN,),
    outputs=(f.SUNLIT_HOURS,),
    params=SunlightParams,
    also_needs=lambda params: () if params.plane_m is None else (f.TERRAIN,),
    reach=Halo(_reach),
    run=run,
    cost=Cost(seconds_per_megacell=0.3, bytes_per_cell=32.0),
)
