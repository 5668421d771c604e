"""Files of a layer that are drawn once: those of the run before are taken where nothing of them changed.

What a layer says of its sources changes with every file of these; what it shows mostly does not. Each
group of files is known by a digest of all that it follows from. Files of the run before are linked
into the new folder, not copied: published files are never changed, only replaced.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Iterable, Sequence
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
        Files that lie in it.
    """

    def __init__(
        self,
        folder: Path,
        maker: str = "",
        before: Path | None = None,
        drawn: Iterable[DrawnFiles] = (),
    ) -> None:
        self.folder = folder
        self._maker, self._before = maker, before
        self._known = {one.key: one for one in drawn} if before is not None else {}
        self.record: list[DrawnFiles] = []
        """All files, drawn or taken."""

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
        key = hashlib.sha256("\0".join((self._maker, *said)).encode()).hexdigest()
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
        self.record.append(known)
        return gave

    def _take(self, known: DrawnFiles) -> None:
        assert self._before is not None  # noqa: S101 - else nothing is known
        for name in known.files:
            source, target = self._before / name, self.folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            _link_or_copy(source, target)


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
