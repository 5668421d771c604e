"""Vertices within a tolerance become one: compared with a plain search over all pairs."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from citytwin.kernels.snapping import snap_vertices

TOLERANCE_M = 0.001


def snapped(xyz: np.ndarray, starts: list[int] | None = None) -> np.ndarray:
    """Vertex that each is the same as."""
    groups = np.array(starts or [0, len(xyz)], dtype=np.int64)
    same_as = np.empty(len(xyz), dtype=np.int64)
    snap_vertices(xyz, groups, TOLERANCE_M, same_as)
    return same_as


def test_equal_and_near_vertices_are_one() -> None:
    """The same place, and a place 0.9 mm off, are one vertex; 1.1 mm off is another."""
    xyz = np.array([[5e5, 4e6, 10.0]] * 4)
    xyz[2, 0] += 0.0009
    xyz[3, 1] += 0.0011
    assert snapped(xyz).tolist() == [0, 0, 0, 3]


def test_across_the_border_of_a_cell() -> None:
    """Cells are 2 mm wide: 0.6 mm on either side of a border on every axis is one vertex."""
    xyz = np.array([[-0.0003, -0.0003, -0.0003], [0.0002, 0.0002, 0.0002]])
    assert snapped(xyz).tolist() == [0, 0]


def test_a_row_does_not_shrink_to_one() -> None:
    """Each vertex is compared with those kept: at steps of 0.7 mm every second one stays."""
    xyz = np.column_stack([np.arange(6) * 0.0007, np.zeros(6), np.zeros(6)])
    assert snapped(xyz).tolist() == [0, 0, 2, 2, 4, 4]


def test_buildings_do_not_share_vertices() -> None:
    """The same place in another building stays its own vertex."""
    xyz = np.zeros((4, 3))
    assert snapped(xyz, [0, 2, 2, 4]).tolist() == [0, 0, 2, 2]


def test_nothing() -> None:
    """No buildings, and buildings without vertices."""
    assert snapped(np.empty((0, 3))).tolist() == []
    assert snapped(np.empty((0, 3)), [0, 0, 0]).tolist() == []


@pytest.mark.parametrize("offset", [0.0, 612_345.678, -38_912.3])
@given(st.lists(st.tuples(*[st.integers(-4, 4)] * 3), min_size=1, max_size=30), st.randoms())
def test_groups_are_tight(offset: float, cells: list[tuple[int, int, int]], draw) -> None:
    """Kept vertices lie apart, every other one lies near the one that stands for it."""
    shift = np.array([[draw.uniform(0, 3e-4) for _ in range(3)] for _ in cells])
    xyz = np.array(cells) * 0.0008 + shift + offset
    same_as = snapped(xyz)
    kept = np.unique(same_as)
    assert (same_as[kept] == kept).all()
    assert (np.linalg.norm(xyz - xyz[same_as], axis=1) < TOLERANCE_M).all()
    for i in kept:
        apart = np.linalg.norm(xyz[kept] - xyz[i], axis=1)
        assert (apart[kept != i] >= TOLERANCE_M).all()
