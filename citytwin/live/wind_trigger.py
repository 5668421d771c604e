"""When the wind at a mast turns, freshens or drops, the map of the wind of the moment is due."""

from __future__ import annotations

import math
from functools import partial

from citytwin.config import LoadedConfig
from citytwin.live.change_trigger import ChangeTrigger, Followed
from citytwin.live.following import Task
from citytwin.live.measured_wind import MeasuredWind, measured_wind
from citytwin.live.recent import Latest, Recent
from citytwin.live.wind_run import LAYER, WindJob, run_wind
from citytwin.live_config import WindConfig
from citytwin.model.grid import GridSpec
from citytwin.model.properties import WIND_DIRECTION, WIND_SPEED


def wind_trigger(
    loaded: LoadedConfig, config: WindConfig, recent: Recent
) -> ChangeTrigger[MeasuredWind]:
    """Return the trigger of the wind of the moment: that at a mast in, that in every street out.

    Parameters
    ----------
    loaded
        The configuration.
    config
        Which mast, and how much of a change.
    recent
        What it measured.
    """

    def newest() -> tuple[Latest | None, ...]:
        observed = (WIND_SPEED, WIND_DIRECTION)
        return tuple(recent.latest.get((config.thing, one.name)) for one in observed)

    def changed(found: MeasuredWind, shown: MeasuredWind) -> bool:
        return math.dist(found.vector_m_s, shown.vector_m_s) >= config.change_m_s

    def task(found: MeasuredWind, grid: GridSpec) -> Task:
        said = f"wind of the moment: {found.speed_m_s:.1f} m/s from {found.from_deg:.0f} degrees"
        return Task(said, partial(run_wind, WindJob(loaded, found, grid)))

    measured = partial(measured_wind, config, recent)
    return ChangeTrigger(loaded.city_dir, config, Followed(LAYER, newest, measured, changed, task))
