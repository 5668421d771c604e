"""Keys in files that only their owner reads, one each."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
import stat
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from citytwin.errors import KeyAccessError, MissingKeyError
from citytwin.security.sealing import KEY_BYTES, NONCE_BYTES

PREFIX = "citytwin-key-"
"""Of the files' names, so that they can lie among other credentials of a unit."""
CHECK_BYTES = 8
_LARGEST_FILE = 4096


@dataclass(frozen=True)
class FileKeys:
    """Keys in the files of a folder.

    Parameters
    ----------
    folder
        Holds one file for each key: 32 bytes in base64.
    by_systemd
        Whether systemd made the folder. It grants the user of a unit access by an access control
        list, which shows as a right of the group to read.
    """

    folder: Path
    by_systemd: bool = False

    def path(self, key_id: str) -> Path:
        """File of a key."""
        return self.folder / f"{PREFIX}{key_id}"

    def names(self) -> tuple[str, ...]:
        """Names of the keys that are there."""
        found = sorted(self.folder.glob(f"{PREFIX}*")) if self.folder.is_dir() else ()
        return tuple(file.name.removeprefix(PREFIX) for file in found)

    def wrap(self, key_id: str, secret: bytes, context: bytes) -> bytes:
        """Return a secret wrapped by a key: what tells the key, a nonce, AES-256-GCM."""
        key = self._key(key_id)
        nonce = os.urandom(NONCE_BYTES)
        return key_check(key) + nonce + AESGCM(key).encrypt(nonce, secret, context)

    def unwrap(self, key_id: str, wrapped: bytes, context: bytes) -> bytes:
        """Return a secret that was wrapped."""
        key = self._key(key_id)
        check, nonce = wrapped[:CHECK_BYTES], wrapped[CHECK_BYTES : CHECK_BYTES + NONCE_BYTES]
        if not hmac.compare_digest(check, key_check(key)):
            msg = (
                f"key {key_id!r} in {self.folder} is another than the one needed "
                f"({key_check(key).hex()}, not {check.hex()})"
            )
            raise MissingKeyError(msg, key_id=key_id, hint="put the right file of that name there")
        try:
            return AESGCM(key).decrypt(nonce, wrapped[CHECK_BYTES + NONCE_BYTES :], context)
        except (InvalidTag, ValueError):
            msg = f"what was wrapped with key {key_id!r} is damaged"
            raise KeyAccessError(msg, hint="restore keys.json from a backup") from None

    def check(self, key_id: str) -> str:
        """Return what tells a key from others of its name, 16 hexadecimal digits."""
        return key_check(self._key(key_id)).hex()

    def _key(self, key_id: str) -> bytes:
        path = self.path(key_id)
        try:
            descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
        except FileNotFoundError:
            there = ", ".join(self.names()) or "none"
            msg = f"key {key_id!r} is needed, and is not in {self.folder} (there: {there})"
            hint = f"put the file {path.name} there, readable by its owner only"
            raise MissingKeyError(msg, key_id=key_id, hint=hint) from None
        except OSError as error:
            msg = f"key {key_id!r} cannot be read: {error}"
            hint = "the file must be a plain one that this user may read"
            raise MissingKeyError(msg, key_id=key_id, hint=hint) from error
        with os.fdopen(descriptor, "rb") as file:
            self._require_private(os.fstat(file.fileno()), path)
            text = file.read(_LARGEST_FILE)
        try:
            key = base64.b64decode(text.strip(), validate=True)
        except binascii.Error:
            key = b""
        if len(key) != KEY_BYTES:
            msg = f"{path} holds no key: 32 bytes in base64 are expected"
            hint = "`citytwin keys create` writes such files"
            raise MissingKeyError(msg, key_id=key_id, hint=hint)
        return key

    def _require_private(self, found: os.stat_result, path: Path) -> None:
        if os.name == "nt":  # rights are lists there, which the mode does not show
            return
        allowed = stat.S_IRWXU | (stat.S_IRGRP if self.by_systemd else 0)
        owned = found.st_uid in (0, os.getuid())
        if stat.S_IMODE(found.st_mode) & ~allowed or not owned:
            msg = (
                f"others may read {path}: its mode is {stat.S_IMODE(found.st_mode):04o}, its owner "
                f"{found.st_uid}"
            )
            key_id = path.name.removeprefix(PREFIX)
            raise MissingKeyError(msg, key_id=key_id, hint=f"chmod 600 {path}")


def key_check(key: bytes) -> bytes:
    """Return 8 bytes that tell a key from others, and nothing of it.

    Parameters
    ----------
    key
        32 bytes.
    """
    return hmac.new(key, b"citytwin key check", hashlib.sha256).digest()[:CHECK_BYTES]


def write_new_key(folder: Path, key_id: str) -> Path:
    """Make a key, in a file that only its owner reads.

    Parameters
    ----------
    folder
        Made when it is missing, for its owner only.
    key_id
        Name of the key.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    KeyAccessError
        If there is a key of that name already, or the disk refuses.
    """
    path = FileKeys(folder).path(key_id)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(base64.b64encode(AESGCM.generate_key(bit_length=256)) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        _sync(folder)  # a key that a power cut takes takes all that it sealed
    except FileExistsError:
        msg = f"{path} is there already, and a key is never written over"
        raise KeyAccessError(msg, hint="take another name, such as the next year") from None
    except OSError as error:
        msg = f"{path} cannot be written: {error}"
        raise KeyAccessError(msg, hint="check the rights of the folder") from error
    return path


def destroy_key(folder: Path, key_id: str) -> Path:
    """Destroy a key: its file is written over and removed.

    Disks that write elsewhere what is written over may keep the old bytes; a folder of keys on an
    encrypted disk, or a key management service, has no such remains.

    Parameters
    ----------
    folder
        Of the keys.
    key_id
        Name of the key.

    Returns
    -------
    Path
        The file that was.

    Raises
    ------
    MissingKeyError
        If there is none.
    KeyAccessError
        If the disk refuses.
    """
    keys = FileKeys(folder)
    keys.check(key_id)
    path = keys.path(key_id)
    try:
        with path.open("r+b") as file:
            file.write(bytes(path.stat().st_size))
            file.flush()
            os.fsync(file.fileno())
        path.unlink()
        _sync(folder)
    except OSError as error:
        msg = f"{path} cannot be destroyed: {error}"
        raise KeyAccessError(msg, hint="check the rights of the folder") from error
    return path


def _sync(folder: Path) -> None:
    """Bring a folder's entries to the disk, where the system can."""
    if os.name != "nt":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
