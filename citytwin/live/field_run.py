"""A simulation of the moment over the whole city: fields of the last run in, what was measured just now beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from citytwin import registry
from citytwin.config import LoadedConfig
from citytwin.engine.bare import bound_params
from citytwin.engine.bind import bind
from citytwin.engine.blocks import SimulationTask, padded_tile, simulated
from citytwin.engine.city_store import CityStore
from citytwin.engine.plan import plan
from citytwin.engine.request import work_dir
from citytwin.engine.run import DEFAULT_TILE_CELLS
from citytwin.errors import StoreError
from citytwin.model.fields import Field
from citytwin.model.grid import GridSpec, Tile
from citytwin.model.layer import ValueRange
from citytwin.model.notes import Note
from citytwin.model.reach import FieldRanges
from citytwin.model.record import Record
from citytwin.model.steps import Params, Simulation
from citytwin.store.fields import extremes


@dataclass(frozen=True, eq=False)
class OfTheMoment:
    """What a simulation made for all of the city."""

    values: NDArray[np.float32]
    """Shape (ny, nx) of the grid."""
    notes: tuple[Note, ...]


@dataclass(frozen=True)
class FieldRun:
    """A simulation as a configuration sets it, and the fields that it finds."""

    store: CityStore
    step: Simulation[Any]
    params: Params
    fields: tuple[Field, ...]
    """Those that it needs, and of the others those that the last run made."""

    @property
    def tiles(self) -> tuple[Tile, ...]:
        """Of the working store."""
        return tuple(self.store.spec.tiles(self.store.tile_cells))

    def over(self, records: Sequence[Record]) -> OfTheMoment:
        """Run it over the city; nothing of the working store is changed.

        Parameters
        ----------
        records
            What was measured just now.

        Raises
        ------
        CityTwinError
            If the simulation cannot do with what it finds.
        """
        (made,) = self.step.made(self.params)
        values = np.full(self.store.spec.shape, np.nan, dtype=np.float32)
        notes: dict[Note, None] = {}
        ranges = self._ranges()
        for tile in self.tiles:
            task = SimulationTask(
                step_name=self.step.name,
                params_json=self.params.model_dump_json(),
                tile=tile,
                padded=padded_tile(self.step, self.params, self.store.spec, tile, ranges),
                fields=self.fields,
                tables=(),
                records=tuple(records),
                fingerprint="",  # only states of long runs need one
            )
            fields, outcome = simulated(task, self.store)
            values[tile.slices] = fields[made]
            notes |= dict.fromkeys(outcome.notes)
        return OfTheMoment(values, tuple(notes))

    def _ranges(self) -> FieldRanges:
        found: dict[Field, ValueRange] = {}
        for field in self.fields:
            each = [extremes(field, self.store.fields.read(field, tile)) for tile in self.tiles]
            known = [one for one in each if one is not None]
            low = min((one.low for one in known), default=0.0)
            high = max((one.high for one in known), default=0.0)
            found[field] = ValueRange(low, high)
        return FieldRanges(found)


def field_run(
    loaded: LoadedConfig, grid: GridSpec, name: str, changes: Mapping[str, object], hint: str
) -> FieldRun:
    """Return a simulation with its parameters in the configuration, but for the `moment`: that is now.

    Parameters
    ----------
    loaded
        The configuration.
    grid
        Of the city.
    name
        Of the simulation.
    changes
        Parameters that follow from what is measured.
    hint
        What to do where a field that it needs was not made.

    Raises
    ------
    ConfigError
        If a parameter is wrong.
    StoreError
        If a field is missing.
    """
    step: Simulation[Any] = registry.named(Simulation, name)
    given = [one.params for one in loaded.config.simulations if one.use == name]
    own = {key: value for key, value in (given or [{}])[0].items() if key != "moment"}
    params = bound_params(step, {**own, **changes}, loaded.file.parent)
    zone = loaded.config.time_zone
    store = CityStore(work_dir(loaded), grid.crs, zone, DEFAULT_TILE_CELLS, grid)
    needed = [one for one in step.required(params) if isinstance(one, Field)]
    for field in needed:
        if not store.fields.has(field, grid.whole):
            raise StoreError(f"the working store holds no {field.name}", hint=hint)
    # what an earlier configuration left behind in the store does not count
    made = {resource for job in plan(bind(loaded)).jobs for resource in job.provides}
    useful = [
        one
        for one in step.optional
        if isinstance(one, Field) and one in made and one not in step.ignores(params)
    ]
    others = [f for f in useful if f not in needed and store.fields.has(f, grid.whole)]
    return FieldRun(store, step, params, (*needed, *others))
