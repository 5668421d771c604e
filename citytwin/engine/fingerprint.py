"""Fingerprints of parts of steps, kept in components so that a plan can say what changed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass

_LABELS = ("code", "parameters", "inputs")


@dataclass(frozen=True)
class Fingerprint:
    """What a result was made from."""

    code: str
    """Digest of the step's module and what it imports."""
    parameters: str
    """Parameters as JSON."""
    inputs: tuple[str, ...]
    """Digests of all inputs, and where the part lies."""

    def __str__(self) -> str:
        parts = (self.code, self.parameters, json.dumps(self.inputs))
        return ".".join(hashlib.sha256(part.encode()).hexdigest()[:24] for part in parts)


def difference(old: str | None, new: str) -> str:
    """Say in words why a part must be made anew; empty when it need not.

    Parameters
    ----------
    old
        Fingerprint that stands in the manifest, or None.
    new
        Fingerprint that is wanted.
    """
    if old is None:
        return "not made yet"
    changed = changed_components(old.split("."), new.split("."))
    return f"{' and '.join(changed)} changed" if changed else ""


def changed_components(old: Sequence[str], new: Sequence[str]) -> list[str]:
    """Return the names of the components that differ.

    Parameters
    ----------
    old, new
        Components of two fingerprints.
    """
    return [label for label, a, b in zip(_LABELS, old, new, strict=True) if a != b]
