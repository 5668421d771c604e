"""When what detectors, stops and vehicles report has changed, the maps of traffic are due."""

from __future__ import annotations

import fnmatch
from functools import partial
from typing import Any

from citytwin import registry
from citytwin.config import LoadedConfig
from citytwin.live.change_trigger import ChangeTrigger, Followed
from citytwin.live.following import Task
from citytwin.live.measured_traffic import MeasuredTraffic, measured_traffic
from citytwin.live.recent import Latest, Recent
from citytwin.live.traffic_run import TrafficJob, run_traffic
from citytwin.live_config import TrafficConfig
from citytwin.model.grid import GridSpec
from citytwin.model.steps import Assessment

POINTS, ROADS = "traffic", "road_speeds"
"""Layers, and the assessments that make them: a point for each thing, a speed for each road."""


def traffic_trigger(
    loaded: LoadedConfig, config: TrafficConfig, recent: Recent, layer: str
) -> ChangeTrigger[MeasuredTraffic]:
    """Return the trigger of a map of traffic.

    Parameters
    ----------
    loaded
        The configuration.
    config
        Of which things, and how much of a change.
    recent
        What they measured.
    layer
        Id of the layer, and name of the assessment that makes it.
    """
    step: Assessment[Any] = registry.named(Assessment, layer)
    names = {observed.name for observed in step.observes}

    def newest() -> tuple[Latest, ...]:
        return tuple(
            latest
            for (thing, observed), latest in recent.latest.items()
            if observed in names and fnmatch.fnmatchcase(thing, config.things)
        )

    def changed(found: MeasuredTraffic, shown: MeasuredTraffic) -> bool:
        return found.change(shown) >= config.change_share

    def task(found: MeasuredTraffic, grid: GridSpec) -> Task:
        said = f"map {layer}: {len(found.means)} series"
        return Task(said, partial(run_traffic, TrafficJob(loaded, layer, found, grid)))

    measured = partial(measured_traffic, config, step.observes, recent)
    return ChangeTrigger(loaded.city_dir, config, Followed(layer, newest, measured, changed, task))
