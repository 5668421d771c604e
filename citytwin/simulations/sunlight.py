"""Sunlit hours of a day on ground and roofs (band sweep, possible sunshine, point sun)."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field as Bound

from citytwin.errors import StepError
from citytwin.kernels.canopy import Canopy
from citytwin.kernels.day_suns import suns_above
from citytwin.kernels.horizon_sweep import Method, accumulate_sunlit, reach_m
from citytwin.kernels.sun_bundle import Suns
from citytwin.model import fields as f
from citytwin.model.cost import Cost
from citytwin.model.foliage import Trees, crowns_of, relief_m, tree_notes, unused_crowns
from citytwin.model.notes import Note
from citytwin.model.reach import FieldRanges, Halo
from citytwin.model.site import Site
from citytwin.model.steps import Block, Outcome, Params, Simulation
from citytwin.model.sun_days import SunDays
from citytwin.model.sun_notes import sun_notes
from citytwin.model.text import text
from citytwin.rules.sampled_suns import sampled_suns


class SunPosition(Params):
    """A sun position given by hand, for tests and rules."""

    azimuth_deg: float = Bound(ge=0, le=360)
    altitude_deg: float = Bound(ge=-90, le=90)
    hours: float = Bound(gt=0, le=24)
    """What the position counts [h]."""
    north: Literal["grid", "true"] = "true"
    """Which north the azimuth counts from, clockwise."""


class SunlightParams(SunDays):
    """A day, or sun positions given by hand."""

    suns: tuple[SunPosition, ...] = ()
    """Positions instead of a day."""
    plane_m: float | None = Bound(default=None, ge=0, le=100)
    """Height above ground at which the sun is looked for [m]; None = on the surface itself, so
    that roofs get the sun on the roof."""
    method: Method = "fast"
    """``fast`` takes walls for blocks and slopes for slopes; ``exact`` takes every cell for a
    flat-topped block and has no wrong cell (about 17 times the work; ``fast_blocks`` is its
    quick approximation). On blocks, ground that falls away from a low sun lies in the shadow of
    its own steps: blocks are for buildings on a level plane, as rules ask for."""
    trees: Trees = Trees()
    """How trees count, where the city has any; positions given by hand are of the day `date`,
    without one they shine on trees in leaf."""


def _behind_crowns(every: Suns, params: SunlightParams, site: Site) -> NDArray[np.float64]:
    """Share of the light of each position that counts which comes through crowns of trees."""
    if not params.suns:
        passes = params.trees.passes(params.taken(site.time_zone, "sunlight").middles, site)
    elif params.date is not None:
        passes = params.trees.of_days([params.date] * len(params.suns), site)
    else:
        passes = np.full(len(params.suns), params.trees.in_leaf_share)
    return _counting(every._replace(weight=passes), params, site).weight


def _all_suns(params: SunlightParams, site: Site) -> Suns:
    """Positions with their hours, in the middle of each interval where none are given."""
    if params.suns:
        return _given(params, site)
    return sampled_suns(params.taken(site.time_zone, "sunlight"), site, params.refraction)


def _counting(suns: Suns, params: SunlightParams, site: Site) -> Suns:
    """Leave out what stands too low or behind the mountains."""
    lowest = params.min_altitude_deg if not params.suns else 1e-6
    return suns_above(suns, lowest, params.horizon_deg, site.convergence_deg)


def _given(params: SunlightParams, site: Site) -> Suns:
    """Positions given by hand."""
    azimuth_deg = [
        sun.azimuth_deg - (site.convergence_deg if sun.north == "true" else 0.0)
        for sun in params.suns
    ]
    altitude_deg = np.array([sun.altitude_deg for sun in params.suns])
    hours = np.array([sun.hours for sun in params.suns])
    return Suns(np.radians(np.mod(azimuth_deg, 360.0)), np.radians(altitude_deg), hours)


def _reach(params: SunlightParams, ranges: FieldRanges, cell_m: float) -> float:
    """Longest shadow: of the highest surface on the lowest, at the lowest sun that counts."""
    lowest = params.min_altitude_deg
    if params.suns:
        lowest = min((s.altitude_deg for s in params.suns if s.altitude_deg > 0), default=90.0)
    return reach_m(relief_m(ranges), float(np.radians(min(lowest, 89.9))), cell_m)


def run(block: Block, params: SunlightParams) -> Outcome:
    """Add up the hours in which the sun reaches each cell."""
    every = _all_suns(params, block.site)
    suns = _counting(every, params, block.site)
    surface = block[f.SURFACE_HEIGHT]
    plane = surface
    if params.plane_m is not None:
        ground = block.get(f.TERRAIN)
        if ground is None:
            msg = "a plane above ground needs the ground"
            raise StepError(msg, step="sunlight", hint="give `terrain`, or leave plane_m out")
        plane = (ground + np.float32(params.plane_m)).astype(np.float32)
    crowns = crowns_of(block, params.trees)
    hours = accumulate_sunlit(
        surface,
        plane,
        block.cell_m,
        suns,
        block.row0,
        block.col0,
        params.method,
        None if crowns is None else Canopy(*crowns, _behind_crowns(every, params, block.site)),
    )
    begin = params.begin(block.site.time_zone)
    return Outcome({f.SUNLIT_HOURS: hours}, notes=_notes(params, suns, block), valid_time=begin)


def _notes(params: SunlightParams, suns: Suns, block: Block) -> tuple[Note, ...]:
    told = (
        *tree_notes(block, params.trees),
        *sun_notes(params.method != "fast", block.grid, block.site),
    )
    if params.date is None:
        return told
    low, most = params.min_altitude_deg, float(suns.weight.sum())
    when = params.wording
    said = Note(
        severity="info",
        ja=f"{when.ja}の可照時間（太陽高度 {low:g} 度以上、雲なし）。"
        f"遮るもののない所で {most:.1f} 時間",
        en=f"Possible sunlight {when.en}, sun above {low:g} degrees, no clouds:"
        f" {most:.1f} h on open ground",
    )
    return (said, *told)


SIMULATION = Simulation(
    name="sunlight",
    title=text("日照時間", "Sunlit hours"),
    inputs=(f.SURFACE_HEIGHT,),
    optional=(f.TERRAIN, f.CANOPY_TOP, f.CANOPY_BASE),
    outputs=(f.SUNLIT_HOURS,),
    params=SunlightParams,
    also_needs=lambda params: () if params.plane_m is None else (f.TERRAIN,),
    ignores=lambda params: unused_crowns(params.trees),
    reach=Halo(_reach, of_parts=True),
    run=run,
    cost=Cost(seconds_per_megacell=0.3, bytes_per_cell=32.0),
)
