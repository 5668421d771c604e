"""Room on the disk for what must be unpacked before it can be searched: files without a name."""

from __future__ import annotations

import io
import tempfile

from citytwin.errors import SourceError
from citytwin.transports.sections import SharedFile

SPOOL_BYTES = 4 << 30
"""Of one file, and of all archives that a process keeps open."""
_COPIED_BYTES = 1 << 20


def spool(content: io.RawIOBase | io.BufferedReader, size: int, name: str) -> SharedFile:
    """Unpack bytes into a temporary file without a name.

    Parameters
    ----------
    content
        What is unpacked; closed afterwards.
    size
        Bytes that it is said to have.
    name
        Path, for messages.

    Raises
    ------
    SourceError
        If it is too large, is damaged, or finds no room.
    """
    with content:
        if size > SPOOL_BYTES:
            msg = f"would take {size} bytes of temporary room, more than {SPOOL_BYTES}"
            raise SourceError(msg, source=name, hint="unpack the archive around it")
        file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 - lives as long as its readers
        shared = SharedFile(file)
        try:
            while chunk := content.read(_COPIED_BYTES):
                file.write(chunk)
        except OSError as error:
            msg = f"cannot be unpacked to {tempfile.gettempdir()}: {error.strerror or error}"
            hint = "free some room there, or unpack the archive"
            raise SourceError(msg, source=name, hint=hint) from error
    return shared
