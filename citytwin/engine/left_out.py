"""Layers that a city cannot have, and why."""

from __future__ import annotations

from dataclasses import dataclass

NOTHING_MAKES = "nothing here makes"
"""Begins the reason why there is no layer of a simulation that the configuration does not name."""


@dataclass(frozen=True)
class LeftOut:
    """A layer that a city cannot have."""

    layer: str
    """Its id."""
    why: str
    has_maker: bool = True
    """Whether a step of the configuration would make what it shows, if it had all it needs."""

    def __str__(self) -> str:
        return f"{self.layer}: {self.why}"
