"""Which cells lie in shadow: at one moment, or through a day in steps (band sweep, point sun)."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import NamedTuple, Self
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray
from pydantic import Field as Bound
from pydantic import model_validator

from citytwin.kernels.canopy import Canopy
from citytwin.kernels.horizon_sweep import Method, reach_m
from citytwin.kernels.shadow_series import shadow_masks
from citytwin.kernels.solar import ephemeris
from citytwin.model import fields as f
from citytwin.model.cost import Cost
from citytwin.model.foliage import Trees, crowns_of, relief_m, tree_notes, unused_crowns
from citytwin.model.instants import Instant
from citytwin.model.local_days import SunDay, SunMoment, midnight
from citytwin.model.notes import Note
from citytwin.model.reach import FieldRanges, Halo
from citytwin.model.site import Site
from citytwin.model.steps import Block, Outcome, Params, Simulation
from citytwin.model.sun_notes import sun_notes
from citytwin.model.text import Text, text


class ShadowParams(Params):
    """A moment or a day in steps, and how shadows are found."""

    moment: SunMoment | None = None
    """Such as 2026-12-22T09:00:00+09:00: with its offset from UTC."""
    date: SunDay | None = None
    """Local day at the city, in steps from midnight; a moment or a day, not both."""
    step_minutes: int = Bound(default=30, ge=5, le=180)
    """Time between the moments of a day."""
    first: time | None = None
    """Clock time at the city from which on moments are shown, such as "08:00", the night too;
    None = those at which the sun is up."""
    last: time | None = None
    """Clock time of the last moment; goes with `first`."""
    min_altitude_deg: float = Bound(default=3.0, gt=0, lt=90)
    """Lower suns count as night: their shadows have no end."""
    refraction: bool = True
    """Whether the atmosphere lifts the sun (physics) or not (rules)."""
    method: Method = "fast"
    """As of the simulation ``sunlight``."""
    trees: Trees = Trees()
    """Whether trees cast shade, where the city has any; how much of the light passes them does not
    matter here."""

    @model_validator(mode="after")
    def _one_or_the_other(self) -> Self:
        if (self.moment is None) == (self.date is None):
            msg = "give `moment: 2026-12-22T09:00:00+09:00` or `date: 2026-12-22`, and not both"
            raise ValueError(msg)
        if (self.first is None) != (self.last is None) or (self.first and self.moment):
            msg = "`first` and `last` go together, and with a `date`"
            raise ValueError(msg)
        if self.first is not None and self.last is not None:
            begin, end = _minutes(self.first), _minutes(self.last)
            if end // self.step_minutes < begin / self.step_minutes:
                msg = f"no step of {self.step_minutes} min from midnight falls between {self.first}"
                raise ValueError(msg + f" and {self.last}")
        return self


def _minutes(clock: time) -> float:
    return clock.hour * 60.0 + clock.minute + clock.second / 60.0


class _Sky(NamedTuple):
    """Where the sun stands at several moments."""

    times: tuple[datetime, ...]
    azimuth_deg: NDArray[np.float64]
    """Clockwise from true north."""
    altitude_deg: NDArray[np.float64]

    def day(self, params: ShadowParams) -> NDArray[np.bool_]:
        """Which of the suns cast shadows."""
        return np.asarray(self.altitude_deg >= params.min_altitude_deg)


def _seen(times: tuple[datetime, ...], params: ShadowParams, site: Site) -> _Sky:
    unix_s = np.array([moment.timestamp() for moment in times])
    sun = ephemeris(unix_s, site.longitude_deg, site.latitude_deg)
    altitude = sun.apparent_altitude_deg if params.refraction else sun.altitude_deg
    return _Sky(times, sun.azimuth_deg, altitude)


def _sky(params: ShadowParams, site: Site) -> _Sky:
    """The moments that are shown, and the sun at each.

    A day on which the sun does not rise is shown at noon.
    """
    if params.date is None:
        return _seen((params.moment,) if params.moment else (), params, site)
    begin = midnight(params.date, site.time_zone)
    end = midnight(params.date + timedelta(days=1), site.time_zone)
    step = timedelta(minutes=params.step_minutes)
    times = tuple(begin + k * step for k in range(-((begin - end) // step)))
    sky = _seen(times, params, site)
    zone = ZoneInfo(site.time_zone)
    clock = np.array([_minutes(moment.astimezone(zone).time()) for moment in times])
    if params.first is None or params.last is None:
        shown = sky.day(params)
    else:
        shown = (clock >= _minutes(params.first)) & (clock <= _minutes(params.last))
    if not shown.any():
        shown[np.abs(clock - 720.0).argmin()] = True
    return _Sky(
        tuple(moment for moment, kept in zip(times, shown, strict=True) if kept),
        sky.azimuth_deg[shown],
        sky.altitude_deg[shown],
    )


def instants(params: ShadowParams, site: Site) -> tuple[Instant, ...]:
    """Moments that are shown, with what the sun does at each."""
    sky = _sky(params, site)
    return tuple(
        Instant(moment.astimezone(UTC), _said(azimuth, altitude, up))
        for moment, azimuth, altitude, up in zip(
            sky.times,
            sky.azimuth_deg.tolist(),
            sky.altitude_deg.tolist(),
            sky.day(params).tolist(),
            strict=True,
        )
    )


def _said(azimuth_deg: float, altitude_deg: float, up: bool) -> Text:
    if not up:
        return text(
            f"太陽の高度 {altitude_deg:.1f}°: 低すぎるため、夜としてすべて日影にしています",
            f"Sun at {altitude_deg:.1f}°: so low counts as night, everything is in shadow",
        )
    return text(
        f"太陽の高度 {altitude_deg:.1f}°、方位 {azimuth_deg:.1f}°（真北から）",
        f"Sun {altitude_deg:.1f}° high, azimuth {azimuth_deg:.1f}° from true north",
    )


def _reach(params: ShadowParams, ranges: FieldRanges, cell_m: float) -> float:
    return reach_m(relief_m(ranges), np.radians(params.min_altitude_deg), cell_m)


def run(block: Block, params: ShadowParams) -> Outcome:
    """Mark, for each moment, the cells that the sun does not reach, or through trees only.

    At night these are all.
    """
    site, surface = block.site, block[f.SURFACE_HEIGHT]
    sky = _sky(params, site)
    crowns = crowns_of(block, params.trees)
    masks = shadow_masks(
        surface,
        surface,
        block.cell_m,
        np.radians((sky.azimuth_deg - site.convergence_deg) % 360.0),
        np.where(sky.day(params), np.radians(sky.altitude_deg), 0.0),
        block.row0,
        block.col0,
        params.method,
        None if crowns is None else Canopy(*crowns, np.ones(1)),
    )
    notes = (
        *_night_note(sky, params),
        *tree_notes(block, params.trees),
        *sun_notes(params.method != "fast", block.grid, site),
    )
    return Outcome({f.SHADOW: masks}, notes=notes, valid_time=sky.times[0].astimezone(UTC))


def _night_note(sky: _Sky, params: ShadowParams) -> tuple[Note, ...]:
    """Say how low a sun still counts, where lower ones are shown."""
    if sky.day(params).all():
        return ()
    low = params.min_altitude_deg
    return (
        Note(
            severity="info",
            ja=f"太陽の高度が {low:g} 度より低い時刻は夜とし、すべて日影にしています",
            en=f"A sun lower than {low:g} degrees counts as night: everything is in shadow",
        ),
    )


SIMULATION = Simulation(
    name="shadow",
    title=text("日影", "Shadow"),
    inputs=(f.SURFACE_HEIGHT,),
    optional=(f.CANOPY_TOP, f.CANOPY_BASE),
    outputs=(f.SHADOW,),
    params=ShadowParams,
    ignores=lambda params: unused_crowns(params.trees),
    instants=instants,
    reach=Halo(_reach, of_parts=True),
    run=run,
    cost=Cost(seconds_per_megacell=0.03, bytes_per_cell=64.0),
)
