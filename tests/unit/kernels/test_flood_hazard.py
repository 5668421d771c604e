"""Hazard classes and the time under deep water, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from citytwin.kernels.flood_hazard import UNKNOWN, hazard_class
from citytwin.kernels.flood_spells import no_spells, spell_length_s, track_last, track_spells

F = np.float32

CASES = (
    # Published table: depth, speed and product at most these, the first class that holds.
    ((0.04, 0.0, 0.0), 0),
    ((0.30, 0.5, 0.15), 1),
    ((0.31, 0.5, 0.155), 2),
    ((0.20, 2.0, 0.40), 2),
    ((0.50, 1.2, 0.60), 2),
    ((1.20, 0.5, 0.60), 3),
    ((1.21, 0.1, 0.121), 4),
    ((0.60, 1.5, 0.90), 4),
    ((0.30, 2.1, 0.63), 5),
    ((2.00, 0.51, 1.02), 5),
    ((4.00, 1.0, 4.00), 5),
    ((4.10, 0.0, 0.0), 6),
    ((1.00, 4.1, 4.1), 6),
    ((2.50, 1.7, 4.25), 6),
)


@pytest.mark.parametrize(("state", "expected"), CASES)
def test_classes_of_the_published_table(state: tuple[float, ...], expected: int) -> None:
    """At a limit the lower class holds, above any one of its limits the next."""
    depth, speed, product = (np.full((1, 1), value, dtype=F) for value in state)
    assert hazard_class(depth, speed, product, 0.05)[0, 0] == expected


def test_class_of_the_maxima_is_the_highest_class_of_any_time() -> None:
    """Over random states: the class needs no running maximum of its own."""
    rng = np.random.default_rng(3)
    depth = rng.uniform(0, 3, (40, 20, 15)).astype(F)
    speed = rng.gamma(1.0, 0.8, depth.shape).astype(F)
    product = depth * speed
    each = [hazard_class(d, v, p, 0.0) for d, v, p in zip(depth, speed, product, strict=True)]
    whole = hazard_class(depth.max(axis=0), speed.max(axis=0), product.max(axis=0), 0.0)
    np.testing.assert_array_equal(whole, np.max(each, axis=0))
    assert len(np.unique(whole)) > 1


def test_an_unknown_flood_has_no_class() -> None:
    """Buildings and what lies outside are no dry ground."""
    nothing = np.full((1, 1), np.nan, dtype=F)
    assert hazard_class(nothing, nothing, nothing, 0.05)[0, 0] == UNKNOWN


def test_spells_add_up_and_the_last_one_goes_on_to_the_end() -> None:
    """Three cells: deep from 10 to 30 and from 50 on, deep once, never."""
    spells = no_spells((2, 3))
    depths = {0: (0, 0, 0), 10: (1, 0, 0.4), 20: (2, 0.5, 0), 30: (0, 0, 0), 50: (0.5, 0, 0.49)}
    for time, (a, b, c) in depths.items():
        depth = np.array([[0, 0, 0], [a, b, c]], dtype=F)
        track_spells(spells, depth, depth.max(axis=1), F(0.5), F(time))
    np.testing.assert_array_equal(spell_length_s(spells, 60.0), [[0, 0, 0], [30, 10, 0]])


def test_a_row_that_falls_dry_ends_its_spells() -> None:
    """The row is looked at once more although no water is left in it."""
    spells = no_spells((1, 1))
    for time, deep in ((0, 1.0), (5, 0.0), (9, 0.0)):
        depth = np.full((1, 1), deep, dtype=F)
        track_spells(spells, depth, depth.max(axis=1), F(0.5), F(time))
    assert spell_length_s(spells, 100.0)[0, 0] == 5


def test_the_last_deep_time_is_kept() -> None:
    """Deep at 10 and 30, not at 20 and 40; never; deep to the end."""
    last = np.full((1, 3), np.nan, dtype=F)
    for time, row in ((10, (1, 0, 0)), (20, (0, 0, 1)), (30, (1, 0, 1)), (40, (0, 0, 1))):
        depth = np.array([row], dtype=F)
        track_last(last, depth, depth.max(axis=1), F(0.3), F(time))
    np.testing.assert_array_equal(last, np.array([[30, np.nan, 40]], dtype=F))
