"""Where a request comes from, as limits count it."""

from __future__ import annotations

import ipaddress

_OWN_PREFIX = 64
"""Bits of an IPv6 address that a provider gives: the others are for whoever has it to choose."""


def origin_of(address: str) -> str:
    """Return what all addresses of one holder have in common.

    Parameters
    ----------
    address
        Of IPv4 or IPv6, as the socket tells it; empty where there is none.
    """
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ipaddress.ip_network((found, _OWN_PREFIX), strict=False).network_address)
