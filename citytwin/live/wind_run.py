"""The wind of the moment from a mast to the map: carried to every street, published in its place."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from functools import partial

from citytwin.config import LoadedConfig
from citytwin.errors import StoreError
from citytwin.live.feed_credits import credits_of_feeds
from citytwin.live.field_run import OfTheMoment, field_run
from citytwin.live.following import Done
from citytwin.live.measured_layer import (
    Origin,
    Shown,
    clock_of,
    content_of_measured,
    mean_note,
    payloads_used,
    synthetic_notes,
)
from citytwin.live.measured_wind import MeasuredWind
from citytwin.live.publishing import Standing, publish_beside
from citytwin.model.fields import WIND_SPEED_NOW, Field
from citytwin.model.grid import GridSpec
from citytwin.model.notes import Fact
from citytwin.model.text import text
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

    made: OfTheMoment
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
    hint = f"let `citytwin run` make {LAYER} with this configuration first"
    run = field_run(job.loaded, job.grid, _STEP, {}, hint)
    (ratios,) = run.fields
    made = run.over(tuple(job.wind.records.values()))
    return _Map(made, ratios, run.params.model_dump_json())


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
    mean = mean_note(clock_of(wind.at, job.loaded.config.time_zone), wind.measurements)
    notes = (*passed_on, *made.made.notes, mean, *synthetic_notes(credit, "風", "wind"))
    shown = Shown(made.made.values, notes, _facts_of(wind))
    inherited = below.lowered_from or below.classification
    origin = Origin(credit, wind.at, said, below.sources, (inherited,))
    return content_of_measured(job.loaded, LAYER, job.grid, shown, origin)


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
