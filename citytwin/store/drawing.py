"""Files of a layer that are drawn once: those of the run before are taken where nothing of them changed.

What a layer says of its sources changes with every file of these; what it shows mostly does not. Each
group of files is known by a digest of all that it follows from. Files of the run before are linked
into the new folder, not copied: published files are never changed, only replaced. A file that is put
together of pieces, such as an archive of tiles, comes with what the next run has to know of these, which
lies in the working store, and is sealed where that is.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, TypeAdapter

from citytwin.errors import SealError
from citytwin.security.sealed_folders import sealed_root
from citytwin.store.at_rest import digest_of_file, files_below, open_file, read_bytes
from citytwin.store.atomic import write_bytes

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
    remembered: str
    """sha256 of what is remembered of the pieces."""


class Drawn(BaseModel):
    """What a run has drawn of a layer, for the next one."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    files: tuple[DrawnFiles, ...] = ()
    pieces: tuple[DrawnPieces, ...] = ()


@dataclass(frozen=True)
class LayerBefore:
    """A layer as a run before has drawn it."""

    folder: Path
    drawn: Drawn
    digests: Mapping[str, str]
    """sha256 of its files, as they were written, by name."""

    def has(self, files: Iterable[str]) -> bool:
        """Whether some files still are what was written.

        Parameters
        ----------
        files
            Their names, from its folder.
        """
        try:
            return all(
                name in self.digests and digest_of_file(self.folder / name) == self.digests[name]
                for name in files
            )
        except (OSError, SealError):  # lost or damaged
            return False


@dataclass(frozen=True)
class PiecesBefore:
    """A file of the run before, of which pieces may be taken."""

    path: Path
    memory: bytes
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
        The layer of the run before; None = there is none. Its files are taken only if they are
        undamaged.
    remembered
        Folder in the working store for what is known of pieces; None = nothing is kept of them.
    """

    def __init__(
        self,
        folder: Path,
        maker: str = "",
        before: LayerBefore | None = None,
        remembered: Path | None = None,
    ) -> None:
        self.folder = folder
        self._maker, self._before, self._remembered = maker, before, remembered
        known = before.drawn if before is not None else Drawn()
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
        if known is None or self._before is None or not self._before.has(known.files):
            there = set(files_below(self.folder))
            gave = draw()
            new = [file for file in files_below(self.folder) if file not in there]
            names = tuple(file.relative_to(self.folder).as_posix() for file in new)
            known = DrawnFiles(key=key, files=names, gave=form.dump_json(gave).decode())
        else:
            self._take(self._before, known)
            gave = form.validate_json(known.gave)
        self._files.append(known)
        return gave

    def in_pieces(
        self, name: str, said: Sequence[str], make: Callable[[PiecesBefore | None], bytes]
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
        memory = make(self._pieces_before(name, key))
        if self._remembered is not None:
            write_bytes(_memory_of(self._remembered, name), memory)
            digest = hashlib.sha256(memory).hexdigest()
            self._in_pieces.append(DrawnPieces(key=key, file=name, remembered=digest))

    def _pieces_before(self, name: str, key: str) -> PiecesBefore | None:
        """The file before with what is remembered of it; None where that is not what was written."""
        known = self._pieces.get(name)
        if known is None or known.key != key or self._before is None or self._remembered is None:
            return None
        try:
            memory = read_bytes(_memory_of(self._remembered, name))
        except (OSError, SealError):  # lost or damaged: all pieces are made anew
            return None
        if hashlib.sha256(memory).hexdigest() != known.remembered:
            return None
        return PiecesBefore(self._before.folder / name, memory)

    def _key(self, said: Sequence[str]) -> str:
        return hashlib.sha256("\0".join((self._maker, *said)).encode()).hexdigest()

    def _take(self, before: LayerBefore, known: DrawnFiles) -> None:
        for name in known.files:
            source, target = before.folder / name, self.folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            _link_or_copy(source, target)
        self._in_pieces += [one for name in known.files if (one := self._pieces.get(name))]


def _memory_of(folder: Path, name: str) -> Path:
    return folder / f"{name}.memory"


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
