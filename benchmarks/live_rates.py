"""How fast observations get from MQTT into the store: single values, arrays, and how late at a steady rate.

A real broker with TLS; publisher and twin share the processors of one machine. Every row is checked,
kept with its raw payload, and on the disk before it counts.

    python -m benchmarks.live_rates
"""

from __future__ import annotations

import json
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import numpy as np

from benchmarks.processor import seconds_of
from citytwin.live.decoding import decoder_of
from citytwin.live.intake import Intake, Way
from citytwin.live.recent import Recent
from citytwin.live_config import FeedConfig
from citytwin.store.observations import ObservationStore
from citytwin.store.raw_archive import RawArchive
from citytwin.testing.broker import Rights, RunningBroker, mosquitto
from citytwin.transports.addresses import Allowed
from citytwin.transports.mqtt_broker import Broker
from citytwin.transports.mqtt_subscription import MqttSubscription, Subscription

SINGLE = 4_000
ARRAYS, LENGTH = 1_000, 100
STEADY_PER_S, STEADY_S = 5_000, 20
HERE = Allowed(frozenset({"localhost"}), private=True)
USERS = {"twin": Rights(read=["city/#"]), "sensor": Rights(write=["city/#"])}
FEED = FeedConfig.model_validate(
    {
        "name": "sensors",
        "use": "senml",
        "folder": {"path": "."},
        "classification": "public",
        "licence": "none",
        "title": "Sensors",
    }
)


@dataclass(frozen=True)
class Durable:
    """When so many rows were on the disk."""

    at_s: list[float]
    rows: list[int]


def reached(broker: RunningBroker, user: str) -> Broker:
    """The broker, as one of its users reaches it."""
    word, root = broker.passwords[user], broker.files.authority
    return Broker(
        "localhost", broker.port, HERE, user, username=user, password=word, authorities=root
    )


@contextmanager
def taking_in(folder: Path, broker: RunningBroker, durable: Durable) -> Iterator[None]:
    """Take in what comes, in a thread, and note when it is durable."""
    stop = threading.Event()
    subscription = MqttSubscription(
        Subscription("sensors", ["city/#"]), reached(broker, "twin"), stop
    )
    while not subscription.standing().connected:
        time.sleep(0.05)
    time.sleep(0.3)

    def work() -> None:
        way = Way(subscription, decoder_of(FEED))
        with (
            ObservationStore.open(folder / "store") as store,
            RawArchive(folder / "raw") as archive,
        ):
            intake = Intake([way], store, archive, Recent(timedelta(hours=1)), stop)
            intake.start()
            while not stop.is_set():
                receipt = intake.step(0.2)
                if receipt is not None:
                    durable.at_s.append(time.monotonic())
                    durable.rows.append(receipt.stored + (durable.rows[-1] if durable.rows else 0))
            intake.drain(5.0)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def message(number: int, length: int, begin_s: int) -> bytes:
    """Values of many gauges, all different."""
    first = number * length
    records = [
        {
            "n": f"g{(first + k) % 2000}:rainfall_rate",
            "u": "mm/h",
            "v": (first + k) % 97,
            "t": begin_s + (first + k) // 2000,
        }
        for k in range(length)
    ]
    return json.dumps(records).encode()


@dataclass(frozen=True)
class Rate:
    """Rows a second, from the first publication to the last row on the disk."""

    by_clock: float
    by_processor: float
    """Of the time that publisher, broker and twin used of the processors."""


def rate(broker: RunningBroker, folder: Path, count: int, length: int) -> Rate:
    """Publish so many messages as fast as they are taken."""
    durable = Durable([], [])
    begin_s = int(time.time()) - 3000
    contents = [message(k, length, begin_s) for k in range(count)]
    with taking_in(folder, broker, durable), publishing(broker) as publish:
        begun, used_s = time.monotonic(), used_so_far(broker)
        for content in contents:
            publish(content)
        while not durable.rows or durable.rows[-1] < count * length:
            assert time.monotonic() - begun < 300, durable.rows[-1:]
            time.sleep(0.005)
        rows = count * length
        return Rate(rows / (durable.at_s[-1] - begun), rows / (used_so_far(broker) - used_s))


def used_so_far(broker: RunningBroker) -> float:
    """Processor time of this process and the broker [s]."""
    return time.process_time() + seconds_of(broker.process.pid)


def lateness(broker: RunningBroker, folder: Path) -> np.ndarray:
    """Seconds from publication to the disk, of each row, at a steady rate."""
    durable = Durable([], [])
    begin_s = int(time.time()) - 3000
    count = STEADY_PER_S * STEADY_S // LENGTH
    contents = [message(k, LENGTH, begin_s) for k in range(count)]
    sent = []
    with taking_in(folder, broker, durable), publishing(broker) as publish:
        begun = time.monotonic()
        for k, content in enumerate(contents):
            time.sleep(max(0.0, begun + k * LENGTH / STEADY_PER_S - time.monotonic()))
            sent.append(time.monotonic())
            publish(content)
        while not durable.rows or durable.rows[-1] < count * LENGTH:
            assert time.monotonic() - begun < 300
            time.sleep(0.005)
    last = (np.arange(count) + 1) * LENGTH
    which = np.searchsorted(np.array(durable.rows), last)
    return np.array(durable.at_s)[which] - np.array(sent)


@contextmanager
def publishing(broker: RunningBroker) -> Iterator[object]:
    """Publish with quality of service 1, many on their way at once, as a gateway does."""
    reach = reached(broker, "sensor")
    client = reach.client(keep_session=False)
    client.max_inflight_messages_set(1000)
    reach.connect(client, keep_session=False, window=1000, most_bytes=1_000_000)
    while not client.is_connected():
        time.sleep(0.02)

    def publish(content: bytes) -> None:
        client.publish("city/rain", content, qos=1)

    try:
        yield publish
    finally:
        client.disconnect()
        client.loop_stop()


def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as temporary:
        place = Path(temporary)
        with mosquitto(place / "broker", USERS) as broker:
            rate(broker, place / "warm", 20, LENGTH)
            single, arrays = [], []
            for k in range(3):
                single.append(rate(broker, place / f"s{k}", SINGLE, 1))
                arrays.append(rate(broker, place / f"a{k}", ARRAYS, LENGTH))
            late = lateness(broker, place / "late")
    print("| what | rows/s, three runs | best | rows/CPU s, three runs | best |")
    print("|---|---|---|---|---|")
    for name, found in (("single values", single), (f"arrays of {LENGTH}", arrays)):
        columns = ([r.by_clock for r in found], [r.by_processor for r in found])
        cells = [f"{', '.join(f'{r:.0f}' for r in c)} | {max(c):.0f}" for c in columns]
        print(f"| {name} | {' | '.join(cells)} |")
    clock = max(r.by_clock for r in arrays) / max(r.by_clock for r in single)
    cpu = max(r.by_processor for r in arrays) / max(r.by_processor for r in single)
    print(f"\narrays over single values: {clock:.1f} by the clock, {cpu:.1f} by the processor")
    half, most = np.percentile(late, [50, 99])
    print(f"publication to disk at {STEADY_PER_S} rows/s: median {half:.2f} s, p99 {most:.2f} s")


if __name__ == "__main__":
    main()
