"""The sensor city: repeatable, synthetic in every message, and faulty exactly as asked."""

from __future__ import annotations

import itertools
import json
import threading
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml
from paho.mqtt.client import topic_matches_sub

from citytwin.errors import ConfigError
from citytwin.testing.broker import mosquitto
from citytwin.testing.place import Degrees
from citytwin.testing.sensors import storm
from citytwin.testing.sensors.city import SensorCity
from citytwin.testing.sensors.devices import devices
from citytwin.testing.sensors.faults import Batch, Fault, FaultKind, Faults, parse_fault
from citytwin.testing.sensors.messages import description, pack
from citytwin.testing.sensors.publishing import (
    SENSORS,
    TWIN,
    USERS,
    VALUES,
    VISITOR,
    describe,
    publish_tick,
)
from citytwin.transports.addresses import Allowed
from citytwin.transports.mqtt_broker import Broker
from citytwin.transports.mqtt_publisher import MqttPublisher
from citytwin.transports.mqtt_subscription import MqttSubscription, Subscription

START_S = 1_782_800_000.0


def sent(*faults: str, minutes: float = 10.0, seed: int = 1) -> tuple[list[Batch], Faults]:
    """Batches of some minutes, one device a minute each."""
    applied = Faults([parse_fault(f) for f in faults], seed)
    city = SensorCity(applied, every_s=60.0)
    return [batch for _, batch in city.stream(minutes * 60.0, START_S)], applied


PLAIN, _ = sent()


def of(batches: list[Batch], device: str) -> list[Batch]:
    """Batches of one device."""
    return [batch for batch in batches if batch[0].device == device]


def test_all_kinds_of_devices_are_there() -> None:
    """With ids of their own, within the city."""
    kinds = Counter(device.kind for device in devices())
    assert kinds == {
        "rain_gauge": 5,
        "water_level": 3,
        "wind_mast": 3,
        "pump": 2,
        "pyranometer": 1,
        "traffic_detector": 8,
    }
    assert len({device.id for device in devices()}) == 22
    assert all(0 <= d.point[0] <= 1000 and 0 <= d.point[1] <= 900 for d in devices())


def test_a_storm_rises_the_river_follows_and_pumps_run() -> None:
    """The rain has its peak first, the river more than a quarter of an hour later."""
    hours = [storm.FIRST_H + k / 30.0 for k in range(150)]
    gauge, river = (480.0, 620.0), (430.0, 420.0)
    rain = [storm.rain_mm_h(hour, gauge) for hour in hours]
    level = [storm.river_level_m(hour, river) for hour in hours]
    pump = [storm.pump_m3_s(hour, (600.0, 530.0)) for hour in hours]
    peak = max(range(150), key=rain.__getitem__)
    crest = max(range(150), key=level.__getitem__)
    assert rain[0] < 15.0
    assert 60.0 < max(rain) < 100.0
    assert hours[crest] - hours[peak] > 0.25
    assert 3.0 < max(level) < 8.0
    assert pump[0] == 0.0
    assert max(pump) == 1.25


def test_clouds_of_the_storm_dim_the_sun_of_the_clock() -> None:
    """At noon of the longest day a quarter to all of some 900 W/m2 comes down; at midnight nothing."""
    noon_s, midnight_s = (datetime(2026, 6, 21, h, 45, tzinfo=UTC).timestamp() for h in (2, 15))
    (sun,) = (device for device in devices() if device.kind == "pyranometer")
    (light,) = sun.quantities
    assert 800.0 < light.by_clock(noon_s) < 1050.0
    assert light.by_clock(midnight_s) == 0.0
    shares = [light.course(storm.FIRST_H + k / 10.0, sun.point) for k in range(50)]
    assert min(shares) == pytest.approx(0.25, abs=1e-3)
    assert shares[-1] > 0.95
    ((measured,),) = (SensorCity().measured(sun, 0.0, noon_s),)
    expected = light.course(storm.FIRST_H, sun.point) * light.by_clock(noon_s)
    assert measured.value == round(expected, 1)


def test_the_same_seed_sends_the_same() -> None:
    """And another one other faults."""
    assert sent("gaps", seed=3)[0] == sent("gaps", seed=3)[0]
    assert sent("gaps", seed=3)[0] != sent("gaps", seed=4)[0]


def test_duplicates_are_exact_and_counted() -> None:
    """As many more batches as counted, and no new content."""
    batches, faults = sent("duplicates:*::0.3")
    assert len(batches) - len(PLAIN) == faults.counts[FaultKind.DUPLICATES] > 0
    assert set(batches) == set(PLAIN)


def test_gaps_are_counted() -> None:
    """What is missing is what was counted."""
    batches, faults = sent("gaps:gauge-*::0.5")
    assert len(PLAIN) - len(batches) == faults.counts[FaultKind.GAPS] > 0
    assert of(batches, "mast-01") == of(PLAIN, "mast-01")


def test_out_of_order_loses_nothing() -> None:
    """The same batches, some of them after their successor."""
    batches, faults = sent("out-of-order:*::0.4")
    assert faults.counts[FaultKind.OUT_OF_ORDER] > 0
    assert Counter(batches) == Counter(PLAIN)
    assert any(a[0].time_s > b[0].time_s for a, b in itertools.pairwise(of(batches, "gauge-01")))


