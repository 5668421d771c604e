"""Who speaks, where, and how seriously it is meant."""

from __future__ import annotations

import re
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, field_validator

from citytwin.model.text import Text

Ring = tuple[tuple[float, float], ...]
"""Latitude and longitude [degrees, WGS 84] of each corner; the last is the first."""
_WORD = re.compile(r"[^\s,<&\x00-\x1f]{1,200}")


class Status(StrEnum):
    """How a message is meant, in the words of CAP 1.2."""

    ACTUAL = "Actual"
    EXERCISE = "Exercise"
    TEST = "Test"


class Scope(StrEnum):
    """Whom a message is for, in the words of CAP 1.2; others need lists of addresses."""

    PUBLIC = "Public"
    PRIVATE = "Private"


class Sender(BaseModel):
    """The organisation that answers for alerts."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    """Unique in the world: an address such as ``twin@city.example``."""
    name: Text
    status: Status = Status.TEST
    """`Actual` must be said; what rests on synthetic data is an exercise whatever is said here."""
    contact: str = Field(default="", max_length=500)

    @field_validator("id")
    @classmethod
    def _one_word(cls, value: str) -> str:
        if not _WORD.fullmatch(value):
            msg = "CAP allows no spaces, commas, < and & in the sender: take an address"
            raise ValueError(msg)
        return value


class Setting(BaseModel):
    """What all messages of one city share."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sender: Sender
    city: str
    title: Text
    """Name of the city."""
    time_zone: str
    synthetic: bool
    """Whether what the alert rests on is generated rather than measured."""
    area: tuple[Ring, ...]
    """Warned area: closed rings of latitude and longitude [degrees]."""

    @property
    def status(self) -> Status:
        """How messages are meant; generated data never make an actual alert."""
        if self.synthetic and self.sender.status is Status.ACTUAL:
            return Status.EXERCISE
        return self.sender.status

    def name_of(self, identifier: str) -> str:
        """Identifier of a message or an alert, unique for the sender."""
        return f"{self.city}.{identifier}"

    def stamp(self, at: datetime) -> str:
        """Time with the city's offset, as CAP wants it: ``-00:00`` for UTC, never ``Z``."""
        said = at.astimezone(ZoneInfo(self.time_zone)).isoformat(timespec="seconds")
        return said.removesuffix("+00:00") + "-00:00" if said.endswith("+00:00") else said
