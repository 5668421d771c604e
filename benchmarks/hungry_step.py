"""A step of another package that takes memory at one place, and gives the ground back."""

from __future__ import annotations

import numpy as np

from citytwin.model import fields as f
from citytwin.model.cost import Cost
from citytwin.model.reach import Cell
from citytwin.model.steps import Block, Outcome, Params, Simulation
from citytwin.model.text import text

PLACE = (25, 30)
"""Row and column of the cell that is hungry."""


class HungryParams(Params):
    """How hungry."""

    bytes_per_cell: int = 0
    """In the tile, or piece of one, that holds the place."""
    at_least: int = 0
    """However few its cells are."""


def run(block: Block, params: HungryParams) -> Outcome:
    """Hold the memory while the ground is copied."""
    ground = block[f.TERRAIN]
    row, col = PLACE[0] - block.row0, PLACE[1] - block.col0
    if 0 <= row < ground.shape[0] and 0 <= col < ground.shape[1]:
        wanted = max(1, params.at_least, params.bytes_per_cell * ground.size)
        held = np.ones(wanted, dtype=np.uint8)
        assert held[-1] == 1
    return Outcome({f.SUNLIT_HOURS: np.clip(ground, 0.0, 24.0)})


SIMULATION = Simulation(
    name="hungry",
    title=text("メモリを使う計算", "A step that takes memory"),
    inputs=(f.TERRAIN,),
    outputs=(f.SUNLIT_HOURS,),
    params=HungryParams,
    reach=Cell(),
    run=run,
    cost=Cost(seconds_per_megacell=1.0, bytes_per_cell=8.0),
)
