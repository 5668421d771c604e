"""The folder of an ingested city model: its files, and the document that names them.

Files are made aside and moved into place when all are complete; the document comes last. It says
with a sha256 what each file must hold, so that a folder whose moving was interrupted shows it.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from citytwin.errors import StoreError, hint_of
from citytwin.model.notes import Note
from citytwin.store.atomic import remove_stale, sync_file, sync_folder, temporary_beside, write_text
from citytwin.transports.files import sha256_of

DOCUMENT = "citymodel.json"


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class InputFile(_Model):
    """A file that was looked at."""

    path: str
    """As it was found."""
    formats: tuple[str, ...]
    """Formats that read it; none where no format does."""
    crs: str | None
    """CRS that it names."""
    bytes: int
    sha256: str


class OutputFile(_Model):
    """A file of the folder."""

    href: str
    rows: int
    sha256: str


class ModelDocument(_Model):
    """What the folder holds, and what it was made from; no clock stands in it."""

    citytwin: str
    """Version that made it."""
    crs: str
    """CRS of all files."""
    features: dict[str, int]
    """Rows by table."""
    defects: dict[str, int]
    """Rows of the report by code."""
    inputs: tuple[InputFile, ...]
    notes: tuple[Note, ...]
    files: tuple[OutputFile, ...]


def read_document(directory: Path) -> ModelDocument | None:
    """Return the document of a folder; None where there is none.

    Parameters
    ----------
    directory
        Folder of a city model.

    Raises
    ------
    StoreError
        If it cannot be read.
    """
    path = directory / DOCUMENT
    try:
        return ModelDocument.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValidationError) as error:
        msg = f"{path} cannot be read: {str(error)[:200]}"
        raise StoreError(msg, hint="delete the folder and ingest again") from error


def standing_model(directory: Path) -> ModelDocument | None:
    """Return the document of a folder in which every file is as the document says, else None.

    Parameters
    ----------
    directory
        Folder of a city model.
    """
    try:
        document = read_document(directory)
        files = document.files if document else ()
        whole = all(sha256_of(directory / file.href) == file.sha256 for file in files)
    except OSError:
        return None
    return document if whole else None


@contextmanager
def staging(directory: Path) -> Iterator[Path]:
    """Yield an empty folder inside another, which is gone when the block ends.

    Parameters
    ----------
    directory
        Made when it does not exist; what killed runs left in it is removed.

    Raises
    ------
    StoreError
        If the disk refuses.
    """
    try:
        directory.mkdir(parents=True, exist_ok=True)
        remove_stale(directory)
        aside = temporary_beside(directory / "staging")
        aside.mkdir()
    except OSError as error:
        msg = f"{directory} cannot be written: {error}"
        raise StoreError(msg, hint=hint_of(error)) from error
    try:
        yield aside
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def put_in_place(directory: Path, staged: Path, document: ModelDocument) -> None:
    """Move complete files into their folder, write the document, and remove what it replaces.

    Parameters
    ----------
    directory, staged
        The folder, and the one with the files.
    document
        Names the files.

    Raises
    ------
    StoreError
        If the disk refuses.
    """
    before = read_document(directory)
    try:
        for file in document.files:
            sync_file(staged / file.href)
            (staged / file.href).replace(directory / file.href)
        sync_folder(directory)
        write_text(directory / DOCUMENT, document.model_dump_json(indent=1) + "\n")
        kept = {file.href for file in document.files}
        for file in before.files if before else ():
            if file.href not in kept:
                (directory / file.href).unlink(missing_ok=True)
    except OSError as error:
        msg = f"{directory} cannot be written: {error}"
        raise StoreError(msg, hint=hint_of(error)) from error
