"""Which cells lie in shadow at one moment (band sweep, point sun)."""

from __future__ import annotations

from datetime import UTC
from zoneinfo import ZoneInfo

import numpy as np
from pydantic import Field as Bound

from citytwin.kernels.canopy import Canopy
from citytwin.kernels.horizon_sweep import Method, reach_m, shadow_mask
from citytwin.kernels.solar import ephemeris
from citytwin.model import fields as f
from citytwin.model.foliage import Trees, crowns_of, relief_m, tree_notes, unused_crowns
from citytwin.model.local_days import SunMoment
from citytwin.model.notes import Note
from citytwin.model.steps import Block, Cost, FieldRanges, Halo, Outcome, Params, Simulation
from citytwin.model.sun_notes import sun_notes
from citytwin.model.text import text


class ShadowParams(Params):
    """A moment, and how shadows are found."""

    moment: SunMoment
    """Such as 2026-12-22T09:00:00+09:00: with its offset from UTC."""
    min_altitude_deg: float = Bound(default=3.0, gt=0, lt=90)
    """Lower suns count as night: their shadows have no end."""
    refraction: bool = True
    """Whether the atmosphere lifts the sun (physics) or not (rules)."""
    method: Method = "fast"
    """As of the simulation ``sunlight``."""
    trees: Trees = Trees()
    """Whether trees cast shade, where the city has any; how much of the light passes them does not
    matter here."""


def _reach(params: ShadowParams, ranges: FieldRanges, cell_m: float) -> float:
    return reach_m(relief_m(ranges), np.radians(params.min_altitude_deg), cell_m)


def run(block: Block, params: ShadowParams) -> Outcome:
    """Mark the cells that the sun does not reach, or through trees only; at night all of them."""
    site, surface = block.site, block[f.SURFACE_HEIGHT]
    unix_s = np.array([params.moment.timestamp()])
    sun = ephemeris(unix_s, site.longitude_deg, site.latitude_deg)
    altitude_deg = float((sun.apparent_altitude_deg if params.refraction else sun.altitude_deg)[0])
    azimuth_deg = float(sun.azimuth_deg[0])
    day = altitude_deg >= params.min_altitude_deg
    crowns = crowns_of(block, params.trees)
    mask = shadow_mask(
        surface,
        surface,
        block.cell_m,
        float(np.radians((azimuth_deg - site.convergence_deg) % 360.0)),
        float(np.radians(altitude_deg)) if day else 0.0,
        block.row0,
        block.col0,
        params.method,
        None if crowns is None else Canopy(*crowns, np.ones(1)),
    )
    local = params.moment.astimezone(ZoneInfo(site.time_zone))
    dark_ja = "" if day else "。太陽が低すぎるため、夜としてすべて日陰にしています"
    dark_en = "" if day else ". So low a sun counts as night: everything is in shadow"
    said = Note(
        severity="info",
        ja=f"{local:%Y-%m-%d %H:%M}（{site.time_zone}）、太陽の方位 {azimuth_deg:.1f} 度、"
        f"高度 {altitude_deg:.1f} 度{dark_ja}",
        en=f"{local:%Y-%m-%d %H:%M} ({site.time_zone}), sun at azimuth {azimuth_deg:.1f}, altitude"
        f" {altitude_deg:.1f} degrees{dark_en}",
    )
    told = (
        said,
        *tree_notes(block, params.trees),
        *sun_notes(params.method != "fast", block.grid, site),
    )
    return Outcome({f.SHADOW: mask}, notes=told, valid_time=params.moment.astimezone(UTC))


SIMULATION = Simulation(
    name="shadow",
    title=text("日影", "Shadow"),
    inputs=(f.SURFACE_HEIGHT,),
    optional=(f.CANOPY_TOP, f.CANOPY_BASE),
    outputs=(f.SHADOW,),
    params=ShadowParams,
    ignores=lambda params: unused_crowns(params.trees),
    reach=Halo(_reach),
    run=run,
    cost=Cost(seconds_per_megacell=0.01, bytes_per_cell=24.0),
)
