"""A layer that shows what feeds measured, with everything that it descends from."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray

from citytwin import registry
from citytwin.config import LoadedConfig
from citytwin.live.feed_credits import FeedCredits
from citytwin.model.grid import GridSpec
from citytwin.model.layer import Classification, SourceCredit, highest
from citytwin.model.notes import Fact, Note
from citytwin.model.steps import LayerRecipe
from citytwin.model.text import text
from citytwin.security.lowering import lower
from citytwin.store.layer_writer import LayerContent


@dataclass(frozen=True, eq=False)
class Shown:
    """What a layer shows and says."""

    values: NDArray[np.float32] | gpd.GeoDataFrame
    """Shape (ny, nx) of the grid, or rows."""
    notes: tuple[Note, ...]
    facts: tuple[Fact, ...]


@dataclass(frozen=True)
class Origin:
    """What it was made from."""

    credit: FeedCredits
    at: datetime
    """Last measurement (aware)."""
    said: str
    """Everything that the values follow from."""
    sources: tuple[SourceCredit, ...] = ()
    """Of what it was computed from besides."""
    classes: tuple[Classification, ...] = ()
    """Of these, before any rule lowered them."""


def content_of_measured(
    loaded: LoadedConfig, layer: str, grid: GridSpec, shown: Shown, origin: Origin
) -> LayerContent:
    """Return the layer, as protected as all that it was made from, unless a rule lowers it.

    Parameters
    ----------
    loaded
        The configuration.
    layer
        Its id.
    grid
        Of the city.
    shown, origin
        What it shows, and what it was made from.
    """
    config = loaded.config
    inherited = highest([*origin.classes, *origin.credit.classes])
    lowered = lower(layer, inherited, config.lowerings)
    sources = (*origin.sources, *origin.credit.sources)
    is_table = isinstance(shown.values, gpd.GeoDataFrame)
    return LayerContent(
        recipe=registry.named(LayerRecipe, layer),
        grid=grid,
        array=None if is_table else shown.values,
        frame=shown.values if is_table else None,
        notes=tuple(dict.fromkeys((*shown.notes, *lowered.notes))),
        facts=shown.facts,
        classification=lowered.classification,
        lowered_from=inherited if lowered.notes else None,
        valid_time=origin.at,
        licence="; ".join(dict.fromkeys(source.licence for source in sources)),
        sources=sources,
        inputs=origin.credit.inputs,
        vertical_datum=config.vertical_datum,
        fingerprint=hashlib.sha256(origin.said.encode()).hexdigest(),
    )


def synthetic_notes(credit: FeedCredits, ja: str, en: str) -> tuple[Note, ...]:
    """Return the note that what was measured is generated, or nothing where it is not.

    Parameters
    ----------
    credit
        Of the feeds.
    ja, en
        What was measured, such as "wind".
    """
    if not credit.synthetic:
        return ()
    note = Note(
        severity="synthetic",
        ja=f"{ja}の観測は合成データで、実測ではありません",
        en=f"The {en} is synthetic: generated, not measured",
    )
    return (note,)


def clock_of(at: datetime, zone: str) -> str:
    """Return a time as the clocks of a city show it.

    Parameters
    ----------
    at
        Aware.
    zone
        IANA name.
    """
    return f"{at.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M:%S}"


def mean_note(clock: str, measurements: int) -> Note:
    """Return the note from how many measurements of a sensor it was made, until when.

    Parameters
    ----------
    clock
        Of the last one, by :func:`clock_of`.
    measurements
        Of which it is the mean.
    """
    mean = "one measurement" if measurements == 1 else f"the mean of {measurements} measurements"
    return Note(
        severity="info",
        ja=f"ライブの観測（現地時刻 {clock} まで、{measurements} 回の平均）による",
        en=f"Made live from {mean} until {clock} local time",
    )


def payloads_used(payloads: Mapping[str, Sequence[str]]) -> Fact:
    """Return how many payloads went in.

    Parameters
    ----------
    payloads
        Their sha256 by feed.
    """
    return Fact(
        name="observations_used",
        label=text("使用した観測電文", "Payloads used"),
        value=float(sum(map(len, payloads.values()))),
        unit="1",
    )
