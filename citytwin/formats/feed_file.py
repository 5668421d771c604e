"""Reading the files of a feed: bounded in size, and one bad file does not lose the others."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

from citytwin.errors import SourceError
from citytwin.formats.observations import Batch, reject_of
from citytwin.model.notes import Reject
from citytwin.model.steps import Dataset
from citytwin.transports.files import open_binary

MAX_BYTES = 32 * 1024 * 1024
"""Largest file of a feed that is read."""


def raw_ref(raw: bytes) -> str:
    """Return the sha256 by which raw bytes are found again.

    Parameters
    ----------
    raw
        Content of a file.
    """
    return hashlib.sha256(raw).hexdigest()


def read_file(path: Path, name: str) -> bytes:
    """Read a file of a feed, but never more than the limit.

    Parameters
    ----------
    path
        The file.
    name
        How messages call it.

    Raises
    ------
    SourceError
        If it cannot be read, or is too large.
    """
    try:
        with open_binary(path) as file:
            raw = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise SourceError(f"cannot be read: {error.strerror}", source=name) from error
    if len(raw) > MAX_BYTES:
        hint = "split the feed into smaller files"
        raise SourceError(f"larger than {MAX_BYTES} bytes", source=name, hint=hint)
    return raw


def file_name(dataset: Dataset, path: Path) -> str:
    """Return how messages call a file: its path below the root of the source.

    Parameters
    ----------
    dataset
        The source.
    path
        One of its files.
    """
    return (
        path.relative_to(dataset.root).as_posix()
        if path.is_relative_to(dataset.root)
        else path.name
    )


def decode_files(
    dataset: Dataset, files: Sequence[Path], decode: Callable[[bytes, str], Batch]
) -> tuple[list[Batch], list[Reject]]:
    """Decode files one by one; a bad file is set aside while there are good ones.

    Parameters
    ----------
    dataset
        The source.
    files
        Files of one kind.
    decode
        Gets the bytes and the name of a file.

    Raises
    ------
    SourceError
        The first one met, if no file can be used.
    """
    batches: list[Batch] = []
    failures: list[SourceError] = []
    for path in files:
        name = file_name(dataset, path)
        try:
            batches.append(decode(read_file(path, name), name))
        except SourceError as error:
            failures.append(error)
    if failures and not batches:
        raise failures[0]
    rejects = [reject_of(error, "unreadable") for error in failures]
    return batches, rejects
