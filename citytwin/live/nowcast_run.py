"""One nowcast from the ground to the map: simulated, written as a layer, published beside the others."""

from __future__ import annotations

import time

import numpy as np

from citytwin.engine.bare import WARNINGS
from citytwin.engine.request import work_dir
from citytwin.engine.run import DEFAULT_TILE_CELLS
from citytwin.live.following import Done
from citytwin.live.nowcast_flood import flooded
from citytwin.live.nowcast_ground import ground
from citytwin.live.nowcast_job import NowcastJob
from citytwin.live.nowcast_layer import content_of
from citytwin.live.publishing import publish_beside
from citytwin.model.fields import FLOOD_DEPTH_MAX


def run_nowcast(job: NowcastJob) -> Done:
    """Compute and publish a nowcast.

    Parameters
    ----------
    job
        What is wanted.

    Raises
    ------
    BusyError
        If another command changes the city.
    CityTwinError
        If the ground is missing, or the simulation fails.
    """
    loaded = job.loaded
    begun_s = time.monotonic()
    flood = flooded(job, ground(work_dir(loaded), job.grid, DEFAULT_TILE_CELLS, job.factor))
    seconds = time.monotonic() - begun_s
    depth = np.asarray(flood[FLOOD_DEPTH_MAX.name].values, dtype=np.float32)
    warned = tuple(said for said in str(flood.attrs[WARNINGS]).split("\n") if said)
    run_id = publish_beside(
        loaded, job.config.name, lambda standing: content_of(job, depth, standing, warned)
    )
    return Done(run_id, seconds)
