"""Where the parts of a backup come from, and go back to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PUBLISHED, OBSERVATIONS, JOURNAL, AUDIT, ANCHORS = PARTS = (
    "published",
    "observations",
    "journal",
    "audit",
    "anchors",
)
"""Folders of a backup."""


@dataclass(frozen=True)
class Places:
    """Folders of one city; any of them may be missing on the disk."""

    city: str
    """Its id."""
    published: Path
    observations: Path
    journal: Path
    audit: Path | None = None
    """Of the chains of a server; None where none is told."""
    anchors: Path | None = None
    private: bool = False
    """Whether only its owner may look into the published folder."""
    closed: bool = False
    """Whether only their owner may look into observations and journal."""

    def parts(self) -> Iterator[tuple[str, Path]]:
        """Name and folder of each part that has a place, the published one last."""
        yield OBSERVATIONS, self.observations
        yield JOURNAL, self.journal
        # Before the chains: these grow meanwhile, and none may be shorter than its anchors say.
        if self.anchors is not None:
            yield ANCHORS, self.anchors
        if self.audit is not None:
            yield AUDIT, self.audit
        yield PUBLISHED, self.published

    def is_private(self, part: str) -> bool:
        """Whether only the owner may look into the folder of a part.

        Parameters
        ----------
        part
            Its name.
        """
        if part == PUBLISHED:
            return self.private
        return self.closed or part in (AUDIT, ANCHORS)
