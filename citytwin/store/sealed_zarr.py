"""Zarr arrays in sealed folders: each key of a store is a sealed file, of which ranges are read."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from pathlib import Path

from zarr.abc.store import ByteRequest, OffsetByteRequest, RangeByteRequest, SuffixByteRequest
from zarr.core.buffer import Buffer, BufferPrototype, default_buffer_prototype
from zarr.storage import LocalStore

from citytwin.security.sealed_folders import sealed_root
from citytwin.store.at_rest import open_file, read_bytes, size_of
from citytwin.store.atomic import write_bytes


def zarr_store(path: Path, *, read_only: bool = False) -> LocalStore:
    """Return the store of an array or group, in clear or sealed as its place wants it.

    Parameters
    ----------
    path
        Folder of the array or group.
    read_only
        Whether nothing shall be written.
    """
    kind = LocalStore if sealed_root(path / "zarr.json") is None else SealedStore
    return kind(path, read_only=read_only)


class SealedStore(LocalStore):
    """Keys of a local store as sealed files."""

    async def get(
        self,
        key: str,
        prototype: BufferPrototype | None = None,
        byte_range: ByteRequest | None = None,
    ) -> Buffer | None:
        """Read a value, or a range of it; None where there is none."""
        if not self._is_open:
            await self._open()
        kind = prototype or default_buffer_prototype()
        return await asyncio.to_thread(_read, self.root / key, kind, byte_range)

    async def get_partial_values(
        self,
        prototype: BufferPrototype,
        key_ranges: Iterable[tuple[str, ByteRequest | None]],
    ) -> list[Buffer | None]:
        """Read ranges of several values."""
        return [await self.get(key, prototype, wanted) for key, wanted in key_ranges]

    async def set(self, key: str, value: Buffer) -> None:
        """Write a value atomically."""
        if not self._is_open:
            await self._open()
        self._check_writable()
        await asyncio.to_thread(write_bytes, self.root / key, value.to_bytes())

    async def set_if_not_exists(self, key: str, value: Buffer) -> None:
        """Write a value where there is none."""
        if not await self.exists(key):
            await self.set(key, value)

    async def getsize(self, key: str) -> int:
        """Bytes of a value."""
        return await asyncio.to_thread(size_of, self.root / key)

    def get_sync(
        self,
        key: str,
        *,
        prototype: BufferPrototype | None = None,
        byte_range: ByteRequest | None = None,
    ) -> Buffer | None:
        """Read a value, or a range of it; None where there is none."""
        self._ensure_open_sync()
        return _read(self.root / key, prototype or default_buffer_prototype(), byte_range)

    def set_sync(self, key: str, value: Buffer) -> None:
        """Write a value atomically."""
        self._ensure_open_sync()
        self._check_writable()
        write_bytes(self.root / key, value.to_bytes())


def _read(path: Path, prototype: BufferPrototype, wanted: ByteRequest | None) -> Buffer | None:
    try:
        return prototype.buffer.from_bytes(_read_range(path, wanted))
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
        return None


def _read_range(path: Path, wanted: ByteRequest | None) -> bytes:
    if wanted is None:
        return read_bytes(path)
    with open_file(path) as file:
        if isinstance(wanted, RangeByteRequest):
            file.seek(wanted.start)
            return file.read(wanted.end - wanted.start)
        if isinstance(wanted, OffsetByteRequest):
            file.seek(wanted.offset)
        elif isinstance(wanted, SuffixByteRequest):
            file.seek(max(0, size_of(path) - wanted.suffix))
        return file.read()
