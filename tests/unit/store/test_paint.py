"""Colours of values: bins are [min, max), whatever float32 makes of their edges."""

from __future__ import annotations

import numpy as np
import pytest

from citytwin.errors import StoreError
from citytwin.model.layer import Style, StyleItem
from citytwin.model.text import text
from citytwin.store.paint import check_style, item_numbers, painted

NAME = text("甲", "a")
DEPTH = Style(
    kind="class",
    unit="m",
    title=NAME,
    items=(
        StyleItem(min=None, max=0.01, rgb=(255, 255, 255), label=NAME, transparent=True),
        StyleItem(min=0.01, max=0.5, rgb=(247, 245, 169), label=NAME),
        StyleItem(min=0.5, max=3, rgb=(255, 216, 192), label=NAME),
    ),
)


def test_edges_belong_to_the_upper_item() -> None:
    """0.01 as float32 lies below 0.01, and still counts as 0.01; 3 is in no item."""
    values = np.array([0, 0.009, 0.01, 0.499, 0.4996, 0.5, 2.999, 3, np.nan], dtype=np.float32)
    assert float(values[2]) < 0.01
    assert item_numbers(DEPTH, values, 0.001).tolist() == [0, 0, 1, 1, 2, 2, 2, -1, -1]


def test_flat_colours() -> None:
    """Each value has its item's colour; dry ground and unknown cells are not drawn."""
    got = painted(DEPTH, np.array([[0.0, 0.2], [1.0, np.nan]], dtype=np.float32), 0.001)
    assert got.shape == (2, 2, 4)
    assert got[0, 0, 3] == 0
    assert got[0, 1].tolist() == [247, 245, 169, 255]
    assert got[1, 0].tolist() == [255, 216, 192, 255]
    assert got[1, 1].tolist() == [0, 0, 0, 0]


def test_ramp_blends_between_the_middles() -> None:
    """Colours run linearly from the middle of one item to the next, and stay beyond the last."""
    ramp = Style(
        kind="ramp",
        unit="m",
        title=NAME,
        items=(
            StyleItem(min=None, max=10, rgb=(0, 0, 0), label=NAME),
            StyleItem(min=10, max=30, rgb=(100, 200, 40), label=NAME),
            StyleItem(min=30, max=None, rgb=(200, 0, 40), label=NAME),
        ),
    )
    got = painted(ramp, np.array([0.0, 10, 15, 20, 25, 30, 99]), 0.1)[:, :3]
    assert got.tolist() == [
        [0, 0, 0],
        [0, 0, 0],
        [50, 100, 20],
        [100, 200, 40],
        [150, 100, 40],
        [200, 0, 40],
        [200, 0, 40],
    ]


@pytest.mark.parametrize("bounds", [((0, 1), (2, 3)), ((0, 2), (1, 3)), ((0, 0), (0, 1)), ()])
def test_gaps_overlaps_and_emptiness_are_refused(bounds: tuple[tuple[float, float], ...]) -> None:
    """A style that leaves a value without item, or gives it two, is named."""
    items = tuple(StyleItem(min=a, max=b, rgb=(0, 0, 0), label=NAME) for a, b in bounds)
    with pytest.raises(StoreError, match="style of layer depth"):
        check_style(Style(kind="class", unit="m", title=NAME, items=items), "depth")
