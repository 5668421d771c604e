"""Publishes the sensor city to a broker, tick by tick, until it is stopped."""

from __future__ import annotations

import logging
import threading
import time

from citytwin.errors import UnreachableError
from citytwin.testing.broker import Rights
from citytwin.testing.place import Degrees
from citytwin.testing.sensors.city import SensorCity
from citytwin.testing.sensors.messages import description, pack
from citytwin.transports.mqtt_publisher import MqttPublisher

_LOG = logging.getLogger(__name__)
TOPIC = "citytwin/demo"
"""Begin of all topics of the sensor city."""
VALUES, THINGS = f"{TOPIC}/values", f"{TOPIC}/things"
ALERTS = "citytwin/+/alerts/#"
"""What the twin says, under the id of its city."""
SENSORS, TWIN, VISITOR = "sensors", "twin", "visitor"
USERS = {
    SENSORS: Rights(write=[f"{VALUES}/#", f"{THINGS}/#"]),
    TWIN: Rights(read=[f"{VALUES}/#", f"{THINGS}/#"], write=[ALERTS]),
    VISITOR: Rights(read=[f"{TOPIC}/#", ALERTS]),
}
"""Who may do what at the demo's broker."""


def describe(city: SensorCity, publisher: MqttPublisher, time_s: float) -> None:
    """Say what each device is; the broker retains it.

    Parameters
    ----------
    city
        The sensor city.
    publisher
        To the broker.
    time_s
        Seconds since 1970.
    """
    degrees = Degrees()
    for device in city.all_devices:
        said = description(device, degrees, time_s)
        publisher.publish(f"{THINGS}/{device.id}", said, retain=True)


def publish_tick(
    city: SensorCity, publisher: MqttPublisher, elapsed_s: float, start_s: float
) -> int:
    """Publish what all devices send at one moment; return how many messages that were.

    Parameters
    ----------
    city
        The sensor city.
    publisher
        To the broker.
    elapsed_s
        Since the start [s].
    start_s
        Time of the start, seconds since 1970.
    """
    batches = city.tick(elapsed_s, start_s)
    for batch in batches:
        publisher.publish(f"{VALUES}/{batch[0].device}", pack(batch))
    return len(batches)


def run(city: SensorCity, publisher: MqttPublisher, stop: threading.Event) -> None:
    """Publish until stopped; a broker that is away for a while misses ticks.

    Parameters
    ----------
    city
        The sensor city.
    publisher
        To the broker.
    stop
        Set to end.
    """
    start_s, begun_s, described = time.time(), time.monotonic(), False
    while not stop.is_set():
        elapsed_s = time.monotonic() - begun_s
        try:
            if not described:
                describe(city, publisher, start_s)
                described = True
            publish_tick(city, publisher, elapsed_s, start_s)
        except UnreachableError as error:
            _LOG.warning("sensor city: %s", error)
        stop.wait(max(0.0, city.every_s - (time.monotonic() - begun_s - elapsed_s)))
    publisher.close()
