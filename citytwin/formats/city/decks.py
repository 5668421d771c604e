"""Tells roads on bridges from roads on the ground."""

from __future__ import annotations

from dataclasses import replace

import shapely

from citytwin.formats.city.frames import RoadRow

ON_BRIDGE, ON_GROUND, IN_TUNNEL = 1, 0, -1
"""Values of the column ``level``."""
_STACKED = 0.3


def lifted(roads: list[RoadRow], decks: list[shapely.MultiPolygon], share: float) -> list[RoadRow]:
    """Roads with those on bridges marked.

    Where two roads lie one above the other it cannot be told which is on the bridge; both then
    stay on the ground, the safe side for flooding.

    Parameters
    ----------
    roads
        All roads.
    decks
        Areas of the bridges.
    share
        Share of a road that bridges must cover.
    """
    if not decks or not roads:
        return roads
    deck = shapely.union_all(decks)
    shapely.prepare(deck)
    areas = [road.area for road in roads]
    tree = shapely.STRtree(areas)
    result: list[RoadRow] = []
    for row, road in enumerate(roads):
        on_deck = shapely.intersects(deck, road.area) and (
            shapely.intersection(deck, road.area).area >= share * road.area.area
        )
        others = [areas[i] for i in tree.query(road.area, predicate="intersects") if i != row]
        stacked = on_deck and any(
            shapely.intersection(other, road.area).area > _STACKED * road.area.area
            for other in others
        )
        lift = road.level == ON_GROUND and on_deck and not stacked
        result.append(replace(road, level=ON_BRIDGE) if lift else road)
    return result