def test_drift_grows_with_time() -> None:
    """Half a metre an hour from the second minute on: 7 minutes later 5.8 cm."""
    batches, _ = sent("drift:level-01:120-600:0.5")
    differences = [
        round(a[0].value - b[0].value, 4)
        for a, b in zip(of(batches, "level-01"), of(PLAIN, "level-01"), strict=True)
    ]
    assert differences[:3] == [0.0, 0.0, 0.0]
    assert differences[9] == pytest.approx(0.5 * 7 / 60, abs=1e-3)


def test_stuck_devices_repeat_their_value() -> None:
    """From the begin of the fault to its end."""
    values = [batch[0].value for batch in of(sent("stuck:gauge-02:180-420")[0], "gauge-02")]
    plain = [batch[0].value for batch in of(PLAIN, "gauge-02")]
    assert values[:4] == plain[:4]
    assert values[3:7] == [plain[3]] * 4
    assert values[7:] == plain[7:]
    assert len(set(plain[3:7])) > 1


def test_units_change_with_and_without_a_word() -> None:
    """3.6 times as many, with km/h written or not."""
    plain = of(PLAIN, "mast-01")[0][0]
    said = of(sent("unit-change:mast-*")[0], "mast-01")[0][0]
    unsaid = of(sent("unit-error:mast-*")[0], "mast-01")[0][0]
    assert (said.unit, unsaid.unit) == ("km/h", "m/s")
    assert said.value == unsaid.value == pytest.approx(3.6 * plain.value)


def test_clocks_are_wrong_by_hours() -> None:
    """Nine of them where nothing else is said: somebody took Japan time for UTC."""
    skewed = of(sent("clock-skew:pump-*")[0], "pump-01")
    assert [b[0].time_s for b in skewed] == [b[0].time_s + 32400 for b in of(PLAIN, "pump-01")]


def test_corrections_follow_what_they_correct() -> None:
    """Same device, name and time, another value."""
    batches, faults = sent("corrections:gauge-*::0.5")
    twice = [
        (a, b)
        for a, b in itertools.pairwise(batches)
        if (a[0].device, a[0].time_s) == (b[0].device, b[0].time_s)
    ]
    assert len(twice) == faults.counts[FaultKind.CORRECTIONS] > 0
    assert all(a[0].value != b[0].value for a, b in twice)


@pytest.mark.parametrize("text", ["stick:gauge-01", "drift:a:x", "gaps:a:1-y", "drift:a:1:z", ""])
def test_faults_that_are_none(text: str) -> None:
    """Named, with the nearest that is one."""
    with pytest.raises(ConfigError, match="is no fault"):
        parse_fault(text)


def test_faults_as_written() -> None:
    """All parts."""
    assert parse_fault("drift:level-?:60-600:0.5") == Fault(
        FaultKind.DRIFT, "level-?", 60.0, 600.0, 0.5
    )
    assert parse_fault("gaps").concerns("anything", 1e9)


def test_messages_are_senml_and_say_that_they_are_synthetic() -> None:
    """RFC 8428: base name before the first record, unit, value and time in each."""
    device = devices()[0]
    records = json.loads(pack(PLAIN[0]))
    assert records[0]["bn"] == "urn:dev:synthetic:mizuho:"
    assert records[0]["n"] == f"{PLAIN[0][0].device}:{PLAIN[0][0].name}"
    assert set(records[0]) == {"bn", "n", "u", "v", "t"}
    said = json.loads(description(device, Degrees(), START_S))
    by_name = {record["n"]: record.get("v", record.get("vs")) for record in said}
    assert "synthetic" in by_name["title"]
    assert "SYNTHETIC DATA" in by_name["note"]
    assert by_name["latitude"] == pytest.approx(35.15, abs=0.1)


def test_the_twin_of_the_demo_may_say_its_alerts() -> None:
    """Its broker lets nobody write but where it was told to."""
    content = yaml.safe_load(
        (Path(__file__).parents[3] / "pipelines" / "live.yaml").read_text("utf-8")
    )
    topic = f"citytwin/{content['city']['id']}/alerts/state/heavy_rain"
    assert any(topic_matches_sub(allowed, topic) for allowed in USERS[TWIN].write)
    assert any(topic_matches_sub(allowed, topic) for allowed in USERS[VISITOR].read)


def test_the_whole_city_over_a_real_broker(tmp_path: Path) -> None:
    """Two ticks: what was sent arrives, and what devices are is retained for the late."""
    here = Allowed(frozenset({"localhost"}), private=True)
    with mosquitto(tmp_path, USERS) as broker:

        def reached(user: str) -> Broker:
            word, root = broker.passwords[user], broker.files.authority
            return Broker(
                "localhost", broker.port, here, user, username=user, password=word, authorities=root
            )

        subscription = MqttSubscription(
            Subscription("s", [f"{VALUES}/#"]), reached(TWIN), threading.Event()
        )
        publisher = MqttPublisher(reached(SENSORS))
        city = SensorCity(every_s=10.0)
        describe(city, publisher, START_S)
        while not subscription.standing().connected:
            subscription.take("", 0.1)
        subscription.take("", 0.3)
        count = sum(publish_tick(city, publisher, k * 10.0, START_S) for k in range(2))
        contents: list[bytes] = []
        while len(contents) < count:
            delivery = subscription.take("", 10.0)
            assert delivery is not None
            contents += [payload.content for payload in delivery.payloads]
            delivery.acknowledge()
        assert count == 44
        expected = [pack(batch) for k in range(2) for batch in city.tick(k * 10.0, START_S)]
        assert contents == expected
        subscription.close()
        publisher.close()
