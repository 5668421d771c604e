"""Figures of places that an earlier run has found, each known by a digest of all it follows from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

Figures: TypeAlias = tuple[float, ...]
"""Finite numbers; what they mean is known to the step that finds them."""


class KeptFigures:
    """Finds figures, unless an earlier run of the same step with the same parameters has.

    Parameters
    ----------
    before
        What that run has found, by digest; empty where there is none.
    """

    def __init__(self, before: Mapping[str, Figures] | None = None) -> None:
        self._before = before or {}
        self.record: dict[str, Figures] = {}
        """All figures of this run, found or taken."""

    def once(self, digest: str, find: Callable[[], Figures]) -> Figures:
        """Return the figures of a place.

        Parameters
        ----------
        digest
            Of all that they follow from, but for code and parameters.
        find
            Finds them.
        """
        known = self._before.get(digest)
        figures = find() if known is None else known
        self.record[digest] = figures
        return figures

    def stands(self, digest: str) -> bool:
        """Whether an earlier run has found what is in the table that it made.

        Parameters
        ----------
        digest
            Of all that some of its rows follow from, but for code and parameters.
        """
        self.record[digest] = ()
        return digest in self._before
