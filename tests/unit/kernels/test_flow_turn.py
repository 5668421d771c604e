"""Towns turned with their walls: the direction found, the town drawn anew, values brought back."""

from __future__ import annotations

import math

import numpy as np
import pytest

from citytwin.kernels.flow_setup import Town
from citytwin.kernels.flow_turn import at_places, turn_of, turned


def edges(built):
    """Sides of cells between open ground and buildings."""
    return sum(int(np.abs(np.diff(built.astype(int), axis=axis)).sum()) for axis in (0, 1))


def is_block(angle_deg, y, x):
    """Whether places, in cells from the middle, lie in blocks of 16 x 10 cells with streets of 4 between them, turned anticlockwise."""
    c, s = math.cos(math.radians(angle_deg)), math.sin(math.radians(angle_deg))
    along, across = c * x - s * y, -(s * x + c * y)
    inside = (abs(along) < 38) & (abs(across) < 33)
    return inside & ((along + 38) % 20 < 16) & ((across + 33) % 14 < 10)


def street_town(angle_deg, n=100):
    """Such a town on n x n cells, 12 m high."""
    y, x = np.mgrid[:n, :n] - 0.5 * (n - 1)
    top = np.where(is_block(angle_deg, y, x), 12.0, 0.0).astype(np.float32)
    return Town(top, np.zeros_like(top))


def street_parts(angle_deg, n=100):
    """Which of 4 x 4 parts of its cells lie under blocks, a bit each."""
    middles = (np.arange(4 * n) + 0.5) / 4 - 0.5 * n
    under = is_block(angle_deg, *np.meshgrid(middles, middles, indexing="ij"))
    bits = under.reshape(n, 4, n, 4).swapaxes(1, 2).reshape(n, n, 16)
    return (bits << np.arange(16)).sum(axis=2).astype(np.int32)


@pytest.mark.parametrize("angle", [-35.0, -12.0, 22.5, 41.0])
def test_the_direction_of_walls_is_found(angle):
    """To a third of a degree, though every wall of the raster is a stair along its axes; to a twentieth where footprints are known."""
    town = street_town(angle)
    assert math.degrees(turn_of(town).angle_rad) == pytest.approx(angle, abs=0.33)
    turn = turn_of(town, street_parts(angle))
    assert math.degrees(turn.angle_rad) == pytest.approx(angle, abs=0.05)


def test_towns_along_the_axes_and_round_ones_stay():
    """Nothing is turned where nothing is gained; the town comes back as it was."""
    for town in (street_town(0.0), street_town(1.0)):
        turn = turn_of(town)
        assert turn.angle_rad == 0.0
        assert turned(town, turn) is town
    y, x = np.mgrid[:60, :60] - 29.5
    disc = np.where(np.hypot(y, x) < 20, 10.0, 0.0).astype(np.float32)
    assert turn_of(Town(disc, np.zeros_like(disc))).angle_rad == 0.0
    flat = np.zeros((8, 8), np.float32)
    assert turn_of(Town(flat, flat)).angle_rad == 0.0


def test_walls_come_out_along_the_cells():
    """Built area (to a twentieth) and height stay, streets stay open, and few cells differ from the town drawn straight."""
    town = street_town(25.0)
    turn = turn_of(town)
    made = turned(town, turn)
    assert made.built.sum() == pytest.approx(town.built.sum(), rel=0.05)
    assert made.top_m[made.built] == pytest.approx(12.0)
    rows, cols = turn.turned
    assert rows == cols
    straight = street_town(0.0, n=rows)
    assert (made.built != straight.built).mean() < 0.04
    stairs, left, least = (edges(one.built) for one in (town, made, straight))
    assert left - least < 0.4 * (stairs - least)


@pytest.mark.parametrize("angle", [25.0, 41.0, -35.0])
def test_footprints_give_walls_without_stairs(angle):
    """Built area is that of the town, to one part in fifty; where its walls come to lie between cells there is no stair."""
    town, parts = street_town(angle), street_parts(angle)
    turn = turn_of(town, parts)
    made = turned(town, turn, parts)
    assert made.built.sum() == pytest.approx(20 * 160, rel=0.02)
    if angle != 25.0:
        assert edges(made.built) == 20 * 52
    assert made.top_m[made.built] == pytest.approx(12.0)


def test_footprints_without_a_height_do_not_stand():
    """A shed far from all that is high, a gap in the parts, and a low floor beside a house that covers the middles of its cells."""
    town, parts = street_town(-35.0), street_parts(-35.0)
    turn = turn_of(town, parts)
    before = turned(town, turn, parts).built
    away = np.argwhere(parts == 0)
    corner = tuple(away[0])
    parts[corner], parts[0, 99] = 2**16 - 1, -1
    row = int(np.flatnonzero(town.built[:, 50])[0])
    low = (town.built[row : row + 3, 50:53]).copy()
    town.top_m[row : row + 3, 50:53] = 0.0
    made = turned(town, turn, parts).built
    lost = before & ~made
    assert not (made & ~before).any()
    assert lost.sum() == pytest.approx(low.sum(), abs=4)


def test_places_lead_there_and_back():
    """A cell of the raster is found in the turned one, and from there again; ground goes with it."""
    top = street_town(25.0).top_m[:, :80]
    ground = (3.0 + 0.05 * np.arange(80)[None] + np.zeros((100, 1))).astype(np.float32)
    town = Town(ground + top, ground)
    turn = turn_of(town)
    back = turn.there(*turn.places())
    np.testing.assert_allclose(back, np.mgrid[:100, :80], atol=1e-9)
    made = turned(town, turn)
    np.testing.assert_allclose(at_places(made.ground_m, turn.places()), ground, atol=0.1)


def test_a_wind_along_the_turned_axis_blows_to_its_side_of_the_map():
    """Axes turned anticlockwise: what goes along x of them goes east and north, so not south."""
    turn = turn_of(street_town(25.0))
    u, v = turn.vector_back(np.ones(1, np.float32), np.zeros(1, np.float32))
    assert u[0] == pytest.approx(math.cos(turn.angle_rad))
    assert v[0] == pytest.approx(-math.sin(turn.angle_rad))


def test_values_between_cells_come_from_those_that_have_one():
    """Bilinear; beside a gap from the rest, within it and outside the raster none."""
    values = np.array([[1.0, 3.0, np.nan], [5.0, 7.0, np.nan]], dtype=np.float32)
    y, x = np.array([0.5, 0.0, 0.25, 0.0, 9.0]), np.array([0.5, 1.0, 1.5, 2.0, 0.0])
    found = at_places(values, (y, x))
    np.testing.assert_allclose(found[:3], [4.0, 3.0, 4.0])
    assert np.isnan(found[3:]).all()
