"""How a user wants a run; light, so that a run with nothing to do starts at once."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class RunWishes:
    """How to run; none of it changes the result."""

    scheduler: str | None = None
    """Address of a Dask scheduler; None starts workers on this machine."""
    workers: int | None = None
    """Local worker processes; None = one per core."""
    tile_cells: int | None = None
    """Side of a tile in cells."""
    domain_tile_cells: int | None = None
    """Side of the tiles in which floods run; None = in one array where it fits."""
    checkpoint_minutes: float = 5.0
    """Time after which long runs keep their state again."""
    verify: bool = False
    """Whether everything is hashed again."""
