"""The buildings everybody knows: towers, town hall, schools, shrine."""

from __future__ import annotations

from collections.abc import Iterator

from citytwin.errors import CityTwinError
from citytwin.testing.buildings import (
    Building,
    Part,
    flat_box,
    flat_part,
    floor_z,
    pitched_part,
    stepped_box,
)
from citytwin.testing.lots import fit, quarter_turns, upright
from citytwin.testing.place import Point2
from citytwin.testing.planar import Ring2, millimetres, sub_quad
from citytwin.testing.solids import Frame, l_corners, prism
from citytwin.testing.streets import Block


def _room(
    lot: Ring2, size_m: Point2, place: Point2 = (0.5, 0.5), margin_m: float = 2.0
) -> tuple[Frame, Point2]:
    room = fit(lot, size_m, place, margin_m=margin_m)
    if room is None:
        raise CityTwinError(
            f"no room for a landmark of {size_m[0]} m x {size_m[1]} m at {lot[0]}",
            hint="change the letter of its block in zoning.py",
        )
    return room


def _podium_tower(lot: Ring2) -> Building:
    """Office tower as two BuildingParts: a podium around the shaft, and the shaft."""
    frame, (length, width) = _room(lot, (44.0, 34.0))
    shaft = (0.30 * length, 0.14 * width, 0.88 * length, 0.86 * width)
    p0, q0, p1, q1 = shaft
    inner = frame.ring(((p0, q0), (p1, q0), (p1, q1), (p0, q1)))
    outer = frame.rectangle(length, width)
    bottom = floor_z(outer)
    parts = []
    for footprint, height, point in (
        ((outer, inner[::-1]), 18.0, frame.at(p0 / 2, width / 2)),
        ((inner,), 138.0, frame.at((p0 + p1) / 2, (q0 + q1) / 2)),
    ):
        top = millimetres(bottom + height)
        faces = prism(footprint, bottom, top)
        parts.append(Part("flat", footprint, bottom, top, top, faces, ((*point, top),)))
    return Building("みずほタワー", "T", "404", "602", 33, 2009, True, tuple(parts))


def _tower(name: str, usage: str, lot: Ring2, size_m: Point2, storeys: int) -> Building:
    """Tower that steps back from a low base, one solid."""
    frame, (length, width) = _room(lot, size_m)
    height = round(3.25 * storeys + 4.0, 1)
    inner = (0.12 * length, 0.12 * width, 0.88 * length, 0.88 * width)
    part = stepped_box(frame, (length, width), inner, 9.5, height)
    return Building(name, "T", usage, "602", storeys, 2014, True, (part,))


def _town_hall(lot: Ring2) -> Iterator[Building]:
    """Six storeys around a courtyard, and a flat annexe."""
    frame, (length, width) = _room(sub_quad(lot, 0.0, 0.66, 0.0, 1.0), (52.0, 32.0))
    p0, q0, p1, q1 = 0.28 * length, 0.32 * width, 0.72 * length, 0.68 * width
    court = frame.ring(((p0, q0), (p0, q1), (p1, q1), (p1, q0)))
    hall = flat_part((frame.rectangle(length, width), court), 24.5, frame.at(p0 / 2, width / 2))
    yield Building("みずほ市役所", "K", "421", "603", 6, 1994, True, (hall,))
    frame, (length, width) = _room(sub_quad(lot, 0.66, 1.0, 0.0, 1.0), (20.0, 22.0))
    annexe = flat_box(frame, length, width, 14.0)
    yield Building("みずほ市民会館", "K", "422", "603", 3, 1998, True, (annexe,))


def _school(name: str, ground: Ring2) -> Iterator[Building]:
    """L-shaped class block on the north side of its yard, and a gymnasium."""
    size = (88.0, 40.0)
    frame, (length, depth) = _room(sub_quad(ground, 0.04, 0.70, 0.50, 0.98), size)
    # The wing points south: turn the L by half a circle.
    turned, length, depth = quarter_turns(frame, (length, depth), 2)
    footprint = turned.ring(l_corners(length, depth, 13.0))
    block = flat_part((footprint,), 15.4, turned.at(length / 2, 6.5))
    yield Building(name, "S", "422", "603", 4, 1981, True, (block,))
    room = _room(sub_quad(ground, 0.74, 0.97, 0.52, 0.96), (24.0, 32.0))
    gym = pitched_part("gable", *upright(*room), 9.0, 0.3)
    yield Building(f"{name} 体育館", "S", "422", "604", 1, 1983, True, (gym,))


def _shrine(lot: Ring2) -> Iterator[Building]:
    frame, length, width = upright(*_room(lot, (12.0, 9.0), (0.5, 0.6)))
    hall = pitched_part("hip", frame, length, width, 4.4, 0.75)
    yield Building("みずほ神社", "G", "454", "601", 1, 1932, True, (hall,))


def _ground(blocks: list[Block]) -> Ring2:
    """Outer quad of four blocks that form one school ground."""
    south, north = min(b.row for b in blocks), max(b.row for b in blocks)
    west, east = min(b.column for b in blocks), max(b.column for b in blocks)
    at = {(b.column, b.row): b.quad for b in blocks}
    return (
        at[west, south][0],
        at[east, south][1],
        at[east, north][2],
        at[west, north][3],
    )


def landmarks(blocks: tuple[Block, ...]) -> Iterator[Building]:
    """All landmarks, in a fixed order."""
    towers = [block.quad for block in blocks if block.kind == "T"]
    west, east, north = towers
    yield _podium_tower(east)
    yield _tower("みずほグランドホテル", "403", sub_quad(west, 0, 0.5, 0, 1), (30.0, 26.0), 19)
    yield _tower("みずほ信用ビル", "401", sub_quad(west, 0.5, 1, 0, 1), (32.0, 27.0), 24)
    yield _tower("みずほスカイ住宅", "412", sub_quad(north, 0.3, 0.9, 0, 1), (34.0, 28.0), 31)
    for block in blocks:
        if block.kind == "K":
            yield from _town_hall(block.quad)
        elif block.kind == "G":
            yield from _shrine(block.quad)
    for district, name in (("S", "みずほ南小学校"), ("N", "みずほ北中学校")):
        ground = [b for b in blocks if b.kind == "S" and b.district == district]
        yield from _school(name, _ground(ground))
