"""Fills every city block with the buildings of its kind."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from citytwin.testing import landmarks
from citytwin.testing.buildings import (
    STOREY_M,
    Building,
    Part,
    flat_box,
    l_house,
    pitched_part,
    stepped_box,
)
from citytwin.testing.lots import block_size_m, fit, quarter_turns, upright
from citytwin.testing.place import SEED
from citytwin.testing.planar import Ring2, sub_quad
from citytwin.testing.streets import Block

_HOUSE_LOT_M = 17.5
_HOUSE_SHARE = {"H": 0.70, "L": 0.74}
_HOUSE_LOD2_SHARE = {"H": 0.14, "L": 0.40}


class Dice:
    """Uniform draws of one block, the same on every machine."""

    def __init__(self, block: Block) -> None:
        key = [SEED, ord(block.district), block.column, block.row]
        self._generator = np.random.Generator(np.random.PCG64(np.random.SeedSequence(key)))

    def between(self, low: float, high: float) -> float:
        """A number in [low, high), on whole centimetres so that later sums stay readable."""
        return round(low + (high - low) * float(self._generator.random()), 2)

    def chance(self, share: float) -> bool:
        """True in ``share`` of all draws."""
        return float(self._generator.random()) < share

    def whole(self, low: int, high: int) -> int:
        """An integer in [low, high]."""
        return low + int(float(self._generator.random()) * (high - low + 1))


def house_part(lot: Ring2, dice: Dice) -> tuple[Part, int] | None:
    """A detached house and its storeys."""
    draw = dice.between(0.0, 1.0)
    storeys = 1 if dice.chance(0.12) else 2
    eaves = dice.between(2.9, 3.3) + (storeys - 1) * dice.between(2.6, 2.9)
    size = (dice.between(8.6, 12.2), dice.between(7.2, 9.6))
    place = (dice.between(0.42, 0.58), dice.between(0.46, 0.62))
    turn = dice.between(-0.03, 0.03)
    pitch = dice.between(0.36, 0.58)
    if draw > 0.88:
        size = (max(size[0], 11.0), max(size[1], 9.8))
    room = fit(lot, size, place, turn)
    if room is None:
        return None
    frame, length, width = upright(*room)
    if draw < 0.44:
        part = pitched_part("gable", frame, length, width, eaves, pitch)
    elif draw < 0.68:
        part = pitched_part("hip", frame, length, width, eaves, pitch)
    elif draw < 0.74:
        part = pitched_part("shed", frame, length, width, eaves, pitch * 0.4)
    elif draw < 0.82:
        part = pitched_part("dormer", frame, length, width, eaves, max(pitch, 0.5))
    elif draw < 0.88:
        part = flat_box(frame, length, width, eaves + 0.6)
    else:
        frame, length, width = quarter_turns(*room, dice.whole(0, 3))
        part = l_house(frame, length, width, 0.52 * min(length, width), eaves, pitch)
    return part, storeys


def _houses(block: Block, dice: Dice) -> Iterator[Building]:
    width, depth = block_size_m(block.quad)
    columns = max(1, round(width / _HOUSE_LOT_M))
    rows = 2 if depth > 30.0 else 1
    for row in range(rows):
        for column in range(columns):
            lot = sub_quad(
                block.quad, column / columns, (column + 1) / columns, row / rows, (row + 1) / rows
            )
            built = dice.chance(_HOUSE_SHARE[block.kind])
            house = house_part(lot, dice)
            has_lod2 = dice.chance(_HOUSE_LOD2_SHARE[block.kind])
            shop = dice.chance(0.05)
            year = dice.whole(1968, 2024)
            if built and house is not None:
                part, storeys = house
                usage = "413" if shop else "411"
                yield Building("", block.kind, usage, "601", storeys, year, has_lod2, (part,))


def _mid_rises(block: Block, dice: Dice) -> Iterator[Building]:
    columns = 3
    rows = 2 if block_size_m(block.quad)[1] > 34.0 else 1
    for row in range(rows):
        for column in range(columns):
            lot = sub_quad(
                block.quad, column / columns, (column + 1) / columns, row / rows, (row + 1) / rows
            )
            width, depth = block_size_m(lot)
            size = (width * dice.between(0.60, 0.88), depth * dice.between(0.62, 0.84))
            storeys = dice.whole(3, 10)
            height = 3.5 * storeys + dice.between(0.8, 1.6)
            built, penthouse = dice.chance(0.86), dice.chance(0.45)
            usage = "401" if dice.chance(0.5) else "402" if dice.chance(0.6) else "404"
            year = dice.whole(1975, 2023)
            room = fit(lot, size)
            if not built or room is None:
                continue
            frame, (length, span) = room
            if penthouse:
                inner = (0.3 * length, 0.35 * span, 0.55 * length, 0.75 * span)
                part = stepped_box(frame, (length, span), inner, height, height + 3.2)
            else:
                part = flat_box(frame, length, span, height)
            yield Building("", "C", usage, "603", storeys, year, True, (part,))


def _slabs(block: Block, dice: Dice) -> Iterator[Building]:
    width, _ = block_size_m(block.quad)
    for place_v in (0.26, 0.76):
        size = (width * dice.between(0.52, 0.74), dice.between(10.5, 12.5))
        storeys = dice.whole(5, 11)
        place = (dice.between(0.44, 0.56), place_v)
        year = dice.whole(1972, 2019)
        room = fit(block.quad, size, place, margin_m=2.0)
        if room is None:
            continue
        frame, (length, span) = room
        height = 2.9 * storeys + 1.1
        inner = (0.08 * length, 0.3 * span, 0.08 * length + 5.0, 0.3 * span + 5.0)
        part = stepped_box(frame, (length, span), inner, height, height + 3.0)
        yield Building("", "M", "412", "603", storeys, year, True, (part,))


def _farm(block: Block, dice: Dice) -> Iterator[Building]:
    west, south = dice.between(0.06, 0.5), dice.between(0.08, 0.4)
    lot = sub_quad(block.quad, west, west + 0.24, south, south + 0.55)
    barn = sub_quad(block.quad, west + 0.24, west + 0.40, south, south + 0.55)
    built, wing, length = dice.chance(0.28), dice.between(6.4, 7.4), dice.between(13.0, 17.0)
    room = fit(lot, (length, dice.between(11.0, 13.5)))
    turns = dice.whole(0, 3)
    if built and room is not None:
        frame, long_m, deep_m = quarter_turns(*room, turns)
        part = l_house(frame, long_m, deep_m, min(wing, 0.6 * min(long_m, deep_m)), 3.6, 0.55)
        yield Building("", "A", "411", "601", 1, 1958, dice.chance(0.5), (part,))
        room = fit(barn, (9.0, 6.0))
        if room is not None:
            part = pitched_part("shed", *upright(*room), 3.0, 0.18)
            yield Building("", "A", "451", "604", 1, 1985, False, (part,))


def _works(block: Block, dice: Dice) -> Iterator[Building]:
    width, depth = block_size_m(block.quad)
    usage = "441" if block.kind == "I" else "431"
    for west, east in ((0.0, 0.56), (0.56, 1.0)):
        lot = sub_quad(block.quad, west, east, 0.0, 1.0)
        share = dice.between(0.72, 0.86)
        size = ((east - west) * width * share, depth * dice.between(0.55, 0.72))
        eaves, storeys = dice.between(6.0, 9.0), dice.whole(1, 2)
        year, roof = dice.whole(1970, 2015), "gable" if dice.chance(0.7) else "flat"
        room = fit(lot, size, margin_m=2.5)
        if room is None:
            continue
        frame, length, span = upright(*room)
        if roof == "gable":
            part = pitched_part("gable", frame, length, span, eaves, 0.12)
        else:
            part = flat_box(frame, length, span, eaves + STOREY_M * 0.5)
        has_lod2 = block.kind == "I"
        yield Building("", block.kind, usage, "604", storeys, year, has_lod2, (part,))


_FILLERS: dict[str, Callable[[Block, Dice], Iterator[Building]]] = {
    "H": _houses,
    "L": _houses,
    "C": _mid_rises,
    "M": _slabs,
    "A": _farm,
    "W": _works,
    "I": _works,
}


def place_buildings(blocks: tuple[Block, ...]) -> tuple[Building, ...]:
    """All buildings of the city, block by block; the order gives them their numbers."""
    found: list[Building] = []
    for block in blocks:
        filler = _FILLERS.get(block.kind)
        if filler is not None:
            found.extend(filler(block, Dice(block)))
    found.extend(landmarks.landmarks(blocks))
    return tuple(found)
