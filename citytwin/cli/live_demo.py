"""Broker, sensors, twin and map of the demo, in one process that Ctrl-C ends."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import click

from citytwin.cli.sync import ending, run_live
from citytwin.config import load
from citytwin.testing.broker import mosquitto
from citytwin.testing.sensors.city import SensorCity
from citytwin.testing.sensors.faults import Faults, parse_fault
from citytwin.testing.sensors.publishing import SENSORS, TWIN, USERS, run
from citytwin.transports.addresses import Allowed
from citytwin.transports.mqtt_broker import Broker
from citytwin.transports.mqtt_publisher import MqttPublisher
from citytwin.viewer.serve import CityServer

BROKER_PORT = 8883
_PASSWORD = "CITYTWIN_BROKER_PASSWORD"
_LOCAL = Allowed(frozenset({"localhost"}), private=True)


def run_live_demo(config: Path, speed: float, faults: Sequence[str] = ()) -> None:
    """Start everything, say where the map is, and end with Ctrl-C.

    Parameters
    ----------
    config
        Pipeline of the live demo; the city is published.
    speed
        Hours of the storm in one hour.
    faults
        Of the sensors, as :func:`citytwin.testing.sensors.faults.parse_fault` reads them.

    Raises
    ------
    CityTwinError
        If a fault is none, mosquitto is missing, or a port is taken.
    """
    loaded = load(config)
    asked = Faults([parse_fault(fault) for fault in faults])
    stop = threading.Event()
    folder = loaded.path("../out/demo_live_broker")
    with ending(stop), mosquitto(folder, USERS, BROKER_PORT) as broker:
        as_sensors = Broker(
            "localhost",
            broker.port,
            _LOCAL,
            "sensor-city",
            username=SENSORS,
            password=broker.passwords[SENSORS],
            authorities=broker.files.authority,
        )
        os.environ[_PASSWORD] = broker.passwords[TWIN]
        city = SensorCity(asked, speed=speed, every_s=3.0)
        server = CityServer(loaded.city_dir)
        with _beside(lambda: run(city, MqttPublisher(as_sensors), stop), stop, server):
            click.echo(f"{len(city.all_devices)} synthetic sensors under a synthetic storm")
            click.echo(f"map: {server.url}  (only this computer; Ctrl-C ends)")
            run_live(config, stop)
    click.echo("ended")


@contextmanager
def _beside(
    sensors: Callable[[], None], stop: threading.Event, server: CityServer
) -> Iterator[None]:
    """Run the sensors and the map in threads of their own while the block runs."""
    threads = [
        threading.Thread(target=sensors, name="sensors", daemon=True),
        threading.Thread(target=server.serve_forever, name="map", daemon=True),
    ]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        server.shutdown()
        server.server_close()
        for thread in threads:
            thread.join(15.0)
