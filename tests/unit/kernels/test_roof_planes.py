"""Roof planes: faces that belong together, their true area, and their cells."""

from __future__ import annotations

import numpy as np
import pytest

from citytwin.kernels.roof_planes import MAX_FACE_CELLS, cells_of_faces, roof_planes
from citytwin.kernels.scanline import GridWindow

Ring = list[tuple[float, float, float]]


def arrays(faces: list[list[Ring]]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Vertices, ring offsets and polygon offsets of faces."""
    rings = [ring for face in faces for ring in face]
    xyz = np.array([vertex for ring in rings for vertex in ring], dtype=np.float64)
    ring_offsets = np.cumsum([0, *(len(ring) for ring in rings)])
    return xyz, ring_offsets, np.cumsum([0, *(len(face) for face in faces)])


# A house of 8 m by 6 m whose ridge runs along x, 3 m above the eaves: planes of 45 degrees.
SOUTH_A: Ring = [(0, 0, 5), (8, 0, 5), (8, 3, 8)]
SOUTH_B: Ring = [(0, 0, 5), (8, 3, 8), (0, 3, 8)]
NORTH: Ring = [(0, 3, 8), (8, 3, 8), (8, 6, 5), (0, 6, 5)]
WALL: Ring = [(0, 0, 0), (8, 0, 0), (8, 0, 5), (0, 0, 5)]
PLANE_M2 = 8.0 * np.hypot(3.0, 3.0)


def test_triangles_of_one_plane_are_one() -> None:
    """Two triangles make the southern plane; the ridge parts it from the northern one."""
    faces = arrays([[SOUTH_A], [WALL], [NORTH], [SOUTH_B]])
    planes = roof_planes(*faces, np.zeros(4, dtype=np.int32))
    assert planes.plane_of_face.tolist() == [0, -1, 1, 0]
    assert np.linalg.norm(planes.vector, axis=1) == pytest.approx([PLANE_M2, PLANE_M2])
    half = PLANE_M2 / np.sqrt(2.0)
    assert planes.vector == pytest.approx(np.array([[0, -half, half], [0, half, half]]))


def test_roofs_of_two_buildings_stay_apart() -> None:
    """Terraced houses share an edge of their roofs, and keep a plane each."""
    left: Ring = [(0, 0, 5), (5, 0, 5), (5, 4, 5), (0, 4, 5)]
    right: Ring = [(5, 0, 5), (9, 0, 5), (9, 4, 5), (5, 4, 5)]
    faces = arrays([[left], [right]])
    assert roof_planes(*faces, np.array([0, 1], dtype=np.int32)).plane_of_face.tolist() == [0, 1]
    one = roof_planes(*faces, np.array([3, 3], dtype=np.int32))
    assert one.plane_of_face.tolist() == [0, 0]
    assert one.vector == pytest.approx(np.array([[0.0, 0.0, 36.0]]))


def test_holes_do_not_count_and_normals_point_up() -> None:
    """A roof with a court, drawn upside down: 100 - 16 m2, looking up."""
    outer: Ring = [(0, 0, 9), (0, 10, 9), (10, 10, 9), (10, 0, 9)]
    court: Ring = [(2, 2, 9), (6, 2, 9), (6, 6, 9), (2, 6, 9)]
    for hole in (court, court[::-1]):
        planes = roof_planes(*arrays([[outer, hole]]), np.zeros(1, dtype=np.int32))
        assert planes.vector == pytest.approx(np.array([[0.0, 0.0, 84.0]]))


def test_broken_faces_are_no_planes() -> None:
    """Two points, no area, a coordinate that is none: no plane, and no harm to the others."""
    good: Ring = [(0, 0, 5), (5, 0, 5), (5, 4, 5)]
    line: Ring = [(0, 0, 5), (5, 0, 5), (9, 0, 5)]
    nowhere: Ring = [(0, 0, 5), (float("nan"), 0, 5), (5, 4, float("inf"))]
    faces = arrays([[line], [nowhere], [good], [[(0, 0, 5), (5, 0, 5)]], []])
    planes = roof_planes(*faces, np.zeros(5, dtype=np.int32))
    assert planes.plane_of_face.tolist() == [-1, -1, 0, -1, -1]
    assert planes.vector == pytest.approx(np.array([[0.0, 0.0, 10.0]]))


def test_cells_are_counted_beyond_the_window() -> None:
    """Centres at 1, 3, 5 ...: 4 columns by 3 rows of 2 m; where the window lies does not matter."""
    roof: Ring = [(0, 0, 5), (8, 0, 5), (8, 6, 5), (0, 6, 5)]
    far: Ring = [(-1e7, -1e7, 5), (1e7, -1e7, 5), (1e7, 1e7, 5)]
    faces = arrays([[roof], [far]])
    for row0, col0 in ((0, 0), (-40, 17)):
        window = GridWindow(-100.0, 50.0, 2.0, row0, col0)
        assert cells_of_faces(*faces, np.array([0, 1]), window).tolist() == [12, -1]
    assert MAX_FACE_CELLS < 2e7**2 / 4
