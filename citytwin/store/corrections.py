"""What people correct of a city by hand: one file for each correction, which nothing ever changes.

They belong to no release of the city model, so that the next one does not wipe them.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal
from uuid import uuid4

from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
)

from citytwin.errors import StoreError
from citytwin.store.atomic import write_text

CORRECTIONS = "corrections"
"""Folder within that of a city's observations."""
_MOST_STOREYS = 300


class Correction(BaseModel):
    """An attribute of a building as somebody says it is."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    building: Annotated[str, Field(pattern=r"^\S{1,300}$")]
    """Its id, or the key that outlives a release."""
    attribute: Literal["storeys", "usage"]
    value: Annotated[str, Field(min_length=1, max_length=200)] | None
    """None: the city model holds again."""
    by: Annotated[str, Field(min_length=1, max_length=200)]
    why: Annotated[str, Field(max_length=1000)]
    made: AwareDatetime

    @field_validator("value")
    @classmethod
    def _a_number_of_storeys(cls, value: str | None, info: ValidationInfo) -> str | None:
        if info.data.get("attribute") == "storeys" and value is not None:
            number = int(value) if value.isascii() and value.isdecimal() else 0
            if not 1 <= number <= _MOST_STOREYS:
                msg = f"storeys are a number from 1 to {_MOST_STOREYS}"
                raise ValueError(msg)
        return value


def keep_correction(folder: Path, correction: Correction) -> Path:
    """Keep a correction for good.

    Parameters
    ----------
    folder
        Of the city's observations; made when it does not exist.
    correction
        What somebody says.

    Raises
    ------
    StoreError
        If the disk refuses.
    """
    stamp = correction.made.astimezone(UTC).strftime("%Y%m%dT%H%M%S%fZ")
    file = folder / CORRECTIONS / f"{stamp}-{uuid4().hex[:8]}.json"
    try:
        write_text(file, correction.model_dump_json(indent=1) + "\n")
    except OSError as error:
        raise StoreError(f"{file} cannot be written: {error}", hint="check the disk") from error
    return file


def correction_files(folder: Path) -> list[Path]:
    """Return the files of all corrections, sorted.

    Parameters
    ----------
    folder
        Of the city's observations.
    """
    return sorted((folder / CORRECTIONS).glob("*.json"))


def correction_in(file: Path) -> Correction:
    """Read a correction.

    Parameters
    ----------
    file
        As :func:`correction_files` gives it.

    Raises
    ------
    StoreError
        If it cannot be read.
    """
    from citytwin.store.at_rest import read_bytes

    try:
        return Correction.model_validate_json(read_bytes(file))
    except (OSError, ValidationError) as error:
        said = error.errors()[0]["msg"] if isinstance(error, ValidationError) else error
        msg = f"{file} is no correction: {said}"
        raise StoreError(msg, hint="restore it from a backup, or move it away") from error


def standing(
    corrections: Iterable[Correction], at: datetime | None = None
) -> dict[tuple[str, str], Correction]:
    """Return the last correction of each attribute, without those that were taken back.

    Parameters
    ----------
    corrections
        In any order.
    at
        Aware; what was made later does not count. None for all.

    Returns
    -------
    dict of (str, str) to Correction
        By building and attribute.
    """
    last: dict[tuple[str, str], Correction] = {}
    for one in sorted(corrections, key=lambda one: (one.made, one.model_dump_json())):
        if at is None or one.made <= at:
            last[one.building, one.attribute] = one
    return {key: one for key, one in last.items() if one.value is not None}
