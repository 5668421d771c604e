"""Every simulation that looks only so far: what a change reaches, made alone, has the bits of all."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from citytwin.engine import reached
from citytwin.engine.blocks import SimulationTask, halo_m, padded_tile, simulate_tile, stored_part
from citytwin.engine.city_store import CityStore
from citytwin.engine.reached import reached_by, simulate_reached
from citytwin.engine.results import Seen, TileResult
from citytwin.engine.standing import Standing
from citytwin.model import fields as f
from citytwin.model.fields import Field
from citytwin.model.grid import Tile
from citytwin.model.properties import ObservedProperty
from citytwin.model.reach import Cell, FieldRanges, Halo
from citytwin.model.steps import Params, Simulation
from citytwin.testing.small_town import TIME_ZONE
from tests.contracts.inputs import label, large_town, with_params

TILED = [
    case
    for case in with_params(Simulation)
    if isinstance(case[0].reach, Cell)
    or (isinstance(case[0].reach, Halo) and case[0].reach.of_parts)
]
TOWN = large_town()
WHOLE = TOWN.grid.whole
ROUNDS = 3


class _City:
    """A city of one tile, with the fields that a simulation needs."""

    def __init__(self, root: Path, step: Simulation[Any], params: Params) -> None:
        self.step, self.params = step, params
        self.store = CityStore(root, TOWN.grid.crs, TIME_ZONE, max(WHOLE.shape), TOWN.grid)
        given = (*step.inputs, *step.optional)
        self.fields = tuple(need for need in given if isinstance(need, Field))
        self.records = tuple(
            TOWN.records[need] for need in given if isinstance(need, ObservedProperty)
        )
        self.values = {field: np.array(TOWN.fields[field]) for field in self.fields}
        self.standing = Standing()
        for field in self.fields:
            self.store.fields.create(field, TOWN.directions if field.axis else ())
        axes = step.axes(params, TOWN.site)
        for field in step.made(params):
            self.store.fields.create(field, axes.of(field.axis))

    def task(self) -> SimulationTask:
        """Store the fields; return the task that makes the tile of them."""
        for field in self.fields:
            part = stored_part(self.store, field, WHOLE, self.values[field])
            self.standing.fields[field] = {WHOLE: part}
        ranges = FieldRanges({field: self.standing.range_of(field) for field in self.fields})
        padded = padded_tile(self.step, self.params, TOWN.grid, WHOLE, ranges)
        digests = self.standing.digests_near(self.fields)(padded)
        return SimulationTask(
            step_name=self.step.name,
            params_json=self.params.model_dump_json(),
            tile=WHOLE,
            padded=padded,
            fields=self.fields,
            tables=(),
            records=self.records,
            fingerprint="",
            halo_m=halo_m(self.step, self.params, ranges, TOWN.grid.cell_m),
            seen=Seen(beside="the same", fields=dict(said.split("=") for said in digests)),
        )


def edited(values: dict[Field, NDArray[Any]], dice: np.random.Generator) -> None:
    """Build, lower, or tear down something of a few cells, here and there; its field alone changes."""
    for field in dice.choice(np.array(sorted(values, key=lambda one: one.name)), 2):
        row, col = dice.integers(0, WHOLE.row1), dice.integers(0, WHOLE.col1)
        box = (..., slice(row, row + dice.integers(1, 9)), slice(col, col + dice.integers(1, 9)))
        array = values[field]
        if field.dtype != "float32":
            array[box] = array[box[:1] + (row, col)].reshape(-1)[0]
        elif field in (f.SURFACE_HEIGHT, f.TERRAIN, f.CANOPY_TOP, f.CANOPY_BASE):
            array[box] += np.float32(dice.choice([-2.0, -0.5, 0.25, 12.0]))
        else:
            array[box] = np.float32(dice.random())


def _windows_run(monkeypatch: pytest.MonkeyPatch) -> list[Tile]:
    """Windows that are run from now on."""
    ran: list[Tile] = []
    real = reached.simulated_cells

    def noted(task: SimulationTask, store: CityStore) -> Any:
        ran.append(task.tile)
        return real(task, store)

    monkeypatch.setattr(reached, "simulated_cells", noted)
    return ran


def _said(result: TileResult) -> tuple[Any, ...]:
    parts = {name: (one.digest, one.low, one.high, one.cells) for name, one in result.parts.items()}
    return parts, result.notes, result.facts, result.valid_time


@pytest.mark.parametrize(("step", "params"), TILED, ids=label)
def test_what_changes_reach_has_the_bits_of_all(
    tmp_path: Path, step: Simulation[Any], params: Params, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Random edits, one night after the other, each compared with the tile made whole."""
    monkeypatch.setattr(reached, "WORTH", 2.0)  # windows even where they are all of the tile
    ran = _windows_run(monkeypatch)
    city = _City(tmp_path / "city", step, params)
    other = _City(tmp_path / "other", step, params)
    made = simulate_tile(city.task(), city.store)
    dice = np.random.default_rng(sum(map(ord, step.name)))
    for _ in range(ROUNDS):
        edited(city.values, dice)
        other.values = city.values
        task = city.task()
        night = reached_by(task, made, city.standing)
        assert night is not None
        ran.clear()
        assert made.seen is not None
        assert task.seen is not None
        changed = made.seen.fields != task.seen.fields
        made = simulate_reached(night, city.store)
        assert bool(ran) == changed
        whole = simulate_tile(other.task(), other.store)
        assert _said(made) == _said(whole)
        assert made.seen == task.seen


def test_a_small_change_is_not_made_into_a_whole_tile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A low wall beside a mast: what is run anew is what sees the wall, not what sees the mast."""
    step, params = next(case for case in TILED if case[0].name == "sunlight" and case[1].suns)
    city = _City(tmp_path, step, params)
    made = simulate_tile(city.task(), city.store)
    low = float(np.nanmin(city.values[f.SURFACE_HEIGHT]))
    row, col = np.argwhere(city.values[f.SURFACE_HEIGHT] < low + 1.0)[0]
    city.values[f.SURFACE_HEIGHT][row, col] += 1.0
    night = reached_by(city.task(), made, city.standing)
    assert night is not None
    ran = _windows_run(monkeypatch)
    simulate_reached(night, city.store)
    assert len(ran) == 1
    assert ran[0].cells < 0.5 * WHOLE.cells
    assert ran[0].row0 <= row < ran[0].row1
    assert ran[0].col0 <= col < ran[0].col1


def test_what_is_not_known_is_made_whole(tmp_path: Path) -> None:
    """Another code or record, a change of which the step before is not known, a damaged result."""
    step, params = next(case for case in TILED if case[0].name == "sunlight")
    city = _City(tmp_path, step, params)
    made = simulate_tile(city.task(), city.store)
    dice = np.random.default_rng(1)
    edited(city.values, dice)
    task = city.task()
    assert task.seen is not None
    assert reached_by(task, made, city.standing) is not None
    elsewhere = replace(task, seen=task.seen.model_copy(update={"beside": "another"}))
    assert reached_by(elsewhere, made, city.standing) is None
    edited(city.values, dice)  # the night between has made the field, and then broke off
    assert reached_by(city.task(), made, city.standing) is None
    assert reached_by(city.task(), made.model_copy(update={"seen": None}), city.standing) is None
