"""When what detectors, stops and vehicles report has changed, the map of traffic is due."""

from __future__ import annotations

import fnmatch
from functools import partial

from citytwin.config import LoadedConfig
from citytwin.live.change_trigger import ChangeTrigger, Followed
from citytwin.live.following import Task
from citytwin.live.measured_traffic import PROPERTIES, MeasuredTraffic, measured_traffic
from citytwin.live.recent import Latest, Recent
from citytwin.live.traffic_run import LAYER, TrafficJob, run_traffic
from citytwin.live_config import TrafficConfig
from citytwin.model.grid import GridSpec

_NAMES = {observed.name for observed in PROPERTIES}


def traffic_trigger(
    loaded: LoadedConfig, config: TrafficConfig, recent: Recent
) -> ChangeTrigger[MeasuredTraffic]:
    """Return the trigger of the map of traffic: readings in, a point for each thing out.

    Parameters
    ----------
    loaded
        The configuration.
    config
        Of which things, and how much of a change.
    recent
        What they measured.
    """

    def newest() -> tuple[Latest, ...]:
        return tuple(
            latest
            for (thing, observed), latest in recent.latest.items()
            if observed in _NAMES and fnmatch.fnmatchcase(thing, config.things)
        )

    def changed(found: MeasuredTraffic, shown: MeasuredTraffic) -> bool:
        return found.change(shown) >= config.change_share

    def task(found: MeasuredTraffic, grid: GridSpec) -> Task:
        said = f"map of traffic: {len(found.means)} series"
        return Task(said, partial(run_traffic, TrafficJob(loaded, found, grid)))

    measured = partial(measured_traffic, config, recent)
    return ChangeTrigger(loaded.city_dir, config, Followed(LAYER, newest, measured, changed, task))
