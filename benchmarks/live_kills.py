"""Kills the running twin at random moments under load, and counts what is lost or doubled.

Values arrive from a real broker, each of them twice. After every kill the twin is started again; at
the end its store must hold every value once.

    python -m benchmarks.live_kills [KILLS]
"""

from __future__ import annotations

import random
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from citytwin.store.observations import ObservationReader, folder_of
from citytwin.testing.broker import mosquitto
from tests.pipelines.live_town import USERS, connected, pack, rows, running, sensor, town, until

GAUGES = 5
PAUSE_S = 0.1
QUIET_S = 60.0


def settle(count: Callable[[], int], wanted: int) -> None:
    """Wait until all is there, or nothing more has come for a minute."""
    known, since_s = -1, time.monotonic()
    while time.monotonic() - since_s < QUIET_S:
        time.sleep(2.0)
        found = count()
        if found >= wanted:
            return
        if found != known:
            known, since_s = found, time.monotonic()


def main(kills: int, seed: int = 1) -> None:
    """Print what was found."""
    dice = random.Random(seed)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        with mosquitto(folder / "broker", USERS) as broker:
            loaded, publisher = town(folder, broker), sensor(broker)
            begin = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=4)
            expected: list[tuple[int, int, float]] = []
            stop = threading.Event()

            def publish() -> None:
                second = 0
                while not stop.is_set():
                    for gauge in range(GAUGES):
                        content = pack(gauge, second, float(second % 7), begin)
                        publisher.publish("city/rain", content)
                        publisher.publish("city/rain", content)
                        expected.append((gauge, second, float(second % 7)))
                    second += 1
                    time.sleep(PAUSE_S)

            thread = threading.Thread(target=publish)
            for life in range(kills + 1):
                since_s = time.time()
                with running(loaded, broker) as process:
                    until(lambda s=since_s: connected(loaded, s), "a connection", 180.0)
                    if not thread.is_alive():
                        thread.start()
                    if life < kills:
                        time.sleep(dice.uniform(0.0, 4.0))
                        process.send_signal(signal.SIGKILL)
                        continue
                    stop.set()
                    thread.join()
                    kept, since_s = len(rows(loaded, begin, GAUGES)), time.monotonic()
                    settle(lambda: len(rows(loaded, begin, GAUGES)), len(expected))
                    took_s = time.monotonic() - since_s
                    process.send_signal(signal.SIGINT)
                    process.wait(120)
            found = Counter(rows(loaded, begin, GAUGES))
            reader = ObservationReader(folder_of(loaded.city_dir))
            letters = len(reader.dead_letters())
            reader.close()
            publisher.close()
    wanted = Counter(expected)
    print(f"{kills} kills, {2 * len(expected)} messages of {len(expected)} values")
    print(f"left to the last life: {len(expected) - kept} values, kept within {took_s:.0f} s")
    print(
        f"lost {sum((wanted - found).values())}, doubled {sum((found - wanted).values())}, "
        f"dead letters {letters}"
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20)
