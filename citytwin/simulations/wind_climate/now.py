"""Wind of the moment: the latest observation, carried to every street by the speed ratio."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from citytwin.errors import StepError
from citytwin.kernels.wind_rose import sector_of
from citytwin.model import fields as f
from citytwin.model.axes import Direction
from citytwin.model.cost import Cost
from citytwin.model.notes import Note
from citytwin.model.properties import WIND_DIRECTION, WIND_SPEED
from citytwin.model.steps import Block, Cell, Outcome, Simulation
from citytwin.model.text import text
from citytwin.model.wind_notes import of_sensors
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
    known = block.directions[params.ratios.field]
    place = _latest(station, params)
    speed, from_deg = station.winds.speed_m_s[place], station.winds.from_deg[place]
    over_mast = open_over_mast(params, station.mast_m, WALKING_M, number, STEP_NAME)
    open_m_s = float(speed * over_mast[sector_of(np.array([from_deg]), number)[0]])
    local = between(ratio, known, float(from_deg)) * open_m_s
    time = datetime.fromtimestamp(float(station.winds.time_s[place]), tz=UTC)
    said = time.astimezone(ZoneInfo(block.site.time_zone)).strftime("%Y-%m-%d %H:%M")
    blows = Note(
        severity="info",
        ja=f"{said}（現地時刻）の記録（観測または予報）は {speed:.1f} m/s、風向 {from_deg:.0f}°。開けた場所の高さ {WALKING_M:g} m で {open_m_s:.1f} m/s",
        en=f"At {said} local time the record, an observation or forecast, has {speed:.1f} m/s from {from_deg:.0f} "
        f"degrees: {open_m_s:.1f} m/s in the open at {WALKING_M:g} m",
    )
    notes = (
        method_note(params, classes=False),
        blows,
        *(_WEAK if speed < LIGHT_M_S else ()),
        *bridge_note(params, number),
        of_sensors(station.speed, station.direction),
        transfer_note(params, station.mast_m),
    )
    return Outcome({f.WIND_SPEED_NOW: local.astype(np.float32)}, notes=notes, valid_time=time)


def _latest(station: StationWind, params: WindNowParams) -> int:
    """Number of the last wind, up to the moment asked for."""
    until = math.inf if params.moment is None else params.moment.timestamp()
    found = int(np.searchsorted(station.winds.time_s, until, side="right")) - 1
    if found < 0:
        when = "in the record" if params.moment is None else f"up to {params.moment.isoformat()}"
        msg = f"there is no wind with a direction {when}"
        raise StepError(msg, step=STEP_NAME, hint="wait for the feed, or give another `moment`")
    return found


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
    also_needs=lambda params: (params.ratios.field,),
    ignores=lambda params: tuple(
        method.field for method in METHODS.values() if method != params.ratios
    ),
    reach=Cell(),
    run=run,
    cost=Cost(seconds_per_megacell=0.2, bytes_per_cell=120.0),
)
