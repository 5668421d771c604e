"""A run in pieces: what is missing, what is kept, and what becomes of pieces that fail."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pytest

from citytwin.errors import StepError, StoreError
from citytwin.model.checkpoints import NamedArrays, Watch
from citytwin.model.grid import GridSpec
from citytwin.model.site import Site
from citytwin.model.split import Piece, PieceResults, Split, run_in_turn
from citytwin.model.steps import Block, Outcome

PIECES = (Piece(weight=0.5, is_kept=False), Piece((0,), 0.25), Piece((0,), 0.25), Piece())


class Tens:
    """Piece n makes 10 n + 1, and what it is given."""

    pieces = PIECES

    def __init__(self, failing: Mapping[int, Exception]) -> None:
        self.failing, self.made = failing, list[int]()

    def make(
        self, number: int, before: Sequence[NamedArrays], told: Callable[[float], None]
    ) -> NamedArrays:
        """Make one."""
        self.made.append(number)
        told(0.5)
        if number in self.failing:
            raise self.failing[number]
        given = sum(float(one["sum"][0]) for one in before)
        return {"sum": np.array([10.0 * number + 1.0 + given])}

    def join(self, made: Sequence[NamedArrays | None]) -> Outcome:
        """Hand over what each piece has made."""
        told: Any = [None if one is None else float(one["sum"][0]) for one in made]
        return Outcome({}, facts=told)


def outcome(run: Tens, watch: Watch | None = None) -> Any:
    """What its pieces have made, in turn."""
    grid = GridSpec("EPSG:6677", 0.0, 0.0, 1.0, 1, 1)
    block = Block({}, {}, grid, grid.whole, Site.of(grid, "UTC"), watch or Watch())
    split = Split(cut=lambda _block, _params: run, counted="directions")
    return run_in_turn(split, block, None).facts


def test_pieces_get_what_they_come_after_and_progress_rises() -> None:
    """11 + 1 and 21 + 1; the first is not kept. Halves of pieces of weight 0.5, 0.25, 0.25 and 1."""
    heard: list[tuple[float, ...]] = []
    watch = Watch(lambda done, whole, _counted="time": heard.append((done, whole)))
    assert outcome(Tens({}), watch) == [None, 12.0, 22.0, 31.0]
    done = [0.25, 0.5, 0.625, 0.75, 0.875, 1.0, 1.5, 2.0]
    assert heard == [(one, 2.0) for one in done]


def test_a_piece_that_fails_is_lost_alone_with_those_after_it() -> None:
    """One of the last two; then the one that two others need."""
    one, two = (StepError(f"piece {n}", step="tens") for n in (2, 0))
    assert outcome(Tens({2: one})) == [None, 12.0, None, 31.0]
    run = Tens({0: two})
    assert outcome(run) == [None, None, None, 31.0]
    assert run.made == [0, 3]


def test_nothing_left_and_faults_of_the_disk_end_the_run() -> None:
    """All pieces lost: the first error. What is not about the data is nobody's loss."""
    lost = {n: StepError(f"piece {n}", step="tens") for n in (1, 2, 3)}
    with pytest.raises(StepError, match="piece 1"):
        outcome(Tens(lost))
    with pytest.raises(StoreError, match="full"):
        outcome(Tens({1: StoreError("the disk is full")}))


def test_a_kept_state_needs_only_what_is_missing() -> None:
    """With 1 and 3 made, 2 is missing, and 0 before it; with 1 and 2, only 3: 0 counts as done."""
    for made, missing, done in (((1, 3), [0, 2], 1.25), ((1, 2), [3], 1.0), ((1, 2, 3), [], 2.0)):
        state = {f"{n}/sum": np.array([float(n)]) for n in made}
        results = PieceResults(PIECES, state)
        assert list(results.missing()) == missing
        assert results.done == done
        assert results.state() == state
