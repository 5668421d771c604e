"""What sensors send: SenML in JSON (RFC 8428), many values in one message."""

from __future__ import annotations

import json
from collections.abc import Sequence

from citytwin.testing.place import SYNTHETIC_NOTE, Degrees
from citytwin.testing.sensors.devices import Device
from citytwin.testing.sensors.faults import Measurement

BASE_NAME = "urn:dev:synthetic:mizuho:"
"""Begin of all names: a device is this and its id, then a colon and what it measures."""


def pack(measurements: Sequence[Measurement]) -> bytes:
    """Return one message with some values.

    Parameters
    ----------
    measurements
        Of any devices, at least one.
    """
    records = [
        {"n": f"{m.device}:{m.name}", "u": m.unit, "v": m.value, "t": m.time_s}
        for m in measurements
    ]
    first = {"bn": BASE_NAME, **records[0]}
    return _json([first, *records[1:]])


def description(device: Device, degrees: Degrees, time_s: float) -> bytes:
    """Return what a device says of itself, once: name, kind, place, and that it is synthetic.

    Parameters
    ----------
    device
        The device.
    degrees
        From city metres to degrees.
    time_s
        Seconds since 1970.
    """
    ((latitude, longitude),) = degrees.lat_lon([device.point])
    return _json(
        [
            {"bn": f"{BASE_NAME}{device.id}:", "bt": time_s, "n": "title", "vs": device.title},
            {"n": "kind", "vs": device.kind},
            {"n": "latitude", "u": "lat", "v": round(latitude, 7)},
            {"n": "longitude", "u": "lon", "v": round(longitude, 7)},
            {"n": "note", "vs": SYNTHETIC_NOTE},
        ]
    )


def _json(records: Sequence[object]) -> bytes:
    return json.dumps(records, ensure_ascii=False, separators=(",", ":")).encode("utf-8")
