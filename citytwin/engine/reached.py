"""Makes of a tile only what a change of its inputs reaches; all else keeps its values.

Every tile of a field says where it differs from what it took the place of (`spots`). A simulation
that looks only so far is run anew around those boxes, as far as they can be seen: its reach with the
highest of them in place of the highest of the city. A lower roof makes other light where its own
shadow falls, not as far as that of the highest tower. The cells have the bits of a whole run, as in
any tiling.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from citytwin import registry
from citytwin.engine.blocks import (
    SimulationTask,
    halo_m,
    simulate_tile,
    simulated_cells,
    stored,
)
from citytwin.engine.city_store import CityStore
from citytwin.engine.results import Seen, TileResult
from citytwin.engine.spots import Spot
from citytwin.engine.standing import Standing
from citytwin.engine.surface_faults import surface_faults
from citytwin.engine.timing import timed
from citytwin.errors import DamagedError
from citytwin.model import fields as f
from citytwin.model.fields import Field
from citytwin.model.grid import Tile
from citytwin.model.layer import ValueRange
from citytwin.model.notes import Tally
from citytwin.model.reach import FieldRanges, Halo
from citytwin.model.steps import Outcome, Simulation
from citytwin.store.fields import digest_of, extremes

_NEIGHBOURS = 2
"""Cells around a box that count to it: whether a cell stands beside those next to it as a wall or on
one slope with them is theirs as well."""
WORTH = 0.8
"""Share of a tile; where more of it is reached it is made whole."""


@dataclass(frozen=True)
class ReachedTask:
    """A tile that stands but for what some changes reach."""

    whole: SimulationTask
    before: TileResult
    """What it gave with the inputs of another day."""
    spots: tuple[tuple[Field, Spot], ...]
    """Where inputs are others than those it was made from."""
    ranges: FieldRanges
    """Extremes of the inputs over the whole city."""


def reached_by(task: SimulationTask, before: TileResult, standing: Standing) -> ReachedTask | None:
    """Return what is to be made of a tile that stands; None where all of it is.

    Parameters
    ----------
    task
        The tile with its inputs of today.
    before
        What it gave with those of another day.
    standing
        What stands, with what has changed of it.
    """
    now, then = task.seen, before.seen
    if now is None or then is None:
        return None
    spots = changed_spots(now, then, task.fields, standing)
    if spots is None:
        return None
    ranges = FieldRanges({field: standing.range_of(field) for field in task.fields})
    return ReachedTask(task, before, tuple(spots), ranges)


def changed_spots(
    now: Seen, then: Seen, fields: Iterable[Field], standing: Standing
) -> list[tuple[Field, Spot]] | None:
    """Return where fields have changed since a tile was made from them; None where it is not known.

    Parameters
    ----------
    now, then
        What the tile is made from, and what it was made from.
    fields
        Those that it sees.
    standing
        What stands, with what has changed of it.
    """
    if now.beside != then.beside or now.fields.keys() != then.fields.keys():
        return None  # of what it saw beyond nothing is known
    other = {name for name, digest in now.fields.items() if then.fields[name] != digest}
    spots: list[tuple[Field, Spot]] = []
    for field in fields:
        for tile, part in standing.fields[field].items():
            name = f"{field.name}@{tile.name}"
            if name not in other:
                continue
            if part.before != then.fields[name]:  # it changed more than once
                return None
            spots += [(field, spot) for spot in part.spots]
    return spots


@timed
def simulate_reached(task: ReachedTask, store: CityStore) -> TileResult:
    """Run a simulation on what changes reach of a tile, and store its fields.

    Parameters
    ----------
    task
        What to run.
    store
        The city's working store.
    """
    whole = task.whole
    step: Simulation[Any] = registry.named(Simulation, whole.step_name)
    params = step.params.model_validate_json(whole.params_json)
    windows = _windows(task, store)
    if not windows and all(store.fields.has(field, whole.tile) for field in step.made(params)):
        return task.before.model_copy(update={"seen": whole.seen})
    fields = standing_fields(step.made(params), whole.tile, task.before, store)
    if (
        not windows
        or fields is None
        or sum(one.cells for one in windows) > WORTH * whole.tile.cells
    ):
        return simulate_tile(whole, store)
    said: list[Outcome] = []
    for window in windows:
        padded = store.spec.padded(window, whole.halo_m)
        made, outcome = simulated_cells(replace(whole, tile=window, padded=padded), store)
        for field, values in made.items():
            fields[field][(..., *window.within(whole.tile))] = values
        said.append(outcome)
    if not hold_for_tile(said):
        return simulate_tile(whole, store)
    heights = {
        field: store.fields.read(field, whole.padded)
        for field in whole.fields
        if field in {f.SURFACE_HEIGHT, f.TERRAIN}
    }
    faults = surface_faults(store.spec, whole.tile, whole.padded, heights)
    outcome = replace(said[0], notes=(*said[0].notes, *faults))
    return stored(store, whole.tile, fields, outcome, whole.seen)


def hold_for_tile(said: Sequence[Outcome]) -> bool:
    """Whether what windows of a tile say is what all of it says: figures of a window are its own.

    Parameters
    ----------
    said
        Of all windows, at least one.
    """
    notes, facts = said[0].notes, said[0].facts
    return not any(isinstance(note, Tally) for note in notes) and all(
        (one.notes, one.facts) == (notes, facts) for one in said
    )


def standing_fields(
    outputs: Iterable[Field], tile: Tile, made: TileResult, store: CityStore
) -> dict[Field, NDArray[Any]] | None:
    """Read the fields of a tile, where they are what was made.

    Parameters
    ----------
    outputs
        Its fields.
    tile
        Where they lie.
    made
        What is on record of it.
    store
        The city's working store.
    """
    fields: dict[Field, NDArray[Any]] = {}
    for field in outputs:
        if not store.fields.has(field, tile):
            return None
        try:
            values = store.fields.read(field, tile)
        except DamagedError:
            return None
        if digest_of(values) != made.parts[field.name].digest:
            return None
        fields[field] = np.array(values)
    return fields


def _windows(task: ReachedTask, store: CityStore) -> list[Tile]:
    """Parts of the tile that changes reach."""
    tile = task.whole.tile
    seen = [_seen_from(spot, task, store) for _, spot in task.spots]
    return apart(one.shared_with(tile) for one in seen if one.meets(tile))


def _seen_from(spot: Spot, task: ReachedTask, store: CityStore) -> Tile:
    """Cells that see what changed in a box."""
    step: Simulation[Any] = registry.named(Simulation, task.whole.step_name)
    grid = store.spec
    # Whether a cell stands out as an error is seen from as far.
    box = grid.padded(spot.tile, _NEIGHBOURS * grid.cell_m)
    if not isinstance(step.reach, Halo):
        return box
    params = step.params.model_validate_json(task.whole.params_json)
    held = {field: _held(field, box, task, store) for field in task.whole.fields}
    return grid.padded(box, halo_m(step, params, FieldRanges(held), grid.cell_m))


def _held(field: Field, box: Tile, task: ReachedTask, store: CityStore) -> ValueRange:
    """Smallest value of the city, and largest of a box, before and now."""
    changed = [spot for one, spot in task.spots if one == field]
    lows = [spot.low for spot in changed if spot.low is not None]
    low = min([task.ranges[field].low, *lows])
    here = extremes(field, store.fields.read(field, box))
    highs = [spot.high for spot in changed if spot.high is not None and spot.tile.meets(box)]
    return ValueRange(low, max([low if here is None else here.high, *highs]))


def apart(windows: Iterable[Tile]) -> list[Tile]:
    """Return the same cells, and some between them, in windows that do not meet.

    Parameters
    ----------
    windows
        Any windows.
    """
    found: list[Tile] = []
    for window in windows:
        one = window
        while near := next((other for other in found if other.meets(one)), None):
            found.remove(near)
            one = one.around(near)
        found.append(one)
    return found
