"""One nowcast from the ground to the map: simulated, written as a layer, published beside the others."""

from __future__ import annotations

import hashlib
import json
import logging
import shutil
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import numpy as np

from citytwin import registry
from citytwin.config import LoadedConfig
from citytwin.engine.bare import WARNINGS, simulate
from citytwin.engine.locking import holding
from citytwin.engine.request import work_dir
from citytwin.engine.run import DEFAULT_TILE_CELLS
from citytwin.errors import StoreError
from citytwin.live.nowcast_ground import coarser, ground, raster
from citytwin.live.rain_outlook import Outlook
from citytwin.live.warned_area import document_of
from citytwin.live_config import FeedConfig, NowcastConfig
from citytwin.model.fields import BUILDING_MASK, FLOOD_DEPTH_MAX, ROUGHNESS, TERRAIN
from citytwin.model.grid import GridSpec
from citytwin.model.layer import InputFile, Latest, LayerDocument, SourceCredit, highest
from citytwin.model.notes import Fact, Note
from citytwin.model.steps import LayerRecipe
from citytwin.model.text import text
from citytwin.store.latest import published_city
from citytwin.store.layer_writer import LayerContent, write_layer
from citytwin.store.publish import RunInfo, StagedLayer, prune, publish
from citytwin.viewer.export import export_viewer, remove_viewer

_LOG = logging.getLogger(__name__)
_SHOWN = "flood_depth_max"
_GROUND = ("terrain", "buildings")
"""Layers made from the sources that the ground of a nowcast is made from."""
_KEEP = 3
"""Runs of each layer that stay."""


@dataclass(frozen=True)
class NowcastJob:
    """All that a nowcast is made from; small enough to be sent to another process."""

    loaded: LoadedConfig
    config: NowcastConfig
    outlook: Outlook
    grid: GridSpec
    """Of the city."""
    factor: int


@dataclass(frozen=True)
class Done:
    """What became of a nowcast."""

    run_id: str
    seconds: float
    """Of the simulation."""


