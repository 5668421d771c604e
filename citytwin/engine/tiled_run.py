"""Runs a simulation over the whole city in tiles on all workers; none holds the whole."""

from __future__ import annotations

import hashlib
import logging
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from distributed import Actor, CancelledError, Client, KilledWorker, worker_client

from citytwin import registry
from citytwin.engine.blocks import SimulationTask, look_into, report_progress
from citytwin.engine.checkpointing import Keeper
from citytwin.engine.city_store import CityStore
from citytwin.engine.results import FieldPart, TileResult
from citytwin.engine.stopping_workers import THIS_PROCESS
from citytwin.engine.tile_hand import TileHand, Told
from citytwin.engine.timing import timed
from citytwin.errors import CityTwinError, StepError
from citytwin.model.checkpoints import NamedArrays
from citytwin.model.fields import Field
from citytwin.model.grid import Tile
from citytwin.model.notes import Note
from citytwin.model.steps import Simulation
from citytwin.model.tiled import Leader
from citytwin.store.checkpoints import DamagedCheckpointError

log = logging.getLogger(__name__)
_ATTEMPTS = 5
"""Workers that are lost one after the other, without a new state between, are no accident."""
_LOOK_EVERY_S = 5.0
_NUMBER = "number"


class LostWorkerError(Exception):
    """A worker went away with its tiles."""


class Hands:
    """The tiles on all workers, as the leader knows them.

    Parameters
    ----------
    client
        Dask client.
    task
        The simulation, with its tiles.
    store
        The city's working store.
    """

    def __init__(self, client: Client, task: SimulationTask, store: CityStore) -> None:
        workers = sorted(client.ncores())
        if not workers:
            msg = "no worker is left"
            raise LostWorkerError(msg)
        self._client = client
        self._number = len(task.cores)
        # Neighbours in a row of tiles share a worker, so that fewer cells travel.
        shares = [list(part) for part in np.array_split(np.arange(self._number), len(workers))]
        shares = [[int(tile) for tile in share] for share in shares if len(share)]
        self._home = {tile: hand for hand, share in enumerate(shares) for tile in share}
        self._workers = workers[: len(shares)]
        self._begun = [
            client.submit(
                TileHand,
                task,
                store,
                {tile: task.cores[tile] for tile in share},
                actor=True,
                workers=[workers[hand]],
                pure=False,
            )
            for hand, share in enumerate(shares)
        ]
        self._hands: list[Actor] = self._answers(self._begun)
        self._meet(task.cores)

    def _answers(self, futures: Sequence[Any]) -> list[Any]:
        """Wait for all workers; one that is lost is told apart from one that fails."""
        return [self._answer(future) for future in futures]

    def _answer(self, future: Any) -> Any:
        while True:
            try:
                return future.result(timeout=_LOOK_EVERY_S)
            except CityTwinError:
                raise
            except TimeoutError:
                missing = set(self._workers) - set(self._client.ncores())
                if missing:
                    msg = f"{', '.join(sorted(missing))} went away"
                    raise LostWorkerError(msg) from None
            except (OSError, CancelledError, KilledWorker) as error:
                raise LostWorkerError(str(error)) from error
            except RuntimeError as error:
                if "lost" not in str(error).lower():
                    raise
                raise LostWorkerError(str(error)) from error

    def close(self) -> None:
        """Let go of the tiles."""
        self._hands = []
        self._client.cancel(self._begun, force=True)

    def _meet(self, cores: Sequence[Tile]) -> None:
        reaches = self._gathered("reaches")
        told: list[dict[int, list[Told]]] = [{} for _ in self._hands]
        for taker, reach in enumerate(reaches):
            for giver, core in enumerate(cores):
                window = _meeting(reach, core)
                if giver != taker and window is not None:
                    one = Told(taker, giver, window)
                    told[self._home[taker]].setdefault(self._home[giver], []).append(one)
        others = dict(enumerate(self._hands))
        self._answers([hand.meet(others, told[k], k) for k, hand in enumerate(self._hands)])

    def _gathered(self, method: str, *arguments: Any) -> list[Any]:
        """Answers of all workers in the order of the tiles."""
        found: dict[int, Any] = {}
        for part in self._answers([getattr(hand, method)(*arguments) for hand in self._hands]):
            found.update(part)
        return [found[tile] for tile in range(self._number)]

    def swap(self) -> None:
        """Let every tile take over what it must know of the others."""
        self._answers([hand.swap() for hand in self._hands])

    def ask(self, what: str, *arguments: Any) -> Sequence[Any]:
        """Call a method of every tile; the answers come in the order of the tiles."""
        return self._gathered("ask", what, arguments)

    def keep(self, folder: Path, fingerprint: str) -> None:
        """Keep the state of every tile in a folder."""
        self._answers([hand.keep(folder, fingerprint) for hand in self._hands])

    def restore(self, folder: Path, fingerprint: str) -> bool:
        """Let every tile go back to the state in a folder; False where one is missing."""
        return all(self._answers([hand.restore(folder, fingerprint) for hand in self._hands]))

    def finish(self, common: Any) -> list[tuple[dict[str, FieldPart], tuple[Note, ...]]]:
        """Store the fields of all tiles."""
        return self._gathered("finish", common)


def _meeting(one: Tile, other: Tile) -> Tile | None:
    """Cells of both."""
    row0, row1 = max(one.row0, other.row0), min(one.row1, other.row1)
    col0, col1 = max(one.col0, other.col0), min(one.col1, other.col1)
    return Tile(row0, row1, col0, col1) if row0 < row1 and col0 < col1 else None


