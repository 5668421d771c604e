"""Commands to devices: apart from alerts, signed by two people, short-lived, dry unless said otherwise.

An alert never moves a pump or a gate. A command is a document of its own; each of two people signs
the whole of it with a key of their own (Ed25519, RFC 8032), and the device's gateway checks both
signatures, the time, and the device before it does anything.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, model_validator

from citytwin.alerts.document import canonical
from citytwin.errors import CityTwinError

APPROVALS = 2
LONGEST = timedelta(minutes=15)
"""What was right a quarter of an hour ago may be wrong now."""
_MOST_BYTES = 16_384
_PURPOSE = b"citytwin device command v1\n"
"""Signed along, so that a signature of anything else is none of a command."""


class CommandError(CityTwinError, ValueError):
    """A command that no device may follow."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Command(_Part):
    """What a device is to do."""

    id: str = Field(pattern=r"^[A-Za-z0-9._-]{1,64}$")
    device: str = Field(pattern=r"^urn:[A-Za-z0-9:._,%-]{1,200}$")
    """Name of the device; no patterns: one command, one device."""
    action: str = Field(pattern=r"^[a-z_]{1,32}$")
    """Such as ``start``, ``stop``, ``set_opening``."""
    value: float | None = Field(default=None, allow_inf_nan=False)
    unit: str = Field(default="", max_length=16)
    reason: str = Field(min_length=1, max_length=500)
    issued_at: AwareDatetime
    expires_at: AwareDatetime
    dry_run: bool = True
    """The device answers what it would do, and does nothing."""

    @model_validator(mode="after")
    def _short_lived(self) -> Self:
        if not self.issued_at < self.expires_at <= self.issued_at + LONGEST:
            minutes = LONGEST.total_seconds() / 60
            msg = f"expires_at must lie within {minutes:g} minutes after issued_at"
            raise ValueError(msg)
        return self

    @property
    def signed_bytes(self) -> bytes:
        """What approvals sign: every word of the command."""
        return _PURPOSE + canonical(self.model_dump(mode="json"))


class Approval(_Part):
    """The signature of one person."""

    approver: str = Field(min_length=1, max_length=200)
    signature: str = Field(max_length=128)
    """Ed25519 over the command, in base 64."""


class Order(_Part):
    """A command with its approvals: what is sent."""

    command: Command
    approvals: tuple[Approval, ...] = Field(max_length=8)


def approve(command: Command, approver: str, key: Ed25519PrivateKey) -> Approval:
    """Sign a command.

    Parameters
    ----------
    command
        What the approver has read.
    approver
        Name under which the receiver knows the public key.
    key
        The approver's own.
    """
    signature = b64encode(key.sign(command.signed_bytes)).decode("ascii")
    return Approval(approver=approver, signature=signature)


def encoded(command: Command, approvals: Sequence[Approval]) -> bytes:
    """Return an order as JSON.

    Parameters
    ----------
    command
        The command.
    approvals
        Of two people.
    """
    order = Order(command=command, approvals=tuple(approvals))
    return canonical(order.model_dump(mode="json"))


def parsed(received: bytes) -> Order:
    """Read an order; nothing of it has been checked yet.

    Parameters
    ----------
    received
        As JSON.

    Raises
    ------
    CommandError
        If it is malformed.
    """
    if len(received) > _MOST_BYTES:
        raise CommandError(f"{len(received)} bytes are no order")
    try:
        return Order.model_validate(json.loads(received))
    except (ValidationError, ValueError, RecursionError) as error:
        first = str(error).splitlines()[0]
        raise CommandError(f"malformed order: {first[:200]}") from error


def verified(
    received: bytes, trusted: Mapping[str, Ed25519PublicKey], device: str, now: datetime
) -> Command:
    """Check an order at the device; only what this returns may be followed, and each id once.

    Parameters
    ----------
    received
        As received.
    trusted
        Public keys by the name of the approver; two names with one key count as one person.
    device
        Name of this device.
    now
        Time of receipt, aware.

    Raises
    ------
    CommandError
        If it is malformed, for another device, too early or too late, or fewer than two people
        who are trusted signed exactly this.
    """
    order = parsed(received)
    command = order.command
    if command.device != device:
        raise CommandError(f"command {command.id} is for {command.device}, this is {device}")
    if not command.issued_at <= now < command.expires_at:
        msg = (
            f"command {command.id} holds from {command.issued_at.isoformat()} to "
            f"{command.expires_at.isoformat()}, now is {now.isoformat()}"
        )
        raise CommandError(msg, hint="have it approved anew, or set the clock")
    people = {
        key.public_bytes(Encoding.Raw, PublicFormat.Raw)
        for approval in order.approvals
        if (key := trusted.get(approval.approver)) is not None and _signed(command, approval, key)
    }
    if len(people) < APPROVALS:
        msg = f"command {command.id} bears valid signatures of {len(people)} trusted people"
        raise CommandError(msg, hint=f"{APPROVALS} different people must approve it")
    return command


def _signed(command: Command, approval: Approval, key: Ed25519PublicKey) -> bool:
    try:
        key.verify(b64decode(approval.signature, validate=True), command.signed_bytes)
    except (InvalidSignature, ValueError):
        return False
    return True
