"""What must be said beside a result: losses, fallbacks, synthetic inputs, and figures."""

from __future__ import annotations

from collections.abc import Iterable
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


class Premise(Note):
    """What a result was computed for: said of all that is made from it, even if no fault."""

    premise: Literal[True]


def premise_of(note: Note) -> Premise:
    """Return a remark as one that is said of all that is made from the result.

    Parameters
    ----------
    note
        The remark.
    """
    return Premise(severity=note.severity, ja=note.ja, en=note.en, premise=True)


class Tally(Note):
    """A remark with a count; those that differ in nothing else are added up."""

    count: int
    form: Text
    """Wording with ``{count}`` where the count stands."""


def tally(severity: Severity, form: Text, count: int) -> Tally:
    """Return a remark with a count.

    Parameters
    ----------
    severity
        Kind of remark.
    form
        Wording with ``{count}`` where the count stands.
    count
        How many.
    """
    ja, en = (words.replace("{count}", str(count)) for words in (form.ja, form.en))
    return Tally(severity=severity, ja=ja, en=en, count=count, form=form)


def summed(notes: Iterable[Note]) -> tuple[Note, ...]:
    """Say each remark once, where it came first; counts are added up.

    Parameters
    ----------
    notes
        Remarks of parts of one whole, in order.
    """
    found: dict[Note | tuple[Severity, str, str], Note] = {}
    for note in notes:
        if isinstance(note, Tally):
            key = (note.severity, note.form.ja, note.form.en)
            before = found.get(key)
            more = before.count if isinstance(before, Tally) else 0
            found[key] = tally(note.severity, note.form, more + note.count)
        else:
            found.setdefault(note, note)
    return tuple(found.values())


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
