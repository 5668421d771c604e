"""MQTT over TLS with a real mosquitto, in both versions of the protocol."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from citytwin.errors import SourceError, UnreachableError
from citytwin.testing.broker import Rights, RunningBroker, mosquitto
from citytwin.transports.addresses import Allowed
from citytwin.transports.connector import Connector
from citytwin.transports.mqtt_broker import Broker, Protocol
from citytwin.transports.mqtt_publisher import MqttPublisher
from citytwin.transports.mqtt_subscription import MqttSubscription, Subscription

USERS = {
    "twin": Rights(read=["city/#"], write=["alerts/#"]),
    "sensor": Rights(write=["city/#"]),
    "reader": Rights(read=["alerts/#"]),
}
HERE = Allowed(frozenset({"localhost"}), private=True)
BOTH = pytest.mark.parametrize("protocol", list(Protocol), ids=lambda p: p.name)


@pytest.fixture
def running(tmp_path: Path) -> Iterator[RunningBroker]:
    """A broker with three users."""
    with mosquitto(tmp_path / "broker", USERS) as broker:
        yield broker


def reached(
    running: RunningBroker, user: str, protocol: Protocol = Protocol.V5, client: str = ""
) -> Broker:
    """The broker, as one of its users reaches it."""
    return Broker(
        "localhost",
        running.port,
        HERE,
        client or f"test-{user}",
        protocol,
        user,
        running.passwords[user],
        running.files.authority,
    )


def listening(broker: Broker, *topics: str) -> MqttSubscription:
    """A subscription that is connected."""
    subscription = MqttSubscription(Subscription("s", topics), broker, threading.Event())
    end = time.monotonic() + 120
    while not subscription.standing().connected:
        assert time.monotonic() < end, subscription.standing().last_error
        time.sleep(0.02)
    time.sleep(0.1)  # the subscription itself is on its way behind the connection
    return subscription


def taken(connector: Connector, count: int) -> list[bytes]:
    """So many payloads, acknowledged as they come."""
    found: list[bytes] = []
    end = time.monotonic() + 120
    while len(found) < count and time.monotonic() < end:
        delivery = connector.take("", 0.5)
        if delivery is not None:
            found += [payload.content for payload in delivery.payloads]
            delivery.acknowledge()
    return found


@BOTH
def test_what_is_published_arrives_in_order(running: RunningBroker, protocol: Protocol) -> None:
    """A few hundred messages, with their topic."""
    subscription = listening(reached(running, "twin", protocol), "city/rain/#")
    publisher = MqttPublisher(reached(running, "sensor", protocol))
    sent = [b"%d" % k for k in range(300)]
    for content in sent:
        publisher.publish("city/rain/g1", content, qos=1)
    assert taken(subscription, 300) == sent
    publisher.publish("city/rain/g2", b"last")
    delivery = subscription.take("", 5.0)
    assert delivery is not None
    assert delivery.payloads[0].origin == "city/rain/g2"
    assert delivery.payloads[0].fetched_at.tzinfo is not None
    publisher.close()
    subscription.close()


@BOTH
def test_what_was_not_acknowledged_comes_again(running: RunningBroker, protocol: Protocol) -> None:
    """Taken and lost before it was kept: the next life of the client gets it; kept ones it does not."""
    broker = reached(running, "twin", protocol)
    publisher = MqttPublisher(reached(running, "sensor", protocol))
    first = listening(broker, "city/#")
    publisher.publish("city/a", b"kept")
    assert taken(first, 1) == [b"kept"]
    publisher.publish("city/a", b"lost")
    delivery = first.take("", 5.0)
    assert delivery is not None
    first.close()
    publisher.publish("city/a", b"while away")
    second = listening(broker, "city/#")
    assert taken(second, 2) == [b"lost", b"while away"]
    delivery.acknowledge()  # too late, on a connection that is no more: harmless
    assert second.take("", 0.5) is None
    second.close()
    publisher.close()


def test_a_broker_that_dies_and_comes_back(tmp_path: Path) -> None:
    """Both sides go on by themselves; nothing that was acknowledged to the sensor is lost."""
    folder = tmp_path / "broker"
    with mosquitto(folder, USERS) as running:
        port = running.port
        subscription = listening(reached(running, "twin"), "city/#")
        publisher = MqttPublisher(reached(running, "sensor"), timeout_s=2.0)
        publisher.publish("city/a", b"1")
        assert taken(subscription, 1) == [b"1"]
        running.process.kill()
        running.process.wait()
        with pytest.raises(UnreachableError, match="localhost"):
            publisher.publish("city/a", b"nobody")
        subscription.take("", 1.0)
    assert not subscription.standing().connected
    assert subscription.standing().last_error
    subscription.close()
    publisher.close()
    with mosquitto(folder, USERS, port) as running:
        subscription = listening(reached(running, "twin"), "city/#")
        publisher = MqttPublisher(reached(running, "sensor"))
        publisher.publish("city/a", b"2")
        assert b"2" in taken(subscription, 1)
        subscription.close()
        publisher.close()


def test_states_are_retained_and_events_are_not(running: RunningBroker) -> None:
    """Who comes late finds the state."""
    publisher = MqttPublisher(reached(running, "twin"))
    publisher.publish("alerts/state/rain", b"level 3", retain=True)
    publisher.publish("alerts/events/rain", b"raised")
    late = listening(reached(running, "reader"), "alerts/#")
    assert taken(late, 1) == [b"level 3"]
    assert late.take("", 0.3) is None
    late.close()
    publisher.close()


def test_a_topic_that_is_refused_is_told(running: RunningBroker) -> None:
    """What the broker acknowledges and lets fall has not arrived; the next topic is taken again."""
    publisher = MqttPublisher(reached(running, "sensor"))
    with pytest.raises(UnreachableError, match="refuses alerts/events/rain: Not authorized"):
        publisher.publish("alerts/events/rain", b"raised")
    publisher.publish("city/a", b"1")
    publisher.close()


def test_strangers_and_wrong_passwords_are_refused(running: RunningBroker) -> None:
    """And the password is not told."""
    wrong = replace(reached(running, "sensor"), password="wrong-password")
    with pytest.raises(UnreachableError, match="refuses") as fault:
        MqttPublisher(wrong, timeout_s=3.0).publish("city/a", b"x")
    assert "wrong-password" not in str(fault.value) + repr(wrong)


# A socket whose handshake failed is closed by paho when it is collected, and not before.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_broker_without_a_trusted_certificate_is_refused(running: RunningBroker) -> None:
    """No word of the password leaves this side."""
    stranger = replace(reached(running, "sensor"), authorities=None)
    with pytest.raises(UnreachableError):
        MqttPublisher(stranger, timeout_s=1.5).publish("city/a", b"x")


def test_brokers_elsewhere_are_refused() -> None:
    """By name, and by address."""
    elsewhere = Broker("broker.example", 8883, HERE, "c")
    with pytest.raises((SourceError, UnreachableError)):
        elsewhere.client(keep_session=False)
    closed = Broker("localhost", 8883, Allowed(frozenset({"localhost"})), "c")
    with pytest.raises(SourceError, match="private network"):
        closed.client(keep_session=False)


def test_messages_that_are_too_large_are_dropped(running: RunningBroker) -> None:
    """They block nothing, and do not come again."""
    subscription = MqttSubscription(
        Subscription("s", ["city/#"], most_bytes=1000),
        reached(running, "twin", Protocol.V311),
        threading.Event(),
    )
    time.sleep(0.5)
    publisher = MqttPublisher(reached(running, "sensor"))
    publisher.publish("city/a", b"x" * 1001)
    publisher.publish("city/a", b"small")
    assert taken(subscription, 1) == [b"small"]
    subscription.close()
    publisher.close()


def test_a_stop_ends_the_wait(running: RunningBroker) -> None:
    """At once, not after the whole of it."""
    stop = threading.Event()
    subscription = MqttSubscription(Subscription("s", ["city/#"]), reached(running, "twin"), stop)
    threading.Timer(0.2, stop.set).start()
    assert subscription.take("", 3600.0) is None  # far longer than a test may take
    subscription.close()
