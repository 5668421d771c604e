"""Sunlit hours of a day on ground and roofs (band sweep, possible sunshine, point sun)."""

from __future__ import annotations

from datetime import date as Day
from typing import Annotated, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field as Bound
from pydantic import model_validator

from citytwin.errors import StepError
from citytwin.kernels.far_horizon import above_horizon
from citytwin.kernels.horizon_sweep import Method, accumulate_sunlit, reach_m
from citytwin.kernels.solar import ephemeris
from citytwin.kernels.sun_bundle import Suns
from citytwin.model import fields as f
from citytwin.model.local_days import midnight, sampled
from citytwin.model.notes import Note
from citytwin.model.steps import Block, Cost, FieldRanges, Halo, Outcome, Params, Simulation, Site
from citytwin.model.sun_notes import sun_notes
from citytwin.model.text import text


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
    until: Day | None = None
    """Last day of a span that begins with `date`: the hours are the mean of its days."""
    max_days: int = Bound(default=26, ge=1, le=366)
    """Of a longer span, this many days are computed, evenly spread."""
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
    flat-topped block and has no wrong cell (about 17 times the work; ``fast_blocks`` is its
    quick approximation). On blocks, ground that falls away from a low sun lies in the shadow of
    its own steps: blocks are for buildings on a level plane, as rules ask for."""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.until is not None and (self.date is None or self.until < self.date):
            msg = f"until {self.until} needs a `date` that is not after it, got {self.date}"
            raise ValueError(msg)
        return self


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
    """Grid azimuth, altitude [deg] and weight [h] in the middle of each interval."""
    if params.date is None:
        msg = "neither a date nor sun positions are given"
        raise StepError(msg, step="sunlight", hint="give `date: 2026-12-22`")
    last = params.until or params.date
    taken = sampled(params.date, last, params.max_days, params.step_minutes, site.time_zone)
    unix_s = np.array([moment.timestamp() for moment in taken.middles])
    sun = ephemeris(unix_s, site.longitude_deg, site.latitude_deg)
    altitude = sun.apparent_altitude_deg if params.refraction else sun.altitude_deg
    hours = np.full(unix_s.size, taken.hours / taken.days)
    return sun.azimuth_deg - site.convergence_deg, altitude, hours


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
    when = None if params.date is None else midnight(params.date, block.site.time_zone)
    return Outcome({f.SUNLIT_HOURS: hours}, notes=_notes(params, suns, block), valid_time=when)


def _notes(params: SunlightParams, suns: Suns, block: Block) -> tuple[Note, ...]:
    told = sun_notes(params.method != "fast", block.grid, block.site)
    if params.date is None:
        return told
    day, low = params.date, params.min_altitude_deg
    most = float(suns.weight.sum())
    when_ja, when_en = f"{day.year}年{day.month}月{day.day}日", f"on {day.isoformat()}"
    if params.until is not None:
        last = params.until
        when_ja += f"から{last.year}年{last.month}月{last.day}日までの1日平均"
        when_en = f"per day from {day.isoformat()} to {last.isoformat()}"
    said = Note(
        severity="info",
        ja=f"{when_ja}の可照時間（太陽高度 {low:g} 度以上、雲なし）。"
        f"遮るもののない所で {most:.1f} 時間",
        en=f"Possible sunlight {when_en}, sun above {low:g} degrees, no clouds:"
        f" {most:.1f} h on open ground",
    )
    return (said, *told)


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
