"""One nowcast from the ground to the map: simulated, written as a layer, published beside the others."""

from __future__ import annotations

import logging
import shutil
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np

from citytwin.engine.bare import WARNINGS
from citytwin.engine.locking import holding
from citytwin.engine.request import work_dir
from citytwin.engine.run import DEFAULT_TILE_CELLS
from citytwin.errors import StoreError
from citytwin.live.nowcast_flood import flooded
from citytwin.live.nowcast_ground import ground
from citytwin.live.nowcast_job import NowcastJob
from citytwin.live.nowcast_layer import content_of
from citytwin.model.fields import FLOOD_DEPTH_MAX
from citytwin.model.layer import Latest, highest
from citytwin.store.latest import document_of, published_city, run_id_after
from citytwin.store.layer_writer import write_layer
from citytwin.store.publish import RunInfo, StagedLayer, beside_its_group, prune, publish
from citytwin.viewer.export import export_viewer, remove_viewer

_LOG = logging.getLogger(__name__)
_KEEP = 3
"""Runs of each layer that stay."""


@dataclass(frozen=True)
class Done:
    """What became of a nowcast."""

    run_id: str
    seconds: float
    """Of the simulation."""


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
    with holding(loaded):
        run_id = _publish(job, depth, warned)
    return Done(run_id, seconds)


def _publish(job: NowcastJob, depth: np.ndarray[Any, Any], warned: tuple[str, ...]) -> str:
    loaded = job.loaded
    latest = published_city(loaded.city_dir)
    if latest is None:
        msg = f"nothing is published in {loaded.city_dir}"
        raise StoreError(msg, hint="run `citytwin run` first")
    standing = {e.id: document_of(loaded.city_dir / e.path) for e in latest.layers}
    staging = work_dir(loaded) / "staging" / job.config.name
    shutil.rmtree(staging, ignore_errors=True)
    staging.mkdir(parents=True)
    own = write_layer(content_of(job, depth, standing, warned), staging)
    others = [
        StagedLayer.standing(loaded.city_dir, document)
        for name, document in standing.items()
        if document is not None and name != job.config.name
    ]
    layers = beside_its_group(others, StagedLayer(own, staging))
    now = datetime.now(UTC).replace(microsecond=0)
    info = _info(latest, layers, now, loaded.sha256)
    closed = latest.publication == "served"
    publish(loaded.city_dir, layers, info, remove_viewer if closed else export_viewer)
    prune(loaded.city_dir, _KEEP)
    return info.run_id


def _info(latest: Latest, layers: list[StagedLayer], now: datetime, sha256: str) -> RunInfo:
    return RunInfo(
        run_id=run_id_after(latest, now),
        published=now,
        config_sha256=sha256,
        city=latest.city,
        crs=latest.crs,
        vertical_datum=latest.vertical_datum,
        time_zone=latest.time_zone,
        view=latest.view,
        classification=highest([layer.document.classification for layer in layers]),
        synthetic=any(c.synthetic for layer in layers for c in layer.document.sources),
        publication=latest.publication,
    )
