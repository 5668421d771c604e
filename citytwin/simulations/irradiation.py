"""Solar irradiation of ground and roofs under a clear sky: direct, diffuse and global."""

from __future__ import annotations

from typing import Literal, NamedTuple, Self

import numpy as np
import pandas as pd
import pvlib
from numpy.typing import NDArray
from pydantic import Field as Bound
from pydantic import model_validator

from citytwin.kernels.clear_sky import clear_sky
from citytwin.kernels.horizon_sweep import reach_m
from citytwin.kernels.irradiation import even_sky, light_vector, received, surface_normals
from citytwin.kernels.solar import ephemeris
from citytwin.kernels.sun_bundle import Suns
from citytwin.model import fields as f
from citytwin.model.local_days import SunDay, midnight, sampled
from citytwin.model.notes import Note
from citytwin.model.steps import Block, Cost, FieldRanges, Halo, Outcome, Params, Simulation, Site
from citytwin.model.sun_notes import sun_notes
from citytwin.model.text import text


class IrradiationParams(Params):
    """A span of days, and how finely it and the sky are divided."""

    first_day: SunDay
    """Local day at the city."""
    last_day: SunDay | None = None
    """Included; None = one day only."""
    step_minutes: float = Bound(default=30.0, gt=0, le=60)
    """Interval between sun positions; each stands for the interval around it."""
    max_days: int = Bound(default=26, ge=1, le=366)
    """Of a longer span, this many days are computed, evenly spread, each for its neighbours."""
    linke_turbidity: float | None = Bound(default=None, ge=1, le=10)
    """Haze of the air; None = its climate at the place and month (SoDa, by pvlib)
    [1]."""
    elevation_m: float = Bound(default=0.0, ge=-500, le=6000)
    """Height of the city above the sea, for the mass of air above it [m]."""
    plane: Literal["surface", "level"] = "surface"
    """What the light is counted on: a square metre of the surface on its own slope, or a level
    square metre there."""
    directions: int = Bound(default=256, ge=16, le=4096)
    """Parts of the sky, of equal solid angle."""
    min_altitude_deg: float = Bound(default=5.0, gt=0, lt=45)
    """Shadows of lower light are taken from here: it bounds how far a tile must see."""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.last_day is not None and self.last_day < self.first_day:
            msg = f"last_day {self.last_day} lies before first_day {self.first_day}"
            raise ValueError(msg)
        return self


class _Light(NamedTuple):
    """All light of the span; weights are what a plane gets that faces it [kWh/m2]."""

    beam: Suns
    halo: Suns
    even_kwh_m2: float
    level_kwh_m2: float
    """Of all three together on a level plane in the open."""


def _turbidity(
    params: IrradiationParams, site: Site, day_of_year: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Haze of the air on some days: as given, or between the months of its climate."""
    if params.linke_turbidity is not None:
        return np.full(day_of_year.size, params.linke_turbidity)
    middles = pd.DatetimeIndex([f"2025-{month:02d}-15" for month in range(1, 13)], tz="UTC")
    monthly = pvlib.clearsky.lookup_linke_turbidity(
        middles, site.latitude_deg, site.longitude_deg, interp_turbidity=False
    )
    middle_day = middles.day_of_year.to_numpy(np.float64)
    found = np.interp(day_of_year, middle_day, monthly.to_numpy(np.float64), period=365.0)
    return np.asarray(found, dtype=np.float64)


def _light(params: IrradiationParams, site: Site) -> _Light:
    last = params.last_day or params.first_day
    taken = sampled(params.first_day, last, params.max_days, params.step_minutes, site.time_zone)
    hours = taken.hours * taken.span_days / taken.days
    unix_s = np.array([moment.timestamp() for moment in taken.middles])
    sun = ephemeris(unix_s, site.longitude_deg, site.latitude_deg)
    day_of_year = pd.DatetimeIndex(taken.middles).day_of_year.to_numpy(np.float64)
    turbidity = _turbidity(params, site, day_of_year)
    sky = clear_sky(sun, day_of_year, turbidity, params.elevation_m)
    up = sky.beam_w_m2 > 0.0
    azimuth = np.radians(np.mod(sun.azimuth_deg[up] - site.convergence_deg, 360.0))
    altitude = np.radians(sun.apparent_altitude_deg[up])
    beam, halo = (part[up] * hours / 1000.0 for part in (sky.beam_w_m2, sky.halo_w_m2))
    even = float(sky.even_w_m2.sum()) * hours / 1000.0
    level = even + float(((beam + halo) * np.sin(altitude)).sum())
    return _Light(Suns(azimuth, altitude, beam), Suns(azimuth, altitude, halo), even, level)


def _reach(params: IrradiationParams, ranges: FieldRanges, cell_m: float) -> float:
    surface = ranges[f.SURFACE_HEIGHT]
    return reach_m(surface.high - surface.low, np.radians(params.min_altitude_deg), cell_m)


def run(block: Block, params: IrradiationParams) -> Outcome:
    """Add up beam, light from around the sun, and light of the rest of the sky."""
    surface, light = block[f.SURFACE_HEIGHT], _light(params, block.site)
    lowest, at = float(np.radians(params.min_altitude_deg)), (block.row0, block.col0)
    sky = even_sky(params.directions)
    sky = sky._replace(weight=sky.weight * light.even_kwh_m2)
    normals = surface_normals(surface, block.cell_m)
    if params.plane == "level":
        normals[:2], normals[2] = 0.0, 1.0
    direct, *diffuse = (
        received(light_vector(surface, block.cell_m, part, lowest, *at), normals)
        for part in (light.beam, light.halo, sky)
    )
    fields = {
        f.IRRADIATION_DIRECT: direct,
        f.IRRADIATION_DIFFUSE: diffuse[0] + diffuse[1],
        f.IRRADIATION_GLOBAL: direct + diffuse[0] + diffuse[1],
    }
    return Outcome(
        fields,
        notes=(_note(params, light), *sun_notes(False, block.grid, block.site)),
        valid_time=midnight(params.first_day, block.site.time_zone),
    )


def _note(params: IrradiationParams, light: _Light) -> Note:
    first, last = params.first_day, params.last_day or params.first_day
    days, most = (last - first).days + 1, light.level_kwh_m2
    own = params.plane == "surface"
    return Note(
        severity="info",
        ja=f"{first.isoformat()} から {last.isoformat()} まで（{days} 日間）、雲がないとした場合の日射量。"
        f"{'面の傾きに沿った' if own else '水平面の'} 1 平方メートル当たり。"
        f"遮るもののない水平面で {most:.1f} kWh/m2。地面や壁からの反射は含みません",
        en=f"{first.isoformat()} to {last.isoformat()} ({days} days) under a clear sky, per"
        f" square metre {'of the surface on its own slope' if own else 'held level'};"
        f" {most:.1f} kWh/m2 on open level ground. Light reflected by ground and walls is left out",
    )


SIMULATION = Simulation(
    name="irradiation",
    title=text("日射量", "Solar irradiation"),
    inputs=(f.SURFACE_HEIGHT,),
    outputs=(f.IRRADIATION_DIRECT, f.IRRADIATION_DIFFUSE, f.IRRADIATION_GLOBAL),
    params=IrradiationParams,
    reach=Halo(_reach),
    run=run,
    cost=Cost(seconds_per_megacell=3.0, bytes_per_cell=80.0),
)
