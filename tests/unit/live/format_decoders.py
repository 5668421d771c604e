"""Decoders of all formats of feeds, for the payloads that tests have of each."""

from __future__ import annotations

import functools

from citytwin.live.decoding import FeedDecoder, decoder_of
from citytwin.live.rain_area import rain_area
from citytwin.live_config import FeedConfig
from citytwin.model.grid import GridSpec
from citytwin.transports.connector import Payload
from tests.unit.live.good_payloads import FETCHED, GOOD
from tests.unit.live.live_city import feed

# 36 degrees north, 139 degrees east is (-75 km, 0) in zone 9 (origin 36, 139 5/6), by hand to 100 m.
TOWN = GridSpec("EPSG:6677", -74_300.0, -300.0, 10.0, 60, 60)
"""Where the images of rain are."""


@functools.cache
def decoder(name: str) -> FeedDecoder:
    """Of a feed of a format."""
    given = feed(folder={"path": "in"}) | {"name": name, "use": name, "params": GOOD[name].params}
    return decoder_of(FeedConfig.model_validate(given), rain_area(TOWN))


def payload(name: str, content: bytes) -> Payload:
    """As it arrives."""
    return Payload(content, GOOD[name].origin, FETCHED)
