"""What must be said beside a result: losses, fallbacks, synthetic inputs, and figures."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import PurePath
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


class Worst(BaseModel):
    """The worst of the cases that a remark counts."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    size: float
    """How bad it is; of two remarks that are added up the greater is told."""
    said: Text
    """Wording of size and place."""


class Tally(Note):
    """A remark with a count; those that differ in nothing else are added up."""

    count: int
    form: Text
    """Wording with ``{count}`` where the count stands, and ``{worst}`` where the worst does."""
    worst: Worst | None = None


def tally(severity: Severity, form: Text, count: int, worst: Worst | None = None) -> Tally:
    """Return a remark with a count.

    Parameters
    ----------
    severity
        Kind of remark.
    form
        Wording with ``{count}`` where the count stands, and ``{worst}`` where the worst does.
    count
        How many.
    worst
        The worst of them.
    """
    ja, en = (words.replace("{count}", str(count)) for words in (form.ja, form.en))
    if worst is not None:
        ja, en = ja.replace("{worst}", worst.said.ja), en.replace("{worst}", worst.said.en)
    return Tally(severity=severity, ja=ja, en=en, count=count, form=form, worst=worst)


def summed(notes: Iterable[Note]) -> tuple[Note, ...]:
    """Say each remark once, where it came first; counts are added up, the worst is kept.

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
            told = (note, before) if isinstance(before, Tally) else (note,)
            count, worst = sum(each.count for each in told), _worst(told)
            found[key] = tally(note.severity, note.form, count, worst)
        else:
            found.setdefault(note, note)
    return tuple(found.values())


def _worst(told: Iterable[Tally]) -> Worst | None:
    """The worst of several; of two alike always the same one, whatever their order."""
    known = [each.worst for each in told if each.worst is not None]
    return max(known, key=lambda worst: (worst.size, worst.said.en), default=None)


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
    rule: str | None = None
    """Quality requirement of PLATEAU that is broken, where the code does not tell."""


def refused(file: str, error: Exception) -> Reject:
    """Return what a file that cannot be used is called in the report.

    Parameters
    ----------
    file
        Its name.
    error
        Why.
    """
    record, rule = "file", None
    if PurePath(getattr(error, "source", file)).name == file:  # else the fault of another file
        record, rule = getattr(error, "record", "") or record, getattr(error, "rule", None)
    return Reject(source=file, record=record, code="file-refused", message=str(error), rule=rule)
