"""The form of a sealed file: a head with its wrapped data key, then chunks of AES-256-GCM.

A file is one segmented ciphertext in the STREAM construction of Hoang, Reyhanitabar, Rogaway and
Vizar (2015), "Online Authenticated-Encryption and its Nonce-Reuse Misuse-Resistance", section 7:
the nonce of a chunk is its number and a mark on the last one, so that chunks that were changed, cut
off, swapped, repeated or taken from another file are found, and any chunk can be read alone. The
data key is made for one file and wrapped by the key of its folder, together with the name of the
file: one that was renamed, or put in the place of another, is found as well.

Layout, integers in network order::

    magic 8 | version 1 | log2 of the chunk 1 | zeros 2 | folder key 16 | file 16 |
    nonce 12 | wrapped data key 48 | chunks, each with its tag of 16
"""

from __future__ import annotations

import os
import struct
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from citytwin.errors import SealError

MAGIC = b"\x89CTS\r\n\x1a\n"
VERSION = 1
CHUNK_LOG2 = 16
KEY_BYTES = 32
ID_BYTES = 16
NONCE_BYTES = 12
TAG_BYTES = 16
_HEAD = struct.Struct(">8sBBH16s16s")
HEAD_BYTES = _HEAD.size + NONCE_BYTES + KEY_BYTES + TAG_BYTES
_CHUNK_AAD = struct.Struct(">16sQB")
_LARGEST_LOG2 = 24


@dataclass(frozen=True)
class FolderKey:
    """Key that wraps the data keys of all files of a sealed folder."""

    id: bytes
    """16 bytes, no secret."""
    secret: bytes
    """32 bytes."""

    def __repr__(self) -> str:
        return f"FolderKey({self.id.hex()})"

    @classmethod
    def fresh(cls) -> FolderKey:
        """Return a new key."""
        return cls(os.urandom(ID_BYTES), AESGCM.generate_key(bit_length=256))

    def derived(self, purpose: str) -> bytes:
        """Return a key for something else than to wrap data keys (HKDF-SHA-256, RFC 5869).

        Parameters
        ----------
        purpose
            What for, such as the name of a database; each has a key of its own, 32 bytes.
        """
        info = b"citytwin 1: " + purpose.encode()
        return HKDF(SHA256(), KEY_BYTES, salt=self.id, info=info).derive(self.secret)


