"""Raw payloads by their content: kept before anybody decodes them, so that a decoder can be mended.

Payloads that came together are one file, compressed together; where each lies stands in an index.
The file is on disk before the index knows of it.
"""

from __future__ import annotations

import hashlib
import hmac
import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Self

import pyarrow as pa

from citytwin.errors import StoreError
from citytwin.security.sealed_folders import folder_key, sealed_root
from citytwin.store.at_rest import read_bytes
from citytwin.store.atomic import write_bytes
from citytwin.store.database import database_errors, open_database
from citytwin.store.versions import Form, settle_form

INDEX = "index.sqlite"
_SCHEMA = """
CREATE TABLE IF NOT EXISTS raw (
    sha256 BLOB PRIMARY KEY, file TEXT NOT NULL, offset INTEGER NOT NULL, length INTEGER NOT NULL
) WITHOUT ROWID;
"""
_FORM = Form(_SCHEMA)
_CODEC = "zstd"


class RawArchive:
    """Payloads of all sources; one thread writes.

    Parameters
    ----------
    folder
        Made where it is missing.

    Raises
    ------
    StoreError
        If it cannot be used.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._base = open_database(folder / INDEX, autocommit=False)
            self._base.execute("PRAGMA journal_mode=WAL")
            self._base.execute("PRAGMA synchronous=FULL")
            settle_form(self._base, folder / INDEX, _FORM)
        except StoreError:
            raise
        except database_errors(OSError) as error:
            msg = f"the archive {folder} cannot be used: {error}"
            raise StoreError(msg, hint="check the folder; the index can be made anew") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the index."""
        self._base.close()

    def keep(self, contents: Sequence[bytes]) -> tuple[bytes, ...]:
        """Keep payloads; when this returns they are on disk. What is known is not kept again.

        Parameters
        ----------
        contents
            As they came.

        Returns
        -------
        tuple of bytes
            SHA-256 of each, 32 bytes.

        Raises
        ------
        StoreError
            If the disk refuses.
        """
        names = tuple(hashlib.sha256(content).digest() for content in contents)
        fresh = {
            name: content
            for name, content in zip(names, contents, strict=True)
            if not self._knows(name)
        }
        if fresh:
            self._write(fresh)
        return names

    def _knows(self, name: bytes) -> bool:
        row = self._base.execute("SELECT 1 FROM raw WHERE sha256 = ?", (name,)).fetchone()
        return row is not None

    def _write(self, fresh: dict[bytes, bytes]) -> None:
        joined = b"".join(fresh.values())
        digest = self._told_in_names(hashlib.sha256(b"".join(fresh)).digest()).hex()
        file = f"{digest[:2]}/{digest}.zst"
        write_bytes(self._folder / file, _packed(joined))
        rows, offset = [], 0
        for name, content in fresh.items():
            rows.append((name, file, offset, len(content)))
            offset += len(content)
        try:
            with self._base:
                self._base.executemany("INSERT INTO raw VALUES (?, ?, ?, ?)", rows)
        except database_errors() as error:
            msg = f"the index of {self._folder} cannot be written: {error}"
            raise StoreError(msg, hint="check the disk") from error

    def _told_in_names(self, digest: bytes) -> bytes:
        """In a sealed folder a digest is keyed, for a payload that can be guessed is known by it."""
        root = sealed_root(self._folder / INDEX)
        if root is None:
            return digest
        return hmac.digest(folder_key(root).derived("names of payloads"), digest, "sha256")

    def content(self, sha256: bytes) -> bytes:
        """Return a payload, byte for byte as it came.

        Parameters
        ----------
        sha256
            All 32 bytes of its name, or the first of them, at least 8.

        Raises
        ------
        StoreError
            If it is not there, or was damaged.
        """
        row = self._row(sha256)
        if row is None:
            msg = f"no payload {sha256.hex()} in {self._folder}"
            raise StoreError(msg, hint="it was never kept here, or the index is another one")
        return self._part(_unpacked(self._folder / row[1]), *row)

    def name_of(self, begin: bytes) -> bytes | None:
        """Return the whole name of a payload; None where it was never kept.

        Parameters
        ----------
        begin
            At least 8 bytes of its SHA-256, as observations refer to it.

        Raises
        ------
        StoreError
            If these are too few.
        """
        row = self._row(begin)
        return None if row is None else row[0]

    def _row(self, begin: bytes) -> tuple[bytes, str, int, int] | None:
        if not 8 <= len(begin) <= 32:
            raise StoreError(f"{len(begin)} bytes name no payload", hint="give 8 to 32")
        upper = begin + b"\xff" * (33 - len(begin))
        row: tuple[bytes, str, int, int] | None = self._base.execute(
            "SELECT sha256, file, offset, length FROM raw WHERE sha256 BETWEEN ? AND ? LIMIT 1",
            (begin, upper),
        ).fetchone()
        return row

    def names(self) -> Iterator[bytes]:
        """SHA-256 of all payloads, sorted."""
        for (name,) in self._base.execute("SELECT sha256 FROM raw ORDER BY sha256"):
            yield name

    def by_file(self) -> Iterator[list[bytes]]:
        """All payloads, those of one file after those of the other.

        Raises
        ------
        StoreError
            If one is not there, or was damaged.
        """
        rows = self._base.execute("SELECT * FROM raw ORDER BY file, offset").fetchall()
        for file, own in itertools.groupby(rows, key=lambda row: str(row[1])):
            joined = _unpacked(self._folder / file)
            yield [self._part(joined, *row) for row in own]

    def _part(self, joined: bytes, name: bytes, file: str, offset: int, length: int) -> bytes:
        content = joined[offset : offset + length]
        if hashlib.sha256(content).digest() != name:
            msg = f"{self._folder / file} is damaged: it does not hold {name.hex()}"
            raise StoreError(msg, hint="restore the file from a copy")
        return content


def _packed(content: bytes) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, _CODEC) as stream:
        stream.write(content)
    packed: bytes = sink.getvalue().to_pybytes()
    return packed


def _unpacked(path: Path) -> bytes:
    try:
        with pa.CompressedInputStream(pa.BufferReader(read_bytes(path)), _CODEC) as stream:
            content: bytes = stream.read()
    except OSError as error:
        msg = f"{path} cannot be read: {error}"
        raise StoreError(msg, hint="restore the file from a copy") from error
    return content
