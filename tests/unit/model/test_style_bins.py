"""Bins, their wording, and edges that follow the data."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from citytwin.model.layer import ValueRange
from citytwin.model.palettes import BAMAKO, spread
from citytwin.model.style_bins import bin_label, bins, round_edges, undrawn
from citytwin.model.text import text


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (-1.53, 23.1, [0, 5, 10, 15, 20]),
        (0.0, 10.0, [2, 4, 6, 8]),
        (101.2, 103.9, [101.5, 102, 102.5, 103, 103.5]),
        (0, 3776, [500, 1000, 1500, 2000, 2500, 3000, 3500]),
        (4.0, 4.0, [4]),
    ],
)
def test_round_edges(low: float, high: float, expected: list[float]) -> None:
    """Edges are multiples of 1, 2 or 5 times a power of ten, strictly inside the data."""
    assert round_edges(ValueRange(low, high), 8) == expected


@given(
    st.floats(-1e4, 1e4),
    st.floats(0, 1e4).filter(lambda width: width == 0 or width > 1e-3),
    st.integers(2, 12),
)
def test_round_edges_always_rise(low: float, width: float, at_most: int) -> None:
    """Whatever the data: one edge or more, at most as many as asked for, rising."""
    edges = round_edges(ValueRange(low, low + width), at_most)
    assert 1 <= len(edges) <= at_most
    assert (np.diff(edges) > 0).all()


def test_labels() -> None:
    """Ends are worded in both languages, units follow the number, a pure number has none."""
    assert bin_label(None, 5.0, "m").ja == "5 m 未満"
    assert bin_label(5.0, None, "m").en == "5 m or more"
    assert bin_label(0.5, 3.0, "m").en == "0.5 – 3 m"
    assert bin_label(0.2, 0.4, "1").ja == "0.2 – 0.4"
    assert bin_label(None, None, "m").en == "all"


def test_bins_join() -> None:
    """Each item begins where the one before ends; the outer ones are open as asked."""
    items = bins([1.0, 2.0], [(1, 1, 1), (2, 2, 2), (3, 3, 3)], "m", open_below=True)
    assert [(item.min, item.max) for item in items] == [(None, 1), (1, 2), (2, None)]
    with pytest.raises(ValueError, match="argument"):
        bins([1.0, 2.0], [(1, 1, 1)], "m")


def test_what_is_not_drawn_has_an_end_and_a_name() -> None:
    """Open below, and transparent on the map."""
    item = undrawn(0.05, text("なし", "none"))
    assert (item.min, item.max, item.transparent, item.label.en) == (None, 0.05, True, "none")


def test_spread_keeps_the_ends() -> None:
    """The first and last colour are those of the palette; steps between are blended."""
    colours = spread(BAMAKO, 5)
    assert (colours[0], colours[-1]) == (BAMAKO[0], BAMAKO[-1])
    assert colours[1] == BAMAKO[2]
    assert len(spread(BAMAKO, 1)) == 1
    assert spread(((0, 0, 0), (10, 20, 30)), 3)[1] == (5, 10, 15)
