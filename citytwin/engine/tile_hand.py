"""The tiles of a simulation that one worker holds, and what it tells the other workers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from distributed import Actor

from citytwin import registry
from citytwin.engine.blocks import SimulationTask, check, look_into, stored_part
from citytwin.engine.city_store import CityStore
from citytwin.engine.results import FieldPart
from citytwin.engine.surface_faults import surface_faults
from citytwin.errors import StepError
from citytwin.kernels.lone_heights import RING
from citytwin.model.checkpoints import NamedArrays
from citytwin.model.grid import Tile
from citytwin.model.notes import Note
from citytwin.model.steps import Simulation
from citytwin.model.tiled import WorkingTile
from citytwin.store.checkpoints import read_checkpoint, write_checkpoint

_PATIENCE_S = 30.0
"""A worker that has not answered by then is lost."""


@dataclass(frozen=True)
class Told:
    """Cells that a tile takes over from another."""

    taker: int
    giver: int
    window: Tile


class TileHand:
    """Holds some tiles on a worker.

    Parameters
    ----------
    task
        The simulation.
    store
        The city's working store.
    cores
        The tiles, by their number.
    """

    def __init__(self, task: SimulationTask, store: CityStore, cores: Mapping[int, Tile]) -> None:
        self._task, self._store, self._cores = task, store, dict(cores)
        step: Simulation[Any] = registry.named(Simulation, task.step_name)
        if step.tiled is None:
            msg = "cannot run in tiles"
            raise StepError(msg, step=step.name)
        self._step, self._params = step, step.params.model_validate_json(task.params_json)
        look = look_into(task, store)
        self._tiles: dict[int, WorkingTile] = {
            number: step.tiled.open(look, self._params, core) for number, core in cores.items()
        }
        self._own: list[Told] = []
        self._from: dict[int, list[Told]] = {}
        self._others: Mapping[int, Actor] = {}

    def reaches(self) -> dict[int, Tile]:
        """Cells that each tile computes."""
        return {number: tile.reach for number, tile in self._tiles.items()}

    def meet(
        self, others: Mapping[int, Actor], told: Mapping[int, Sequence[Told]], me: int
    ) -> None:
        """Get to know the other workers.

        Parameters
        ----------
        others
            All workers, by number.
        told
            What the tiles here take over, by the number of the worker that gives it.
        me
            The number of this one.
        """
        self._others = others
        self._own = list(told.get(me, ()))
        self._from = {hand: list(windows) for hand, windows in told.items() if hand != me}

    def swap(self) -> None:
        """Take over what the tiles here must know of all others, straight from their workers."""
        asked = {
            hand: self._others[hand].cut([(one.giver, one.window) for one in windows])
            for hand, windows in self._from.items()
        }
        for one in self._own:
            self._tiles[one.taker].paste(one.window, self._tiles[one.giver].cut(one.window))
        for hand, windows in self._from.items():
            try:
                told = asked[hand].result(timeout=_PATIENCE_S)
            except TimeoutError as error:
                msg = f"worker {hand} of a run in tiles did not answer for {_PATIENCE_S:.0f} s"
                raise ConnectionError(msg) from error
            for one, arrays in zip(windows, told, strict=True):
                self._tiles[one.taker].paste(one.window, arrays)

    async def cut(self, wanted: Sequence[tuple[int, Tile]]) -> list[NamedArrays]:
        """Return what other workers must know of tiles here.

        It runs beside the thread of the worker, which may wait for others itself.

        Parameters
        ----------
        wanted
            Tiles and windows.
        """
        return [self._tiles[number].cut(window) for number, window in wanted]

    def ask(self, what: str, arguments: Sequence[Any]) -> dict[int, Any]:
        """Call a method of every tile here.

        Parameters
        ----------
        what
            Its name.
        arguments
            The same for all.
        """
        return {number: getattr(tile, what)(*arguments) for number, tile in self._tiles.items()}

    def keep(self, folder: Path, fingerprint: str) -> None:
        """Keep the state of every tile here.

        Parameters
        ----------
        folder
            A file for each tile is written into it.
        fingerprint
            Of the run.
        """
        for number, tile in self._tiles.items():
            write_checkpoint(folder / f"{number}.npz", fingerprint, tile.state())

    def restore(self, folder: Path, fingerprint: str) -> bool:
        """Go back to kept states; False where one is missing.

        Parameters
        ----------
        folder
            Where `keep` wrote.
        fingerprint
            Of the run.

        Raises
        ------
        DamagedCheckpointError
            If one is damaged.
        """
        for number, tile in self._tiles.items():
            state = read_checkpoint(folder / f"{number}.npz", fingerprint)
            if state is None:
                return False
            tile.restore(state)
        return True

    def finish(self, common: Any) -> dict[int, tuple[dict[str, FieldPart], tuple[Note, ...]]]:
        """Store the fields of every tile here.

        Parameters
        ----------
        common
            What the leader found at the end.
        """
        return {number: self._finished(number, common) for number in list(self._tiles)}

    def _finished(self, number: int, common: Any) -> tuple[dict[str, FieldPart], tuple[Note, ...]]:
        core, store, params = self._cores[number], self._store, self._params
        fields = self._tiles.pop(number).finish(common)
        axes = self._step.axes(params, store.site)
        made = self._step.made(params)
        checked = check(self._step.name, made, fields, core.shape, core.name, axes)
        parts = {field.name: stored_part(store, field, core, checked[field]) for field in made}
        around = store.spec.padded(core, RING * store.spec.cell_m)
        arrays = look_into(self._task, store)(around).arrays
        return parts, surface_faults(store.spec, core, around, arrays)
