"""The wind of the moment from a mast to the map: carried to every street, published in its place."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from citytwin import registry
from citytwin.config import LoadedConfig
from citytwin.engine.bare import bound_params
from citytwin.engine.blocks import block_of
from citytwin.engine.request import work_dir
from citytwin.engine.run import DEFAULT_TILE_CELLS
from citytwin.errors import StoreError
from citytwin.live.feed_credits import credits_of_feeds
from citytwin.live.following import Done
from citytwin.live.measured_layer import (
    Origin,
    Shown,
    content_of_measured,
    payloads_used,
    synthetic_notes,
)
from citytwin.live.measured_wind import MeasuredWind
from citytwin.live.publishing import Standing, publish_beside
from citytwin.model.fields import WIND_SPEED_NOW, Field
from citytwin.model.grid import GridSpec, Tile
from citytwin.model.notes import Fact, Note
from citytwin.model.steps import Outcome, Params, Simulation, Site
from citytwin.model.text import text
from citytwin.store.fields import FieldStore
from citytwin.store.layer_writer import LayerContent

LAYER = WIND_SPEED_NOW.name
_STEP = "wind_now"


@dataclass(frozen=True)
class WindJob:
    """One map of the wind that is wanted; small enough to be sent to another process."""

    loaded: LoadedConfig
    wind: MeasuredWind
    grid: GridSpec
    """Of the city."""


@dataclass(frozen=True, eq=False)
class _Map:
    """What the simulation made of a wind."""

    speed_m_s: NDArray[np.float32]
    notes: tuple[Note, ...]
    ratios: Field
    said: str
    """Of its parameters."""


def run_wind(job: WindJob) -> Done:
    """Compute and publish the wind of the moment.

    It has the parameters of `wind_now` in the configuration, but no `moment`: that is the last measurement.

    Parameters
    ----------
    job
        What is wanted.

    Raises
    ------
    BusyError
        If another command changes the city.
    CityTwinError
        If the ratios are missing, or nobody says how high the mast is.
    """
    begun_s = time.monotonic()
    made = _computed(job)
    seconds = time.monotonic() - begun_s
    return Done(publish_beside(job.loaded, LAYER, partial(_content_of, job, made)), seconds)


def _computed(job: WindJob) -> _Map:
    step: Simulation[Any] = registry.named(Simulation, _STEP)
    given = [s.params for s in job.loaded.config.simulations if s.use == _STEP]
    own = {name: value for name, value in (given or [{}])[0].items() if name != "moment"}
    params = bound_params(step, own)
    (ratios,) = (need for need in step.required(params) if isinstance(need, Field))
    store = FieldStore(work_dir(job.loaded) / "fields", job.grid, DEFAULT_TILE_CELLS)
    if not store.has(ratios, job.grid.whole):
        msg = f"the working store holds no {ratios.name}"
        raise StoreError(msg, hint=f"let `citytwin run` make {LAYER} with this configuration first")
    speed = np.full(job.grid.shape, np.nan, dtype=np.float32)
    notes: tuple[Note, ...] = (_calm_note(job.wind),)
    for tile in job.grid.tiles(DEFAULT_TILE_CELLS):
        if job.wind.calm:
            here = store.read_one(ratios, tile, 0)
            speed[tile.slices] = np.where(np.isnan(here), np.nan, 0.0)
            continue
        outcome = _of_tile(job, step, params, (store, ratios, tile))
        speed[tile.slices], notes = outcome.fields[WIND_SPEED_NOW], outcome.notes
    return _Map(speed, notes, ratios, params.model_dump_json())


def _of_tile(
    job: WindJob, step: Simulation[Any], params: Params, where: tuple[FieldStore, Field, Tile]
) -> Outcome:
    store, ratios, tile = where
    site = Site.of(job.grid, job.loaded.config.time_zone)
    arrays = {ratios: store.read(ratios, tile)}
    directions = {ratios: store.directions(ratios)}
    return step.run(block_of(job.grid, tile, arrays, job.wind.records, site, directions), params)


def _calm_note(wind: MeasuredWind) -> Note:
    clock = wind.at.strftime("%Y-%m-%dT%H:%M:%SZ")
    return Note(
        severity="info",
        ja=f"{clock} の観測は {wind.speed_m_s:.1f} m/s で静穏（0.5 m/s 未満、風向なし）のため、0 m/s としています",
        en=f"At {clock} {wind.speed_m_s:.1f} m/s were measured: calm, below 0.5 m/s and without a direction,"
        " shown as 0 m/s",
    )


def _content_of(job: WindJob, made: _Map, standing: Standing) -> LayerContent:
    below = standing.get(made.ratios.name)
    if below is None:
        msg = f"layer {made.ratios.name} is not published, so nobody knows what the wind descends from"
        raise StoreError(msg, hint=f"add {made.ratios.name} to `layers` and run `citytwin run`")
    live, wind = job.loaded.config.live, job.wind
    feeds = live.feeds if live else ()
    credit = credits_of_feeds(feeds, wind.payloads, synthetic=wind.thing.synthetic)
    # documents do not tell premises from other remarks, but the map before had them passed on as well
    before = standing.get(LAYER)
    told = () if before is None else before.notes
    passed_on = [note for note in below.notes if note.severity != "info" or note in told]
    said = json.dumps(
        [wind.vector_m_s, wind.at.isoformat(), wind.payloads, made.said, below.fingerprint]
    )
    notes = (*passed_on, *made.notes, _mean_note(wind), *synthetic_notes(credit, "風", "wind"))
    shown = Shown(made.speed_m_s, notes, _facts_of(wind))
    origin = Origin(credit, wind.at, said, (below,))
    return content_of_measured(job.loaded, LAYER, job.grid, shown, origin)


def _mean_note(wind: MeasuredWind) -> Note:
    clock = wind.at.strftime("%Y-%m-%dT%H:%M:%SZ")
    return Note(
        severity="info",
        ja=f"ライブの観測（{clock} まで、{wind.measurements} 回の平均）による",
        en=f"Made live from the mean of {wind.measurements} measurements until {clock}",
    )


def _facts_of(wind: MeasuredWind) -> tuple[Fact, ...]:
    return (
        Fact(
            name="wind_speed_measured",
            label=text("観測風速", "Wind speed as measured"),
            value=round(wind.speed_m_s, 2),
            unit="m/s",
        ),
        Fact(
            name="wind_from_direction_measured",
            label=text("観測風向", "Wind direction as measured"),
            value=round(wind.from_deg, 1),
            unit="degree",
        ),
        payloads_used(wind.payloads),
    )
