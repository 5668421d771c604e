"""Webhooks that receivers can trust: who sent it, that it is whole, that it is not an old one again.

The signature is HMAC-SHA256 (RFC 2104, FIPS 180-4) over the time, a full stop, and the body. While
a secret is replaced, messages carry a signature of the old and one of the new, and receivers may
know either. Receivers import :func:`verify`.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from citytwin.errors import CityTwinError

SIGNATURE = "X-Citytwin-Signature"
IDEMPOTENCY_KEY = "Idempotency-Key"
REPLAY_WINDOW_S = 300
"""Older messages, and those from as far in the future, are refused."""
LEAST_SECRET_BYTES = 32
_VERSION = "v1"


class SignatureError(CityTwinError, ValueError):
    """A message that must not be believed; says why, and nothing of the secret."""


def headers(
    body: bytes, key: str, secrets: Sequence[bytes], at: datetime, media_type: str
) -> dict[str, str]:
    """Return the headers of a signed request.

    Parameters
    ----------
    body
        What is sent, byte for byte.
    key
        Idempotency key: the same for every repetition of one message.
    secrets
        One secret; two while it is replaced, the new one first.
    at
        Time of sending, aware; a repetition is signed anew.
    media_type
        Of the body.

    Raises
    ------
    SignatureError
        If there is no secret, or one is shorter than 32 bytes.
    """
    _check_secrets(secrets)
    seconds = int(at.timestamp())
    signatures = [f"{_VERSION}={_digest(secret, seconds, body)}" for secret in secrets]
    return {
        "Content-Type": media_type,
        IDEMPOTENCY_KEY: key,
        SIGNATURE: ",".join([f"t={seconds}", *signatures]),
    }


def verify(
    body: bytes,
    received: Mapping[str, str],
    secrets: Sequence[bytes],
    now: datetime | None = None,
    replay_window_s: int = REPLAY_WINDOW_S,
) -> str:
    """Check a request at the receiver, and return its idempotency key.

    A receiver that has seen the key before has seen the message before, and does nothing.

    Parameters
    ----------
    body
        As received, before anything decodes it.
    received
        Headers; names in any case.
    secrets
        Secrets the receiver knows.
    now
        Time of receipt, aware; default: this moment.
    replay_window_s
        Seconds by which the time of the signature may differ from `now`.

    Raises
    ------
    SignatureError
        If a header is missing or malformed, no signature fits, or it is too old.
    """
    _check_secrets(secrets)
    named = {name.lower(): value for name, value in received.items()}
    key = named.get(IDEMPOTENCY_KEY.lower(), "")
    if not key:
        raise SignatureError(f"the header {IDEMPOTENCY_KEY} is missing")
    seconds, signatures = _parsed(named.get(SIGNATURE.lower(), ""))
    known = [_digest(secret, seconds, body) for secret in secrets]
    # All pairs are compared, each in constant time: how long it takes tells nothing.
    fits = [hmac.compare_digest(a, b) for a in known for b in signatures]
    if not any(fits):
        msg = "no signature fits the body"
        hint = "compare the secrets of both sides; the body must be checked as it was received"
        raise SignatureError(msg, hint=hint)
    moment = datetime.now(UTC) if now is None else now
    off = moment.timestamp() - seconds
    if abs(off) > replay_window_s:
        msg = f"signed {off:.0f} s ago, allowed are {replay_window_s} s"
        raise SignatureError(msg, hint="it is a repetition, or a clock is wrong")
    return key


def _parsed(header: str) -> tuple[int, list[str]]:
    pairs = [part.strip().partition("=") for part in header.split(",")[:8]]
    times = [value for name, _, value in pairs if name == "t"]
    signatures = [value for name, _, value in pairs if name == _VERSION and value.isascii()]
    digits = len(times) == 1 and times[0].isascii() and times[0].isdigit() and len(times[0]) <= 12
    if not digits or not signatures:
        msg = f"the header {SIGNATURE} is missing or malformed"
        raise SignatureError(msg, hint=f"it looks like t=1767225600,{_VERSION}=9f86d0...")
    return int(times[0]), signatures


def _digest(secret: bytes, seconds: int, body: bytes) -> str:
    return hmac.new(secret, b"%d." % seconds + body, hashlib.sha256).hexdigest()


def _check_secrets(secrets: Sequence[bytes]) -> None:
    if not secrets or any(len(secret) < LEAST_SECRET_BYTES for secret in secrets):
        msg = f"{len(secrets)} secrets, of which one is shorter than {LEAST_SECRET_BYTES} bytes"
        if not secrets:
            msg = "there is no secret"
        raise SignatureError(msg, hint="make one with: openssl rand -hex 32")
