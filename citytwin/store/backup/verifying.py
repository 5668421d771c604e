"""Whether a backup still is what was written: every file of its list, and nothing else."""

from __future__ import annotations

import stat
from pathlib import Path

from citytwin.errors import StoreError, hint_of
from citytwin.store.backup.copying import measured
from citytwin.store.backup.document import DOCUMENT, BackupDocument, read_document
from citytwin.store.walking import entries_below
from citytwin.wording import first_of


def verified(folder: Path) -> BackupDocument:
    """Read every file of a backup, and compare it with the list.

    Parameters
    ----------
    folder
        Of the backup.

    Returns
    -------
    BackupDocument
        Its list.

    Raises
    ------
    StoreError
        If a file is missing, changed, a link, or not of the backup; the first ones are named.
    """
    document = read_document(folder)
    try:
        found, odd = _walked(folder)
        listed = {file.path: file for file in document.files}
        wrong = [f"{name} is a link, or no file" for name in odd]
        wrong += [f"{name} is missing" for name in sorted(listed.keys() - found)]
        strange = sorted(found - listed.keys() - {DOCUMENT})
        wrong += [f"{name} is not of the backup" for name in strange]
        for name in sorted(listed.keys() & found):
            if measured(folder / name) != (listed[name].size, listed[name].sha256):
                wrong.append(f"{name} is not what was written")
    except OSError as error:
        msg = f"the backup {folder} cannot be read: {error}"
        raise StoreError(msg, hint=hint_of(error)) from error
    if wrong:
        msg = f"the backup {folder} is damaged: {first_of(wrong)}"
        raise StoreError(msg, hint="take another one; nothing was restored")
    return document


def _walked(folder: Path) -> tuple[set[str], list[str]]:
    """Regular files below a folder, and what else but folders lies there; no link is followed."""
    files: set[str] = set()
    odd: list[str] = []
    for path in entries_below(folder):
        name = path.relative_to(folder).as_posix()
        if stat.S_ISREG(path.lstat().st_mode):
            files.add(name)
        else:
            odd.append(name)
    return files, sorted(odd)
