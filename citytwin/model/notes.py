"""What must be said beside a result: losses, fallbacks, synthetic inputs, and figures."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

from citytwin.model.text import Text

Severity = Literal["synthetic", "fallback", "loss", "info"]


class Note(BaseModel):
    """A remark that travels with a result to every layer made from it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    severity: Severity
    ja: str
    en: str


class Fact(BaseModel):
    """A figure about a whole result, such as the volume error of a flood run."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    label: Text
    value: float
    unit: str


class Reject(BaseModel):
    """A record that was set aside, with the reason."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: str
    """File the record came from."""
    record: str
    """Identifier, row, line or byte offset."""
    code: str
    """Short stable code of the reason, such as ``203`` (val3dity) or ``range``."""
    message: str
    """What was wrong, with the value met."""
