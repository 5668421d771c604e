"""Every gridder: same bits for any tiling, whatever a city has, also when a table is empty."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from citytwin.engine.blocks import check
from citytwin.model.properties import ObservedProperty
from citytwin.model.steps import Gridder, GridTask, Outcome, Params
from citytwin.model.tables import Table
from citytwin.testing.tiling import grid_in_tiles
from tests.contracts.inputs import TILES, choices_of, label, large_town, with_params

CASES = [
    (step, params, choice)
    for step, params in with_params(Gridder)
    for choice in range(len(choices_of(step)))
]


def task_of(given: tuple[Any, ...]) -> GridTask:
    """All of the town in one tile."""
    town = large_town()
    return GridTask(
        grid=town.grid,
        tile=town.grid.whole,
        tables={r: town.tables[r].copy() for r in given if isinstance(r, Table)},
        rasters={r: town.rasters[r] for r in given if r in town.rasters},
        fields={r: town.fields[r] for r in given if r in town.fields},
        records={r: town.records[r] for r in given if isinstance(r, ObservedProperty)},
    )


_WHOLE: dict[tuple[str, str, int], Outcome] = {}


def whole_run(step: Gridder[Any], params: Params, choice: int) -> Outcome:
    """A run over all of the town in one tile, computed once for all tests of this file."""
    key = step.name, params.model_dump_json(), choice
    if key not in _WHOLE:
        _WHOLE[key] = step.run(task_of(choices_of(step)[choice]), params)
    return _WHOLE[key]


@pytest.mark.parametrize(("step", "params", "choice"), CASES, ids=label)
def test_same_bits_for_any_tiling(
    step: Gridder[Any], params: Params, choice: int, tmp_path: Path
) -> None:
    """A cell knows nothing of its tile, nor of rows that lie beyond the declared margin."""
    town, given = large_town(), choices_of(step)[choice]
    whole = whole_run(step, params, choice)
    check(step.name, step.outputs, whole.fields, town.grid.shape, "", step.axes(params))
    for size in TILES:
        tiled = grid_in_tiles(step, params, town, size, given, tmp_path / str(size))
        for field, expected in whole.fields.items():
            same = (tiled[field] == expected) | (np.isnan(tiled[field]) & np.isnan(expected))
            assert same.all(), (
                f"{step.name}, tiles of {size}: {field.name} differs in {1 - same.mean():.2%} of "
                f"the cells, first at {np.argwhere(~same)[0]}"
            )
            assert tiled[field].tobytes() == np.ascontiguousarray(expected).tobytes(), field.name


@pytest.mark.parametrize(("step", "params", "choice"), CASES, ids=label)
def test_inputs_unchanged_and_the_same_again(
    step: Gridder[Any], params: Params, choice: int
) -> None:
    """Tables, rasters and fields stay as they were, and a second run gives the same bits.

    Numbers of rows are those of another table then.
    """
    given = choices_of(step)[choice]
    task = task_of(given)
    for frame in task.tables.values():
        frame.index += 7
    frames = {table: frame.copy() for table, frame in task.tables.items()}
    rasters = [r.values.tobytes() for found in task.rasters.values() for r in found]
    before, outcome = whole_run(step, params, choice), step.run(task, params)
    for field, array in outcome.fields.items():
        assert array.tobytes() == before.fields[field].tobytes(), field.name
        assert not any(np.shares_memory(array, given_) for given_ in task.fields.values())
    for table, frame in task.tables.items():
        pd.testing.assert_frame_equal(frame, frames[table])
    assert rasters == [r.values.tobytes() for found in task.rasters.values() for r in found]
    assert not outcome.facts, "facts of a tile are not facts of the city"


@pytest.mark.parametrize(("step", "params", "choice"), CASES, ids=label)
def test_a_tile_that_no_row_reaches(step: Gridder[Any], params: Params, choice: int) -> None:
    """Empty tables, as tiles in the countryside have them, give fields as declared."""
    task = task_of(choices_of(step)[choice])
    empty = {table: frame.iloc[:0] for table, frame in task.tables.items()}
    outcome = step.run(replace(task, tables=empty), params)
    shape, axes = task.tile.shape, step.axes(params)
    check(step.name, step.outputs, outcome.fields, shape, task.tile.name, axes)
