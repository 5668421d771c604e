"""When it rains, a nowcast is due: of how long, on cells how coarse, from what."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial

from citytwin.alerts.windows import reading
from citytwin.config import LoadedConfig
from citytwin.errors import StepError
from citytwin.live.following import Done, Task
from citytwin.live.nowcast_flood import warm_up
from citytwin.live.nowcast_ground import Effort, coarser
from citytwin.live.nowcast_job import NowcastJob
from citytwin.live.nowcast_run import run_nowcast
from citytwin.live.rain_area import rain_area
from citytwin.live.rain_outlook import outlook
from citytwin.live.recent import Recent
from citytwin.live.stage_outlook import stage_line
from citytwin.live.warned_area import published_grid
from citytwin.live_config import NowcastConfig


class Nowcasts:
    """Trigger of nowcasts: rain in, the flood of the next hour out.

    Parameters
    ----------
    loaded
        The configuration.
    config
        When, and of what.
    recent
        What the rule looks at.
    """

    def __init__(self, loaded: LoadedConfig, config: NowcastConfig, recent: Recent) -> None:
        self._loaded, self._config, self._recent = loaded, config, recent
        self._effort = Effort()
        self._job: NowcastJob | None = None
        self.layer = config.name
        self.every_s = config.every_minutes * 60.0
        self.budget_s = config.budget_s

    def wanted(self, now: datetime) -> bool:
        """Whether the watched value is high.

        Parameters
        ----------
        now
            Aware.
        """
        seen = reading(self._config.when, self._recent.series(self._config.when), now)
        return seen.value is not None and seen.value >= self._config.at_least

    def task(self, now: datetime) -> Task:
        """Return the nowcast of this moment.

        Parameters
        ----------
        now
            Aware.

        Raises
        ------
        StepError
            If nobody has measured lately, or the budget is too small.
        StoreError
            If nothing is published.
        """
        self._job = job = self._wanted_job(now)
        zone = self._loaded.config.time_zone
        cell_m = job.grid.cell_m * job.factor
        said = f"nowcast begins on cells of {cell_m:g} m"
        return Task(said, partial(run_nowcast, job), partial(warm_up, zone))

    def _wanted_job(self, now: datetime) -> NowcastJob:
        grid = published_grid(self._loaded.city_dir)
        rain = outlook(self._config, self._recent, now, rain_area(grid).city)
        if rain is None:
            raise StepError("nobody has measured rain lately", step=self.layer)
        duration_s = rain.duration_h * 3600.0
        factor = self._effort.factor(grid, duration_s, self._config.budget_s)
        if factor is None:
            msg = f"its budget of {self._config.budget_s:g} s is too small"
            raise StepError(msg, step=self.layer)
        times = (rain.start, now, rain.start + timedelta(hours=rain.duration_h))
        lines = [(s.thing, stage_line(s, self._recent, times)) for s in self._config.stages]
        return NowcastJob(
            self._loaded,
            self._config,
            rain,
            grid,
            factor,
            tuple(line for _, line in lines if line is not None),
            tuple(thing for thing, line in lines if line is None),
        )

    def published(self, done: Done) -> None:
        """Learn how long a nowcast takes.

        Parameters
        ----------
        done
            The last one.
        """
        if self._job is not None:
            grid = coarser(self._job.grid, self._job.factor)
            duration_s = self._job.outlook.duration_h * 3600.0
            self._effort = self._effort.learned(grid, duration_s, done.seconds)

    def late(self) -> None:
        """Make the next one coarser."""
        self._effort = Effort(4.0 * self._effort.per_step_s)
