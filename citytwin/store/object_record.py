"""Which files and objects of a bucket are the same: one line each, appended when it is so.

They are as long as the file has the size and time stamp, and the object the tag, that they had
then. A record that is lost costs another transfer, nothing else.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Collection, Iterator
from pathlib import Path

from citytwin.store.atomic import write_text
from citytwin.transports.bucket_address import BucketFolder
from citytwin.transports.buckets import Stored

Same = tuple[int, int, str]
"""Size [bytes] and time stamp [ns] of the file, tag of the object."""


class ObjectRecord:
    """The objects of one folder that a city put there, or took; safe among threads.

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
        self._same = _read(file, self._head)
        self._begun = False
        self._lock = threading.Lock()

    def __contains__(self, name: str) -> bool:
        return name in self._same

    def __iter__(self) -> Iterator[str]:
        return iter(tuple(self._same))

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
        same = self._same.get(name)
        if same is None or there is None:
            return False
        try:
            stat = path.stat()
        except FileNotFoundError:
            return False
        return same == (stat.st_size, stat.st_mtime_ns, there.e_tag)

    def note(self, name: str, path: Path, e_tag: str) -> None:
        """Note an object that is the same as its file now.

        Parameters
        ----------
        name
            Of the object.
        path
            The file.
        e_tag
            Tag of the object.
        """
        stat = path.stat()
        same = (stat.st_size, stat.st_mtime_ns, e_tag)
        with self._lock:
            self._same[name] = same
            if not self._begun:  # a record of another folder, or with a torn line, is replaced
                self._write()
                return
            with self._file.open("a", encoding="utf-8") as file:
                file.write(json.dumps([name, *same]) + "\n")

    def forget(self, names: Collection[str]) -> None:
        """Forget objects that are no longer there, or no longer here.

        Parameters
        ----------
        names
            Of the objects.
        """
        if names:
            for name in names:
                self._same.pop(name, None)
            self._write()

    def _write(self) -> None:
        lines = (json.dumps([name, *same]) for name, same in self._same.items())
        write_text(self._file, "\n".join((self._head, *lines)) + "\n")
        self._begun = True


def _read(file: Path, head: str) -> dict[str, Same]:
    try:
        lines = file.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return {}
    if not lines or lines[0] != head:
        return {}
    found: dict[str, Same] = {}
    for line in lines[1:]:
        try:
            name, size, time_ns, e_tag = json.loads(line)
        except (ValueError, TypeError):
            continue  # the last line of a run that was killed
        found[str(name)] = (int(size), int(time_ns), str(e_tag))
    return found
