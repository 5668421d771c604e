"""A year of light on roofs, each on its own plane, or on racks where it is flat."""

from __future__ import annotations

from datetime import UTC, datetime
from datetime import date as Day
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from citytwin.kernels.irradiation import (
    light_directions,
    plane_normals,
    received_in_the_open,
)
from citytwin.model import fields as f
from citytwin.model.cost import Cost
from citytwin.model.foliage import tree_notes, unused_crowns
from citytwin.model.local_days import midnight
from citytwin.model.notes import Note, premise_of
from citytwin.model.reach import Halo
from citytwin.model.steps import Block, Outcome, Simulation
from citytwin.model.sun_notes import sun_notes
from citytwin.model.text import text
from citytwin.simulations.irradiation.params import RoofParams
from citytwin.simulations.irradiation.span import (
    SpanLight,
    days_s,
    light_of,
    received_by,
    reflected_by_ground,
    span_of,
)
from citytwin.simulations.irradiation.surface import light_reach_m
from citytwin.simulations.irradiation.weather import PROPERTY, observation_of

NAME = "roof_irradiation"
Plane = NDArray[np.float32]


class _Year(NamedTuple):
    """Light of a year under a clear sky and, where it was observed, under the real one."""

    light: SpanLight
    notes: tuple[Note, ...]


def run(block: Block, params: RoofParams) -> Outcome:
    """Add up all light on the plane of the modules of each roof cell."""
    slope = block[f.ROOF_SLOPE][block.inner]
    known = ~np.isnan(slope) & ~np.isnan(block[f.SURFACE_HEIGHT][block.inner])
    tilt, normals = _modules(block, params)
    own = normals[(slice(None), *block.inner)]
    light, said = _year(block, params)
    reflected = np.stack(
        [reflected_by_ground(level, own, params.albedo) for level in light.level_kwh_m2]
    )
    got = reflected + sum(
        received_by(part, normals, block, params) for part in (light.suns, light.sky)
    )
    unshaded = _unshaded(light, own, known) + reflected[-1]
    share = np.full(slope.shape, np.nan, dtype=np.float32)
    np.divide(got[-1], unshaded, out=share, where=known & (unshaded > 0.0))
    np.minimum(share, 1.0, out=share)  # sums of many rounded parts may pass 1 by their last bits
    nothing = np.full(slope.shape, np.nan, dtype=np.float32)
    fields = {
        f.ROOF_IRRADIATION_POSSIBLE: np.where(known, got[0], np.nan),
        f.ROOF_IRRADIATION_PROBABLE: np.where(known, got[1], np.nan) if len(got) > 1 else nothing,
        f.ROOF_LIGHT_SHARE: share,
        f.MODULE_TILT: np.where(known, tilt[block.inner], np.nan),
    }
    return Outcome(
        {field: np.asarray(array, dtype=np.float32) for field, array in fields.items()},
        notes=(
            premise_of(_note(params, light)),
            *(premise_of(note) for note in said),
            *tree_notes(block, params.trees),
            *sun_notes(False, block.grid, block.site),
        ),
        valid_time=midnight(Day(params.year, 1, 1), block.site.time_zone),
    )


def _modules(block: Block, params: RoofParams) -> tuple[Plane, Plane]:
    """Tilt of the modules, and their normals: those of the roof, or of racks on flat roofs."""
    slope, aspect = block[f.ROOF_SLOPE], block[f.ROOF_ASPECT]
    racked = (slope < params.flat_below_deg) & (params.rack_tilt_deg > 0.0)
    tilt = np.where(racked, np.float32(params.rack_tilt_deg), slope)
    facing = np.where(racked, np.float32(params.rack_aspect_deg), aspect)
    normals = plane_normals(tilt, facing - np.float32(block.site.convergence_deg))
    # Where there is no roof any plane does, for nothing is said of it.
    return tilt, np.nan_to_num(normals, copy=False)


def _year(block: Block, params: RoofParams) -> _Year:
    """Find the light of the year, by the record where one is asked for."""
    site = block.site
    limits = days_s(Day(params.year, 1, 1), Day(params.year, 12, 31), site.time_zone)
    if params.observed is None:
        span = span_of(limits, (np.empty(0), np.empty(0)), params, site)
        return _Year(light_of(span, (span.clear,), False, block, params), ())
    real = observation_of(limits, params.observed, params, block, NAME, params.min_coverage)
    skies = real.span.clear, real.sky
    return _Year(light_of(real.span, skies, False, block, params), real.notes)


def _unshaded(all_light: SpanLight, normals: Plane, known: NDArray[np.bool_]) -> Plane:
    """What each plane would get of the sun and the sky if nothing stood in the way [kWh/m2]."""
    open_kwh_m2 = np.full(known.shape, np.nan, dtype=np.float32)
    planes, at = np.unique(normals[:, known].T, axis=0, return_inverse=True)
    total = np.zeros(len(planes))
    for light in (all_light.suns, all_light.sky):
        total += received_in_the_open(planes, light_directions(light), light.weights[-1])
    open_kwh_m2[known] = total[at.reshape(-1)]
    return open_kwh_m2


def _note(params: RoofParams, light: SpanLight) -> Note:
    possible, *probable = (f"{value:.0f}" for value in light.level_kwh_m2)
    ja, en = "水平に設置", "modules lie level"
    if params.rack_tilt_deg > 0.0:
        tilt, facing = f"{params.rack_tilt_deg:g}", f"{params.rack_aspect_deg:g}"
        ja, en = f"傾き {tilt}°・方位 {facing}° の架台", f"racks of {tilt}° that face {facing}°"
    seen_ja = "".join(f"、観測された空で {value}" for value in probable)
    seen_en = "".join(f", {value} under the observed one" for value in probable)
    return Note(
        severity="info",
        ja=f"{params.year} 年。開けた水平面で快晴時 {possible}{seen_ja} kWh/m2。"
        f"{params.flat_below_deg:g}° 未満の屋根: {ja}。地面の反射率 {params.albedo:g}",
        en=f"All of {params.year}: {possible} kWh/m2 on open level ground under a clear sky{seen_en}."
        f" Roofs below {params.flat_below_deg:g}°: {en}. Ground reflects {params.albedo:g}",
    )


def _window(params: RoofParams) -> tuple[datetime, datetime]:
    """The year by the clock of UTC: enough to tell which sensor covers most of it."""
    return datetime(params.year, 1, 1, tzinfo=UTC), datetime(params.year + 1, 1, 1, tzinfo=UTC)


SIMULATION = Simulation(
    name=NAME,
    title=text("屋根の年間日射量", "Irradiation of roofs in a year"),
    inputs=(f.SURFACE_HEIGHT, f.ROOF_SLOPE, f.ROOF_ASPECT),
    optional=(*PROPERTY.values(), f.CANOPY_TOP, f.CANOPY_BASE),
    also_needs=lambda params: (PROPERTY[params.observed],) if params.observed else (),
    ignores=lambda params: (
        *(observed for name, observed in PROPERTY.items() if name != params.observed),
        *unused_crowns(params.trees),
    ),
    outputs=(
        f.ROOF_IRRADIATION_POSSIBLE,
        f.ROOF_IRRADIATION_PROBABLE,
        f.ROOF_LIGHT_SHARE,
        f.MODULE_TILT,
    ),
    params=RoofParams,
    window=_window,
    reach=Halo(light_reach_m, of_parts=True),
    run=run,
    cost=Cost(seconds_per_megacell=2.0, bytes_per_cell=120.0),
)
