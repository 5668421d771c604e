"""Verdicts on the map of the limits of shade: never kept where a limit is reached."""

from __future__ import annotations

import pandas as pd
import pytest

from citytwin.layers.shade_rule import CLASS_COLUMN, LAYER
from citytwin.model.layer import ValueRange, VectorView
from citytwin.store.vector_layer import delivered_rows
from tests.unit.store.little_tables import shade_checks


@pytest.mark.parametrize(
    ("margin_h", "fails", "said"),
    [
        (-1.2, 1, "exceeded by more than 1 h"),
        (-1.0, 1, "exceeded by up to 1 h"),
        (-0.004, 1, "exceeded by up to 1 h"),
        (0.0, 1, "exceeded by up to 1 h"),
        (0.004, 0, "kept, with less than 0.5 h to spare"),
        (0.499, 0, "kept, with less than 0.5 h to spare"),
        (0.5, 0, "kept, with 0.5 h or more to spare"),
    ],
)
def test_margins_are_judged_before_they_are_rounded(margin_h: float, fails: int, said: str) -> None:
    """A miss of 0.004 h is shown as a margin of 0.00 h, and coloured as a miss."""
    checks = shade_checks().iloc[:1]
    checks = checks.assign(margin_h=margin_h, fails=pd.array([fails], dtype="Int32"))
    assert isinstance(LAYER.view, VectorView)
    number = int(delivered_rows(LAYER.id, LAYER.view, checks)[CLASS_COLUMN].iloc[0])
    items = LAYER.style(ValueRange(0.0, 1.0)).items
    ends = [float("inf") if item.max is None else item.max for item in items]
    (met,) = [
        item
        for item, end in zip(items, ends, strict=True)
        if item.min is not None and item.min <= number < end
    ]
    assert met.label.en == said
