"""Settling a job: what a gridder says of its classes counts all tiles."""

from __future__ import annotations

from typing import Any

from citytwin import registry
from citytwin.engine.plan import Job
from citytwin.engine.results import FieldPart, TileResult
from citytwin.engine.settle import settle
from citytwin.engine.standing import Standing
from citytwin.model import fields as f
from citytwin.model.grid import Tile
from citytwin.model.steps import Gridder


def result(cells: dict[int, int]) -> TileResult:
    """A tile of the terrain, as it comes back from the manifest."""
    part = FieldPart(digest="", low=None, high=None)
    parts = {"terrain": part, "terrain_source": part.model_copy(update={"cells": cells})}
    return TileResult.model_validate_json(TileResult(parts=parts).model_dump_json())


def test_shares_are_those_of_all_tiles() -> None:
    """One tile wholly measured, one half filled: three quarters and one quarter."""
    step: Any = next(s for s in registry.all_of(Gridder) if s.name == "terrain")
    tiles = [Tile(0, 2, 0, 2), Tile(0, 2, 2, 4)]
    parts: Any = [type("P", (), {"tile": tile})() for tile in tiles]
    standing = Standing()
    store: Any = None
    job = Job(step, step.params(), (), step.outputs)
    settle(job, parts, [result({0: 4}), result({0: 2, 1: 2})], store, standing)
    made = standing.lineage[f.TERRAIN]
    assert {fact.name: fact.value for fact in made.facts} == {
        "terrain_measured": 75.0,
        "terrain_filled": 25.0,
        "terrain_from_buildings": 0.0,
    }
    assert [note.severity for note in made.notes] == ["info"]
