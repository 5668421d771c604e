"""A tile that is too much for a worker: made in pieces, or left empty and said to be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from citytwin.engine.blocks import SimulationTask, simulated, stored
from citytwin.engine.city_store import CityStore
from citytwin.engine.gridding import (
    Gridded,
    GridderTask,
    gridded,
    remarks_on,
    rows_of_tile,
    stored_with_notes,
)
from citytwin.engine.parts import Part, axes_of
from citytwin.engine.plan import Job
from citytwin.engine.results import TileResult
from citytwin.engine.timing import timed
from citytwin.model.fields import Field
from citytwin.model.grid import Tile
from citytwin.model.notes import Note, summed
from citytwin.model.reach import Domain
from citytwin.model.steps import Outcome, Simulation

SIDE = 4
"""A tile is cut into so many pieces along each side: a sixteenth of its cells at a time."""


def can_be_cut(job: Job, part: Part) -> bool:
    """Whether a part may be made in pieces: one tile of a step that looks only so far.

    Parameters
    ----------
    job, part
        What was to be made.
    """
    whole = isinstance(job.step, Simulation) and isinstance(job.step.reach, Domain)
    is_tile = isinstance(part.task, GridderTask | SimulationTask) and not whole
    return is_tile and min(part.tile.shape) >= SIDE


@timed
def make_in_pieces(task: GridderTask | SimulationTask, store: CityStore) -> TileResult:
    """Run a step on a tile piece by piece, with the same bits, and store its fields.

    Parameters
    ----------
    task
        What to run.
    store
        The city's working store.
    """
    fields: dict[Field, NDArray[Any]] = {}
    said: list[Outcome] = []
    unread = frozenset(table.name for table in task.tables)
    for piece in _pieces(task.tile):
        if isinstance(task, GridderTask):
            part = replace(task, tile=piece)
            one = gridded(part, store, piece, rows_of_tile(part, store))
            made, unread = one.fields, unread & one.unread
            outcome = replace(one.outcome, notes=(*one.outcome.notes, *remarks_on(part, store)))
        else:
            padded = store.spec.padded(piece, task.halo_m)
            made, outcome = simulated(replace(task, tile=piece, padded=padded), store)
        rows, cols = piece.within(task.tile)
        for field, values in made.items():
            if field not in fields:
                shape = (*values.shape[:-2], *task.tile.shape)
                fields[field] = np.empty(shape, dtype=values.dtype)
            fields[field][..., rows, cols] = values
        said.append(outcome)
    together = _together(fields, said)
    if isinstance(task, GridderTask):
        return stored_with_notes(task, store, Gridded(fields, together, unread), together.notes)
    return stored(store, task.tile, fields, together, task.seen)


def _pieces(tile: Tile) -> list[Tile]:
    rows = np.linspace(tile.row0, tile.row1, SIDE + 1).astype(int).tolist()
    cols = np.linspace(tile.col0, tile.col1, SIDE + 1).astype(int).tolist()
    return [
        Tile(row0, row1, col0, col1)
        for row0, row1 in pairwise(rows)
        for col0, col1 in pairwise(cols)
    ]


def _together(fields: Mapping[Field, NDArray[Any]], said: list[Outcome]) -> Outcome:
    return Outcome(
        fields,
        facts=tuple(dict.fromkeys(fact for one in said for fact in one.facts)),
        notes=summed(note for one in said for note in one.notes),
        valid_time=next((one.valid_time for one in said if one.valid_time is not None), None),
    )


def left_empty(job: Job, part: Part, store: CityStore) -> TileResult:
    """Leave a tile without data, with a remark on all that is made from it.

    Parameters
    ----------
    job, part
        What no worker could make.
    store
        The city's working store.
    """
    axes = axes_of(job, store)
    fields = {
        made: np.full(
            axes.shape(made.axis, part.tile.shape),
            np.nan if made.dtype == "float32" else made.nodata,
            dtype=made.dtype,
        )
        for made in job.provides
        if isinstance(made, Field)
    }
    box = store.spec.bounds_of(part.tile)
    place = f"x {box.x_min:.0f}-{box.x_max:.0f}, y {box.y_min:.0f}-{box.y_max:.0f}"
    name = job.step.title
    note = Note(
        severity="loss",
        ja=f"{name.ja}: メモリ不足のため計算できなかった区画は空白です（{place}）",
        en=f"{name.en}: a tile is empty because no worker had the memory to compute it ({place})",
    )
    return stored(store, part.tile, fields, Outcome(fields, notes=(note,)))
