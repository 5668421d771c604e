"""Small gaps between buildings, found by hand on little maps."""

from __future__ import annotations

import numpy as np

from citytwin.kernels.pockets import pockets


def of_map(*rows: str, least_cells: int) -> list[str]:
    """``#`` building, ``.`` open, ``?`` unknown; pockets come back as ``o``."""
    drawn = np.array([list(row) for row in rows])
    found = pockets(drawn == ".", drawn == "#", least_cells)
    return ["".join(np.where(row, "o", cells)) for row, cells in zip(found, drawn, strict=True)]


def test_a_light_well_is_a_pocket_and_a_courtyard_is_none() -> None:
    """One enclosed cell is closed; four are kept when four make a courtyard."""
    drawn = (
        ".........",
        ".###.####",
        ".#.#.#..#",
        ".###.#..#",
        ".....####",
    )
    assert of_map(*drawn, least_cells=4) == [
        ".........",
        ".###.####",
        ".#o#.#..#",
        ".###.#..#",
        ".....####",
    ]


def test_a_gap_touching_at_a_corner_only_is_enclosed() -> None:
    """Water does not pass between two buildings that touch at a corner."""
    assert of_map(".#..", "#.#.", ".#..", least_cells=2) == [".#..", "#o#.", ".#..", ]  # fmt: skip


def test_what_may_go_on_outside_is_no_pocket() -> None:
    """Regions at the edge of the area or beside unknown ground are left open."""
    assert of_map("#.#", "###", least_cells=5) == ["#.#", "###"]
    assert of_map("####", "#.?#", "####", least_cells=5) == ["####", "#.?#", "####"]


def test_the_inputs_stay_and_nothing_open_gives_nothing() -> None:
    """A solid block has no pocket."""
    solid = np.ones((3, 5), dtype=np.bool_)
    nothing = np.zeros((3, 5), dtype=np.bool_)
    assert not pockets(nothing, solid, 3).any()
    assert solid.all()
