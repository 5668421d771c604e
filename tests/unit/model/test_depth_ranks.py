"""Ranks of depth: what their wordings mean."""

from __future__ import annotations

import math

import pytest

from citytwin.model.depth_ranks import RANK_EDGES_M, rank_bounds_m


@pytest.mark.parametrize(
    ("wording", "bounds"),
    [
        ("0.5m未満", (0.0, 0.5)),
        ("0.5m以上3m未満", (0.5, 3.0)),
        ("0.01m以上0.3m未満", (0.01, 0.3)),
        ("２０ｍ以上", (20.0, math.inf)),
        ("3 m 以上 5 m 未満", (3.0, 5.0)),
        ("3m以上0.5m未満", None),
        ("床下浸水", None),
        ("", None),
    ],
)
def test_bounds_of_a_rank(wording, bounds):
    """As the code lists of PLATEAU word them, full-width letters and spaces as well."""
    assert rank_bounds_m(wording) == bounds


def test_ranks_of_the_legend():
    """Those of the uniform list of PLATEAU."""
    assert RANK_EDGES_M == (0.5, 3.0, 5.0, 10.0, 20.0)
