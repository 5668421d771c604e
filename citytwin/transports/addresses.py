"""Where connections may go: hosts by name, and no address inside the network unless that is said.

A name that is allowed may still lead to an address that is not (by a hostile name server, or by
one that changes its answer between the check and the connection): addresses are looked up once,
checked, and then connected to by number.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from dataclasses import dataclass
from urllib.parse import urlsplit

from citytwin.errors import SourceError, UnreachableError

_NAME = re.compile(r"(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,62})(\.[a-z0-9_-]{1,63})*|\[[0-9a-f:.]+\]")
_MOST_CHARACTERS = 4096
_NAT64 = ipaddress.ip_network("64:ff9b::/96")

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True, slots=True)
class Target:
    """An address that may be asked."""

    host: str
    port: int
    addresses: tuple[str, ...]
    """Numbers of the host, all checked."""
    path: str
    """Path and query."""

    @property
    def origin(self) -> tuple[str, int]:
        """Host and port: secrets are for one of them only."""
        return self.host, self.port


@dataclass(frozen=True, slots=True)
class Allowed:
    """Hosts that a source may be fetched from, or a message sent to.

    Parameters
    ----------
    hosts
        Names in small letters.
    private
        Whether their addresses may lie in a private network, or on this computer.
    """

    hosts: frozenset[str]
    private: bool = False

    def target(self, url: str, shown: str = "") -> Target:
        """Check an address and look its host up.

        Parameters
        ----------
        url
            As configured, or as a redirection says.
        shown
            What messages call it; default: its scheme, host and path without the query.

        Raises
        ------
        SourceError
            If it is no HTTPS address, its host is not allowed, or lies in a private network.
        UnreachableError
            If the host has no address.
        """
        name = shown or without_secrets(url)
        host, port, path = _parts(url, name)
        if host not in self.hosts:
            msg = f"the host {host} is not among those allowed: {', '.join(sorted(self.hosts))}"
            hint = "add it to `hosts` of the source, if it may be asked"
            raise SourceError(msg, source=name, hint=hint)
        return Target(host, port, self.addresses(host, port, name), path)

    def addresses(self, host: str, port: int, shown: str) -> tuple[str, ...]:
        """Look up a host, and check every address that it has.

        Parameters
        ----------
        host
            Name, or number.
        port
            Port.
        shown
            What messages call the place.

        Raises
        ------
        SourceError
            If one lies in a private network where none may.
        UnreachableError
            If there is none.
        """
        try:
            found = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            msg = f"{shown}: the host {host} has no address: {error}"
            raise UnreachableError(msg, hint="check its name and the network") from error
        numbers = tuple(dict.fromkeys(str(entry[4][0]).partition("%")[0] for entry in found))
        closed = [n for n in numbers if not is_public(ipaddress.ip_address(n))]
        if closed and not self.private:
            msg = f"the host {host} leads to {closed[0]}, inside a private network"
            hint = "say `private_network: true` if that is meant"
            raise SourceError(msg, source=shown, hint=hint)
        return numbers


def is_public(address: Address) -> bool:
    """Whether an address lies on the public internet, also by what is wrapped in it.

    Parameters
    ----------
    address
        Version 4 or 6.
    """
    inner = _wrapped(address)
    if inner is not None:
        return is_public(inner)
    return address.is_global and not (
        address.is_multicast or address.is_reserved or address.is_unspecified
    )


def _wrapped(address: Address) -> ipaddress.IPv4Address | None:
    """Address of version 4 that one of version 6 carries."""
    if isinstance(address, ipaddress.IPv4Address):
        return None
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    if address.teredo is not None:
        return address.teredo[1]
    return address.ipv4_mapped or address.sixtofour


def without_secrets(url: str) -> str:
    """Return an address as it may stand in a log: no password, no query, which may hold a key.

    Parameters
    ----------
    url
        Any address.
    """
    try:
        parts = urlsplit(url[:_MOST_CHARACTERS])
        return f"{parts.scheme}://{parts.hostname or ''}{parts.path}"
    except ValueError:
        return "an address that cannot be read"


def _parts(url: str, shown: str) -> tuple[str, int, str]:
    if len(url) > _MOST_CHARACTERS or any(c <= " " or c == "\x7f" for c in url):
        msg = "an address must be one word of at most 4096 characters"
        raise SourceError(msg, source=shown, hint="check the address")
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").lower(), parts.port or 443
    except ValueError as error:
        msg = f"is no address: {error}"
        raise SourceError(msg, source=shown, hint="check the address") from error
    if parts.scheme != "https":
        msg = f"the scheme is {parts.scheme!r}; only https can be trusted"
        raise SourceError(msg, source=shown, hint="write https://...")
    if parts.username is not None or parts.password is not None:
        msg = "holds a user or a password"
        hint = "addresses end up in logs; name the environment variable that holds the secret"
        raise SourceError(msg, source=shown, hint=hint)
    bracketed = f"[{host}]" if ":" in host else host
    if not _NAME.fullmatch(bracketed):
        raise SourceError(f"{host!r} is no name of a host", source=shown, hint="check the address")
    path = parts.path or "/"
    return host, port, f"{path}?{parts.query}" if parts.query else path
