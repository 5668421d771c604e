"""When the sky brightens or darkens, and as the sun goes on, the map of irradiance is due."""

from __future__ import annotations

from functools import partial

from citytwin.config import LoadedConfig
from citytwin.live.change_trigger import ChangeTrigger, Followed
from citytwin.live.following import Task
from citytwin.live.measured_sky import MeasuredSky, measured_sky, observed_by
from citytwin.live.recent import Latest, Recent
from citytwin.live.sunlight_run import LAYER, SunlightJob, run_sunlight
from citytwin.live_config import SunlightConfig
from citytwin.model.grid import GridSpec


def sunlight_trigger(
    loaded: LoadedConfig, config: SunlightConfig, recent: Recent
) -> ChangeTrigger[MeasuredSky]:
    """Return the trigger of the irradiance of the moment: a sky in, light on ground and roofs out.

    Parameters
    ----------
    loaded
        The configuration.
    config
        Which sensor, and how much of a change.
    recent
        What it measured.
    """
    observed = observed_by(config)
    least = config.change_w_m2 if config.observed == "radiation" else config.change_percent

    def newest() -> Latest | None:
        return recent.latest.get((config.thing, observed.name))

    def changed(found: MeasuredSky, shown: MeasuredSky) -> bool:
        return abs(found.mean - shown.mean) >= least

    def task(found: MeasuredSky, grid: GridSpec) -> Task:
        title = observed.title.en.lower()
        said = f"irradiance of the moment: {title} {found.mean:.0f} {observed.unit}"
        return Task(said, partial(run_sunlight, SunlightJob(loaded, config.observed, found, grid)))

    measured = partial(measured_sky, config, recent)
    return ChangeTrigger(loaded.city_dir, config, Followed(LAYER, newest, measured, changed, task))
