"""Book of what was wrong in a source: rejected records, and notes for everyone who reads maps."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from citytwin.model.notes import Note, Reject, Severity, summed, tally
from citytwin.model.text import text

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
        self.enter(Reject(source=source, record=record, code=code, message=message))

    def enter(self, reject: Reject) -> None:
        """Record something that was set aside or repaired.

        Parameters
        ----------
        reject
            What, and why.
        """
        key = (reject.source, reject.code)
        self.counts[key] += 1
        if self.counts[key] <= MAX_REJECTS_PER_CODE:
            self.rejects.append(reject)

    def note(self, severity: Severity, ja: str, en: str, count: int | None = None) -> None:
        """Record a remark once.

        Parameters
        ----------
        severity
            Kind of remark.
        ja, en
            Wording; with a count, ``{count}`` stands for it.
        count
            Of things; the counts of several files are added up.
        """
        if count is None:
            self._add([Note(severity=severity, ja=ja, en=en)])
        else:
            self._add([tally(severity, text(ja, en), count)])

    def _add(self, notes: list[Note]) -> None:
        self.notes[:] = summed([*self.notes, *notes])

    def absorb(self, other: Ledger) -> None:
        """Append the entries of another ledger.

        Parameters
        ----------
        other
            Ledger of one file.
        """
        self.rejects.extend(other.rejects)
        self.counts.update(other.counts)
        self._add(other.notes)

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