@dataclass(frozen=True)
class Layout:
    """Where the chunks of a sealed file lie."""

    chunk_bytes: int
    body_bytes: int
    """All of the file after its head."""

    @property
    def chunks(self) -> int:
        """Number of chunks, at least 1: the last may be empty where it is the only one."""
        return max(1, -(-self.body_bytes // (self.chunk_bytes + TAG_BYTES)))

    @property
    def plain_bytes(self) -> int:
        """Bytes of the content."""
        return self.body_bytes - self.chunks * TAG_BYTES

    def place(self, number: int) -> tuple[int, int]:
        """Return where a chunk begins in the file, and its bytes there."""
        whole = self.chunk_bytes + TAG_BYTES
        begin = number * whole
        return HEAD_BYTES + begin, min(whole, self.body_bytes - begin)


class ChunkCipher:
    """Seals and opens the chunks of one file.

    Parameters
    ----------
    file_id
        16 bytes.
    data_key
        32 bytes, of this file alone: its nonces are numbers.
    chunk_bytes
        Content of every chunk but the last.
    name
        Of the file, for messages.
    """

    def __init__(self, file_id: bytes, data_key: bytes, chunk_bytes: int, name: str) -> None:
        self.file_id = file_id
        self.chunk_bytes = chunk_bytes
        self._cipher = AESGCM(data_key)
        self._name = name

    def seal(self, number: int, content: bytes | memoryview, *, last: bool) -> bytes:
        """Return a chunk with its tag."""
        nonce, bound = self._bound(number, last=last)
        return self._cipher.encrypt(nonce, bytes(content), bound)

    def open(self, number: int, chunk: bytes | memoryview, *, last: bool) -> bytes:
        """Return the content of a chunk.

        Raises
        ------
        SealError
            If it is not what was sealed there.
        """
        nonce, bound = self._bound(number, last=last)
        try:
            return self._cipher.decrypt(nonce, chunk, bound)
        except InvalidTag:
            raise self._damaged(number) from None

    def open_into(self, number: int, chunk: memoryview, content: memoryview, *, last: bool) -> None:
        """Write the content of a chunk into a buffer of its size.

        Raises
        ------
        SealError
            If it is not what was sealed there.
        """
        nonce, bound = self._bound(number, last=last)
        try:
            self._cipher.decrypt_into(nonce, chunk, bound, content)
        except (InvalidTag, ValueError):  # the latter of a chunk that does not fill the buffer
            raise self._damaged(number) from None

    def _damaged(self, number: int) -> SealError:
        msg = (
            f"{self._name} is damaged at its chunk {number}: it was changed, cut off, or taken "
            "from another place"
        )
        return SealError(msg, hint="make it again, or restore it from a backup")

    def _bound(self, number: int, *, last: bool) -> tuple[bytes, bytes]:
        nonce = number.to_bytes(NONCE_BYTES - 1, "big") + bytes([last])
        return nonce, _CHUNK_AAD.pack(self.file_id, number, last)


def begin_file(
    key: FolderKey, name: str, chunk_log2: int = CHUNK_LOG2
) -> tuple[bytes, ChunkCipher]:
    """Return the head of a new file, and what seals its chunks.

    Parameters
    ----------
    key
        Of the folder.
    name
        Of the file in the folder, such as ``flood/20261126T010203Z/layer.json``.
    chunk_log2
        Logarithm to base 2 of the bytes of a chunk, 0 to 24.
    """
    file_id = os.urandom(ID_BYTES)
    data_key = AESGCM.generate_key(bit_length=256)
    head = _HEAD.pack(MAGIC, VERSION, chunk_log2, 0, key.id, file_id)
    nonce = os.urandom(NONCE_BYTES)
    wrapped = AESGCM(key.secret).encrypt(nonce, data_key, head + name.encode())
    return head + nonce + wrapped, ChunkCipher(file_id, data_key, 1 << chunk_log2, name)


def folder_key_of(head: bytes, name: str) -> bytes:
    """Return the id of the folder key that a file was sealed with.

    Parameters
    ----------
    head
        Begin of the file.
    name
        For messages.

    Raises
    ------
    SealError
        If it is no sealed file, or of a version to come.
    """
    if len(head) < HEAD_BYTES or not head.startswith(MAGIC):
        msg = f"{name} is no sealed file: it is cut off, or lies in clear where nothing may"
        raise SealError(msg, hint="make it again, or restore it from a backup")
    _, version, chunk_log2, _, folder, _ = _HEAD.unpack(head[: _HEAD.size])
    if version != VERSION or chunk_log2 > _LARGEST_LOG2:
        msg = f"{name} is sealed in version {version}, chunks of 2^{chunk_log2}"
        raise SealError(msg, hint=f"this citytwin reads version {VERSION}: is it older?")
    return bytes(folder)


def open_head(key: FolderKey, head: bytes, name: str) -> ChunkCipher:
    """Return what opens the chunks of a file.

    Parameters
    ----------
    key
        Of the folder.
    head
        First `HEAD_BYTES` of the file.
    name
        Of the file in the folder, as it was sealed.

    Raises
    ------
    SealError
        If the head is damaged, or that of another file.
    """
    wanted = folder_key_of(head, name)
    if wanted != key.id:
        msg = f"{name} was sealed in another folder (key {wanted.hex()}, not {key.id.hex()})"
        raise SealError(msg, hint="put it back where it belongs, or make it again")
    fixed, nonce, wrapped = head[: _HEAD.size], *_parted(head)
    try:
        data_key = AESGCM(key.secret).decrypt(nonce, wrapped, fixed + name.encode())
    except InvalidTag:
        msg = f"the head of {name} is damaged, or it is another file under this name"
        raise SealError(msg, hint="make it again, or restore it from a backup") from None
    _, _, chunk_log2, _, _, file_id = _HEAD.unpack(fixed)
    return ChunkCipher(bytes(file_id), data_key, 1 << chunk_log2, name)


def _parted(head: bytes) -> tuple[bytes, bytes]:
    rest = head[_HEAD.size : HEAD_BYTES]
    return rest[:NONCE_BYTES], rest[NONCE_BYTES:]
