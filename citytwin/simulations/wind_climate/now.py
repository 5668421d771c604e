"""Wind of the moment: the latest of the record by the time of the run, carried to every street by the speed ratio."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from citytwin.errors import StepError
from citytwin.kernels.wind_rose import CALM_M_S, sector_of
from citytwin.model import fields as f
from citytwin.model.axes import Direction
from citytwin.model.cost import Cost
from citytwin.model.lag import lag_notes
from citytwin.model.notes import Note
from citytwin.model.properties import WIND_DIRECTION, WIND_SPEED
from citytwin.model.reach import Cell
from citytwin.model.steps import Block, Outcome, Simulation
from citytwin.model.text import text
from citytwin.model.wind_notes import CALM, of_sensors
from citytwin.simulations.wind_climate.gaps import bridge_note, bridged
from citytwin.simulations.wind_climate.methods import METHODS
from citytwin.simulations.wind_climate.params import WindNowParams
from citytwin.simulations.wind_climate.station import (
    StationWind,
    check_directions,
    open_over_mast,
    station_wind,
)
from citytwin.simulations.wind_climate.telling import method_note, transfer_note

STEP_NAME = "wind_now"
WALKING_M = 1.5
LIGHT_M_S = 2.0
"""Below this wind at the mast warm walls and streets may move air as much as the wind does [m/s]."""
_WEAK = (
    Note(
        severity="fallback",
        ja=f"観測の風が {LIGHT_M_S:g} m/s 未満と弱く、日射や建物の熱による空気の動き（計算に含まれない）が同じ程度になることがあります",
        en=f"The wind at the mast is below {LIGHT_M_S:g} m/s: heat of walls and streets, which is not in this, may move "
        "air as much",
    ),
)


def run(block: Block, params: WindNowParams) -> Outcome:
    """Speed in the open times the ratio of the direction, between the two directions next to it."""
    station = station_wind(block, params, STEP_NAME)
    ratio = bridged(block[params.ratios.field])
    number = check_directions(block, params, STEP_NAME)
    wind = _latest(station, params)
    if wind is None:
        return Outcome({f.WIND_SPEED_NOW: np.full_like(ratio[0], np.nan)}, notes=(CALM,))
    over_mast = open_over_mast(params, station.mast_m, WALKING_M, number, STEP_NAME)
    over = over_mast[sector_of(np.array([wind.from_deg]), number)[0]]
    open_m_s = 0.0 if wind.calm else float(wind.speed_m_s * over)
    local = between(ratio, block.directions[params.ratios.field], wind.from_deg) * open_m_s
    time = datetime.fromtimestamp(wind.time_s, tz=UTC)
    zone = ZoneInfo(block.site.time_zone)
    notes = (
        method_note(params, classes=False),
        _blows(station, wind, open_m_s, zone),
        *(lag_notes(station.speed.lag, time, wind.older_s, zone) if params.moment is None else ()),
        *(_without_direction(station, wind) if params.moment is None else ()),
        *(_WEAK if CALM_M_S <= wind.speed_m_s < LIGHT_M_S else ()),
        *bridge_note(params, number),
        of_sensors(station.speed, station.direction),
        transfer_note(params, station.mast_m),
    )
    return Outcome({f.WIND_SPEED_NOW: local.astype(np.float32)}, notes=notes, valid_time=time)


@dataclass(frozen=True)
class _Wind:
    """A wind at the mast."""

    time_s: float
    """[s since 1970-01-01T00:00Z]."""
    speed_m_s: float
    from_deg: float
    """0 of a calm, which has none."""
    older_s: float
    """By how much it is older than the last speed that was recorded [s]."""

    @property
    def calm(self) -> bool:
        """Whether it counts as no wind."""
        return self.speed_m_s < CALM_M_S


def _without_direction(station: StationWind, wind: _Wind) -> tuple[Note, ...]:
    """Say that the record goes on without a wind that can be shown."""
    hours, lag = wind.older_s / 3600.0, station.speed.lag
    if hours < 1.0 or (lag is not None and lag.ahead):
        return ()
    return (
        Note(
            severity="fallback",
            ja=f"これより後の {hours:.0f} 時間の記録には風向がなく、示せません",
            en=f"The record goes on for {hours:.0f} h without a direction, which cannot be shown",
        ),
    )


def _latest(station: StationWind, params: WindNowParams) -> _Wind | None:
    """Last wind or calm, up to the moment asked for; of a record that is all to come the first.

    None where no wind of the record has a direction, and none is calm.
    """
    winds, speed = station.winds, station.speed
    calm = speed.result < CALM_M_S
    time_s = np.concatenate([winds.time_s, speed.start_s[calm]])
    speed_m_s = np.concatenate([winds.speed_m_s, speed.result[calm]])
    from_deg = np.concatenate([winds.from_deg, np.zeros(np.count_nonzero(calm))])
    order = np.argsort(time_s, kind="stable")
    until = math.inf if params.moment is None else params.moment.timestamp()
    found = int(np.searchsorted(time_s[order], until, side="right")) - 1
    if params.moment is not None and found < 0:
        msg = f"there is no wind with a direction up to {params.moment.isoformat()}"
        raise StepError(msg, step=STEP_NAME, hint="wait for the feed, or give another `moment`")
    if found < 0:
        return None
    to_come = params.moment is None and speed.lag is not None and speed.lag.ahead
    place = order[0 if to_come else found]
    at_s = float(time_s[place])
    older_s = float(speed.start_s.max()) - at_s
    return _Wind(at_s, float(speed_m_s[place]), float(from_deg[place]), older_s)


def _blows(station: StationWind, wind: _Wind, open_m_s: float, zone: ZoneInfo) -> Note:
    """Say what the record has, and whether it was measured."""
    said = f"{datetime.fromtimestamp(wind.time_s, tz=zone):%Y-%m-%d %H:%M}"
    speed = station.speed
    by = text("記録（観測または予報）", "the record, an observation or forecast,")
    if speed.of_model:
        by = text(
            "気象モデルの値（解析または予報）", "a weather model, as its analysis or forecast,"
        )
    elif speed.kind:
        by = text("観測値", "the observation")
    if wind.calm:
        return Note(
            severity="info",
            ja=f"{said}（現地時刻）の{by.ja}は {wind.speed_m_s:.1f} m/s で静穏（{CALM_M_S:g} m/s 未満、風向なし）のため、0 m/s としています",
            en=f"At {said} local time {by.en} has {wind.speed_m_s:.1f} m/s: calm, below {CALM_M_S:g} m/s and without a "
            "direction, shown as 0 m/s",
        )
    return Note(
        severity="info",
        ja=f"{said}（現地時刻）の{by.ja}は {wind.speed_m_s:.1f} m/s、風向 {wind.from_deg:.0f}°。開けた場所の高さ {WALKING_M:g} m で {open_m_s:.1f} m/s",
        en=f"At {said} local time {by.en} has {wind.speed_m_s:.1f} m/s from {wind.from_deg:.0f} "
        f"degrees: {open_m_s:.1f} m/s in the open at {WALKING_M:g} m",
    )


def between(
    ratio: NDArray[np.float32], known: Sequence[Direction], from_deg: float
) -> NDArray[np.float64]:
    """Return the ratio of a direction, straight between the two known ones next to it.

    Parameters
    ----------
    ratio
        Shape (n_dir, ny, nx).
    known
        Directions, evenly around from north.
    from_deg
        Where the wind comes from [degrees].
    """
    place = from_deg % 360.0 / (360.0 / len(known))
    lower = int(place)
    share = place - lower
    first, second = (ratio[(lower + k) % len(known)].astype(np.float64) for k in (0, 1))
    return np.asarray((1.0 - share) * first + share * second)


SIMULATION = Simulation(
    name=STEP_NAME,
    title=text("現在の風", "Wind of the moment"),
    inputs=(WIND_SPEED, WIND_DIRECTION),
    optional=tuple(method.field for method in METHODS.values()),
    outputs=(f.WIND_SPEED_NOW,),
    params=WindNowParams,
    of_the_moment=lambda params: params.moment is None,
    also_needs=lambda params: (params.ratios.field,),
    ignores=lambda params: tuple(
        method.field for method in METHODS.values() if method != params.ratios
    ),
    reach=Cell(),
    run=run,
    cost=Cost(seconds_per_megacell=0.2, bytes_per_cell=120.0),
)
