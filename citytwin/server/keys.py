"""Public keys of the identity provider: fetched when needed, kept for a while, rotated with it."""

from __future__ import annotations

import json
import logging
import ssl
import threading
import time
from typing import Any

import httpx
from joserfc.jwk import KeySet

from citytwin.errors import UnreachableError
from citytwin.serve_config import IdentityConfig

_LOG = logging.getLogger(__name__)
_KEPT_S = 600.0
_AGAIN_AFTER_S = 10.0
_TIMEOUT_S = 10.0
_PATIENCE_S = 1.0
"""That a request waits for the keys while another one fetches them: threads are few."""
_MAX_BYTES = 1_000_000
DISCOVERY = "/.well-known/openid-configuration"


class ProviderKeys:
    """Keys by their id. A key that is not known is asked for once more, but not all the time.

    Parameters
    ----------
    config
        Of the provider.
    """

    def __init__(self, config: IdentityConfig) -> None:
        self._config = config
        self._lock = threading.Lock()
        self._keys: KeySet | None = None
        self._fetched_s = float("-inf")
        self._tried_s = float("-inf")

    def ask_ahead(self) -> None:
        """Ask before the first reader comes, so that nobody waits for it, or is sent away meanwhile.

        A provider that does not answer is told in the log, and asked again by the first token.
        """
        with self._lock:
            try:
                self._fetch(time.monotonic())
            except UnreachableError as error:
                _LOG.warning("%s; tokens do not hold until it does", error)

    def holding(self, key_id: str) -> KeySet | None:
        """Return the keys when the one named is among them, or None.

        Parameters
        ----------
        key_id
            As the header of a token names it.

        Raises
        ------
        UnreachableError
            If the provider does not answer and no keys are known yet, or is being asked and the key
            is not among those known.
        """
        keys = self._keys  # whoever brings a known key does not wait for those who do not
        known = keys is not None and _has(keys, key_id)
        if known and time.monotonic() - self._fetched_s < _KEPT_S:
            return keys
        if not self._lock.acquire(timeout=0.0 if known else _PATIENCE_S):
            if known:
                return keys
            msg = f"the identity provider {self._config.issuer} is being asked for its keys"
            raise UnreachableError(msg, hint="ask again in a moment")
        try:
            self._refresh(key_id)
            keys = self._keys
        finally:
            self._lock.release()
        return keys if keys is not None and _has(keys, key_id) else None

    def _refresh(self, key_id: str) -> None:
        """Ask the provider where that may help, and it was not asked just now."""
        now_s = time.monotonic()
        known = self._keys is not None and _has(self._keys, key_id)
        stale = now_s - self._fetched_s > _KEPT_S
        if (not known or stale) and now_s - self._tried_s > _AGAIN_AFTER_S:
            try:
                self._fetch(now_s)
            finally:
                self._tried_s = (
                    time.monotonic()
                )  # its end: an answer may take longer than the pause

    def _fetch(self, now_s: float) -> None:
        """Ask the provider; while it does not answer, keys known before serve on."""
        try:
            document = self._get(self._config.issuer.rstrip("/") + DISCOVERY)
            if document.get("issuer") != self._config.issuer:
                msg = f"{self._config.issuer} calls itself {document.get('issuer')!r}"
                raise UnreachableError(msg, hint="give `issuer` as the provider names itself")
            self._keys = KeySet.import_key_set(self._get(str(document.get("jwks_uri"))))  # type: ignore[arg-type]
            self._fetched_s = now_s
        except (httpx.HTTPError, ValueError, TypeError, UnreachableError) as error:
            if self._keys is None:
                msg = f"the identity provider {self._config.issuer} gives no keys: {error}"
                raise UnreachableError(msg, hint="check its address and certificate") from error

    def _get(self, url: str) -> dict[str, Any]:
        secure = url.startswith("https://")
        if not secure and not self._config.issuer.startswith("http://"):
            msg = f"the provider names {url}, which is not https"
            raise UnreachableError(msg, hint="correct its discovery document")
        content = bytearray()
        with (
            httpx.Client(verify=trust_of(self._config), timeout=_TIMEOUT_S) as client,
            client.stream("GET", url) as answer,
        ):
            answer.raise_for_status()
            for piece in answer.iter_bytes():
                content += piece
                if len(content) > _MAX_BYTES:
                    msg = f"{url} answers more than {_MAX_BYTES} bytes"
                    raise UnreachableError(msg, hint="check the address of the provider")
        found = json.loads(content)
        if not isinstance(found, dict):
            msg = f"{url} answers no object"
            raise UnreachableError(msg, hint="check the address of the provider")
        return found


def trust_of(config: IdentityConfig) -> ssl.SSLContext:
    """Return the certificates by which the provider is known.

    Parameters
    ----------
    config
        Of the provider.
    """
    authorities = str(config.authorities) if config.authorities else None
    return ssl.create_default_context(cafile=authorities)


def _has(keys: KeySet, key_id: str) -> bool:
    return any(key.kid == key_id for key in keys.keys)
