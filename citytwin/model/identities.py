"""One id for one thing: what is met again under its id counts once, another gets a name of its own."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from citytwin.model.notes import Reject

Verdict = Literal["first", "again", "another"]
RENAMED = "duplicate-id"
"""Defect of a building whose id was taken by another one."""
PER_METRE = 1000.0
"""Buildings are the same when their vertices are, to the millimetre."""


@dataclass(eq=False)
class Identities:
    """Ids met so far, with digests of what stands behind each."""

    _first: dict[str, Callable[[], str]] = field(default_factory=dict)
    _known: dict[str, set[str]] = field(default_factory=dict)

    def meet(self, name: str, digest: Callable[[], str]) -> Verdict:
        """Say whether an id is new, and if not, whether the same thing stands behind it.

        Parameters
        ----------
        name
            The id.
        digest
            Gives the digest of the thing; asked only of ids that are met more than once.
        """
        if name not in self._first:
            self._first[name] = digest
            return "first"
        if name not in self._known:
            self._known[name] = {self._first[name]()}
        own = digest()
        if own in self._known[name]:
            return "again"
        self._known[name].add(own)
        return "another"


def repeated(source: str, name: str, verdict: Verdict) -> Reject:
    """Say what became of a building whose id was met before.

    Parameters
    ----------
    source
        File it came from.
    name
        Its id.
    verdict
        ``again`` or ``another``.
    """
    again = verdict == "again"
    said = "same building again" if again else "another building has this id; both are kept"
    code = "duplicate" if again else RENAMED
    return Reject(source=source, record=name, code=code, message=f"{source} {name}: {said}")


def digest_of_points(points: NDArray[np.float64], per_metre: float = PER_METRE) -> str:
    """Hash of a set of points, rounded; neither order nor repetition changes it.

    Parameters
    ----------
    points
        Shape (n, d) [m].
    per_metre
        Steps of the rounding per metre.
    """
    rounded = np.unique(np.round(points * per_metre).astype(np.int64), axis=0)
    return hashlib.sha256(rounded.tobytes()).hexdigest()
