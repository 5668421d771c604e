"""The state of a long run, kept so that the run can go on from it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal, NamedTuple, Protocol, TypeAlias

from numpy.typing import NDArray

NamedArrays: TypeAlias = Mapping[str, NDArray[Any]]
"""State of a run: arrays by name, of numbers or of truth values."""


class Checkpoints(Protocol):
    """Where a long run keeps its state and finds that of a run before it."""

    def latest(self) -> NamedArrays | None:
        """Return the state that an equal run before has kept last; None where there is none."""

    def offer(self, state: Callable[[], NamedArrays]) -> None:
        """Say that the run stands between two steps; its state is kept when it is time for it.

        Parameters
        ----------
        state
            Gives the state now; its arrays go on changing after the call.

        Raises
        ------
        BaseException
            Whatever stops the run, after its state was kept.
        """


Counted: TypeAlias = Literal["time", "directions", "cases"]
"""What a long run counts: simulated time [s], directions of the wind, or cases, also parts of one."""


class Hearer(Protocol):
    """Is told how far a long run is."""

    def __call__(self, done: float, whole: float, counted: Counted = "time") -> None:
        """Say what has been done, of how much in all."""


class Watch(NamedTuple):
    """Who looks at a long run; what it computes does not depend on it."""

    progress: Hearer | None = None
    """Called between steps."""
    checkpoints: Checkpoints | None = None
    """Keeps the state; a run that finds the state of an equal one goes on from it, with the same
    bits as if it had never stopped."""


UNWATCHED = Watch()
