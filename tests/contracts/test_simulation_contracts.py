"""Every simulation: same bits for any tiling, inputs unchanged, outputs as declared."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pytest

from citytwin.engine.blocks import check
from citytwin.model.fields import Field
from citytwin.model.properties import ObservedProperty
from citytwin.model.reach import Domain, Halo
from citytwin.model.steps import Outcome, Params, Simulation
from citytwin.testing.small_town import SmallTown
from citytwin.testing.tiling import simulate_in_tiles, simulate_window, window_of
from tests.contracts.inputs import (
    TILES,
    choices_of,
    float_inputs,
    label,
    large_town,
    params_of,
    steps_of,
    town_for,
    with_params,
)

SIMULATIONS = steps_of(Simulation)
CASES = with_params(Simulation)
TILED = [case for case in CASES if not isinstance(case[0].reach, Domain)]


class Run(NamedTuple):
    """A run over all of a town."""

    arrays: dict[Field, np.ndarray]
    """What the step was given."""
    outcome: Outcome
    records: dict[ObservedProperty, tuple[bytes, bytes, bytes]]
    """Of the town, before the run."""


_RUNS: dict[tuple[str, str, int], Run] = {}


def run_with(step: Simulation[Any], params: Params, given: tuple[Any, ...]) -> Run:
    """A run over all of its town with some inputs."""
    town = town_for(step)
    records = {r: record_bits(town, r) for r in given if r in town.records}
    arrays, outcome = simulate_window(step, params, town, town.grid.whole, given)
    return Run(arrays, outcome, records)


def whole_run(step: Simulation[Any], params: Params, number: int = 0) -> Run:
    """The first or second run with all inputs, computed once for all tests of this file."""
    key = step.name, params.model_dump_json(), number
    if key not in _RUNS:
        _RUNS[key] = run_with(step, params, (*step.inputs, *step.optional))
    return _RUNS[key]


def bits(array: np.ndarray) -> bytes:
    """The values as they lie in memory, NaNs told apart."""
    return np.ascontiguousarray(array).tobytes()


def record_bits(town: SmallTown, observed: ObservedProperty) -> tuple[bytes, bytes, bytes]:
    """Times and results of a record."""
    record = town.records[observed]
    return bits(record.start_s), bits(record.end_s), bits(record.result)


@pytest.mark.parametrize(("step", "params"), TILED, ids=label)
def test_same_bits_for_any_tiling(step: Simulation[Any], params: Params) -> None:
    """A cell knows nothing of the tile it was computed in; the first cell to differ is named."""
    town = large_town()
    given = (*step.inputs, *step.optional)
    whole = whole_run(step, params).outcome.fields
    for size in TILES:
        tiled = simulate_in_tiles(step, params, town, size, given)
        assert tiled.keys() == whole.keys()
        for field, expected in whole.items():
            if bits(tiled[field]) == bits(expected):
                continue
            wrong = tiled[field].view(np.uint8) != expected.view(np.uint8)
            cells = wrong.reshape(*expected.shape, -1).any(axis=-1)
            *_, row, col = np.argwhere(cells)[0]
            pytest.fail(
                f"{step.name}, tiles of {size}: {field.name} differs in {cells.mean():.2%} of the "
                f"cells, first at row {row}, column {col}: {tiled[field][..., row, col]!r} instead of "
                f"{expected[..., row, col]!r}"
            )


@pytest.mark.parametrize("step", [s for s in SIMULATIONS if isinstance(s.reach, Halo)], ids=label)
def test_the_reach_is_put_to_the_test(step: Simulation[Any]) -> None:
    """With some parameters a padded tile is smaller than the town, else tiling tests nothing."""
    town = large_town()
    tile = next(town.grid.tiles(TILES[0]))
    given = (*step.inputs, *step.optional)
    windows = [window_of(step, params, town, tile, given) for params in params_of(step)]
    shapes = [window.shape for window in windows]
    assert any(ny < town.grid.ny and nx < town.grid.nx for ny, nx in shapes), (
        f"{step.name} needs windows of {shapes} cells in a town of {town.grid.shape}: "
        "add parameters of shorter reach to tests/contracts/inputs.py"
    )


@pytest.mark.parametrize(("step", "params"), CASES, ids=label)
def test_inputs_unchanged_and_outputs_as_declared(step: Simulation[Any], params: Params) -> None:
    """Any choice of inputs that holds the required ones gives the fields declared."""
    town = town_for(step)
    grid = town.grid
    assert set(step.required(params)) <= {*step.inputs, *step.optional}
    everything = (*step.inputs, *step.optional)
    for given in choices_of(step, params):
        again = given == everything
        run = whole_run(step, params, 1) if again else run_with(step, params, given)
        arrays, outcome, records = run
        axes = step.axes(params, town.site)
        check(step.name, step.made(params), outcome.fields, grid.shape, "", axes)
        for field, array in arrays.items():
            assert bits(array) == bits(town.fields[field]), f"{step.name} changed {field.name}"
            assert not array.flags.writeable
        for observed, before in records.items():
            assert record_bits(town, observed) == before, f"{step.name} changed {observed.name}"
        for field, array in outcome.fields.items():
            assert not any(np.shares_memory(array, a) for a in arrays.values()), field.name
        if not isinstance(step.reach, Domain):
            assert not outcome.facts, "facts of a tile are not facts of the city"
        assert outcome.valid_time is None or outcome.valid_time.utcoffset() is not None


@pytest.mark.parametrize(("step", "params"), CASES, ids=label)
def test_unknown_in_unknown_out_and_the_same_again(step: Simulation[Any], params: Params) -> None:
    """Where a required field is unknown the result is; and a second run gives the same bits."""
    town = town_for(step)
    runs = [whole_run(step, params, number).outcome for number in (0, 1)]
    unknown = np.zeros(town.grid.shape, dtype=np.bool_)
    for needed in float_inputs(step, params):
        unknown |= np.isnan(town.fields[needed]).reshape(-1, *town.grid.shape).any(axis=0)
    assert unknown.any()
    for field, array in runs[0].fields.items():
        assert bits(array) == bits(runs[1].fields[field]), f"{field.name} differs on repetition"
        if field.dtype == "float32":
            assert np.isnan(array[..., unknown]).all(), f"{field.name} invents values"
    assert runs[0].notes == runs[1].notes
    assert runs[0].facts == runs[1].facts


@pytest.mark.parametrize(("step", "params"), CASES, ids=label)
def test_something_is_known(step: Simulation[Any], params: Params) -> None:
    """Every output has values somewhere: a field of nothing would satisfy all other tests.

    One that may be empty has them with other parameters at least.
    """

    def unknown(chosen: Params) -> set[Field]:
        fields = whole_run(step, chosen).outcome.fields
        floats = ((f, array) for f, array in fields.items() if f.dtype == "float32")
        return {field for field, array in floats if np.isnan(array).all()}

    nowhere = unknown(params)
    assert all(field.may_be_empty for field in nowhere), nowhere
    for other in params_of(step) if nowhere else ():
        nowhere &= unknown(other)
    assert not nowhere
