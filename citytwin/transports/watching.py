"""A folder that others put files into: each new or changed file is taken once it is complete."""

from __future__ import annotations

import json
import logging
import os
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from citytwin.errors import StoreError
from citytwin.transports.connector import Delivery, Payload, Standing

_LOG = logging.getLogger(__name__)
_MOST_FILES = 200
"""In one delivery."""
_LOOK_S = 1.0


@dataclass(frozen=True)
class Watch:
    """Files that are waited for."""

    name: str
    folder: Path
    pattern: str = "*"
    """Names of files; hidden ones are never taken."""
    settled_s: float = 2.0
    """A file that was written to so recently may not be complete [s]."""
    most_bytes: int = 64_000_000
    """Of a file; a larger one is told, and not read."""


class FolderWatching:
    """Looks into a folder every second.

    Parameters
    ----------
    watch
        Which files.
    stop
        Set to end a wait at once.
    """

    def __init__(self, watch: Watch, stop: threading.Event) -> None:
        self._watch, self._stop = watch, stop
        self._standing = Standing(connected=False)

    @property
    def name(self) -> str:
        """Name of the source."""
        return self._watch.name

    def take(self, cursor: str, wait_s: float) -> Delivery | None:
        """Wait for files whose size or time of change is new.

        Parameters
        ----------
        cursor
            Stamps of the files that were taken.
        wait_s
            Longest wait [s].
        """
        taken = _stamps(cursor)
        end_s = time.monotonic() + wait_s
        while True:
            delivery = self._look(taken)
            pause_s = min(_LOOK_S, end_s - time.monotonic())
            if delivery is not None or pause_s <= 0 or self._stop.wait(pause_s):
                return delivery

    def _look(self, taken: dict[str, str]) -> Delivery | None:
        try:
            here = self._complete()
        except OSError as error:
            self._failed(error, self._standing.last_success_s)
            return None
        names = {path.name for path, _ in here}
        kept = {name: stamp for name, stamp in taken.items() if name in names}
        payloads: list[Payload] = []
        refused: OSError | None = None
        for path, stamp in here:
            if taken.get(path.name) == stamp or len(payloads) == _MOST_FILES:
                continue
            try:
                content = self._content(path)
            except FileNotFoundError:  # taken away meanwhile
                continue
            except OSError as error:  # tried again; the others are taken
                refused = refused or error
                continue
            payloads.append(Payload(content, path.name, datetime.now(UTC)))
            kept[path.name] = stamp
        if refused is None:
            self._went_well()
        else:
            self._failed(refused, time.time())
        return Delivery(tuple(payloads), json.dumps(kept, sort_keys=True)) if payloads else None

    def _content(self, path: Path) -> bytes:
        size, most = path.stat().st_size, self._watch.most_bytes
        if size > most:
            msg = f"file {path} has {size} bytes, more than {most}"
            raise StoreError(msg, hint="divide it, or take it away")
        return path.read_bytes()

    def _went_well(self) -> None:
        if self._standing.failures:
            _LOG.warning("source %s: %s can be read again", self.name, self._watch.folder)
        self._standing = Standing(connected=True, last_success_s=time.time())

    def _failed(self, error: OSError, last_success_s: float | None) -> None:
        """Told once, though looked at every second."""
        said = str(error)
        if said != self._standing.last_error:
            _LOG.warning("source %s: %s", self.name, said)
        self._standing = Standing(
            connected=False,
            failures=self._standing.failures + 1,
            last_error=said,
            last_success_s=last_success_s,
        )

    def _complete(self) -> list[tuple[Path, str]]:
        """Files nobody has written to lately, the oldest first, with their stamps."""
        require_folder(self._watch.folder)
        found = []
        latest_ns = time.time_ns() - round(self._watch.settled_s * 1e9)
        for path in self._watch.folder.glob(self._watch.pattern):
            if path.name.startswith(".") or path.is_symlink() or not path.is_file():
                continue
            stat = path.stat()
            if stat.st_mtime_ns <= latest_ns and stat.st_size:
                found.append((stat.st_mtime_ns, path, f"{stat.st_size}-{stat.st_mtime_ns}"))
        return [(path, stamp) for _, path, stamp in sorted(found)]

    def standing(self) -> Standing:
        """How it fares."""
        return self._standing

    def close(self) -> None:
        """Nothing stays open."""


def require_folder(folder: Path) -> None:
    """Check that a folder is there and can be looked into: to a pattern it is else an empty one.

    Parameters
    ----------
    folder
        Of a feed.

    Raises
    ------
    StoreError
        If it is not.
    """
    try:
        with os.scandir(folder):
            pass
    except OSError as error:
        msg = f"folder {folder} cannot be read: {error.strerror}"
        raise StoreError(msg, hint="make it, mount it or name another; check its rights") from error


def _stamps(cursor: str) -> dict[str, str]:
    try:
        content = json.loads(cursor)
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}
