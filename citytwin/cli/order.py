"""``citytwin order``: orders to devices, which two people sign; a gateway checks them, and nothing is sent here."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import click

from citytwin.errors import ConfigError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import (
        Ed25519PrivateKey,
        Ed25519PublicKey,
    )

_FILE = click.argument("file", type=click.Path(path_type=Path))


@click.group()
def command() -> None:
    """Write an order to a device, sign it, check it.

    Two people sign with keys of their own (`openssl genpkey -algorithm ed25519`); the gateway of the device has
    their public keys (`openssl pkey -pubout`). An order holds for a quarter of an hour at most, and is a rehearsal
    unless it says otherwise. Sending it is left to the operator: `sync` sends none.
    """


@command.command()
@_FILE
@click.option("--device", required=True, metavar="URN", help="One device, no pattern.")
@click.option("--action", required=True, help="Such as start, stop, set_opening.")
@click.option("--value", type=float, help="Of the action, where it has one.")
@click.option("--unit", default="", help="Of the value.")
@click.option("--reason", required=True, help="Whoever signs reads it.")
@click.option("--minutes", type=click.FloatRange(1, 15), default=15.0, show_default=True)
@click.option(
    "--in-earnest", is_flag=True, help="The device does it; else it says what it would do."
)
def write(
    file: Path,
    device: str,
    action: str,
    value: float | None,
    unit: str,
    reason: str,
    minutes: float,
    *,
    in_earnest: bool,
) -> None:
    """Write an order that nobody has signed yet to FILE."""
    from pydantic import ValidationError

    from citytwin.alerts.commands import Command, encoded
    from citytwin.store.atomic import write_bytes
    from citytwin.wording import explain

    now = datetime.now(UTC).replace(microsecond=0)
    said = {
        "id": uuid4().hex,
        "device": device,
        "action": action,
        "value": value,
        "unit": unit,
        "reason": reason,
        "issued_at": now,
        "expires_at": now + timedelta(minutes=minutes),
        "dry_run": not in_earnest,
    }
    try:
        order = Command.model_validate(said)
    except ValidationError as error:
        raise ConfigError(explain(error, Command, "order")) from error
    if file.exists():
        raise ConfigError(
            f"{file} exists already", hint="an order is never changed: take a new file"
        )
    write_bytes(file, encoded(order, ()))
    click.echo(f"{file}: holds until {order.expires_at:%H:%M:%S} UTC; two people must sign it")


@command.command()
@_FILE
@click.option("--by", required=True, help="Name under which the gateway knows the public key.")
@click.option("--key", required=True, type=click.Path(path_type=Path), help="Private key, PEM.")
def sign(file: Path, by: str, key: Path) -> None:
    """Show the order in FILE, and sign it."""
    from citytwin.alerts.commands import approve, encoded, parsed
    from citytwin.store.atomic import write_bytes

    order = parsed(_content(file))
    click.echo(order.command.model_dump_json(indent=1))
    others = [one for one in order.approvals if one.approver != by]
    approval = approve(order.command, by, _private_key(key))
    write_bytes(file, encoded(order.command, [*others, approval]))
    click.echo(f"{file}: signed by {', '.join(one.approver for one in [*others, approval])}")


@command.command()
@_FILE
@click.option("--device", required=True, metavar="URN", help="Of the gateway that checks.")
@click.option(
    "--trust",
    "trusted",
    required=True,
    multiple=True,
    metavar="NAME=KEY.pem",
    help="Public key of somebody who may sign; once for each.",
)
def check(file: Path, device: str, trusted: tuple[str, ...]) -> None:
    """Check the order in FILE as the gateway of a device does; exit code 1 where it must not be followed."""
    from citytwin.alerts.commands import verified

    named = dict(_named(one) for one in trusted)
    keys = {name: _public_key(path) for name, path in named.items()}
    found = verified(_content(file), keys, device, datetime.now(UTC))
    how = "say what it would do" if found.dry_run else "do it"
    click.echo(f"{found.device} shall {found.action}: {how}; once only, by id {found.id}")


def _named(said: str) -> tuple[str, Path]:
    name, parted, path = said.partition("=")
    if not (name and parted and path):
        raise ConfigError(f"--trust {said!r} names no key", hint="write it like sato=sato.pem")
    return name, Path(path)


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise ConfigError(f"{file} cannot be read: {error.strerror}") from error


def _private_key(file: Path) -> Ed25519PrivateKey:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        found = load_pem_private_key(_content(file), None)
    except (ValueError, TypeError) as error:  # damaged, or under a password
        raise _no_key(file) from error
    if not isinstance(found, Ed25519PrivateKey):
        raise _no_key(file)
    return found


def _public_key(file: Path) -> Ed25519PublicKey:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    try:
        found = load_pem_public_key(_content(file))
    except ValueError as error:
        raise _no_key(file) from error
    if not isinstance(found, Ed25519PublicKey):
        raise _no_key(file)
    return found


def _no_key(file: Path) -> ConfigError:
    hint = "openssl genpkey -algorithm ed25519; openssl pkey -pubout"
    return ConfigError(f"{file} holds no Ed25519 key without a password", hint=hint)
