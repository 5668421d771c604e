"""``backup.json``: what a backup holds, file by file with its SHA-256."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from citytwin.errors import StoreError
from citytwin.store.backup.places import PARTS

DOCUMENT = "backup.json"
CONFIGURATION = "configuration.yaml"
"""The configuration as it was, for whoever has lost it."""
_SCHEMA = re.compile(r'"schema"\s*:\s*"citytwin-backup/(\d{1,9})"')
_LARGEST = 1 << 30
_NOT_IN_NAMES = frozenset("\\:")
"""No file of ours has them, and they lead elsewhere on other systems."""


def _a_name(value: str) -> str:
    parts = value.split("/")
    odd = any(part in ("", ".", "..") for part in parts) or not _NOT_IN_NAMES.isdisjoint(value)
    ours = value == CONFIGURATION or (len(parts) > 1 and parts[0] in PARTS)
    if odd or not ours or not value.isprintable():
        msg = f"{value!r} is no name of a file in a backup"
        raise ValueError(msg)
    return value


class KeptFile(BaseModel):
    """A file of a backup."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: Annotated[str, AfterValidator(_a_name)]
    """Below the folder of the backup, parts divided by slashes."""
    size: int = Field(ge=0)
    """Bytes."""
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")


class BackupDocument(BaseModel):
    """What ``backup.json`` says."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", validate_by_name=True, serialize_by_alias=True
    )

    schema_: Literal["citytwin-backup/1"] = Field(default="citytwin-backup/1", alias="schema")
    city: str
    """Its id."""
    made: str
    """When it was begun, ISO 8601 in UTC."""
    program: str
    """Version of citytwin."""
    sealed: bool
    """Whether the published folder is sealed: files are as they lie there, and need its key."""
    files: tuple[KeptFile, ...]

    def model_post_init(self, _context: Any) -> None:
        """Refuse a list in which a file stands twice, also for disks that know no case."""
        if len({file.path.casefold() for file in self.files}) != len(self.files):
            msg = "a file is listed twice"
            raise ValueError(msg)


def read_document(folder: Path) -> BackupDocument:
    """Read the list of a backup.

    Parameters
    ----------
    folder
        Of the backup.

    Raises
    ------
    StoreError
        If there is none, it is damaged, or of a later version.
    """
    path = folder / DOCUMENT
    try:
        if path.is_symlink() or path.stat().st_size > _LARGEST:
            msg = f"{path} is a link, or too large for a list of files"
            raise StoreError(msg, hint="take another backup")
        raw = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        msg = f"{folder} holds no {DOCUMENT}"
        hint = "name one folder that `citytwin backup` wrote; an unfinished one has none"
        raise StoreError(msg, hint=hint) from error
    except UnicodeDecodeError as error:
        raise StoreError(f"{path} is damaged: {error}", hint="take another backup") from error
    found = _SCHEMA.search(raw[:1000])
    if found is not None and int(found[1]) > 1:
        msg = f"{path} is of version {found[1]}, and this citytwin knows none above 1"
        raise StoreError(msg, hint="restore it with the newer citytwin that wrote it")
    try:
        return BackupDocument.model_validate_json(raw)
    except ValidationError as error:
        said = error.errors()[0]
        place = ".".join(map(str, said["loc"]))
        raise StoreError(
            f"{path} is damaged: {place}: {said['msg']}", hint="take another backup"
        ) from error
