"""A run over the whole city as pieces: any worker can make one, and some come after others."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from citytwin.errors import StepError
from citytwin.model.checkpoints import Counted, NamedArrays, Watch

if TYPE_CHECKING:
    from citytwin.model.steps import Block, Outcome

PieceResult: TypeAlias = NamedArrays | StepError
"""Arrays of a piece, or why it came to none."""


@dataclass(frozen=True)
class Piece:
    """A part of a run."""

    after: tuple[int, ...] = ()
    """Numbers of the pieces whose arrays it is given, all before it."""
    weight: float = 1.0
    """How much of the run it is, in the unit that the run counts."""
    is_kept: bool = True
    """Whether the result of the run is made of it; else only other pieces need it."""


class SplitRun(Protocol):
    """A run, cut into pieces."""

    @property
    def pieces(self) -> Sequence[Piece]:
        """The pieces, in an order in which each finds what it comes after."""

    def make(
        self, number: int, before: Sequence[NamedArrays], told: Callable[[float], None]
    ) -> NamedArrays:
        """Make one.

        Parameters
        ----------
        number
            Which.
        before
            Arrays of the pieces that it comes after.
        told
            Hears the share done, 0 to 1.

        Raises
        ------
        StepError
            If it comes to nothing.
        """

    def join(self, made: Sequence[NamedArrays | None]) -> Outcome:
        """Put together what was made; None for pieces that came to nothing, or are not kept."""


@dataclass(frozen=True)
class Split:
    """How a simulation is cut into pieces."""

    cut: Callable[[Block, Any], SplitRun]
    """From the whole city and the parameters; the same pieces wherever it is called."""
    counted: Counted
    """What the weights of the pieces count."""


class PieceResults:
    """What has been made of a run.

    Parameters
    ----------
    pieces
        Of the run.
    state
        Of an equal run before, from `state`.
    """

    def __init__(self, pieces: Sequence[Piece], state: NamedArrays | None = None) -> None:
        self._pieces, self._made = pieces, dict[int, PieceResult]()
        for name, array in (state or {}).items():
            number, _, own = name.partition("/")
            kept = self._made.setdefault(int(number), {})
            self._made[int(number)] = {**_arrays(kept), own: array}

    def missing(self) -> Iterator[int]:
        """Numbers of the pieces still to be made, in order."""
        wanted = {n for n, one in enumerate(self._pieces) if one.is_kept and n not in self._made}
        for number in sorted(wanted, reverse=True):
            wanted.update(n for n in self._pieces[number].after if n not in self._made)
        yield from sorted(wanted)

    def add(self, number: int, result: PieceResult) -> None:
        """Take a result.

        Parameters
        ----------
        number
            Of the piece.
        result
            Its arrays, or why there are none.
        """
        self._made[number] = result

    def drop(self, number: int) -> None:
        """Forget the arrays of a piece that no other comes after any more."""
        self._made[number] = {}

    def before(self, number: int) -> list[NamedArrays] | StepError:
        """Arrays of the pieces that one comes after; why there are none, if one of these failed.

        Parameters
        ----------
        number
            Of the piece.
        """
        found = [self._made[n] for n in self._pieces[number].after]
        failed = next((one for one in found if isinstance(one, StepError)), None)
        return [_arrays(one) for one in found] if failed is None else failed

    @property
    def done(self) -> float:
        """Weight of what need not be made any more."""
        return self.whole - sum(self._pieces[number].weight for number in self.missing())

    @property
    def whole(self) -> float:
        """Weight of all pieces."""
        return sum(one.weight for one in self._pieces)

    def state(self) -> NamedArrays:
        """All that a run needs to go on."""
        return {
            f"{number}/{name}": array
            for number, one in self._made.items()
            if self._pieces[number].is_kept and isinstance(one, Mapping)
            for name, array in one.items()
        }

    def kept(self) -> list[NamedArrays | None]:
        """Arrays of all pieces that are kept.

        Raises
        ------
        StepError
            If none came to a result: that of the first.
        """
        kept = [number for number, one in enumerate(self._pieces) if one.is_kept]
        failed = [one for n in kept if isinstance(one := self._made[n], StepError)]
        if kept and len(failed) == len(kept):
            raise failed[0]
        return [
            _arrays(self._made[n]) if n in kept and isinstance(self._made[n], Mapping) else None
            for n in range(len(self._pieces))
        ]


def _arrays(result: PieceResult) -> NamedArrays:
    return result if isinstance(result, Mapping) else {}


def make_piece(
    run: SplitRun,
    number: int,
    before: list[NamedArrays] | StepError,
    told: Callable[[float], None],
) -> PieceResult:
    """Make a piece; what goes wrong with it is its result.

    Parameters
    ----------
    run
        The run.
    number
        Which piece.
    before
        Arrays of the pieces that it comes after, or why there are none.
    told
        Hears the share done, 0 to 1.
    """
    if isinstance(before, StepError):
        return before
    try:
        return run.make(number, before, told)
    except StepError as error:
        return error


def run_in_turn(split: Split, block: Block, params: Any) -> Outcome:
    """Make all pieces one after the other, in this process.

    Parameters
    ----------
    split
        How the run is cut.
    block
        The whole city; its watch hears how far the run is, and keeps its state.
    params
        Of the simulation.

    Raises
    ------
    StepError
        If no piece came to a result.
    """
    run, watch = split.cut(block, params), block.watch
    pieces = run.pieces
    made = PieceResults(pieces, watch.checkpoints.latest() if watch.checkpoints else None)
    last = {before: number for number, one in enumerate(pieces) for before in one.after}
    for number in made.missing():
        told = _Teller(watch, made, pieces[number].weight, split.counted)
        result = make_piece(run, number, made.before(number), told)
        made.add(number, result)
        for n in pieces[number].after:
            if last[n] == number and not pieces[n].is_kept:
                made.drop(n)
        told(0.0)
    return run.join(made.kept())


class _Teller:
    """Says how far a run is while one of its pieces is made, and offers its state."""

    def __init__(self, watch: Watch, made: PieceResults, weight: float, counted: Counted) -> None:
        self._watch, self._made, self._weight, self._counted = watch, made, weight, counted

    def __call__(self, share: float) -> None:
        if self._watch.progress is not None:
            done = self._made.done + share * self._weight
            self._watch.progress(done, self._made.whole, self._counted)
        if self._watch.checkpoints is not None:
            self._watch.checkpoints.offer(self._made.state)
