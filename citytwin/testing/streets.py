"""Street network of the demo city: a bent grid whose blocks, streets and crossings tile it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from citytwin.testing import terrain
from citytwin.testing.place import HEIGHT_M, SEED, WIDTH_M, Point2
from citytwin.testing.planar import (
    Ring2,
    millimetres,
    offset_crossing,
    signed_area,
    unit,
)
from citytwin.testing.zoning import NORTH_BLOCKS, OPEN_KINDS, SOUTH_BLOCKS

_COLUMNS_U_M = (0.0, 104.0, 212.0, 322.0, terrain.AVENUE_U_M, 541.0, 652.0, 768.0, 884.0, WIDTH_M)
_AVENUE_COLUMN = 4
_HALF_BY_COLUMN = (0.0, 3.0, 4.5, 3.0, terrain.AVENUE_HALF_M, 3.0, 4.5, 3.0, 3.0, 0.0)
_MIN_AREA_M2 = 0.5


@dataclass(frozen=True)
class Block:
    """Land between streets; ``quad`` runs SW, SE, NE, NW in city metres."""

    district: str
    column: int
    row: int
    kind: str
    quad: Ring2
    cell: Ring2
    """The block with its half of the streets around it."""


@dataclass(frozen=True)
class Street:
    """One piece of street, from crossing to crossing, or the crossing itself."""

    name: str
    part: str
    function_code: str
    width_m: float
    lanes: int
    ring: Ring2
    axis: tuple[Point2, ...]


@dataclass(frozen=True)
class StreetPlan:
    """All blocks and streets of the city."""

    blocks: tuple[Block, ...]
    streets: tuple[Street, ...]


@dataclass(frozen=True)
class _Rule:
    """What the rows of a district are: half widths, main street, which end is the levee."""

    name: str
    kinds: tuple[str, ...]
    half_by_row: tuple[float, ...]
    levee_row: int
    map_edge_row: int


_NORTH = _Rule("N", NORTH_BLOCKS[::-1], (2.5, 3.0, 3.0, 3.0, 7.0, 3.0, 3.0, 3.0, 0.0), 0, 8)
_SOUTH = _Rule("S", SOUTH_BLOCKS[::-1], (0.0, 3.0, 3.0, 5.0, 3.0, 2.5), 5, 0)


class _District:
    """Nodes of one side of the river and the streets between them."""

    def __init__(self, rule: _Rule, nodes: list[list[Point2]]) -> None:
        self.rule = rule
        self.nodes = nodes
        self.columns = len(nodes) - 1
        self.rows = len(nodes[0]) - 1

    def kind(self, i: int, j: int) -> str:
        return self.rule.kinds[j][i]

    def half_east(self, i: int, j: int) -> float:
        """Half width of the street from node (i, j) eastward; 0 where there is none."""
        half = self.rule.half_by_row[j]
        if 0 < j < self.rows and half < 5.0:
            below, above = self.kind(i, j - 1), self.kind(i, j)
            if below == above and (below in OPEN_KINDS or (below == "A" and (i + j) % 2)):
                return 0.0
        beside_avenue = i in {_AVENUE_COLUMN - 1, _AVENUE_COLUMN}
        return 0.0 if j == self.rule.levee_row and beside_avenue else half

    def half_north(self, i: int, j: int) -> float:
        """Half width of the street from node (i, j) northward; 0 where there is none."""
        half = _HALF_BY_COLUMN[i]
        if 0 < i < self.columns and i != _AVENUE_COLUMN:
            west, east = self.kind(i - 1, j), self.kind(i, j)
            if west == east and west in OPEN_KINDS:
                return 0.0
            if west == east == "A":
                return min(half, 2.0)
        return half

    def _arm(self, i: int, j: int, step_i: int, step_j: int) -> tuple[Point2, float]:
        """Unit direction and half width of the street that leaves a node."""
        node, (ni, nj) = self.nodes[i][j], (i + step_i, j + step_j)
        if not 0 <= ni <= self.columns:
            return (float(step_i), 0.0), 0.0
        if not 0 <= nj <= self.rows:
            beyond = _HALF_BY_COLUMN[i] if i == _AVENUE_COLUMN else 0.0
            return (0.0, float(step_j)), beyond
        half = self.half_east(min(i, ni), j) if step_i else self.half_north(i, min(j, nj))
        return unit(node, self.nodes[ni][nj]), half

    def corner(self, i: int, j: int, east: int, north: int) -> Point2:
        """Corner of the block that lies to the ``east`` (+-1) and ``north`` (+-1) of a node."""
        horizontal, vertical = self._arm(i, j, east, 0), self._arm(i, j, 0, north)
        first, second = (horizontal, vertical) if east == north else (vertical, horizontal)
        x, y = offset_crossing(self.nodes[i][j], first[0], first[1], second[0], second[1])
        return millimetres(x), millimetres(y)

    def block(self, i: int, j: int) -> Block:
        quad = (
            self.corner(i, j, 1, 1),
            self.corner(i + 1, j, -1, 1),
            self.corner(i + 1, j + 1, -1, -1),
            self.corner(i, j + 1, 1, -1),
        )
        cell = tuple(
            (millimetres(x), millimetres(y))
            for x, y in (
                self.nodes[a][b] for a, b in ((i, j), (i + 1, j), (i + 1, j + 1), (i, j + 1))
            )
        )
        return Block(self.rule.name, i, j, self.kind(i, j), quad, cell)

    def east_street(self, i: int, j: int) -> Ring2:
        return (
            self.corner(i, j, 1, -1),
            self.corner(i + 1, j, -1, -1),
            self.corner(i + 1, j, -1, 1),
            self.corner(i, j, 1, 1),
        )

    def north_street(self, i: int, j: int) -> Ring2:
        return (
            self.corner(i, j, 1, 1),
            self.corner(i, j + 1, 1, -1),
            self.corner(i, j + 1, -1, -1),
            self.corner(i, j, -1, 1),
        )

    def crossing(self, i: int, j: int) -> Ring2:
        return (
            self.corner(i, j, -1, -1),
            self.corner(i, j, 1, -1),
            self.corner(i, j, 1, 1),
            self.corner(i, j, -1, 1),
        )

    def row_name(self, j: int) -> str:
        return f"{self.rule.name}{j + 1}"

    def streets(self) -> list[Street]:
        """Pieces and crossings, west to east and south to north."""
        found: list[Street] = []
        for i in range(self.columns + 1):
            for j in range(self.rows + 1):
                inside = 0 < i < self.columns and j != self.rule.map_edge_row
                if inside and signed_area(self.crossing(i, j)) > _MIN_AREA_M2:
                    half = max(self._arm(i, j, 1, 0)[1], self._arm(i, j, -1, 0)[1])
                    name = _column_name(i) if i == _AVENUE_COLUMN else self._row_title(j)
                    ring = self.crossing(i, j)
                    code = _function_code(max(half, _HALF_BY_COLUMN[i]))
                    found.append(Street(name, "crossing", code, 2 * half, 0, ring, ()))
                if i < self.columns and j != self.rule.map_edge_row and self.half_east(i, j) > 0:
                    axis = (self.nodes[i][j], self.nodes[i + 1][j])
                    half = self.half_east(i, j)
                    found.append(_piece(self._row_title(j), half, self.east_street(i, j), axis))
                if j < self.rows and 0 < i < self.columns and self.half_north(i, j) > 0:
                    axis = (self.nodes[i][j], self.nodes[i][j + 1])
                    half = self.half_north(i, j)
                    found.append(_piece(_column_name(i), half, self.north_street(i, j), axis))
        return found

    def _row_title(self, j: int) -> str:
        if j == self.rule.levee_row:
            return "みずほ川 左岸堤防道路" if self.rule.name == "N" else "みずほ川 右岸堤防道路"
        if self.rule.half_by_row[j] >= 5.0:
            return "県道 みずほ中央線" if self.rule.name == "N" else "県道 みずほ南線"
        return f"市道 東西{self.rule.name}{j}号線"


def _column_name(i: int) -> str:
    return "国道 みずほ大通り" if i == _AVENUE_COLUMN else f"市道 南北{i}号線"


def _function_code(half_m: float) -> str:
    if half_m >= terrain.AVENUE_HALF_M:
        return "2"
    return "3" if half_m >= 5.0 else "4"


def _piece(name: str, half_m: float, ring: Ring2, axis: tuple[Point2, ...]) -> Street:
    lanes = 4 if half_m >= 9.0 else 2 if half_m >= 3.0 else 1
    return Street(name, "section", _function_code(half_m), 2 * half_m, lanes, ring, axis)


def _north_nodes(noise: np.random.Generator) -> list[list[Point2]]:
    rows = len(NORTH_BLOCKS)
    nodes: list[list[Point2]] = []
    for i, column_u in enumerate(_COLUMNS_U_M):
        line: list[Point2] = []
        for j in range(rows + 1):
            share = j / rows
            wobble_u, wobble_v = 2.0 * noise.random() - 1.0, 2.0 * noise.random() - 1.0
            free = 0 < i < len(_COLUMNS_U_M) - 1 and j > 0
            bend = (9.0 if i % 2 else -7.0) * (share * share) * (1.0 if i > 3 else 1.8)
            u = column_u + (bend + 3.0 * wobble_u if free else 0.0)
            if i == _AVENUE_COLUMN:
                u = column_u + 26.0 * max(share - 0.375, 0.0)
            start = terrain.river_point(u, terrain.LEVEE_ROAD_D_M)[1]
            v = start + (HEIGHT_M - start) * (0.92 * share + 0.08 * share * share)
            v += 4.0 * wobble_v if 0 < j < rows else 0.0
            line.append((u, v))
        nodes.append(line)
    return nodes


def _south_nodes(noise: np.random.Generator) -> list[list[Point2]]:
    rows = len(SOUTH_BLOCKS)
    nodes: list[list[Point2]] = []
    for i, column_u in enumerate(_COLUMNS_U_M):
        line: list[Point2] = []
        for j in range(rows + 1):
            share = 1.0 - j / rows
            wobble_u, wobble_v = 2.0 * noise.random() - 1.0, 2.0 * noise.random() - 1.0
            free = 0 < i < len(_COLUMNS_U_M) - 1 and j < rows
            bend = 14.0 * share * (1.0 if i % 2 else 0.3)
            u = column_u + (bend + 3.0 * wobble_u if free else 0.0)
            if i == _AVENUE_COLUMN:
                u = column_u - 20.0 * max(share - 0.4, 0.0)
            v = terrain.river_point(u, -terrain.LEVEE_ROAD_D_M)[1] * (1.0 - share)
            v += 3.0 * wobble_v if 0 < j < rows else 0.0
            line.append((u, v))
        nodes.append(line)
    return nodes


def _avenue_over_river(south: _District, north: _District) -> list[Street]:
    """Ramps and bridge: the avenue between the two levee roads."""
    i, name = _AVENUE_COLUMN, _column_name(_AVENUE_COLUMN)
    west_u, east_u = terrain.AVENUE_U_M - 9.0, terrain.AVENUE_U_M + 9.0
    low = [
        (u, millimetres(terrain.river_point(u, -terrain.RAMP_START_D_M)[1]))
        for u in (west_u, east_u)
    ]
    high = [
        (u, millimetres(terrain.river_point(u, terrain.RAMP_START_D_M)[1]))
        for u in (west_u, east_u)
    ]
    south_end = [south.corner(i, south.rows, east, 1) for east in (-1, 1)]
    north_end = [north.corner(i, 0, east, -1) for east in (-1, 1)]
    found = []
    for part, start, end in (
        ("section", south_end, low),
        ("bridge", low, high),
        ("section", high, north_end),
    ):
        ring = (start[0], start[1], end[1], end[0])
        axis = tuple(((p[0][0] + p[1][0]) / 2, (p[0][1] + p[1][1]) / 2) for p in (start, end))
        title = "みずほ大橋" if part == "bridge" else name
        found.append(Street(title, part, "2", 18.0, 4, ring, axis))
    return found


def street_plan() -> StreetPlan:
    """Lay out the whole city; the same plan on every call."""
    noise = np.random.Generator(np.random.PCG64(SEED))
    south = _District(_SOUTH, _south_nodes(noise))
    north = _District(_NORTH, _north_nodes(noise))
    blocks = [
        district.block(i, j)
        for district in (south, north)
        for j in range(district.rows)
        for i in range(district.columns)
    ]
    streets = [*south.streets(), *_avenue_over_river(south, north), *north.streets()]
    return StreetPlan(tuple(blocks), tuple(streets))