def warm_up(time_zone: str) -> None:
    """Compute a flood of a minute on a hundred cells: what is not compiled yet is compiled now.

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
    rain = [{"start_minutes": 0, "end_minutes": 1, "mm_per_h": 10}]
    start = datetime(2026, 1, 1, tzinfo=UTC).isoformat()
    simulate(
        "flood",
        rasters,
        {"start": start, "duration_h": 1 / 60, "rain": rain},
        time_zone=time_zone,
    )


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
    loaded, rain = job.loaded, job.outlook
    work = work_dir(loaded)
    begun_s = time.monotonic()
    params: dict[str, Any] = {
        **job.config.params,
        "start": rain.start.isoformat(),
        "duration_h": rain.duration_h,
        "rain": [
            {
                "start_minutes": r.start_minutes,
                "end_minutes": r.end_minutes,
                "mm_per_h": min(r.mm_per_h, 500.0),
            }
            for r in rain.rain
        ],
    }
    rasters = ground(work, job.grid, DEFAULT_TILE_CELLS, job.factor)
    flood = simulate("flood", rasters, params, time_zone=loaded.config.time_zone)
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
    own = write_layer(_content(job, depth, standing, warned), staging)
    layers: list[StagedLayer] = []
    for entry in latest.layers:
        document = standing[entry.id]
        if document is not None and entry.id != job.config.name:
            missing = work_dir(loaded) / "staging" / f"{entry.id}.none"
            layers.append(StagedLayer(document, missing))
    place = next((k for k, s in enumerate(layers) if s.document.group == own.group), len(layers))
    layers.insert(place, StagedLayer(own, staging))
    now = datetime.now(UTC).replace(microsecond=0)
    info = _info(latest, layers, now, loaded.sha256)
    closed = latest.publication == "served"
    publish(loaded.city_dir, layers, info, remove_viewer if closed else export_viewer)
    prune(loaded.city_dir, _KEEP)
    return info.run_id


def _info(latest: Latest, layers: list[StagedLayer], now: datetime, sha256: str) -> RunInfo:
    return RunInfo(
        run_id=now.strftime("%Y%m%dT%H%M%SZ"),
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


def _content(
    job: NowcastJob,
    depth: np.ndarray[Any, Any],
    standing: dict[str, LayerDocument | None],
    warned: tuple[str, ...],
) -> LayerContent:
    """The layer, with everything that it descends from."""
    rain, live = job.outlook, job.loaded.config.live
    shown = next(r for r in registry.all_of(LayerRecipe) if r.id == _SHOWN)
    below = [d for name in _GROUND if (d := standing.get(name)) is not None]
    feeds = [feed for feed in (live.feeds if live else ()) if _drives(feed, job)]
    credit = [
        SourceCredit(
            title=feed.title,
            sha256=hashlib.sha256("\n".join(rain.references).encode()).hexdigest(),
            licence=feed.licence,
            synthetic=feed.synthetic or rain.synthetic,
        )
        for feed in feeds
    ]
    said = json.dumps(
        [
            [(r.start_minutes, r.end_minutes, r.mm_per_h) for r in rain.rain],
            rain.start.isoformat(),
            job.factor,
            job.config.model_dump(mode="json"),
            [document.fingerprint for document in below],
        ]
    )
    # the tables below are those of the sources, which no rule for a layer has lowered
    classes = [
        *(f.classification for f in feeds),
        *(d.lowered_from or d.classification for d in below),
    ]
    given = [*dict.fromkeys(c for document in below for c in document.sources), *credit]
    return LayerContent(
        recipe=replace(
            shown,
            id=job.config.name,
            title=text("浸水ナウキャスト（最大浸水深）", "Flood nowcast (maximum depth)"),
            summary=text(
                "直近の雨量計の観測と、現在の雨がそのまま続くと仮定した雨による、これから1時間の浸水の見通し"
                "です。粗い格子の速報で、避難の判断には自治体の情報を使ってください。",
                "Flood of the next hour, from the rain that gauges measured lately and the same rate"
                " going on. A quick look on coarse cells; for evacuation follow the authorities.",
            ),
            visible=True,
        ),
        grid=coarser(job.grid, job.factor),
        array=depth,
        frame=None,
        notes=(*_notes(job), *(Note(severity="loss", ja=w, en=w) for w in warned)),
        facts=_facts(job),
        classification=highest(classes),
        valid_time=rain.now,
        licence="; ".join(dict.fromkeys(c.licence for c in given)),
        sources=tuple(given),
        fingerprint=hashlib.sha256(said.encode()).hexdigest(),
        inputs=tuple(
            InputFile(
                href=f"raw/{sha256}",
                sha256=sha256,
                title=feeds[0].title,
                licence=feeds[0].licence,
                synthetic=feeds[0].synthetic or rain.synthetic,
            )
            for sha256 in (rain.references if feeds else ())
        ),
        vertical_datum=job.loaded.config.vertical_datum,
    )


def _drives(feed: FeedConfig, job: NowcastJob) -> bool:
    pattern = job.config.when.things
    return pattern == "*" or f":{feed.name}:" in pattern


def _notes(job: NowcastJob) -> tuple[Note, ...]:
    rain, cell = job.outlook, job.grid.cell_m * job.factor
    clock = rain.now.strftime("%Y-%m-%dT%H:%M:%SZ")
    notes = [
        Note(
            severity="info",
            ja=f"{clock} までの雨量計 {rain.gauges} 箇所の観測と、以後 {rain.lasting_mm_h:.1f} mm/h が続くと"
            f"仮定した雨による（セル {cell:g} m）",
            en=f"Rain of {rain.gauges} gauges until {clock}, and {rain.lasting_mm_h:.1f} mm/h going"
            f" on from then (cells of {cell:g} m)",
        )
    ]
    if rain.missing:
        notes.append(
            Note(
                severity="fallback",
                ja=f"観測のない10分間の区間（{rain.missing} 区間）は現在の雨で補いました",
                en="Intervals of 10 minutes without any observation have the present rate: "
                f"{rain.missing}",
            )
        )
    if rain.synthetic:
        notes.append(
            Note(
                severity="synthetic",
                ja="雨の観測は合成データで、実測ではありません",
                en="The rain is synthetic: generated, not measured",
            )
        )
    return tuple(notes)


def _facts(job: NowcastJob) -> tuple[Fact, ...]:
    rain = job.outlook
    return (
        Fact(
            name="lasting_rain_rate",
            label=text("続くと仮定した雨", "Rain assumed to last"),
            value=round(rain.lasting_mm_h, 3),
            unit="mm/h",
        ),
        Fact(
            name="observations_used",
            label=text("使用した観測電文", "Payloads used"),
            value=float(len(rain.references)),
            unit="1",
        ),
    )
