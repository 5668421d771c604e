"""Files of a layer that are drawn once: those of the run before are taken where nothing of them changed.

What a layer says of its sources changes with every file of these; what it shows mostly does not. Each
group of files is known by a digest of all that it follows from. Files of the run before are linked
into the new folder, not copied: published files are never changed, only replaced. A file that is put
together of pieces, such as an archive of tiles, comes with what the next run has to know of these.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, TypeAdapter

from citytwin.security.sealed_folders import sealed_root
from citytwin.store.at_rest import files_below, open_file

T = TypeVar("T")


class DrawnFiles(BaseModel):
    """Files that were drawn together."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: str
    """Digest of all that they follow from."""
    files: tuple[str, ...]
    """Names, from the folder of the layer."""
    gave: str
    """What drawing them gave, as JSON."""


class DrawnPieces(BaseModel):
    """A file that was put together of pieces."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: str
    """Digest of all that every piece follows from."""
    file: str
    """Name, from the folder of the layer."""
    memory: str
    """Which pieces there are, and what else they follow from, as whoever makes the file has put it."""


class Drawn(BaseModel):
    """What a run has drawn of a layer, for the next one."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    files: tuple[DrawnFiles, ...] = ()
    pieces: tuple[DrawnPieces, ...] = ()


@dataclass(frozen=True)
class PiecesBefore:
    """A file of the run before, of which pieces may be taken."""

    path: Path
    memory: str
    """What making it gave."""


class Drawing:
    """Draws the files of a layer, or takes those of the run before.

    Parameters
    ----------
    folder
        Folder of the layer that is made; empty.
    maker
        Digest of the code and the libraries that draw.
    before
        Folder of the run before, which was checked; None = there is none.
    drawn
        What lies in it.
    """

    def __init__(
        self,
        folder: Path,
        maker: str = "",
        before: Path | None = None,
        drawn: Drawn | None = None,
    ) -> None:
        self.folder = folder
        self._maker, self._before = maker, before
        known = drawn if drawn is not None and before is not None else Drawn()
        self._known = {one.key: one for one in known.files}
        self._pieces = {one.file: one for one in known.pieces}
        self._files: list[DrawnFiles] = []
        self._in_pieces: list[DrawnPieces] = []

    @property
    def record(self) -> Drawn:
        """All that was drawn or taken."""
        return Drawn(files=tuple(self._files), pieces=tuple(self._in_pieces))

    def once(self, said: Sequence[str], form: TypeAdapter[T], draw: Callable[[], T]) -> T:
        """Draw some files, unless the run before has them.

        Parameters
        ----------
        said
            All that the files follow from, but for the code.
        form
            Of what drawing gives.
        draw
            Draws files into the folder.
        """
        key = self._key(said)
        known = self._known.get(key)
        if known is None:
            there = set(files_below(self.folder))
            gave = draw()
            new = [file for file in files_below(self.folder) if file not in there]
            names = tuple(file.relative_to(self.folder).as_posix() for file in new)
            known = DrawnFiles(key=key, files=names, gave=form.dump_json(gave).decode())
        else:
            self._take(known)
            gave = form.validate_json(known.gave)
        self._files.append(known)
        return gave

    def in_pieces(
        self, name: str, said: Sequence[str], make: Callable[[PiecesBefore | None], str]
    ) -> None:
        """Put a file together of pieces, of which some may be taken from the run before.

        Parameters
        ----------
        name
            Of the file, from the folder of the layer.
        said
            All that every piece follows from, but for the code.
        make
            From the file before, if there is one whose pieces may be taken, makes the file in the
            folder; returns all that the next run needs to know to take pieces of it.
        """
        key = self._key(said)
        known = self._pieces.get(name)
        before = None
        if self._before is not None and known is not None and known.key == key:
            before = PiecesBefore(self._before / name, known.memory)
        self._in_pieces.append(DrawnPieces(key=key, file=name, memory=make(before)))

    def _key(self, said: Sequence[str]) -> str:
        return hashlib.sha256("\0".join((self._maker, *said)).encode()).hexdigest()

    def _take(self, known: DrawnFiles) -> None:
        assert self._before is not None  # noqa: S101 - else nothing is known
        for name in known.files:
            source, target = self._before / name, self.folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            _link_or_copy(source, target)
        self._in_pieces += [one for name in known.files if (one := self._pieces.get(name))]


def _link_or_copy(source: Path, target: Path) -> None:
    """Give a file a second name; a sealed one knows its name, and other disks hold no links."""
    if sealed_root(source) is None:
        try:
            os.link(source, target)
        except OSError:  # another disk, or one that knows no links; a copy says what else is wrong
            pass
        else:
            return
    with open_file(source) as content, target.open("wb") as copy:
        shutil.copyfileobj(content, copy)
