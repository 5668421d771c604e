"""Files on their way into a backup: read once for their digest, and linked where it is known."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from pydantic import ValidationError

from citytwin.errors import StoreError
from citytwin.store.atomic import sync_file
from citytwin.store.backup.document import KeptFile

_BLOCK = 1 << 20


def copied(source: Path, target: Path) -> tuple[int, str]:
    """Copy a file, whatever it holds; links are not followed.

    Parameters
    ----------
    source, target
        The file, and its copy, which must not exist; its folder is made.

    Returns
    -------
    size : int
        Bytes.
    sha256 : str
        64 hexadecimal digits, of what was copied.

    Raises
    ------
    OSError
        If the disk refuses, the file is gone, or it is a link.
    """
    digest, size = hashlib.sha256(), 0
    with open(source, "rb", opener=_no_link) as read:
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("xb") as written:
            while block := read.read(_BLOCK):
                digest.update(block)
                written.write(block)
                size += len(block)
    sync_file(target)
    return size, digest.hexdigest()


def measured(path: Path) -> tuple[int, str]:
    """Return the size [bytes] and SHA-256 of a file; links are not followed.

    Parameters
    ----------
    path
        The file.

    Raises
    ------
    OSError
        If it cannot be read, or is a link.
    """
    with open(path, "rb", opener=_no_link) as read:
        digest = hashlib.file_digest(read, "sha256")
        return read.tell(), digest.hexdigest()


def _no_link(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NOFOLLOW", 0))


class Copies:
    """The files of a backup that is being made.

    Parameters
    ----------
    stage
        Folder that they are written into.
    before
        An earlier backup on the same disk, whose files are linked where they are the same; None
        where there is none.
    known
        Files of that backup by path.
    """

    def __init__(self, stage: Path, before: Path | None, known: Mapping[str, KeptFile]) -> None:
        self.stage = stage
        self._before = before
        self._known = known
        self.files: dict[str, KeptFile] = {}
        self.linked: set[str] = set()

    def take(self, name: str, source: Path) -> None:
        """Take a file as it is now, in place of what was taken under its name.

        Parameters
        ----------
        name
            Its path in the backup.
        source
            The file.

        Raises
        ------
        OSError
            If the disk refuses, or the file is gone.
        """
        self.drop(name)
        if self._link(name, source):
            return
        self._count(name, *copied(source, self.stage / name))

    def made(self, name: str) -> None:
        """Count a file that was written into the stage by others.

        Parameters
        ----------
        name
            Its path in the backup.
        """
        sync_file(self.stage / name)
        self._count(name, *measured(self.stage / name))

    def _count(self, name: str, size: int, sha256: str) -> None:
        try:
            self.files[name] = KeptFile(path=name, size=size, sha256=sha256)
        except ValidationError as error:
            msg = f"{name!r} cannot be kept: no file of a city is named so"
            raise StoreError(msg, hint="move it away or rename it") from error

    def drop(self, name: str) -> None:
        """Remove what was taken under a name.

        Parameters
        ----------
        name
            Its path in the backup.
        """
        (self.stage / name).unlink(missing_ok=True)
        self.files.pop(name, None)
        self.linked.discard(name)

    def close(self) -> None:
        """Remove the stage, where it was not moved to its place."""
        shutil.rmtree(self.stage, ignore_errors=True)

    def _link(self, name: str, source: Path) -> bool:
        """Link the file of the earlier backup, where it is what the list says and still the same."""
        old = self._known.get(name)
        if self._before is None or old is None or source.stat().st_size != old.size:
            return False
        if measured(source) != (old.size, old.sha256):
            return False
        target = self.stage / name
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            if measured(self._before / name) != (old.size, old.sha256):
                return False  # the earlier copy is damaged: a new one is made
            os.link(self._before / name, target, follow_symlinks=False)
        except OSError:  # a disk without such links, or an earlier copy that is gone
            return False
        self.files[name] = old
        self.linked.add(name)
        return True
