"""Starts a nowcast when it rains, in a process of its own, and ends it when its budget is spent."""

from __future__ import annotations

import logging
import multiprocessing
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path

from citytwin.alerts.windows import reading
from citytwin.config import LoadedConfig
from citytwin.errors import CityTwinError
from citytwin.live.nowcast_flood import warm_up
from citytwin.live.nowcast_ground import Effort, coarser
from citytwin.live.nowcast_job import NowcastJob
from citytwin.live.nowcast_run import Done, run_nowcast
from citytwin.live.rain_area import rain_area
from citytwin.live.rain_outlook import outlook
from citytwin.live.recent import Recent
from citytwin.live.stage_outlook import stage_line
from citytwin.live.warned_area import city_grid
from citytwin.live_config import NowcastConfig

_LOG = logging.getLogger(__name__)
_START_S = 900.0
"""For the start of the process, in which kernels may have to be compiled for the first time [s]."""
_PUBLISH_S = 30.0
"""Beyond the budget: for reading, writing and publishing [s]."""


@dataclass(frozen=True)
class _Ready:
    """Said by the process when it begins to compute."""


@dataclass
class _Running:
    process: BaseProcess
    answer: Connection
    job: NowcastJob
    begun_s: float
    ready: bool = False


class Nowcasts:
    """At most one nowcast at a time.

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
        self._running: _Running | None = None
        self._next_s = 0.0
        self._effort = Effort()
        self.published = 0
        """Since the start."""
        self.failed = 0
        self.last_run = ""
        self.last_seconds = 0.0

    @property
    def busy(self) -> bool:
        """Whether one is being computed."""
        return self._running is not None

    def step(self, now: datetime) -> bool:
        """Start one if it is time to, and look after the one that runs.

        Parameters
        ----------
        now
            Aware.

        Returns
        -------
        bool
            Whether a new map was published.
        """
        if self._running is not None:
            return self._look_after(self._running)
        if time.monotonic() < self._next_s:
            return False
        seen = reading(self._config.when, self._recent.series(self._config.when), now)
        if seen.value is None or seen.value < self._config.at_least:
            return False
        self._next_s = time.monotonic() + self._config.every_minutes * 60.0
        job = self._job(self._loaded.city_dir, now)
        if job is not None:
            self._start(job)
        return False

    def _job(self, city_dir: Path, now: datetime) -> NowcastJob | None:
        grid = city_grid(city_dir)
        city = None if grid is None else rain_area(grid).city
        rain = outlook(self._config, self._recent, now, city)
        if rain is None or grid is None:
            _LOG.warning("no nowcast: %s", "no rain" if rain is None else "nothing is published")
            return None
        duration_s = rain.duration_h * 3600.0
        factor = self._effort.factor(grid, duration_s, self._config.budget_s)
        if factor is None:
            _LOG.warning("no nowcast: its budget of %g s is too small", self._config.budget_s)
            self.failed += 1
            return None
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

    def _start(self, job: NowcastJob) -> None:
        spawn = multiprocessing.get_context("spawn")
        here, there = spawn.Pipe(duplex=False)
        process = spawn.Process(target=_work, args=(job, there), name="nowcast", daemon=True)
        process.start()
        there.close()
        self._running = _Running(process, here, job, time.monotonic())
        _LOG.info("nowcast begins on cells of %g m", job.grid.cell_m * job.factor)

    def _look_after(self, running: _Running) -> bool:
        if running.process.is_alive() and not running.answer.poll():
            self._watch_the_time(running)
            return False
        try:
            answer: object = running.answer.recv()
        except (EOFError, OSError):
            answer = f"its process ended with code {running.process.exitcode}"
        if isinstance(answer, _Ready):
            running.ready, running.begun_s = True, time.monotonic()
            return False
        if not isinstance(answer, Done):
            self._end(running, str(answer))
            return False
        grid = coarser(running.job.grid, running.job.factor)
        duration_s = running.job.outlook.duration_h * 3600.0
        self._effort = self._effort.learned(grid, duration_s, answer.seconds)
        self.published += 1
        self.last_run, self.last_seconds = answer.run_id, answer.seconds
        self._end(running, "")
        return True

    def _watch_the_time(self, running: _Running) -> None:
        took_s = time.monotonic() - running.begun_s
        if took_s <= (self._config.budget_s + _PUBLISH_S if running.ready else _START_S):
            return
        running.process.kill()
        if running.ready:
            self._effort = Effort(4.0 * self._effort.per_step_s)
        self._end(running, f"not done within {took_s:.0f} s; the next is coarser")

    def _end(self, running: _Running, fault: str) -> None:
        running.process.join(5.0)
        running.answer.close()
        self._running = None
        if fault:
            self.failed += 1
            _LOG.warning("nowcast: %s", fault)

    def stop(self) -> None:
        """End what runs; the published city stands as it did, or as it will."""
        if self._running is not None:
            self._running.process.terminate()
            self._end(self._running, "stopped")


def _work(job: NowcastJob, answer: Connection) -> None:
    """Body of the process; what goes wrong is told in words."""
    try:
        warm_up(job.loaded.config.time_zone)
        answer.send(_Ready())
        answer.send(run_nowcast(job))
    except CityTwinError as error:
        answer.send(str(error))
    finally:
        answer.close()
