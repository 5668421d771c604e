"""Images of rain after a restart: made again from the raw payloads that the store names."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime

from citytwin.errors import StoreError
from citytwin.formats.observations import urn
from citytwin.live.intake import Way
from citytwin.live.rain_area import THING
from citytwin.live.recent import Recent
from citytwin.model.properties import RAINFALL_RATE
from citytwin.model.tables import RAIN_FRAMES
from citytwin.store.observations import ObservationLookup
from citytwin.store.raw_archive import RawArchive
from citytwin.transports.connector import Payload

_LOG = logging.getLogger(__name__)


def refill_images(
    recent: Recent,
    ways: Sequence[Way],
    reader: ObservationLookup,
    archive: RawArchive,
    now: datetime,
) -> None:
    """Decode again what was recent before a restart; what is damaged is left out.

    Parameters
    ----------
    recent
        Gets the images.
    ways
        Of all feeds.
    reader, archive
        Say which payloads held images, and hold them.
    now
        Aware.
    """
    known = reader.things()
    for way in ways:
        feed, step = way.decoder.feed, way.decoder.step
        thing = urn(feed.name, THING)
        if RAIN_FRAMES not in step.produces or thing not in known:
            continue
        frame = reader.history(thing, RAINFALL_RATE.name, now - recent.reach, now).frame
        for raw_ref in dict.fromkeys(frame["raw_ref"]):
            try:
                content = archive.content(bytes(raw_ref))
            except StoreError as error:
                _LOG.warning("feed %s: an image is missing after the restart: %s", feed.name, error)
                continue
            batch, _ = way.decoder.decode(Payload(content, "archive", now))
            if batch is not None:
                recent.add_images(feed.name, batch.images)
