"""Vertical lines through solids: crossings by hand, and the length that two solids share."""

from __future__ import annotations

import numpy as np
import pytest

from citytwin.kernels.solid_columns import common_height, crossings


def shell(*faces: list[list[tuple[float, float, float]]]) -> tuple[np.ndarray, ...]:
    """Faces, each a list of rings, as flat arrays."""
    rings = [ring for face in faces for ring in face]
    ends = np.concatenate([[0], np.cumsum([len(ring) for ring in rings])]).astype(np.int64)
    firsts = np.concatenate([[0], np.cumsum([len(face) for face in faces])]).astype(np.int64)
    return np.array([p for ring in rings for p in ring], dtype=np.float64), ends, firsts


def level(z: float, slope: float = 0.0) -> list[tuple[float, float, float]]:
    """Square of 10 m that rises to the east."""
    return [(x, y, z + slope * x) for x, y in ((0, 0), (10, 0), (10, 10), (0, 10))]


def heights(x: float, y: float, *faces: list[list[tuple[float, float, float]]]) -> list[float]:
    """Crossings of a line with some faces."""
    arrays = shell(*faces)
    out = np.empty(len(faces))
    return out[: crossings(*arrays, x, y, out)].tolist()


def test_floor_and_sloping_roof() -> None:
    """At x = 4 a roof that rises by a half stands at 7; a wall is not crossed."""
    wall = [(0.0, 0.0, 0.0), (10.0, 0.0, 0.0), (10.0, 0.0, 9.0), (0.0, 0.0, 9.0)]
    assert heights(4.0, 5.0, [level(5.0, 0.5)], [wall], [level(0.0)]) == pytest.approx([0.0, 7.0])


def test_a_line_beside_or_through_a_hole() -> None:
    """Nothing outside, and nothing in the courtyard."""
    hole = [(3.0, 3.0, 5.0), (3.0, 6.0, 5.0), (6.0, 6.0, 5.0), (6.0, 3.0, 5.0)]
    roof = [level(5.0), hole]
    assert heights(11.0, 5.0, roof) == []
    assert heights(4.0, 4.0, roof) == []
    assert heights(7.0, 4.0, roof) == pytest.approx([5.0])


@pytest.mark.parametrize(
    ("one", "other", "length"),
    [
        ([0.0, 9.0], [3.0, 5.0], 2.0),
        ([0.0, 3.0], [3.0, 5.0], 0.0),
        ([0.0, 2.0, 6.0, 9.0], [1.0, 7.0], 2.0),
        ([0.0, 2.0, 6.0], [1.0, 7.0], 0.0),
        ([], [1.0, 7.0], 0.0),
    ],
)
def test_what_two_solids_share(one: list[float], other: list[float], length: float) -> None:
    """Solids may be left and entered again; an odd number of crossings says nothing."""
    assert common_height(np.array(one), np.array(other)) == pytest.approx(length)
