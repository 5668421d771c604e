"""Payloads of a feed -> what the store of observations takes; nothing that comes in can stop it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from pydantic import ValidationError

from citytwin import registry
from citytwin.errors import CityTwinError, ConfigError, SourceError
from citytwin.formats.climatology import Climatology
from citytwin.formats.observations import Batch, reject_of
from citytwin.formats.rain.lattice import Sampler
from citytwin.formats.reading_columns import ReadingColumns
from citytwin.live.rain_area import RainArea
from citytwin.live_config import FeedConfig
from citytwin.model.notes import Reject
from citytwin.model.steps import Format, Params
from citytwin.store.observations import (
    DeadLetter,
    DecodedFeed,
    decoded_feed,
    raw_ref_of,
)
from citytwin.store.observations.intake import AHEAD_US, said_of_future
from citytwin.transports.connector import Payload
from citytwin.wording import explain, nearest

_LOG = logging.getLogger(__name__)


def _nowhere(batch: Batch) -> Batch:
    """Without a city, images have no place; everything else does."""
    if not batch.images:
        return batch
    hint = "run `citytwin run`, then start `citytwin sync` again"
    fault = SourceError("nothing is published: the city has no place", source=batch.file, hint=hint)
    return replace(batch, images=(), rejects=(*batch.rejects, reject_of(fault, "area")))


@dataclass(frozen=True)
class FeedDecoder:
    """Decodes the payloads of one feed."""

    feed: FeedConfig
    step: Format[Any]
    params: Params
    place: Callable[[Batch], Batch] = _nowhere
    """Brings images of rain onto the lattice of the city."""
    climatology: Climatology | None = None
    """What the months know at the place of the city; None: that is not tested."""

    def decode(self, payload: Payload) -> tuple[Batch | None, DecodedFeed | DeadLetter]:
        """Decode a payload.

        Parameters
        ----------
        payload
            As it came.

        Returns
        -------
        batch : Batch or None
            What it holds, readings from the future left out; None where it cannot be read.
        stored : DecodedFeed or DeadLetter
            The same for the store, or why it cannot be read.
        """
        try:
            found = self.step.decode and self.step.decode(
                payload.content, payload.origin, int(payload.fetched_at.timestamp()), self.params
            )
            if not isinstance(found, Batch):
                msg = f"the decoder of {self.step.name} gave {type(found).__name__}"
                raise TypeError(msg)
            batch = _without_future(self.place(found), payload)
            if self.climatology is not None:
                readings = self.climatology.tested(ReadingColumns.of(batch.readings))
                batch = replace(batch, readings=readings)
            return batch, decoded_feed(self.feed.name, batch, synthetic=self.feed.synthetic)
        except CityTwinError as error:
            return None, self._letter(payload, "unreadable", str(error))
        except Exception as error:  # noqa: BLE001 - see below
            # A payload that a decoder falls over is a fault of ours, and no end of the twin.
            _LOG.exception("feed %s: the decoder fails", self.feed.name)
            return None, self._letter(payload, "fault", f"{type(error).__name__}: {error}")

    def _letter(self, payload: Payload, reason: str, message: str) -> DeadLetter:
        ref = raw_ref_of(payload.content)
        return DeadLetter(self.feed.name, reason, message[:1000], payload.origin[:200], ref)


def decoder_of(
    feed: FeedConfig, area: RainArea | None = None, climatology: Climatology | None = None
) -> FeedDecoder:
    """Return the decoder of a feed.

    Parameters
    ----------
    feed
        From the configuration.
    area
        Where images of rain are wanted; None while the city has no place.
    climatology
        What the months know at the place of the city; None: that is not tested.

    Raises
    ------
    ConfigError
        If there is no such format, it reads no single payloads, or its parameters are wrong.
    """
    formats = {step.name: step for step in registry.all_of(Format)}
    able = sorted(name for name, step in formats.items() if step.decode is not None)
    where = f"live.feeds[{feed.name}]"
    if feed.use not in able:
        if feed.use in formats:
            msg = f"{where}.use: the format {feed.use} reads whole data sets, no single payloads"
            raise ConfigError(msg, hint=f"formats of feeds are {', '.join(able)}")
        raise ConfigError(f"{where}.use: {feed.use!r} is no format{nearest(feed.use, able)}")
    step = formats[feed.use]
    try:
        params = step.params.model_validate(feed.params)
    except ValidationError as error:
        raise ConfigError(explain(error, step.params, f"{where}.params")) from error
    place = _nowhere if area is None else partial(area.brought, sampler=Sampler(area.lattice))
    return FeedDecoder(feed, step, params, place, climatology)


def _without_future(batch: Batch, payload: Payload) -> Batch:
    """The same with its readings in columns, those from the future set aside."""
    arrival_us = round(payload.fetched_at.timestamp() * 1e6)
    readings = ReadingColumns.of(batch.readings)
    ahead_us = readings.end_s * 1_000_000 - arrival_us
    ahead = np.flatnonzero(ahead_us > AHEAD_US)
    rejects = tuple(
        Reject(
            source=batch.file,
            record=f"{reading.thing} {reading.observed.name}",
            code="future",
            message=said_of_future(lead_us),
        )
        for reading, lead_us in zip(readings.at(ahead), ahead_us[ahead].tolist(), strict=True)
    )
    return replace(
        batch,
        readings=readings.at(ahead_us <= AHEAD_US) if rejects else readings,
        images=tuple(i for i in batch.images if i.end_s * 1_000_000 - arrival_us <= AHEAD_US),
        rejects=(*batch.rejects, *rejects),
    )
