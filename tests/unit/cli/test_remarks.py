"""Remarks beneath attributes are found in the source, also those of the classes above."""

from __future__ import annotations

from citytwin.cli.remarks import remarks_of
from citytwin.model.steps import NoParams, Params


class Above(Params):
    """A class."""

    first: int = 1
    """Said above,
    on two lines."""
    second: int = 2
    """Said above."""


class Below(Above):
    """Another."""

    second: int = 3
    """Said below."""
    third: int = 4


def test_the_nearest_remark_counts() -> None:
    """An attribute without one has none, and a class without source."""
    assert remarks_of(Below) == {"first": "Said above,\non two lines.", "second": "Said below."}
    assert remarks_of(NoParams) == {}
    made = type("Made", (Params,), {"__annotations__": {"x": int}, "x": 1})
    assert remarks_of(made) == {}
