"""Signatures of web hooks: what is accepted, and everything that is not."""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citytwin.alerts.webhook import IDEMPOTENCY_KEY, SIGNATURE, SignatureError, headers, verify

NOW = datetime(2026, 6, 30, 3, 0, tzinfo=UTC)
OLD, NEW, OTHER = b"o" * 32, b"n" * 32, b"x" * 40
BODY = '{"headline":"激しい雨"}'.encode()


def signed(*secrets: bytes) -> dict[str, str]:
    """Headers of the body."""
    return headers(BODY, "alert-1", secrets, NOW, "application/json")


def test_the_signature_is_what_it_says() -> None:
    """HMAC-SHA256 over time, full stop and body, written down here once more."""
    seconds = str(int(NOW.timestamp()))
    digest = hmac.new(OLD, seconds.encode() + b"." + BODY, hashlib.sha256).hexdigest()
    assert signed(OLD)[SIGNATURE] == f"t={seconds},v1={digest}"


def test_while_a_secret_is_replaced_both_sides_may_lag() -> None:
    """Signed with both: a receiver of the old and one of the new accept, and one of both."""
    for known in ([OLD], [NEW], [NEW, OLD], [OTHER, NEW]):
        assert verify(BODY, signed(NEW, OLD), known, NOW) == "alert-1"
    assert verify(BODY, signed(OLD), [NEW, OLD], NOW) == "alert-1"
    with pytest.raises(SignatureError, match="no signature fits"):
        verify(BODY, signed(NEW), [OLD], NOW)


@pytest.mark.parametrize(
    ("late_s", "fits"), [(300, True), (301, False), (-300, True), (-301, False)]
)
def test_the_replay_window(late_s: int, fits: bool) -> None:
    """Five minutes in both directions."""
    now = NOW + timedelta(seconds=late_s)
    if fits:
        assert verify(BODY, signed(OLD), [OLD], now)
        return
    with pytest.raises(SignatureError, match="signed"):
        verify(BODY, signed(OLD), [OLD], now)


@given(st.binary(max_size=80).filter(lambda body: body != BODY))
def test_any_other_body_is_refused(body: bytes) -> None:
    """Not one byte may differ."""
    with pytest.raises(SignatureError, match="no signature fits"):
        verify(body, signed(OLD), [OLD], NOW)


@given(st.text(max_size=60))
def test_no_header_gets_through_or_falls_over(header: str) -> None:
    """Whatever is sent instead of a signature."""
    with pytest.raises(SignatureError):
        verify(BODY, {SIGNATURE: header, IDEMPOTENCY_KEY: "k"}, [OLD], NOW)


def test_names_of_headers_come_in_any_case() -> None:
    """As servers hand them on."""
    lower = {name.lower(): value for name, value in signed(OLD).items()}
    assert verify(BODY, lower, [OLD], NOW) == "alert-1"


def test_a_message_without_key_or_with_a_moved_time_is_refused() -> None:
    """The time is signed along."""
    with pytest.raises(SignatureError, match="Idempotency-Key"):
        verify(BODY, {SIGNATURE: signed(OLD)[SIGNATURE]}, [OLD], NOW)
    moved = signed(OLD)
    seconds = int(NOW.timestamp())
    moved[SIGNATURE] = moved[SIGNATURE].replace(str(seconds), str(seconds + 60))
    with pytest.raises(SignatureError, match="no signature fits"):
        verify(BODY, moved, [OLD], NOW)


@pytest.mark.parametrize("secrets", [[], [b"short"], [OLD, b""]])
def test_weak_secrets_are_refused_and_not_told(secrets: list[bytes]) -> None:
    """On both sides."""
    with pytest.raises(SignatureError) as fault:
        headers(BODY, "k", secrets, NOW, "text/plain")
    assert "short" not in str(fault.value).replace("shorter", "")
    with pytest.raises(SignatureError):
        verify(BODY, signed(OLD), secrets, NOW)
