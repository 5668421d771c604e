"""Commands to devices: two people, a short time, one device, dry unless said otherwise."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from citytwin.alerts.commands import Command, CommandError, approve, encoded, verified
from tests.unit.alerts.sample_rules import minutes

PUMP = "urn:citytwin:pumps:P-1"
KEYS = {name: Ed25519PrivateKey.generate() for name in ("tanaka", "suzuki", "mallory")}
TRUSTED = {name: KEYS[name].public_key() for name in ("tanaka", "suzuki")}


def command(**changes: Any) -> Command:
    """Start a pump within ten minutes."""
    content = {
        "id": "c-1",
        "device": PUMP,
        "action": "start",
        "reason": "water at the gauge",
        "issued_at": minutes(0),
        "expires_at": minutes(10),
    }
    return Command.model_validate(content | changes)


def order(*people: str, said: Command | None = None, sent: Command | None = None) -> bytes:
    """What is sent, with what was signed."""
    told = said or command()
    return encoded(sent or told, [approve(told, name, KEYS[name]) for name in people])


def test_two_people_move_a_pump() -> None:
    """And then only as a rehearsal, since nobody said otherwise."""
    found = verified(order("tanaka", "suzuki"), TRUSTED, PUMP, minutes(5))
    assert found == command()
    assert found.dry_run


@pytest.mark.parametrize(
    "people", [(), ("tanaka",), ("tanaka", "tanaka"), ("tanaka", "mallory"), ("mallory", "mallory")]
)
def test_fewer_than_two_trusted_people_move_nothing(people: tuple[str, ...]) -> None:
    """One alone, one twice, one with a stranger."""
    with pytest.raises(CommandError, match="2 different people"):
        verified(order(*people), TRUSTED, PUMP, minutes(5))


def test_two_names_of_one_key_are_one_person() -> None:
    """A second entry in the list of keys makes nobody two."""
    key = KEYS["tanaka"]
    trusted = {"tanaka": key.public_key(), "tanaka2": key.public_key()}
    said = command()
    sent = encoded(said, [approve(said, "tanaka", key), approve(said, "tanaka2", key)])
    with pytest.raises(CommandError, match="of 1 trusted"):
        verified(sent, trusted, PUMP, minutes(5))


@pytest.mark.parametrize(
    "changes",
    [
        {"dry_run": False},
        {"action": "stop"},
        {"value": 1.0},
        {"expires_at": minutes(11)},
        {"reason": "because"},
    ],
)
def test_what_was_not_signed_is_not_done(changes: dict[str, object]) -> None:
    """Any word changed after the signatures."""
    sent = order("tanaka", "suzuki", sent=command(**changes))
    with pytest.raises(CommandError, match="of 0 trusted"):
        verified(sent, TRUSTED, PUMP, minutes(5))


@pytest.mark.parametrize("minute", [-1, 10, 60])
def test_too_early_and_too_late(minute: int) -> None:
    """From the issue until just before the end."""
    with pytest.raises(CommandError, match="holds from"):
        verified(order("tanaka", "suzuki"), TRUSTED, PUMP, minutes(minute))


def test_another_device_does_not_listen() -> None:
    """A command is for one device."""
    with pytest.raises(CommandError, match="is for"):
        verified(order("tanaka", "suzuki"), TRUSTED, "urn:citytwin:pumps:P-2", minutes(5))


@pytest.mark.parametrize(
    "changes",
    [
        {"expires_at": minutes(16)},
        {"expires_at": minutes(0)},
        {"expires_at": minutes(10).replace(tzinfo=None)},
        {"device": "urn:citytwin:pumps:*"},
        {"value": float("inf")},
        {"action": "START NOW"},
        {"extra": 1},
    ],
)
def test_commands_that_cannot_be_made(changes: dict[str, object]) -> None:
    """Too long a life, no zone, patterns of devices."""
    with pytest.raises(ValidationError):
        command(**changes)


@given(st.one_of(st.binary(max_size=200), st.text(max_size=200).map(str.encode)))
def test_anything_else_is_refused_in_words(received: bytes) -> None:
    """Bytes of any kind."""
    with pytest.raises(CommandError):
        verified(received, TRUSTED, PUMP, minutes(5))


def test_damaged_orders_are_refused() -> None:
    """Nested without end, too large, signatures that are no base 64."""
    for received in (b"[" * 10_000, b" " * 20_000):
        with pytest.raises(CommandError):
            verified(received, TRUSTED, PUMP, minutes(5))
    content = json.loads(order("tanaka", "suzuki"))
    content["approvals"][0]["signature"] = "日本"
    with pytest.raises(CommandError):
        verified(json.dumps(content).encode(), TRUSTED, PUMP, minutes(5) + timedelta(seconds=1))
