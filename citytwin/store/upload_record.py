"""What was uploaded to object storage already: one line per object, appended when it is there.

An object stands when its file is the one that was sent, by size and time stamp, and the bucket
lists it with the tag that it gave then. A record that is lost costs another upload, nothing else.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Collection, Iterator
from pathlib import Path

from citytwin.store.atomic import write_text
from citytwin.transports.bucket_address import BucketFolder
from citytwin.transports.buckets import Stored

Sent = tuple[int, int, str]
"""Size [bytes] and time stamp [ns] of the file, tag of the object."""


class UploadRecord:
    """The objects that one city put into one folder; safe among threads.

    Parameters
    ----------
    file
        Where it is kept; one of another folder counts as none.
    folder
        The folder in object storage.
    """

    def __init__(self, file: Path, folder: BucketFolder) -> None:
        self._file = file
        self._head = json.dumps(str(folder))
        self._sent = _read(file, self._head)
        self._lock = threading.Lock()
        self._write()

    def __contains__(self, name: str) -> bool:
        return name in self._sent

    def __iter__(self) -> Iterator[str]:
        return iter(tuple(self._sent))

    def stands(self, name: str, path: Path, there: Stored | None) -> bool:
        """Whether an object is what its file holds.

        Parameters
        ----------
        name
            Of the object.
        path
            The file.
        there
            The object as it is listed; None where it is not.
        """
        sent = self._sent.get(name)
        if sent is None or there is None:
            return False
        stat = path.stat()
        return sent == (stat.st_size, stat.st_mtime_ns, there.e_tag)

    def note(self, name: str, path: Path, e_tag: str) -> None:
        """Note an object that is there now.

        Parameters
        ----------
        name
            Of the object.
        path
            The file that it was made from.
        e_tag
            Its tag.
        """
        stat = path.stat()
        sent = (stat.st_size, stat.st_mtime_ns, e_tag)
        with self._lock, self._file.open("a", encoding="utf-8") as file:
            self._sent[name] = sent
            file.write(json.dumps([name, *sent]) + "\n")

    def forget(self, names: Collection[str]) -> None:
        """Forget objects that were removed.

        Parameters
        ----------
        names
            Of the objects.
        """
        for name in names:
            self._sent.pop(name, None)
        self._write()

    def _write(self) -> None:
        lines = (json.dumps([name, *sent]) for name, sent in self._sent.items())
        write_text(self._file, "\n".join((self._head, *lines)) + "\n")


def _read(file: Path, head: str) -> dict[str, Sent]:
    try:
        lines = file.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return {}
    if not lines or lines[0] != head:
        return {}
    found: dict[str, Sent] = {}
    for line in lines[1:]:
        try:
            name, size, time_ns, e_tag = json.loads(line)
        except (ValueError, TypeError):
            continue  # the last line of a run that was killed
        found[str(name)] = (int(size), int(time_ns), str(e_tag))
    return found
