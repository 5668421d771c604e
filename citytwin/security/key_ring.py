"""Keys of the operator: where they are kept, and what wraps the keys of folders with them.

A key lies in a file of its own that only its owner reads, in the folder that systemd's
``LoadCredential=`` fills (``$CREDENTIALS_DIRECTORY``) or in ``$CITYTWIN_KEYS``; or it never leaves a
key management service, which a program (``$CITYTWIN_KEY_COMMAND``) asks. No configuration and no
environment variable holds a key.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from citytwin.errors import ConfigError, MissingKeyError
from citytwin.security.key_command import CommandKeys
from citytwin.security.key_files import FileKeys

CREDENTIALS = "CREDENTIALS_DIRECTORY"
KEYS = "CITYTWIN_KEYS"
COMMAND = "CITYTWIN_KEY_COMMAND"
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")


class KeyRing(Protocol):
    """Wraps secrets with keys that it knows by name."""

    def wrap(self, key_id: str, secret: bytes, context: bytes) -> bytes:
        """Return a secret wrapped by a key.

        Parameters
        ----------
        key_id
            Name of the key.
        secret
            32 bytes.
        context
            What the secret is for; it must be the same when it is unwrapped.

        Raises
        ------
        MissingKeyError
            If there is no such key.
        """
        ...

    def unwrap(self, key_id: str, wrapped: bytes, context: bytes) -> bytes:
        """Return a secret that was wrapped.

        Parameters
        ----------
        key_id, context
            As it was wrapped.
        wrapped
            What `wrap` returned.

        Raises
        ------
        MissingKeyError
            If there is no such key, or one of that name that is another.
        SealError
            If `wrapped` is damaged.
        """
        ...


class NoKeys:
    """What a process without keys has."""

    def wrap(self, key_id: str, secret: bytes, context: bytes) -> bytes:
        """Say which key is needed."""
        del secret, context
        raise self._missing(key_id)

    def unwrap(self, key_id: str, wrapped: bytes, context: bytes) -> bytes:
        """Say which key is needed."""
        del wrapped, context
        raise self._missing(key_id)

    def _missing(self, key_id: str) -> MissingKeyError:
        msg = f"key {key_id!r} is needed, and this process was given no keys"
        hint = (
            f"set {KEYS} to the folder of your keys, give them with systemd's LoadCredential=, or "
            f"set {COMMAND} to the program of your key management service"
        )
        return MissingKeyError(msg, key_id=key_id, hint=hint)


def open_ring(environment: Mapping[str, str] = os.environ) -> KeyRing:
    """Return the keys that this process was given.

    Parameters
    ----------
    environment
        Names the folder or the program, never a key.
    """
    if environment.get(COMMAND):
        return CommandKeys(Path(environment[COMMAND]))
    folder = keys_folder(environment)
    if folder is None:
        return NoKeys()
    given = environment.get(CREDENTIALS)
    return FileKeys(folder, by_systemd=given is not None and folder == Path(given))


def keys_folder(environment: Mapping[str, str] = os.environ) -> Path | None:
    """Return the folder of key files: the operator's own, else systemd's; None where neither is.

    Parameters
    ----------
    environment
        Names it.
    """
    named = environment.get(KEYS) or environment.get(CREDENTIALS)
    return Path(named) if named else None


def checked_key_id(name: str) -> str:
    """Return a name that a key may have.

    Parameters
    ----------
    name
        1 to 64 of a-z, 0-9, - and _.

    Raises
    ------
    ConfigError
        If it is another.
    """
    if not _NAME.fullmatch(name):
        msg = f"{name!r} cannot name a key"
        raise ConfigError(msg, hint="take 1 to 64 of a-z, 0-9, - and _, such as city-2026")
    return name
