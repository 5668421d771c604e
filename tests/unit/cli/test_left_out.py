"""Layers that a configuration does not give are told in few lines."""

from __future__ import annotations

from citytwin.cli.left_out import told_left_out
from citytwin.engine.left_out import LeftOut


def test_those_that_nothing_makes_share_a_line() -> None:
    """What lacks something that could be added has a line of its own."""
    told = told_left_out(
        [
            LeftOut("water", "nothing here makes water_bodies", has_maker=False),
            LeftOut("wind_rose", "wind_rose lacks wind_speed, wind_from_direction"),
            LeftOut("shadow", "nothing here makes shadow", has_maker=False),
        ]
    )
    assert told == [
        "left out: wind_rose: wind_rose lacks wind_speed, wind_from_direction",
        "left out, as nothing here makes them: water, shadow",
    ]
    assert told_left_out([]) == []
