"""A town whose twin listens to a broker: started, killed, and looked into from outside."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from citytwin.config import LoadedConfig
from citytwin.live.health import read_health
from citytwin.live.sync import running_folder
from citytwin.store.observations import ObservationReader, folder_of
from citytwin.testing.broker import Rights, RunningBroker
from citytwin.transports.addresses import Allowed
from citytwin.transports.mqtt_broker import Broker
from citytwin.transports.mqtt_publisher import MqttPublisher
from tests.unit.live.live_city import RULE, SENDER, city, feed

USERS = {"twin": Rights(read=["city/#"]), "sensor": Rights(write=["city/#"])}
PASSWORD = "TEST_BROKER_PASSWORD"


def town(folder: Path, broker: RunningBroker) -> LoadedConfig:
    """A city that listens to it, with one rule and a folder for alerts."""
    way = {
        "host": "localhost",
        "port": broker.port,
        "username": "twin",
        "password_env": PASSWORD,
        "authorities": str(broker.files.authority),
        "private_network": True,
        "topics": ["city/#"],
    }
    return city(
        folder,
        [feed(mqtt=way)],
        sender=SENDER,
        alerts=[RULE],
        sinks=[{"name": "cap", "folder": {"path": "cap"}}],
    )


def sensor(broker: RunningBroker) -> MqttPublisher:
    """Who publishes."""
    here = Allowed(frozenset({"localhost"}), private=True)
    word, root = broker.passwords["sensor"], broker.files.authority
    return MqttPublisher(
        Broker(
            "localhost", broker.port, here, "s", username="sensor", password=word, authorities=root
        )
    )


def start(loaded: LoadedConfig, broker: RunningBroker) -> subprocess.Popen[str]:
    """Start `citytwin sync`."""
    return subprocess.Popen(
        [sys.executable, "-m", "citytwin", "sync", str(loaded.file)],
        env={**os.environ, PASSWORD: broker.passwords["twin"]},
        stderr=subprocess.PIPE,
        text=True,
    )


@contextmanager
def running(loaded: LoadedConfig, broker: RunningBroker) -> Iterator[subprocess.Popen[str]]:
    """A twin that is killed if a test fails."""
    process = start(loaded, broker)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        if process.stderr is not None:
            process.stderr.close()


def until(happened: Callable[[], object], what: str, timeout_s: float = 90.0) -> None:
    """Wait for something."""
    end = time.monotonic() + timeout_s
    while not happened():
        assert time.monotonic() < end, f"did not happen: {what}"
        time.sleep(0.05)


def connected(loaded: LoadedConfig, since_s: float) -> bool:
    """Whether a twin that began after a time listens."""
    path = running_folder(loaded) / "health.json"
    if not path.is_file():
        return False
    health = read_health(running_folder(loaded))
    return health.started_s > since_s and health.feeds["sensors"].connected


def pack(gauge: int, second: int, rate: float, begin: datetime) -> bytes:
    """One value of a gauge."""
    at = (begin + timedelta(seconds=second)).timestamp()
    return json.dumps([{"n": f"g{gauge}:rainfall_rate", "u": "mm/h", "v": rate, "t": at}]).encode()


def rows(loaded: LoadedConfig, begin: datetime, gauges: int) -> list[tuple[int, int, float]]:
    """All that is kept, as second and value."""
    reader = ObservationReader(folder_of(loaded.city_dir))
    found = []
    for gauge in range(gauges):
        thing = f"urn:citytwin:sensors:g{gauge}"
        frame = reader.history(
            thing, "rainfall_rate", begin - timedelta(days=1), begin + timedelta(days=1)
        ).frame
        seconds = (frame["phenomenon_end"] - begin).dt.total_seconds()
        found += [(gauge, int(s), float(v)) for s, v in zip(seconds, frame["result"], strict=True)]
    reader.close()
    return sorted(found)
