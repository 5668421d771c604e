"""A file says which rows it has in place of others, and what the old one had near a place."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.random import Generator

from citytwin.model.grid import Bounds
from citytwin.store.row_changes import FileRows, Replaced, replaced_rows
from citytwin.store.row_index import rows_near


def some_rows(number: int, dice: Generator) -> FileRows:
    """Rows of buildings here and there, each with a digest of its own."""
    corner = dice.random((number, 2)) * 100.0
    return FileRows(
        np.hstack([corner, corner + 5.0]),
        dice.integers(1 << 63, size=number, dtype=np.uint64),
        dice.integers(1, 9, size=number, dtype=np.uint64),
    )


def edited(rows: FileRows, dice: Generator) -> FileRows:
    """Some rows go, some are others, some come at any place."""
    kept = rows.taken(np.flatnonzero(dice.random(len(rows.digests)) > 0.1))
    new = some_rows(3, dice)
    at = np.sort(dice.integers(0, len(kept.digests) + 1, size=3))
    both = zip(kept, new, strict=True)
    return FileRows(*(np.insert(old, at, other, axis=0) for old, other in both))


@pytest.mark.parametrize("seed", range(20))
def test_what_a_file_had_follows_from_what_it_has(seed: int) -> None:
    """Digests of the old rows near any area, in their order, without the old file."""
    dice = np.random.default_rng(seed)
    before = some_rows(40, dice)
    now = edited(before, dice)
    replaced = replaced_rows(before, now)
    assert replaced is not None
    replaced = Replaced.model_validate_json(replaced.model_dump_json())
    for x, y, side in dice.random((10, 3)) * 100.0:
        area = Bounds(x, y, x + side, y + side)
        near = rows_near(now.boxes, area)
        digests = replaced.near_before(len(now.digests), near, now.digests, area)
        expected = rows_near(before.boxes, area)
        assert digests.tolist() == before.digests[expected].tolist()


def test_changes_are_told_by_row_and_building() -> None:
    """One row is another, and all others stay."""
    before = some_rows(9, np.random.default_rng(1))
    now = before._replace(digests=before.digests.copy())
    now.digests[4] += 1
    replaced = replaced_rows(before, now)
    assert replaced is not None
    assert replaced.new == (4,)
    (gone,) = replaced.gone
    assert (gone.row, gone.building) == (4, before.buildings[4])
    assert gone.box == tuple(before.boxes[4])
    assert replaced_rows(before, before) == Replaced()


def test_what_cannot_be_told_is_not() -> None:
    """Another order of many rows, a row that lay anywhere, a survey anew."""
    dice = np.random.default_rng(2)
    before = some_rows(5000, dice)
    assert replaced_rows(before, before.taken(np.arange(5000)[::-1])) is None
    assert replaced_rows(before, some_rows(5000, dice)) is None
    anywhere = before._replace(boxes=np.full_like(before.boxes, np.inf))
    assert replaced_rows(anywhere, before.taken(np.arange(1, 5000))) is None
