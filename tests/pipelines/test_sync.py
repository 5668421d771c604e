"""The running twin with a real broker: nothing lost and nothing doubled over kills, alerts once."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from citytwin.config import LoadedConfig
from citytwin.live.health import read_health
from citytwin.live.sync import OUTBOX, running_folder
from citytwin.store.observations import ObservationReader, folder_of
from citytwin.store.outbox import Outbox
from citytwin.testing.broker import Rights, RunningBroker, mosquitto
from citytwin.transports.addresses import Allowed
from citytwin.transports.mqtt_broker import Broker
from citytwin.transports.mqtt_publisher import MqttPublisher
from tests.unit.live.live_city import RULE, SENDER, city, feed

USERS = {"twin": Rights(read=["city/#"]), "sensor": Rights(write=["city/#"])}
PASSWORD = "TEST_BROKER_PASSWORD"
CAP = "{urn:oasis:names:tc:emergency:cap:1.2}"


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[RunningBroker]:
    """A broker with a sensor and a twin."""
    with mosquitto(tmp_path / "broker", USERS) as running:
        yield running


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


def rows(loaded: LoadedConfig, begin: datetime, gauges: int) -> list[tuple[int, float]]:
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


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
def test_kills_lose_nothing_and_double_nothing(tmp_path: Path, broker: RunningBroker) -> None:
    """Killed twice while 450 values are on their way, each sent twice."""
    loaded, publisher = town(tmp_path, broker), sensor(broker)
    begin = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=10)
    expected, sent = [], 0
    for life in range(3):
        since_s = time.time()
        with running(loaded, broker) as process:
            until(lambda s=since_s: connected(loaded, s), "a connection")
            for second in range(life * 50, life * 50 + 50):
                for gauge in range(3):
                    content = pack(gauge, second, float(second % 7), begin)
                    publisher.publish("city/rain", content)
                    publisher.publish("city/rain", content)
                    expected.append((gauge, second, float(second % 7)))
                    sent += 1
                if life < 2 and second == life * 50 + 30 + 5 * life:
                    process.send_signal(signal.SIGKILL)
            if life == 2:
                until(lambda: len(rows(loaded, begin, 3)) == 450, "all rows")
                process.send_signal(signal.SIGINT)
                assert process.wait(60) == 0
    assert sent == 450
    assert rows(loaded, begin, 3) == sorted(expected)
    reader = ObservationReader(folder_of(loaded.city_dir))
    assert reader.dead_letters() == ()
    reader.close()
    publisher.close()


def test_an_alert_over_a_restart(tmp_path: Path, broker: RunningBroker) -> None:
    """Raised before a stop, cancelled after it: one alert, two files; bad payloads set aside."""
    loaded, publisher = town(tmp_path, broker), sensor(broker)
    cap = tmp_path / "cap"
    since_s = time.time()
    with running(loaded, broker) as process:
        until(lambda: connected(loaded, since_s), "a connection")
        publisher.publish("city/rain", b"no pack at all")
        publisher.publish("city/rain", pack(0, 0, 42.0, datetime.now(UTC)))
        until(lambda: len(list(cap.glob("*.xml"))) == 1, "an alert")
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
    assert not read_health(running_folder(loaded)).running
    since_s = time.time()
    with running(loaded, broker) as process:
        until(lambda: connected(loaded, since_s), "a connection")
        time.sleep(2.0)
        assert len(list(cap.glob("*.xml"))) == 1, "a restart says nothing again"
        publisher.publish("city/rain", pack(0, 0, 1.0, datetime.now(UTC)))
        until(lambda: len(list(cap.glob("*.xml"))) == 2, "a cancellation")
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0
        assert process.stderr is not None
        assert broker.passwords["twin"] not in process.stderr.read()
    documents = [ET.parse(path).getroot() for path in sorted(cap.glob("*.xml"))]
    assert [d.findtext(f"{CAP}msgType") for d in documents] == ["Alert", "Cancel"]
    assert len({d.findtext(f"{CAP}incidents") for d in documents}) == 1
    assert documents[1].findtext(f"{CAP}references", "").split(",")[1] == documents[0].findtext(
        f"{CAP}identifier"
    )
    reader = ObservationReader(folder_of(loaded.city_dir))
    (letter,) = reader.dead_letters()
    assert letter.letter.reason == "unreadable"
    reader.close()
    with Outbox(folder_of(loaded.city_dir) / OUTBOX) as outbox:
        assert len(outbox.history()) == 2
    publisher.close()
