"""The running twin with a real broker: nothing lost and nothing doubled over kills, alerts once."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from citytwin.live.health import read_health
from citytwin.live.sync import OUTBOX, running_folder
from citytwin.store.observations import ObservationReader, folder_of
from citytwin.store.outbox import Outbox
from citytwin.testing.broker import RunningBroker, mosquitto
from tests.pipelines.live_town import USERS, connected, pack, rows, running, sensor, town, until

CAP = "{urn:oasis:names:tc:emergency:cap:1.2}"


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[RunningBroker]:
    """A broker with a sensor and a twin."""
    with mosquitto(tmp_path / "broker", USERS) as running:
        yield running


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
