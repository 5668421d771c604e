"""The sky of the moment from a sensor to the map: its light on ground and roofs, published in its place."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from functools import partial

from citytwin.config import LoadedConfig
from citytwin.live.feed_credits import credits_of_feeds
from citytwin.live.field_run import FieldRun, OfTheMoment, field_run
from citytwin.live.following import Done
from citytwin.live.ground_credits import Ground, ground_of
from citytwin.live.measured_layer import (
    Origin,
    Shown,
    clock_of,
    content_of_measured,
    mean_note,
    payloads_used,
    synthetic_notes,
)
from citytwin.live.measured_sky import MeasuredSky
from citytwin.live.publishing import Standing, publish_beside
from citytwin.model.fields import IRRADIANCE_NOW
from citytwin.model.grid import GridSpec
from citytwin.model.notes import Fact
from citytwin.store.layer_writer import LayerContent

LAYER = IRRADIANCE_NOW.name
_STEP = "irradiance_now"
_HINT = "list a layer of sunlight, such as sky_view_factor, under `layers` and run `citytwin run`"


@dataclass(frozen=True)
class SunlightJob:
    """One map of the irradiance that is wanted; small enough to be sent to another process."""

    loaded: LoadedConfig
    observed: str
    """What the sensor measures, as the simulation names it."""
    sky: MeasuredSky
    grid: GridSpec
    """Of the city."""


@dataclass(frozen=True, eq=False)
class _Map:
    """What the simulation made of a sky, over which ground."""

    made: OfTheMoment
    ground: Ground
    run: FieldRun


def run_sunlight(job: SunlightJob) -> Done:
    """Compute and publish the irradiance of the moment.

    It has the parameters of `irradiance_now` in the configuration, but for `moment` and `observed`.

    Parameters
    ----------
    job
        What is wanted.

    Raises
    ------
    BusyError
        If another command changes the city.
    CityTwinError
        If the heights of the city are missing.
    """
    begun_s = time.monotonic()
    run = field_run(job.loaded, job.grid, _STEP, {"observed": job.observed}, _HINT)
    made = _Map(run.over([job.sky.record]), ground_of(job.loaded, run.fields, _HINT), run)
    seconds = time.monotonic() - begun_s
    return Done(publish_beside(job.loaded, LAYER, partial(_content_of, job, made)), seconds)


def _content_of(job: SunlightJob, made: _Map, standing: Standing) -> LayerContent:
    live, sky = job.loaded.config.live, job.sky
    feeds = live.feeds if live else ()
    credit = credits_of_feeds(feeds, sky.payloads, synthetic=sky.thing.synthetic)
    ground = made.ground.credits(standing)
    said = json.dumps(
        [
            [sky.observed.name, sky.mean, sky.minutes, sky.at.isoformat(), sky.payloads],
            made.run.params.model_dump_json(),
            ground.fingerprints,
        ]
    )
    notes = (
        *ground.notes,
        *made.made.notes,
        mean_note(clock_of(sky.at, job.loaded.config.time_zone), sky.measurements),
        *synthetic_notes(credit, "空", "sky"),
    )
    shown = Shown(made.made.values, notes, _facts_of(sky))
    origin = Origin(credit, sky.at, said, ground.sources, (made.ground.classification,))
    return content_of_measured(job.loaded, LAYER, job.grid, shown, origin)


def _facts_of(sky: MeasuredSky) -> tuple[Fact, ...]:
    return (
        Fact(
            name=f"{sky.observed.name}_measured",
            label=sky.observed.title,
            value=round(sky.mean, 1),
            unit=sky.observed.unit,
        ),
        payloads_used(sky.payloads),
    )