@timed
def simulate_in_tiles(task: SimulationTask, store: CityStore) -> TileResult:
    """Run a simulation over the whole city in tiles on all workers, and store its fields.

    A worker that is lost takes its tiles with it: the run goes on from the state that was kept last,
    on the workers that are left.

    Parameters
    ----------
    task
        What to run.
    store
        The city's working store, which all workers reach.

    Raises
    ------
    StepError
        If workers are lost again and again.
    """
    with worker_client() as client, THIS_PROCESS.running():
        run, attempts, number = _TiledRun(client, task, store), 0, -1
        while True:
            try:
                return run.to_the_end()
            except LostWorkerError as error:
                attempts = attempts + 1 if run.number == number else 1
                number = run.number
                if attempts >= _ATTEMPTS:
                    msg = f"workers are lost again and again: {error}"
                    hint = "most likely for want of memory: use smaller tiles or more workers"
                    raise StepError(msg, step=task.step_name, hint=hint) from error


class _TiledRun:
    """One simulation with its kept states."""

    def __init__(self, client: Client, task: SimulationTask, store: CityStore) -> None:
        self._client, self._task, self._store = client, task, store
        self._step: Simulation[Any] = registry.named(Simulation, task.step_name)
        key = f"simulate:{task.step_name}"
        self._file, self._tell = store.checkpoint(key), report_progress(key)
        self.number = 0
        """Of the state that was kept last."""

    def to_the_end(self) -> TileResult:
        """Open the tiles, go on from the last state or begin, and store the result."""
        task = self._task
        hands = Hands(self._client, task, self._store)
        try:
            return self._led(hands)
        finally:
            hands.close()

    def _led(self, hands: Hands) -> TileResult:
        task, step = self._task, self._step
        params = step.params.model_validate_json(task.params_json)
        if step.tiled is None:
            msg = "cannot run in tiles"
            raise StepError(msg, step=step.name)
        leader = step.tiled.lead(look_into(task, self._store), params, hands)
        keeper = Keeper(self._file, task.fingerprint, self._store.checkpoint_s, THIS_PROCESS)
        self._go_back(hands, leader, keeper)
        while leader.time_s < leader.end_s:
            leader.advance()
            if self._tell is not None:
                self._tell(leader.time_s, leader.end_s)
            keeper.offer(lambda: self._kept(hands, leader.state()))
        done = leader.finish()
        made = hands.finish(done.common)
        shutil.rmtree(self._file.with_suffix(""), ignore_errors=True)
        notes = tuple(dict.fromkeys((*done.notes, *(n for _, own in made for n in own))))
        parts = {
            field.name: _whole_part(self._store, field, [own[field.name] for own, _ in made])
            for field in step.made(params)
        }
        return TileResult(parts=parts, facts=done.facts, notes=notes, valid_time=done.valid_time)

    def _go_back(self, hands: Hands, leader: Leader, keeper: Keeper) -> None:
        """Go on from the state that was kept last, where there is a whole one."""
        kept = keeper.latest()
        if kept is None or _NUMBER not in kept:
            return
        number = int(kept[_NUMBER][0])
        try:
            is_whole = hands.restore(self._folder(number), self._task.fingerprint)
        except DamagedCheckpointError as error:
            log.warning("%s; the run begins from its start", error)
            is_whole = False
        if not is_whole:
            self._file.unlink(missing_ok=True)
            msg = "a state that was kept is not whole"
            raise LostWorkerError(msg)  # some tiles have gone back: all are opened anew
        self.number = number
        leader.restore(kept)

    def _folder(self, number: int) -> Path:
        return self._file.with_suffix("") / str(number)

    def _kept(self, hands: Hands, state: NamedArrays) -> NamedArrays:
        """Keep the tiles; the leader's own state names them, and is written when they are safe."""
        for old in self._file.with_suffix("").glob("*"):
            if old.name != str(self.number):
                shutil.rmtree(old, ignore_errors=True)
        number = self.number + 1
        hands.keep(self._folder(number), self._task.fingerprint)
        self.number = number
        return {**state, _NUMBER: np.array([number])}


def _whole_part(store: CityStore, field: Field, parts: Sequence[FieldPart]) -> FieldPart:
    """What is known of a field, from its tiles; the digest is that of the whole array."""
    lows = [part.low for part in parts if part.low is not None]
    highs = [part.high for part in parts if part.high is not None]
    cells: dict[int, int] = {}
    for part in parts:
        for value, number in part.cells.items():
            cells[value] = cells.get(value, 0) + number
    return FieldPart(
        digest=whole_digest(store, field),
        low=min(lows, default=None),
        high=max(highs, default=None),
        cells=dict(sorted(cells.items())),
    )


def whole_digest(store: CityStore, field: Field) -> str:
    """Digest of a stored field as `digest_of` gives it for the whole array, read in rows of tiles.

    Parameters
    ----------
    store
        The city's working store.
    field
        The field.
    """
    grid, along = store.spec, store.fields.coordinates(field)
    shape = (len(along), *grid.shape) if field.axis else grid.shape
    dtype = np.dtype(field.dtype)
    total = hashlib.sha256(f"{dtype.str}{shape}".encode())
    rows = [
        Tile(row, min(row + store.tile_cells, grid.ny), 0, grid.nx)
        for row in range(0, grid.ny, store.tile_cells)
    ]
    for number in range(len(along)) if field.axis else (None,):
        for strip in rows:
            values = (
                store.fields.read(field, strip)
                if number is None
                else store.fields.read_one(field, strip, number)
            )
            total.update(np.ascontiguousarray(values).tobytes())
    return total.hexdigest()
