"""Spikes and pits by hand: what stands out, and what is a building or a cliff."""

from __future__ import annotations

import numpy as np
import pytest

from citytwin.kernels.lone_heights import (
    GROUND_SLENDERNESS,
    group_cells,
    lone_heights,
    step_m,
)


def found(height, cell_m=1.0, rows=None, cols=None):
    """Spikes and pits of a surface, or of a part of it."""
    height = np.asarray(height, dtype=np.float32)
    ny, nx = height.shape
    part = rows or (0, ny), cols or (0, nx)
    return lone_heights(height, step_m(cell_m), group_cells(cell_m), *part)


def test_steps_by_the_size_of_cells():
    """By hand: 10 m at least; ten cells on a surface with towers, two on the ground."""
    assert [step_m(cell) for cell in (0.5, 1.0, 2.5)] == [10.0, 10.0, 25.0]
    assert [step_m(cell, GROUND_SLENDERNESS) for cell in (0.5, 2.5, 5.0, 10.0)] == [
        10.0,
        10.0,
        10.0,
        20.0,
    ]


def hills():
    """Rolling ground with a tower of 3 x 3 cells and a wall of one cell."""
    y, x = np.mgrid[:30, :40]
    height = 20 + 5 * np.sin(x / 6.0) + 4 * np.cos(y / 5.0)
    height[5:8, 30:33] += 200
    height[20, 5:35] += 30
    height[:, :3] -= 60
    return height


def test_buildings_walls_and_cliffs_stand_in_no_bad_light():
    """Towers of three cells, long walls and cliffs are none; the ends of a wall are."""
    height = hills()
    spikes, pits = found(height)
    # Two cells beside the end of a wall of one cell, two of the wall are seen: it counts as a spike.
    assert (spikes.number, pits.number) == (4, 0)
    height[20, 5:35] -= 30
    assert [lone.number for lone in found(height)] == [0, 0]


def test_a_spike_and_a_pit_are_found_with_the_worst():
    """One cell, two cells and a square of four stand out; the worst is named with its step."""
    height = np.full((30, 40), 12.0)
    height[4, 5] = 60.0
    height[10:12, 20:22] = 512.0
    height[25, 30:32] = -40.0
    spikes, pits = found(height)
    assert tuple(spikes) == (5, 10, 20, 500.0)
    assert tuple(pits) == (2, 25, 30, 52.0)


def test_what_is_known_beside_it_decides():
    """On the rim and beside gaps the known cells are asked; with too few there is no verdict."""
    height = np.full((12, 12), 3.0)
    height[0, 6] = 80.0
    height[11, 11] = 80.0
    height[6, 3] = np.nan
    height[6, 4] = -90.0
    spikes, pits = found(height)
    # A corner has eight cells around it, fewer than twelve.
    assert tuple(spikes) == (1, 0, 6, 77.0)
    assert tuple(pits) == (1, 6, 4, 93.0)


@pytest.mark.parametrize(
    ("cell_m", "step", "group"), [(0.5, 10, 4), (1, 10, 4), (2, 20, 2), (2.5, 25, 1), (30, 300, 1)]
)
def test_thresholds(cell_m, step, group):
    """Ten metres and ten cells; four cells and nine square metres."""
    assert (step_m(cell_m), group_cells(cell_m)) == (step, group)
    height = np.full((9, 9), 5.0)
    height[4, 4] = 5.0 + step
    assert found(height, cell_m)[0].number == 1
    height[4, 4] = 4.9 + step
    assert found(height, cell_m)[0].number == 0


def test_parts_add_up_to_the_whole():
    """With two cells around them, tiles find what the whole finds."""
    rng = np.random.default_rng(2)
    height = np.where(rng.random((50, 60)) < 0.02, rng.uniform(-80, 150, (50, 60)), 10.0)
    whole = found(height)
    total = np.zeros(2, dtype=int)
    for i in range(0, 50, 17):
        for j in range(0, 60, 13):
            top, left = max(0, i - 2), max(0, j - 2)
            part = height[top : i + 19, left : j + 15]
            rows = i - top, min(i + 17, 50) - top
            cols = j - left, min(j + 13, 60) - left
            total += [lone.number for lone in found(part, 1.0, rows, cols)]
    assert total.tolist() == [lone.number for lone in whole]
    assert whole[0].number > 5
