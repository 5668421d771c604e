"""A nowcast as a layer of the map, with everything that it descends from."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from citytwin import registry
from citytwin.engine.bind import bind
from citytwin.engine.openness import classification_of_made
from citytwin.engine.plan import plan
from citytwin.live.feed_credits import credits_of_feeds
from citytwin.live.nowcast_ground import GROUND, coarser
from citytwin.live.nowcast_job import NowcastJob
from citytwin.live.nowcast_notes import facts_of, notes_of
from citytwin.model.layer import LayerDocument, highest
from citytwin.model.notes import Note
from citytwin.model.steps import LayerRecipe
from citytwin.model.text import Text, text
from citytwin.store.layer_writer import LayerContent

_SHOWN = "flood_depth_max"
_CREDITED = ("terrain", "buildings")
"""Layers made from the sources that the ground of a nowcast is made from."""


def content_of(
    job: NowcastJob,
    depth: np.ndarray[Any, Any],
    standing: Mapping[str, LayerDocument | None],
    warned: tuple[str, ...],
) -> LayerContent:
    """Return the layer, with everything that it descends from.

    Parameters
    ----------
    job
        What was wanted.
    depth
        Shape (ny, nx) of its grid: largest depth [m].
    standing
        Documents of the published layers, by id.
    warned
        What the simulation says against itself.
    """
    shown = next(r for r in registry.all_of(LayerRecipe) if r.id == _SHOWN)
    below = [d for name in _CREDITED if (d := standing.get(name)) is not None]
    live = job.loaded.config.live
    feeds = live.feeds if live else ()
    credit = credits_of_feeds(feeds, job.payloads, synthetic=job.outlook.synthetic)
    # the ground lies in the working store, whatever of it is published, and lowered by which rule
    ground = classification_of_made(plan(bind(job.loaded)), GROUND)
    inherited = (source for document in below for source in document.sources)
    given = [*dict.fromkeys(inherited), *credit.sources]
    return LayerContent(
        recipe=replace(
            shown,
            id=job.config.name,
            title=text("浸水ナウキャスト（最大浸水深）", "Flood nowcast (maximum depth)"),
            summary=_summary(job),
            visible=True,
        ),
        grid=coarser(job.grid, job.factor),
        array=depth,
        frame=None,
        notes=(*notes_of(job), *(Note(severity="loss", ja=w, en=w) for w in warned)),
        facts=facts_of(job),
        classification=highest([ground, *credit.classes]),
        valid_time=job.outlook.now,
        licence="; ".join(dict.fromkeys(c.licence for c in given)),
        sources=tuple(given),
        fingerprint=_fingerprint(job, below),
        inputs=credit.inputs,
        vertical_datum=job.loaded.config.vertical_datum,
    )


def _summary(job: NowcastJob) -> Text:
    minutes = job.config.next_minutes
    by = (
        text(
            "雨量計で補正したレーダー雨量と、その移動を外挿した雨による",
            "from the rain of radar and gauges, carried on along its motion",
        )
        if job.outlook.radar
        else text(
            "直近の雨量計の観測と、現在の雨がそのまま続くと仮定した雨による",
            "from the rain that gauges measured lately and the same rate going on",
        )
    )
    return text(
        f"{by.ja}、これから {minutes:g} 分間の浸水の見通しです。粗い格子の速報で、避難の判断には自治体の情報を"
        "使ってください。",
        f"Flood of the next {minutes:g} minutes, {by.en}. A quick look on coarse cells; for evacuation"
        " follow the authorities.",
    )


def _fingerprint(job: NowcastJob, below: Sequence[LayerDocument]) -> str:
    rain = job.outlook
    said = json.dumps(
        [
            [(r.start_minutes, r.end_minutes, r.mm_per_h) for r in rain.rain],
            job.payloads,  # images follow from them
            rain.start.isoformat(),
            [(line.minutes, line.level_m) for line in job.stages],
            job.factor,
            job.config.model_dump(mode="json"),
            [document.fingerprint for document in below],
        ]
    )
    return hashlib.sha256(said.encode()).hexdigest()
