"""How a simulation over the whole city runs in tiles, on machines none of which could hold it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from citytwin.model.checkpoints import NamedArrays
from citytwin.model.grid import Tile
from citytwin.model.notes import Fact, Note

if TYPE_CHECKING:
    from citytwin.model.steps import Arrays, Block

Look: TypeAlias = "Callable[[Tile], Block]"
"""Reads the inputs in a window of the city."""


class WorkingTile(Protocol):
    """A tile on its worker; a leader may ask it more than this."""

    @property
    def reach(self) -> Tile:
        """The cells that it computes, those around the tile among them."""

    def cut(self, window: Tile) -> NamedArrays:
        """Return what another tile must know of some of its cells."""

    def paste(self, window: Tile, arrays: NamedArrays) -> None:
        """Take over what another tile has told of its cells."""

    def state(self) -> NamedArrays:
        """Return all that the rest of the run depends on."""

    def restore(self, state: NamedArrays) -> None:
        """Go on from a state."""

    def finish(self, common: Any) -> Arrays:
        """Return the fields of the tile, given what the leader found at the end."""


class TileCrew(Protocol):
    """All tiles, wherever they are."""

    def swap(self) -> None:
        """Let every tile take over what it must know of the others."""

    def ask(self, what: str, *arguments: Any) -> Sequence[Any]:
        """Call a method of every tile; the answers come in the order of the tiles."""


@dataclass(frozen=True)
class Finished:
    """What a leader knows when the run has ended."""

    common: Any
    """For the tiles, which make their fields with it."""
    facts: tuple[Fact, ...]
    notes: tuple[Note, ...]
    valid_time: datetime | None


class Leader(Protocol):
    """Leads the tiles from one exchange to the next."""

    @property
    def time_s(self) -> float:
        """Simulated time [s]."""

    @property
    def end_s(self) -> float:
        """Time at which the run ends [s]."""

    def advance(self) -> None:
        """Go on until the tiles must know of each other again."""

    def state(self) -> NamedArrays:
        """Return what the rest of the run depends on beside the tiles."""

    def restore(self, state: NamedArrays) -> None:
        """Go on from a state; the tiles have gone back to theirs."""

    def finish(self) -> Finished:
        """Return what is known at the end."""


@dataclass(frozen=True)
class Tiled:
    """How a simulation runs in tiles, with the same bits as in one array."""

    open: Callable[[Look, Any, Tile], WorkingTile]
    """From the inputs, the parameters and a tile of the city, on a worker."""
    lead: Callable[[Look, Any, TileCrew], Leader]
    """From the inputs, of which only windows are read, the parameters and the opened tiles."""
