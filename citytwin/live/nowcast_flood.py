"""The flood of a nowcast: rain and levels of its outlook over the ground of the last run."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from pyproj import CRS

from citytwin.engine.bare import simulate
from citytwin.formats.rain.image import RainImage
from citytwin.formats.rain.lattice import Lattice
from citytwin.formats.rain.tables import table_of
from citytwin.live.nowcast_ground import raster
from citytwin.live.nowcast_job import NowcastJob
from citytwin.live.rain_frames import rain_frames
from citytwin.live.rain_outlook import RateInterval
from citytwin.live.stage_outlook import StageLine
from citytwin.model.fields import BUILDING_MASK, ROUGHNESS, TERRAIN
from citytwin.model.grid import GridSpec
from citytwin.model.tables import RAIN_FRAMES


def warm_up(time_zone: str) -> None:
    """Compute floods of a minute on a hundred cells: what is not compiled yet is compiled now.

    Parameters
    ----------
    time_zone
        Of the city.
    """
    grid = GridSpec("EPSG:6677", 0.0, 0.0, 10.0, 10, 10)
    values = np.zeros(grid.shape)
    names = (TERRAIN.name, BUILDING_MASK.name, ROUGHNESS.name)
    rasters = {name: raster(values + 0.03, grid) for name in names[::2]}
    rasters[names[1]] = raster(values, grid)
    start = datetime(2026, 1, 1, tzinfo=UTC)
    params = {"start": start, "duration_h": 1 / 60}
    rain = [{"start_minutes": 0, "end_minutes": 1, "mm_per_h": 10}]
    simulate("flood", rasters, params | {"rain": rain}, time_zone=time_zone)
    begin_s = int(start.timestamp())
    rate = np.full((1, 1), 10.0)
    image = RainImage(
        rate.astype(np.float32), CRS.from_user_input(grid.crs), 0.0, 0.0, 100.0, 100.0,
        begin_s, begin_s + 60, None, "", "",
    )  # fmt: skip
    frames = table_of("warm_up", Lattice(grid.crs, 0.0, 0.0, 100.0, 1, 1), [(image, rate)])
    given = {**rasters, RAIN_FRAMES.name: frames}
    simulate("flood", given, params | {"rain_images": {}}, time_zone=time_zone)


def flooded(job: NowcastJob, rasters: Mapping[str, xr.DataArray]) -> xr.Dataset:
    """Compute the flood of a nowcast.

    Parameters
    ----------
    job
        Its rain and levels: place by place where a radar sees the city, else the mean of gauges.
    rasters
        The ground by field name, as :func:`citytwin.engine.bare.simulate` takes it.

    Returns
    -------
    Dataset
        What `simulate` gives.

    Raises
    ------
    CityTwinError
        If the simulation fails.
    """
    rain = job.outlook
    params: dict[str, Any] = {
        **job.config.params,
        "start": rain.start.isoformat(),
        "duration_h": rain.duration_h,
    }
    given: dict[str, xr.DataArray | pd.DataFrame] = {**rasters}
    frames = rain_frames(rain, job.grid)
    if frames is None:
        params["rain"] = [_interval(one) for one in rain.rain]
    else:
        params["rain_images"] = {}
        given[RAIN_FRAMES.name] = frames
    if job.stages:
        params["levels"] = [_level(line) for line in job.stages]
    return simulate("flood", given, params, time_zone=job.loaded.config.time_zone)


def _interval(one: RateInterval) -> dict[str, float]:
    """Rain of an interval as the simulation takes it."""
    return {
        "start_minutes": one.start_minutes,
        "end_minutes": one.end_minutes,
        "mm_per_h": min(one.mm_per_h, 500.0),
    }


def _level(line: StageLine) -> dict[str, Any]:
    """One level as the simulation takes it."""
    points = zip(line.minutes, line.level_m, strict=True)
    place = line.config.outline or None
    return {
        "stage": [{"minutes": minutes, "level_m": level_m} for minutes, level_m in points],
        "name": None if line.config.title is None else line.config.title.model_dump(),
        **({"outline": place} if place else {"edge": line.config.edge}),
    }
