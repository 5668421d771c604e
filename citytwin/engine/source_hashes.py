"""Digests of the files of a source: before they are read, and after."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from citytwin.engine.source_parts import SourcePart
from citytwin.engine.sources import SourceTask, changed
from citytwin.errors import SourceError, StoreError
from citytwin.store.manifest import Manifest
from citytwin.transports.files import sha256_of


def hash_files(manifest: Manifest, task: SourceTask, *, verify: bool) -> dict[Path, str]:
    """Return the sha256 of each file, from the manifest where size and time stamp still hold.

    Parameters
    ----------
    manifest
        Records of the working store.
    task
        The source; files beside it are hashed like its own.
    verify
        Whether to read every file again.

    Raises
    ------
    SourceError
        If one cannot be read.
    """
    files = (*task.dataset.files, *task.beside)
    try:
        return manifest.hashes_of(files, sha256_of, verify=verify)
    except StoreError:
        raise
    except OSError as error:
        source = str(error.filename or task.dataset.name)
        raise SourceError(str(error), source=source, hint="check its rights") from error


def require_unchanged(parts: Sequence[SourcePart], manifest: Manifest) -> None:
    """Check that files that were read in ranges are still those that were hashed.

    Parameters
    ----------
    parts
        Parts of a source, after they have been read.
    manifest
        Hashes a file again where its size or time stamp is another.

    Raises
    ------
    SourceError
        If one is not.
    """
    divided = {file for part in parts if part.task.dataset.part for file in part.task.dataset.files}
    known = {file: part.task.hashes[file] for part in parts for file in part.task.dataset.files}
    for file, digest in manifest.hashes_of(sorted(divided), sha256_of).items():
        if digest != known[file]:
            raise changed(file)
