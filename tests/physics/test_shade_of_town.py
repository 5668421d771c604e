"""Hours of shade of a town of true shapes against Embree, a sun every minute."""

from __future__ import annotations

import math

import numpy as np
import pytest
import shapely

from citytwin.kernels.caster_edges import edges_of_faces
from citytwin.kernels.shade_spells import shaded_hours, sun_circle, sun_directions
from citytwin.rules.shade_outline import shadow_outline
from tests.physics.facade_town import embree_of, faces_of, town

pytest.importorskip("embreex", reason="embreex comes with the development environment")

CIRCLE = sun_circle(
    math.radians(35.69), math.radians(-23.44), 0.004, (-math.pi / 3, math.pi / 3), 0.0
)
PLANE_M = 4.0


def places(boxes: list, number: int, size: tuple[float, float]) -> np.ndarray:
    """Random places on the plane, outside of the houses and a little north of them too."""
    rng = np.random.default_rng(8)
    xy = rng.uniform((0.0, 0.0), size, (number, 2))
    inside = shapely.union_all([shapely.Polygon(corners) for corners, _, _ in boxes])
    free = ~shapely.contains_xy(inside.buffer(0.1), xy)
    return np.column_stack([xy[free], np.full(free.sum(), PLANE_M)])


def test_hours_of_hipped_and_flat_roofs() -> None:
    """All houses as one caster: the sum of Embree's minutes, but for begins and ends of spells."""
    boxes = town(rows=4, each=6)
    faces = faces_of(boxes)
    xyz = np.array([vertex for face in faces for vertex in face])
    edges = edges_of_faces(xyz, np.cumsum([0, *(len(face) for face in faces)]))
    points = places(boxes, 500, (160.0, 170.0))
    angles = np.linspace(CIRCLE.begin_rad, CIRCLE.end_rad, 480, endpoint=False) + math.pi / 1440
    scene, minutes = embree_of(faces), np.zeros(len(points))
    changes = np.zeros(len(points))
    before = None
    for direction in sun_directions(CIRCLE, angles):
        ways = np.tile(direction, (len(points), 1)).astype(np.float32)
        hit = scene.run(points.astype(np.float32), ways, query="OCCLUDED") >= 0
        minutes += hit
        changes += 0 if before is None else before != hit
        before = hit
    hours = shaded_hours(points, edges, CIRCLE)
    assert hours.max() > 5.0
    # each begin or end of a spell lies within half a minute of where the minutes put it
    allowed = (0.5 * changes + 1.0) / 60.0
    off = np.abs(hours - minutes / 60.0)
    assert (off <= allowed).mean() > 0.995, np.sort(off - allowed)[-8:]
    assert off.mean() < 0.01


def test_outlines_of_hipped_and_flat_roofs() -> None:
    """Places lie in the outline where Embree finds them shaded, of a morning and a noon sun."""
    boxes = town(rows=3, each=4)
    faces = faces_of(boxes)
    points = places(boxes, 3000, (110.0, 110.0))
    scene = embree_of(faces)
    rings = [[np.array(face)] for face in faces]
    for angle in (-0.9, 0.05):
        direction = sun_directions(CIRCLE, np.array([angle]))[0]
        ways = np.tile(direction, (len(points), 1)).astype(np.float32)
        hit = scene.run(points.astype(np.float32), ways, query="OCCLUDED") >= 0
        outline = shadow_outline(rings, PLANE_M, direction)
        wrong = shapely.contains_xy(outline, points[:, :2]) != hit
        near = shapely.distance(outline.boundary, shapely.points(points[wrong, :2]))
        assert hit.mean() > 0.05
        assert (near < 0.01).all(), near
