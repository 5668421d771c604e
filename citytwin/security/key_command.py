"""Keys that never leave a key management service: a program of the operator asks it."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from citytwin.errors import KeyAccessError, MissingKeyError
from citytwin.security.sealing import KEY_BYTES

TIMEOUT_S = 30.0
_LARGEST = 4096
_NO_SUCH_KEY = 4
"""Exit code by which the program says that it knows no such key."""


@dataclass(frozen=True)
class CommandKeys:
    """Keys of a service that a program asks.

    The program is called as ``PROGRAM wrap KEY CONTEXT`` and ``PROGRAM unwrap KEY CONTEXT``, without
    a shell; `CONTEXT` is hexadecimal and belongs to what is authenticated. The secret or the wrapped
    secret comes on its standard input, the answer is what it writes, both as plain bytes. It ends
    with 0, with 4 where there is no such key, and with anything else where it failed.

    Parameters
    ----------
    program
        Path of the program.
    timeout_s
        How long it may take [s].
    """

    program: Path
    timeout_s: float = TIMEOUT_S

    def wrap(self, key_id: str, secret: bytes, context: bytes) -> bytes:
        """Return a secret wrapped by a key."""
        wrapped = self._asked("wrap", key_id, secret, context)
        if not wrapped or secret in wrapped:
            msg = f"{self.program} did not wrap with key {key_id!r}: it gave the secret back"
            raise KeyAccessError(msg, hint="see the contract of the program in docs/encryption.md")
        return wrapped

    def unwrap(self, key_id: str, wrapped: bytes, context: bytes) -> bytes:
        """Return a secret that was wrapped."""
        secret = self._asked("unwrap", key_id, wrapped, context)
        if len(secret) != KEY_BYTES:
            msg = f"{self.program} gave {len(secret)} bytes for key {key_id!r}, not {KEY_BYTES}"
            raise KeyAccessError(msg, hint="see the contract of the program in docs/encryption.md")
        return secret

    def _asked(
        self, what: Literal["wrap", "unwrap"], key_id: str, given: bytes, context: bytes
    ) -> bytes:
        command = [str(self.program), what, key_id, context.hex()]
        try:
            done = subprocess.run(
                command, input=given, capture_output=True, timeout=self.timeout_s, check=False
            )
        except subprocess.TimeoutExpired as error:
            msg = f"{self.program} did not {what} with key {key_id!r} in {self.timeout_s:.0f} s"
            raise KeyAccessError(msg, hint="check the key management service") from error
        except OSError as error:
            msg = f"{self.program} cannot be run for key {key_id!r}: {error}"
            raise KeyAccessError(msg, hint="name a program that this user may run") from error
        if done.returncode == _NO_SUCH_KEY:
            msg = f"key {key_id!r} is needed, and {self.program} knows none of that name"
            raise MissingKeyError(msg, key_id=key_id, hint="check the key management service")
        if done.returncode or len(done.stdout) > _LARGEST:
            said = done.stderr.decode(errors="replace").strip()[:200] or f"{len(done.stdout)} bytes"
            msg = f"{self.program} {what} {key_id} ended with {done.returncode}: {said}"
            raise KeyAccessError(msg, hint="check the key management service")
        return done.stdout
