"""Which addresses may be asked."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citytwin.errors import SourceError
from citytwin.transports.addresses import Allowed, is_public, without_secrets

ALLOWED = Allowed(frozenset({"127.0.0.1", "[::1]", "::1"}), private=True)


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("8.8.8.8", True),
        ("2001:4860:4860::8888", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("::1", False),
        ("::", False),
        ("fe80::1", False),
        ("fd00::1", False),
        ("ff02::1", False),
        ("::ffff:127.0.0.1", False),
        ("::ffff:8.8.8.8", True),
        ("64:ff9b::7f00:1", False),
        ("64:ff9b::808:808", True),
        ("2002:7f00:1::", False),
        ("2002:a00:1::1", False),
    ],
)
def test_public_and_private(address: str, public: bool) -> None:
    """RFC 6890, and addresses of version 4 wrapped in version 6 (4291, 6052, 3056)."""
    assert is_public(ipaddress.ip_address(address)) is public


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://127.0.0.1/", "only https"),
        ("ftp://127.0.0.1/", "only https"),
        ("https://user:pw@127.0.0.1/", "a user or a password"),
        ("https://127.0.0.1:99999/", "no address"),
        ("https://127.0.0.1\\@8.8.8.8/", "password|no name|not among"),
        ("https://127.0.0.2/", "not among those allowed"),
        ("https://0x7f000001/", "not among those allowed"),
        ("https:///x", "no name of a host"),
        ("https://127.0.0.1/a b", "one word"),
        ("https://127.0.0.1/\r\nX: y", "one word"),
        ("https://127.0.0.1/" + "a" * 5000, "one word"),
        ("", "only https"),
    ],
)
def test_addresses_that_are_refused(url: str, said: str) -> None:
    """Each for its reason, and the password is never told."""
    with pytest.raises(SourceError, match=said) as fault:
        ALLOWED.target(url)
    assert "pw" not in str(fault.value)


def test_an_address_is_taken_apart() -> None:
    """Host, port, checked numbers, path and query."""
    target = ALLOWED.target("https://127.0.0.1:8443/a/b?c=d")
    assert (target.host, target.port, target.path) == ("127.0.0.1", 8443, "/a/b?c=d")
    assert target.addresses == ("127.0.0.1",)
    assert ALLOWED.target("https://127.0.0.1").path == "/"


@given(st.text(max_size=80))
def test_nothing_falls_over(url: str) -> None:
    """Any text is refused in words, or is an address that is allowed."""
    assert "?" not in without_secrets(url) or "://" not in url
    try:
        target = ALLOWED.target(url)
    except SourceError:
        return
    assert target.host in ALLOWED.hosts
