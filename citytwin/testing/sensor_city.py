"""``python -m citytwin.testing.sensor_city``: a broker and a city of synthetic sensors, until Ctrl-C."""

from __future__ import annotations

import logging
import sys
import tempfile
import threading
from pathlib import Path

import click

from citytwin.errors import CityTwinError
from citytwin.testing.broker import mosquitto
from citytwin.testing.sensors.city import SensorCity
from citytwin.testing.sensors.faults import FaultKind, Faults, parse_fault
from citytwin.testing.sensors.publishing import SENSORS, TOPIC, USERS, VISITOR, run
from citytwin.transports.addresses import Allowed
from citytwin.transports.mqtt_broker import Broker
from citytwin.transports.mqtt_publisher import MqttPublisher

_LOCAL = Allowed(frozenset({"localhost"}), private=True)


@click.command()
@click.option("--speed", type=click.FloatRange(min=0.1), default=30.0, show_default=True)
@click.option("--every", "every_s", type=click.FloatRange(min=0.1), default=10.0, show_default=True)
@click.option("--seed", type=int, default=1, show_default=True)
@click.option("--port", type=click.IntRange(0, 65535), default=8883, show_default=True)
@click.option(
    "--fault",
    "faults",
    multiple=True,
    help=f"KIND[:DEVICES[:BEGIN[-END][:AMOUNT]]]; kinds: {', '.join(FaultKind)}.",
)
@click.option("--folder", type=click.Path(path_type=Path), help="Where the broker keeps its files.")
def main(
    speed: float, every_s: float, seed: int, port: int, faults: tuple[str, ...], folder: Path | None
) -> None:
    """Start a broker with a simulated city of sensors under a storm. All of it is synthetic."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(message)s")
    try:
        city = SensorCity(Faults([parse_fault(f) for f in faults], seed), speed, every_s)
        with tempfile.TemporaryDirectory() as temporary:
            place = (folder or Path(temporary)).resolve()
            with mosquitto(place, USERS, port) as broker:
                click.echo(
                    f"{len(city.all_devices)} synthetic devices; listen with:\n"
                    f"  mosquitto_sub -h localhost -p {broker.port} --cafile "
                    f"{broker.files.authority} -u {VISITOR} -P {broker.passwords[VISITOR]} "
                    f"-t '{TOPIC}/#' -v\nCtrl-C ends"
                )
                as_sensors = Broker(
                    "localhost",
                    broker.port,
                    _LOCAL,
                    "sensor-city",
                    username=SENSORS,
                    password=broker.passwords[SENSORS],
                    authorities=broker.files.authority,
                )
                run(city, MqttPublisher(as_sensors), threading.Event())
    except KeyboardInterrupt:
        click.echo("ended", err=True)
    except CityTwinError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
