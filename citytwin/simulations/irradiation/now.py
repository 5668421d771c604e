"""Irradiance of the moment on ground and roofs: that of the sky as it was observed last by the time of the run."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np

from citytwin.errors import StepError
from citytwin.kernels.time_pieces import standing_intervals
from citytwin.model import fields as f
from citytwin.model.cost import Cost
from citytwin.model.foliage import tree_notes, unused_crowns
from citytwin.model.lag import lag_notes
from citytwin.model.notes import Note
from citytwin.model.reach import Halo
from citytwin.model.record import Record
from citytwin.model.steps import Block, Outcome, Simulation
from citytwin.model.sun_notes import sun_notes
from citytwin.model.text import text
from citytwin.simulations.irradiation.params import IrradianceNowParams
from citytwin.simulations.irradiation.span import SpanLight, light_of
from citytwin.simulations.irradiation.surface import (
    light_reach_m,
    plane_words,
    received_on_surface,
)
from citytwin.simulations.irradiation.weather import PROPERTY, observation_of, record_of

NAME = "irradiance_now"
_COVERED = 0.999
"""An interval is covered by its own observation, but for rounding."""
_NIGHT = Note(
    severity="info",
    ja="太陽は地平線の下にあります",
    en="The sun is below the horizon",
)


def run(block: Block, params: IrradianceNowParams) -> Outcome:
    """Mean irradiance over the interval of the last observation.

    Beam, light of the sky and what the ground reflects, as the simulation ``irradiation_probable``
    adds them up over days; the sun stands where it does in the middle of the interval.
    """
    record = record_of(params.observed, block, NAME)
    limits = _last_interval(record, params)
    real = observation_of(limits, params.observed, params, block, NAME, _COVERED)
    light = light_of(real.span, (real.sky,), True, block, params)
    w_per_kwh = 1000.0 * 3600.0 / (limits[1] - limits[0])
    irradiance = received_on_surface(light, block, params).total * np.float32(w_per_kwh)
    shown, zone = datetime.fromtimestamp(limits[1], UTC), ZoneInfo(block.site.time_zone)
    lag = lag_notes(record.lag, shown, 0.0, zone) if params.moment is None else ()
    said = _note(block, params, record, limits, light)
    is_day = bool((real.span.altitude_deg > 0.0).any())
    return Outcome(
        {f.IRRADIANCE_NOW: irradiance.astype(np.float32)},
        notes=(
            said,
            *lag,
            *(real.notes if is_day else (_NIGHT,)),
            *tree_notes(block, params.trees),
            *sun_notes(False, block.grid, block.site),
        ),
        valid_time=shown,
    )


def _last_interval(record: Record, params: IrradianceNowParams) -> tuple[float, float]:
    """Begin and end of the last observation up to the moment asked for [s since 1970].

    An instant ends when it was observed: what it stands for afterwards is not now.
    """
    until = np.inf if params.moment is None else params.moment.timestamp()
    found = np.flatnonzero(record.end_s <= until)
    if params.moment is None and record.lag is not None and record.lag.ahead:
        found = found[:1]
    if not found.size:
        when = "" if params.moment is None else f" up to {params.moment.isoformat()}"
        msg = f"nothing good was observed of {record.observed.name}{when}"
        raise StepError(msg, step=NAME, hint="wait for the feed, or give another `moment`")
    last = int(found[-1])
    start_s, _ = standing_intervals(record.start_s, record.end_s)
    return float(start_s[last]), float(record.end_s[last])


def _note(
    block: Block,
    params: IrradianceNowParams,
    record: Record,
    limits: tuple[float, float],
    light: SpanLight,
) -> Note:
    zone = ZoneInfo(block.site.time_zone)
    begin, end = (datetime.fromtimestamp(second, zone) for second in limits)
    mean_w_m2 = light.level_kwh_m2[0] * 3.6e6 / (limits[1] - limits[0])
    plane = plane_words(params, f.ROOF_SLOPE in block.arrays)
    by = text("（気象モデルの値）", ", by a weather model") if record.of_model else text("", "")
    return Note(
        severity="info",
        ja=f"{begin:%Y-%m-%d %H:%M}～{end:%H:%M}（現地時刻）の平均{by.ja}、{plane.ja} 1 m2 当たり。"
        f"開けた水平面で {mean_w_m2:.0f} W/m2。"
        f"地面の反射（反射率 {params.albedo:g}）を含み、壁の反射は含まない",
        en=f"Mean of {begin:%Y-%m-%d %H:%M} to {end:%H:%M} local time{by.en}, per m2 {plane.en};"
        f" {mean_w_m2:.0f} W/m2 on open level ground. Ground reflects {params.albedo:g},"
        " walls nothing",
    )


SIMULATION = Simulation(
    name=NAME,
    title=text("現在の日射の強さ", "Irradiance of the moment"),
    inputs=(f.SURFACE_HEIGHT,),
    optional=(f.ROOF_SLOPE, f.ROOF_ASPECT, f.CANOPY_TOP, f.CANOPY_BASE, *PROPERTY.values()),
    also_needs=lambda params: (PROPERTY[params.observed],),
    ignores=lambda params: (
        *(observed for name, observed in PROPERTY.items() if name != params.observed),
        *unused_crowns(params.trees),
    ),
    outputs=(f.IRRADIANCE_NOW,),
    params=IrradianceNowParams,
    of_the_moment=lambda params: params.moment is None,
    reach=Halo(light_reach_m, of_parts=True),
    run=run,
    cost=Cost(seconds_per_megacell=1.0, bytes_per_cell=100.0),
)
