"""Crowns on a grid against the formula of an ellipsoid."""

from __future__ import annotations

import numpy as np

from citytwin.kernels.crown_raster import burn_crowns
from citytwin.kernels.scanline import GridWindow


def burnt(xy, radius, span, window, shape):
    """Fresh arrays with the crowns in them."""
    top, base = np.full((2, *shape), np.nan, dtype=np.float32)
    burn_crowns(np.array(xy), np.array(radius), np.array(span), window, top, base)
    return top, base


def test_a_crown_is_an_ellipsoid():
    """Centres within the radius lie on the ellipsoid; the trunk's own cell holds the whole span."""
    window = GridWindow(100.0, 200.0, 0.5, 3, -4)
    x, y, radius, low, high = 103.1, 193.4, 2.6, 3.0, 11.0
    top, base = burnt([[x, y]], [radius], [[low, high]], window, (24, 26))
    col, row = np.meshgrid(np.arange(26) - 4, np.arange(24) + 3)
    east, north = 100.0 + (col + 0.5) * 0.5 - x, 200.0 - (row + 0.5) * 0.5 - y
    away = np.hypot(east, north) / radius
    assert np.array_equal(np.isfinite(top), away <= 1)
    assert np.array_equal(np.isfinite(base), away <= 1)
    half = 4.0 * np.sqrt(1 - np.minimum(away, 1) ** 2)
    trunk = (abs(east) <= 0.25) & (abs(north) <= 0.25)
    inside = (away <= 1) & ~trunk
    assert trunk.sum() == 1
    assert np.allclose(top[inside], 7.0 + half[inside], atol=1e-5)
    assert np.allclose(base[inside], 7.0 - half[inside], atol=1e-5)
    assert top[trunk] == 11.0
    assert base[trunk] == 3.0


def test_no_tree_is_too_small_to_be_seen():
    """A crown between the centres of coarse cells marks the cell of its trunk, and that alone."""
    window = GridWindow(0.0, 100.0, 10.0, 0, 0)
    top, base = burnt([[29.9, 60.1]], [1.0], [[1.0, 5.0]], window, (10, 10))
    assert np.argwhere(np.isfinite(top)).tolist() == [[3, 2]]
    assert (top[3, 2], base[3, 2]) == (5.0, 1.0)


def test_crowns_join_in_any_order_and_window():
    """Three overlapping trees: highest top and lowest base, whatever their order and the tile."""
    rng = np.random.default_rng(3)
    xy = rng.uniform(10, 30, (12, 2))
    radius, low = rng.uniform(1, 6, 12), rng.uniform(0, 5, 12)
    span = np.column_stack([low, low + rng.uniform(1, 9, 12)])
    whole = burnt(xy, radius, span, GridWindow(0.0, 40.0, 1.0, 0, 0), (40, 40))
    again = burnt(xy[::-1], radius[::-1], span[::-1], GridWindow(0.0, 40.0, 1.0, 0, 0), (40, 40))
    part = burnt(xy, radius, span, GridWindow(0.0, 40.0, 1.0, 13, 9), (17, 20))
    for one, two, three in zip(whole, again, part, strict=True):
        assert one.tobytes() == two.tobytes()
        assert one[13:30, 9:29].tobytes() == three.tobytes()
    singles = [burnt(xy[[k]], radius[[k]], span[[k]], GridWindow(0.0, 40.0, 1.0, 0, 0), (40, 40))
               for k in range(12)]  # fmt: skip
    tops, bases = (np.array(each) for each in zip(*singles, strict=True))
    known = np.isfinite(tops).any(axis=0)
    assert np.array_equal(np.isfinite(whole[0]), known)
    assert np.array_equal(whole[0][known], np.nanmax(tops[:, known], axis=0))
    assert np.array_equal(whole[1][known], np.nanmin(bases[:, known], axis=0))


def test_what_is_no_place_grows_nothing():
    """Trees at NaN, infinity or a giant's coordinate are left out."""
    xy = [[np.nan, 5.0], [5.0, np.inf], [1e12, 5.0]]
    top, _ = burnt(xy, [2.0] * 3, [[0.0, 5.0]] * 3, GridWindow(0.0, 10.0, 1.0, 0, 0), (10, 10))
    assert np.isnan(top).all()
