"""Roof solids: closed shells, outward faces, volumes known from formulas."""

from collections import Counter

import numpy as np
import pytest

from citytwin.testing.solids import Frame, PitchedBox, l_corners, l_gable, prism, stepped

FRAME = Frame((-120.0, 57.0), 0.3)
LENGTH, WIDTH, BOTTOM, EAVES, RIDGE = 10.0, 8.0, 5.0, 11.0, 13.5


def box(length=LENGTH, width=WIDTH):
    """A box with a pitched roof, turned and away from the origin."""
    return PitchedBox(FRAME, length, width, BOTTOM, EAVES, RIDGE)


def ring(p0, q0, p1, q1):
    """Local box as a ring in city metres."""
    return FRAME.ring(((p0, q0), (p1, q0), (p1, q1), (p0, q1)))


def volume(faces):
    """Divergence theorem over fans; holes run the other way and subtract."""
    total = 0.0
    for face in faces:
        for points in face.rings:
            p = np.array(points) - np.array([-120.0, 57.0, 0.0])
            for k in range(1, len(p) - 1):
                total += float(np.dot(p[0], np.cross(p[k], p[k + 1]))) / 6.0
    return total


def edge_counts(faces):
    """How often each directed edge occurs."""
    counts = Counter()
    for face in faces:
        for points in face.rings:
            counts.update(zip(points, points[1:] + points[:1], strict=True))
    return counts


CASES = {
    # base 480 m3 + triangle prism 10 * 8 * 2.5 / 2
    "gable": (box().gable(), 580.0),
    # base + prism of the ridge 2 * 8 * 2.5 / 2 + pyramid 8 * 8 * 2.5 / 3
    "hip": (box().hip(), 480.0 + 20.0 + 160.0 / 3.0),
    "pyramid": (box(8.0, 8.0).hip(), 384.0 + 160.0 / 3.0),
    "shed": (box().shed(), 580.0),
    # gable + wedge: 3 m long, run 0.28 * 8, rise of that run at 2.5 / 4
    "dormer": (box().gable_with_dormer(3.0, 3.0), 580.0 + 3.0 * 2.24 * 1.4 / 2),
    # wings 6 m wide: plan 72 + 30 m2, 6 m walls, mean roof height 1.25 m
    "l": (l_gable(FRAME, l_corners(12, 11, 6), BOTTOM, EAVES, RIDGE), 102 * 6 + 102 * 1.25),
    "courtyard": (prism((ring(0, 0, 10, 8), ring(2, 2, 6, 6)[::-1]), BOTTOM, EAVES), 384.0),
    "stepped": (stepped(ring(0, 0, 10, 8), ring(2, 2, 6, 6), BOTTOM, EAVES, RIDGE), 520.0),
}


@pytest.mark.parametrize("name", CASES)
def test_every_edge_is_used_once_in_each_direction(name):
    """A closed, consistently oriented shell uses each edge once forth and once back."""
    counts = edge_counts(CASES[name][0])
    assert set(counts.values()) == {1}
    assert all((end, start) in counts for start, end in counts)


@pytest.mark.parametrize("name", CASES)
def test_volume_is_positive_and_as_the_formula_says(name):
    """Outward faces give the positive volume of the shape (vertices are on millimetres)."""
    faces, expected = CASES[name]
    assert volume(faces) == pytest.approx(expected, abs=0.3)


@pytest.mark.parametrize("name", CASES)
def test_faces_are_planar_within_their_millimetres(name):
    """No vertex lies more than 2 mm off the plane through its face."""
    for face in CASES[name][0]:
        points = np.array([p for r in face.rings for p in r])
        centred = points - points.mean(axis=0)
        assert np.abs(centred @ np.linalg.svd(centred)[2][2]).max() < 0.002


@pytest.mark.parametrize("name", CASES)
def test_roof_faces_up_and_floor_down(name):
    """Roof normals point up, ground normals down, wall normals sideways."""
    sign = {"Roof": 1, "Ground": -1, "Wall": 0}
    for face in CASES[name][0]:
        p = np.array(face.rings[0])
        normal = sum(np.cross(p[k] - p[0], p[k + 1] - p[0]) for k in range(1, len(p) - 1))
        tilt = normal[2] / np.linalg.norm(normal)
        assert (np.sign(tilt) if abs(tilt) > 0.01 else 0) == sign[face.kind]
