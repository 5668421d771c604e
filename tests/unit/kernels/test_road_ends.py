"""Ends of roads on the raster: contacts, lanes alongside, tips."""

from __future__ import annotations

import numpy as np

from citytwin.kernels.road_ends import road_ends, road_pieces


def ends_of(inside: np.ndarray, contacts: np.ndarray | None = None) -> list[set[tuple[int, int]]]:
    """Cells of each end."""
    given = np.zeros(inside.shape, dtype=np.int64) if contacts is None else contacts
    made = road_ends(inside.astype(np.uint8), given)
    count = int(np.bitwise_or.reduce(made, axis=None)).bit_length()
    return [set(zip(*map(list, np.nonzero((made >> k) & 1)), strict=True)) for k in range(count)]


def box(rows: range, cols: range) -> set[tuple[int, int]]:
    """All cells of some rows and columns."""
    return {(row, col) for row in rows for col in cols}


def test_the_tips_of_a_lonely_road() -> None:
    """Three by forty cells: width 120 / 43 = 2.8, so each end holds its last cross-section."""
    tips = ends_of(np.ones((3, 40)))
    assert len(tips) == 2
    assert {col for tip in tips for _, col in tip} <= {0, 1, 38, 39}
    assert sum(box(range(3), range(1)) <= tip for tip in tips) == 1
    assert sum(box(range(3), range(39, 40)) <= tip for tip in tips) == 1


def test_contacts_take_the_place_of_tips() -> None:
    """A road that goes on at both ends has just these; a lane alongside is none."""
    contacts = np.zeros((3, 40), dtype=np.int64)
    contacts[:, 0] |= 1
    contacts[2, :] |= 2
    contacts[:, 39] |= 4
    assert ends_of(np.ones((3, 40)), contacts) == [
        box(range(3), range(1)),
        box(range(3), range(39, 40)),
    ]


def test_a_branch_that_leads_nowhere_has_a_tip() -> None:
    """A T: two contacts, and the foot of the third arm."""
    inside = np.zeros((20, 40))
    inside[:3] = 1
    inside[:, 18:21] = 1
    contacts = np.zeros((20, 40), dtype=np.int64)
    contacts[:3, 0], contacts[:3, 39] = 1, 2
    ends = ends_of(inside, contacts)
    assert len(ends) == 3
    assert box(range(19, 20), range(18, 21)) <= ends[2] <= box(range(16, 20), range(18, 21))


def test_one_cell_is_its_own_end() -> None:
    """There is nothing to part."""
    assert ends_of(np.ones((1, 1))) == [{(0, 0)}]


def test_pieces_that_touch_at_a_corner_are_one() -> None:
    """A diagonal is connected; a gap of a cell parts."""
    inside = np.array([[1, 0, 0, 1], [0, 1, 0, 1]], dtype=np.uint8)
    assert road_pieces(inside).tolist() == [[0, -1, -1, 1], [-1, 0, -1, 1]]
