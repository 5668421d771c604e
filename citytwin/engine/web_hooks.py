"""Web hooks of a configuration: whom they reach, and the secrets that sign what is posted."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

from citytwin.alerts import webhook
from citytwin.config import LoadedConfig
from citytwin.errors import ConfigError, SourceError, UnreachableError
from citytwin.live_config import WebhookConfig
from citytwin.transports.addresses import Allowed
from citytwin.transports.https import HttpsClient, Limits

_LARGEST_ANSWER = 1_000_000


@dataclass(frozen=True)
class WebHook:
    """Posts signed messages to one address."""

    url: str
    client: HttpsClient
    secrets: Sequence[bytes]
    """One, or two while it is replaced."""

    def post(self, body: bytes, key: str, media_type: str) -> None:
        """Post a message, signed at this moment.

        Parameters
        ----------
        body
            What is sent, byte for byte.
        key
            Idempotency key: the same for every repetition of one message.
        media_type
            Of the body.

        Raises
        ------
        SourceError
            If the address is not allowed, or the answer is a refusal.
        UnreachableError
            If there is no answer, or one that says later.
        """
        signed = webhook.headers(body, key, self.secrets, datetime.now(UTC), media_type)
        self.client.post(self.url, body, signed)


def web_hook(loaded: LoadedConfig, name: str, config: WebhookConfig) -> WebHook:
    """Return a web hook of a configuration; it reaches its own host and no other.

    Parameters
    ----------
    loaded
        The configuration.
    name
        Who needs it.
    config
        Its address, and the variables with its secrets.

    Raises
    ------
    ConfigError
        If a variable with a secret is not set.
    """
    client = HttpsClient(
        _allowed(config),
        Limits(bytes=_LARGEST_ANSWER),
        None if config.authorities is None else loaded.path(config.authorities),
    )
    secrets = [secret_of(variable, name).encode("utf-8") for variable in config.secret_envs]
    return WebHook(config.url, client, secrets)


def addresses_in_trouble(loaded: LoadedConfig) -> tuple[str, ...]:
    """Say which web hooks of a configuration would always be refused by the client that posts to them.

    Nothing is sent. A host that cannot be looked up now is no trouble: it is tried again later.

    Parameters
    ----------
    loaded
        The configuration.
    """
    failure, live = loaded.config.nights.on_failure, loaded.config.live
    hooks = {"nights.on_failure.webhook": failure.webhook if failure else None}
    hooks |= {
        f"live.sinks[{k}].webhook": s.webhook for k, s in enumerate(live.sinks if live else ())
    }
    found = []
    for key, hook in hooks.items():
        if hook is None:
            continue
        try:
            allowed = _allowed(hook)  # chat services have secrets in their paths
            allowed.target(hook.url, f"the web hook at {', '.join(allowed.hosts) or 'no host'}")
        except UnreachableError:
            continue
        except SourceError as error:
            found.append(f"{key}: {error}")
    return tuple(found)


def _allowed(config: WebhookConfig) -> Allowed:
    """The host of a web hook and no other; none where the address names none."""
    try:
        host = (urlsplit(config.url).hostname or "").lower()
    except ValueError:
        host = ""
    return Allowed(frozenset({host}), private=config.private_network)


def secret_of(variable: str, name: str) -> str:
    """Return the value of an environment variable; it is never told to anybody.

    Parameters
    ----------
    variable
        Name of it.
    name
        Feed or receiver that needs it.

    Raises
    ------
    ConfigError
        If it is not set.
    """
    value = os.environ.get(variable, "")
    if not value:
        msg = f"{name} needs a secret in the environment variable {variable}, which is not set"
        raise ConfigError(msg, hint=f"export {variable}=... before the start; not in the file")
    return value
