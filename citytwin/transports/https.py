"""One request over HTTPS, with every limit: where it goes, how long it takes, how much comes."""

from __future__ import annotations

import ssl
import time
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urljoin

import urllib3
from urllib3.exceptions import HTTPError, SSLError

from citytwin.errors import SourceError, UnreachableError
from citytwin.transports.addresses import Allowed, Target, without_secrets
from citytwin.transports.watched import Deadline, WatchedPool
from citytwin.version import __version__

_CHUNK = 64 * 1024
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_LATER = frozenset({408, 425, 429})
"""The other side says: not now."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one request may take."""

    connect_s: float = 10.0
    silence_s: float = 20.0
    """Longest wait for the next byte [s]."""
    total_s: float = 60.0
    """All of it; a drip of single bytes is no answer [s]."""
    bytes: int = 64_000_000
    """Of the answer, as it comes and as it unpacks."""
    ratio: float = 200.0
    """Of unpacked to packed bytes, beyond 1 MB."""
    redirects: int = 3


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    """Names in small letters."""
    body: bytes
    """Unpacked."""


@dataclass(frozen=True)
class HttpsClient:
    """Asks hosts that are allowed, by addresses that were checked.

    Parameters
    ----------
    allowed
        Where requests and redirections may go.
    limits
        What a request may take.
    authorities
        File of certificate authorities that are trusted beside those of the system.
    """

    allowed: Allowed
    limits: Limits = field(default_factory=Limits)
    authorities: Path | None = None

    def get(self, url: str, headers: Mapping[str, str], secrets: Mapping[str, str]) -> Answer:
        """Fetch; redirections are followed to allowed hosts only.

        Parameters
        ----------
        url
            HTTPS address.
        headers
            Of every request.
        secrets
            Headers that only the host of `url` itself may see.

        Raises
        ------
        SourceError
            If an address is not allowed, the answer breaks a limit, or says no for good.
        UnreachableError
            If there is no answer, or one that says later.
        """
        target = first = self.allowed.target(url)
        for _ in range(self.limits.redirects + 1):
            shown = without_secrets(url)
            sent = {**headers, **secrets} if target.origin == first.origin else dict(headers)
            answer = self._ask("GET", target, sent, None, shown)
            if answer.status not in _REDIRECTS:
                return _accepted(answer, shown)
            url = urljoin(url, answer.headers.get("location", ""))
            target = self.allowed.target(url)
        msg = f"redirected more than {self.limits.redirects} times"
        raise SourceError(msg, source=without_secrets(url), hint="name the final address")

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Send; a redirection is an error, since what was signed was for this address.

        Parameters
        ----------
        url
            HTTPS address.
        body
            What is sent.
        headers
            Of the request.

        Raises
        ------
        SourceError
            If the address is not allowed, or the answer says no for good.
        UnreachableError
            If there is no answer, or one that says later.
        """
        shown = without_secrets(url)
        answer = self._ask("POST", self.allowed.target(url), headers, body, shown)
        if answer.status in _REDIRECTS:
            msg = f"answers {answer.status} and leads elsewhere"
            raise SourceError(msg, source=shown, hint="name the final address")
        return _accepted(answer, shown)

    def _ask(
        self,
        method: str,
        target: Target,
        headers: Mapping[str, str],
        body: bytes | None,
        shown: str,
    ) -> Answer:
        """Ask the addresses of a host one after the other, until one answers."""
        fault: UnreachableError | None = None
        deadline_s = time.monotonic() + self.limits.total_s
        for address in target.addresses:
            try:
                return self._ask_address(
                    method, target, address, headers, body, (shown, deadline_s)
                )
            except UnreachableError as error:
                fault = error
        if fault is None:
            msg = f"{shown}: the host {target.host} has no address"
            fault = UnreachableError(msg, hint="check its name and the network")
        raise fault

    def _ask_address(
        self,
        method: str,
        target: Target,
        address: str,
        headers: Mapping[str, str],
        body: bytes | None,
        told: tuple[str, float],
    ) -> Answer:
        shown, deadline_s = told
        port = "" if target.port == 443 else f":{target.port}"
        host = f"[{target.host}]" if ":" in target.host else target.host
        sent = {
            "Host": f"{host}{port}",
            "User-Agent": f"citytwin/{__version__}",
            "Accept-Encoding": "gzip",
            **headers,
        }
        timeout = urllib3.Timeout(connect=self.limits.connect_s, read=self.limits.silence_s)
        with (
            Deadline(deadline_s) as deadline,
            WatchedPool(
                address,
                target.port,
                timeout=timeout,
                retries=False,
                ssl_context=self._context(),
                server_hostname=target.host,
                assert_hostname=target.host,
                deadline=deadline,
            ) as pool,
        ):
            try:
                response = pool.urlopen(
                    method,
                    target.path,
                    body=body,
                    headers=sent,
                    redirect=False,
                    preload_content=False,
                    decode_content=False,
                )
                with response:
                    said = {name.lower(): value for name, value in response.headers.items()}
                    packed = self._read(response, shown, deadline)
            except SSLError as error:
                msg = f"{shown}: no trusted connection: {error}"
                hint = "check the certificate; name the authority of your own network"
                raise UnreachableError(msg, hint=hint) from error
            except (HTTPError, OSError) as error:
                if deadline.has_passed:
                    raise self._too_slow(shown) from error
                msg = f"{shown}: no answer: {type(error).__name__}: {error}"
                raise UnreachableError(msg, hint="check the network and the service") from error
        return Answer(response.status, said, self._unpacked(packed, said, shown))

    def _context(self) -> ssl.SSLContext:
        context = ssl.create_default_context()
        if self.authorities is not None:
            context.load_verify_locations(self.authorities)
        return context

    def _read(self, response: urllib3.BaseHTTPResponse, shown: str, deadline: Deadline) -> bytes:
        found = bytearray()
        while (chunk := response.read1(_CHUNK)) and not deadline.has_passed:
            found += chunk
            if len(found) > self.limits.bytes:
                raise _too_large(shown, self.limits.bytes)
        if deadline.has_passed:  # what ended then may be cut off, also in its head
            raise self._too_slow(shown)
        return bytes(found)

    def _too_slow(self, shown: str) -> UnreachableError:
        msg = f"{shown}: an answer that takes {self.limits.total_s:g} s, and no end"
        return UnreachableError(msg, hint="the service is too slow, or hostile")

    def _unpacked(self, packed: bytes, headers: Mapping[str, str], shown: str) -> bytes:
        coding = headers.get("content-encoding", "identity").strip().lower()
        if coding in ("", "identity") or not packed:
            return packed
        if coding not in ("gzip", "x-gzip"):
            msg = f"comes in the coding {coding!r}, which nobody asked for"
            raise SourceError(msg, source=shown, hint="tell the provider")
        most = int(min(self.limits.bytes, max(1_000_000, self.limits.ratio * len(packed))))
        inflater = zlib.decompressobj(31)
        try:
            content = inflater.decompress(packed, most + 1)
        except zlib.error as error:
            msg = f"{shown}: does not unpack: {error}"
            raise UnreachableError(msg, hint="it was damaged on its way") from error
        if len(content) > most:
            msg = f"unpacks from {len(packed)} bytes to more than {most}"
            raise SourceError(msg, source=shown, hint="it is no data, or the limit is too low")
        if not inflater.eof:
            msg = f"{shown}: the packed answer is cut off after {len(packed)} bytes"
            raise UnreachableError(msg, hint="it was cut off on its way")
        return content


def _accepted(answer: Answer, shown: str) -> Answer:
    status = answer.status
    if status < 300 or status == HTTPStatus.NOT_MODIFIED:
        return answer
    if status in _LATER or status >= 500:
        msg = f"{shown}: answers {status}"
        waits = answer.headers.get("retry-after", "")
        seconds = float(waits) if waits.isascii() and waits.isdigit() and len(waits) < 7 else 0.0
        raise UnreachableError(msg, retry_after_s=seconds, hint="it is tried again")
    hint = "check the address and the access key" if status in (401, 403) else "check the address"
    raise SourceError(f"answers {status}", source=shown, hint=hint)


def _too_large(shown: str, limit: int) -> SourceError:
    msg = f"sends more than {limit} bytes"
    return SourceError(msg, source=shown, hint="raise the limit if that is right")
