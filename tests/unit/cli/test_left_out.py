"""Layers that a configuration does not give are told in few lines."""

from __future__ import annotations

from citytwin.cli.left_out import told_left_out


def test_those_that_nothing_makes_share_a_line() -> None:
    """What lacks something that could be added has a line of its own."""
    told = told_left_out(
        [
            "water: nothing here makes water_bodies",
            "wind_rose: wind_rose lacks wind_speed, wind_from_direction",
            "shadow: nothing here makes shadow",
        ]
    )
    assert told == [
        "left out: wind_rose: wind_rose lacks wind_speed, wind_from_direction",
        "left out, as nothing here makes them: water, shadow",
    ]
    assert told_left_out([]) == []
