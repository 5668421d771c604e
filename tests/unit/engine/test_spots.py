"""Where the values of a tile are others than before."""

from __future__ import annotations

import numpy as np

from citytwin.engine.spots import spots_between
from citytwin.model import fields as f
from citytwin.model.grid import Tile

TILE = Tile(100, 150, 200, 270)


def test_boxes_hold_what_differs_and_no_more() -> None:
    """One in a corner, two neighbours as one; heights of before and of now count."""
    before = np.full(TILE.shape, 5.0, dtype=np.float32)
    now = before.copy()
    now[0, 0] = 4.0
    now[30, 40], now[33, 47] = 9.0, np.nan
    corner, pair = spots_between(f.SURFACE_HEIGHT, TILE, before, now)
    assert (corner.tile, corner.low, corner.high) == (Tile(100, 101, 200, 201), 4.0, 5.0)
    assert (pair.tile, pair.low, pair.high) == (Tile(130, 134, 240, 248), 5.0, 9.0)
    assert spots_between(f.SURFACE_HEIGHT, TILE, now, now.copy()) == ()


def test_bits_count_and_every_moment() -> None:
    """-0 is not 0; a field with a leading axis has changed where one of its moments has."""
    before = np.zeros((3, *TILE.shape), dtype=np.float32)
    now = before.copy()
    now[1, 49, 69] = -0.0
    (one,) = spots_between(f.WIND_SPEED_RATIO_BY_DIRECTION, TILE, before, now)
    assert one.tile == Tile(149, 150, 269, 270)


def test_a_city_that_was_surveyed_anew_is_one_box() -> None:
    """Of very many places one box is made, in which no place is missing."""
    before = np.zeros((130, 130), dtype=np.float32)
    now = before.copy()
    now[8:120:16, 8:120:16] = 1.0
    (one,) = spots_between(f.SURFACE_HEIGHT, Tile(0, 130, 0, 130), before, now)
    assert one.tile == Tile(8, 105, 8, 105)


def test_nothing_before_or_now() -> None:
    """A building on ground that was unknown; and what goes for ever has heights of before."""
    before = np.full(TILE.shape, np.nan, dtype=np.float32)
    now = before.copy()
    now[3, 3] = 7.0
    (one,) = spots_between(f.SURFACE_HEIGHT, TILE, before, now)
    assert (one.low, one.high) == (7.0, 7.0)
    (back,) = spots_between(f.SURFACE_HEIGHT, TILE, now, before)
    assert (back.low, back.high) == (7.0, 7.0)
