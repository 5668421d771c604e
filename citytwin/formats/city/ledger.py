"""Book of what was wrong in a source: rejected records, and notes for everyone who reads maps."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from citytwin.model.notes import Note, Reject, Severity

MAX_REJECTS_PER_CODE = 200
"""A file that is wrong throughout must not fill the memory with its own faults."""


@dataclass
class Ledger:
    """Rejects and notes of one reading, each counted, the first ones in full."""

    rejects: list[Reject] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)

    def reject(self, source: str, record: str, code: str, message: str) -> None:
        """Record something that was set aside or repaired.

        Parameters
        ----------
        source
            File name.
        record
            Feature, ring or line.
        code
            Short stable code.
        message
            What was wrong, with the value met.
        """
        self.counts[source, code] += 1
        if self.counts[source, code] <= MAX_REJECTS_PER_CODE:
            self.rejects.append(Reject(source=source, record=record, code=code, message=message))

    def note(self, severity: Severity, ja: str, en: str) -> None:
        """Record a remark once.

        Parameters
        ----------
        severity
            Kind of remark.
        ja, en
            Wording.
        """
        note = Note(severity=severity, ja=ja, en=en)
        if note not in self.notes:
            self.notes.append(note)

    def absorb(self, other: Ledger) -> None:
        """Append the entries of another ledger.

        Parameters
        ----------
        other
            Ledger of one file.
        """
        self.rejects.extend(other.rejects)
        self.counts.update(other.counts)
        for note in other.notes:
            if note not in self.notes:
                self.notes.append(note)

    def all_rejects(self) -> tuple[Reject, ...]:
        """Rejects, with one line for those of a code that were counted but not listed."""
        surplus = [
            Reject(
                source=source,
                record="further records",
                code=code,
                message=f"{count - MAX_REJECTS_PER_CODE} more of this kind",
            )
            for (source, code), count in self.counts.items()
            if count > MAX_REJECTS_PER_CODE
        ]
        return (*self.rejects, *surplus)
