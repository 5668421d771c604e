"""Runs a simulation over the whole city in pieces that all workers share."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numba
from distributed import Client, Future, KilledWorker, get_worker, wait, worker_client

from citytwin import registry
from citytwin.engine.blocks import SimulationTask, checked, look_into, report_progress, stored
from citytwin.engine.checkpointing import Keeper
from citytwin.engine.city_store import CityStore
from citytwin.engine.cluster import worker_count
from citytwin.engine.results import TileResult
from citytwin.engine.stopping_workers import THIS_PROCESS
from citytwin.engine.timing import timed
from citytwin.errors import StepError
from citytwin.model.checkpoints import NamedArrays
from citytwin.model.split import PieceResult, PieceResults, Split, SplitRun, make_piece
from citytwin.model.steps import Simulation

_LOOK_EVERY_S = 0.5
"""How soon a request to stop is followed."""
_TELL_EVERY_S = 1.0


@timed
def simulate_split(task: SimulationTask, store: CityStore) -> TileResult:
    """Run a simulation over the whole city in pieces on all workers, and store its fields.

    A piece that comes to nothing, or whose workers die of it again and again, is left out; what has
    been made is kept, and the rest made anew where the run is stopped or its worker lost.

    Parameters
    ----------
    task
        What to run.
    store
        The city's working store, which all workers reach.

    Raises
    ------
    StepError
        If no piece came to a result.
    """
    with worker_client() as client, THIS_PROCESS.running():
        return _SharedRun(client, task, store).to_the_end()


def split_of(task: SimulationTask) -> Split:
    """How the simulation of a task is cut.

    Parameters
    ----------
    task
        Of a simulation that can be.
    """
    step: Simulation[Any] = registry.named(Simulation, task.step_name)
    if step.split is None:
        msg = "cannot run in pieces"
        raise StepError(msg, step=step.name)
    return step.split


class _SharedRun:
    """One run, whose pieces are made by all workers."""

    def __init__(self, client: Client, task: SimulationTask, store: CityStore) -> None:
        self._client, self._task, self._store = client, task, store
        key = f"simulate:{task.step_name}"
        self._split, self._tell = split_of(task), report_progress(key)
        self._block = look_into(task, store)(task.padded)
        self._run = cut(self._split, self._block, task)
        self._keeper = Keeper(
            store.checkpoint(key), task.fingerprint, store.checkpoint_s, THIS_PROCESS
        )
        self._made = PieceResults(self._run.pieces, self._keeper.latest())
        self._topic = f"citytwin-pieces-{task.fingerprint}"
        self._shares: dict[int, float] = {}

    def to_the_end(self) -> TileResult:
        """Make what is missing, and store the result."""
        pieces, waiting = self._run.pieces, dict[Future, int]()
        self._client.subscribe_topic(self._topic, self._hear)
        try:
            waiting |= {future: number for number, future in self._begun().items()}
            while waiting:
                for future in self._ended(list(waiting)):
                    number = waiting.pop(future)
                    self._shares.pop(number, None)
                    result = self._result_of(future, is_wanted=pieces[number].is_kept)
                    self._made.add(number, result)
                    future.release()
                self._say()
                self._keeper.offer(self._made.state)
        finally:
            self._client.cancel(list(waiting), force=True)
            self._client.unsubscribe_topic(self._topic)
        outcome = self._run.join(self._made.kept())
        task, store = self._task, self._store
        return stored(store, task.tile, *checked(task, store, self._block, outcome))

    def _begun(self) -> dict[int, Future]:
        """All missing pieces as tasks; those of one direction before those of the next."""
        missing, futures = list(self._made.missing()), dict[int, Future]()
        first = sum(not self._run.pieces[number].after for number in missing)
        for number in missing:
            after = self._run.pieces[number].after
            beside = len(missing) - first if after else first
            at_once = max(1, min(beside, len(self._client.ncores())))
            futures[number] = self._client.submit(
                make_on_worker,
                self._task,
                self._store,
                (number, at_once, self._topic),
                [futures[n] for n in after],
                pure=False,
                priority=-number,
            )
        return futures

    def _ended(self, futures: list[Future]) -> list[Future]:
        """Those that have ended, after a while none."""
        try:
            done, _ = wait(futures, timeout=_LOOK_EVERY_S, return_when="FIRST_COMPLETED")
        except TimeoutError:
            return []
        return list(done)

    def _result_of(self, future: Future, *, is_wanted: bool) -> PieceResult:
        """What a task made; nothing of what only other pieces need, which stays on its worker."""
        if future.status == "finished":
            made: PieceResult = future.result() if is_wanted else {}
            return made
        error = future.exception()
        if isinstance(error, KilledWorker | MemoryError):
            return StepError(
                "a piece of it was more than the memory of a worker",
                step=self._task.step_name,
                hint="lower tile_cells, or use fewer workers",
            )
        raise error if error is not None else StepError("was cancelled", step=self._task.step_name)

    def _hear(self, event: tuple[object, tuple[int, float]]) -> None:
        number, share = event[1]
        self._shares[number] = share

    def _say(self) -> None:
        if self._tell is None:
            return
        pieces, shares = self._run.pieces, dict(self._shares)
        under_way = sum(share * pieces[number].weight for number, share in shares.items())
        self._tell(self._made.done + under_way, self._made.whole, self._split.counted)


def cut(split: Split, block: Any, task: SimulationTask) -> SplitRun:
    """Cut the run of a task into its pieces.

    Parameters
    ----------
    split
        How.
    block
        What the simulation sees.
    task
        The task.
    """
    step: Simulation[Any] = registry.named(Simulation, task.step_name)
    return split.cut(block, step.params.model_validate_json(task.params_json))


def make_on_worker(
    task: SimulationTask,
    store: CityStore,
    which: tuple[int, int, str],
    before: list[PieceResult],
) -> PieceResult:
    """Make one piece of a run; what is wrong with its data is its result.

    Parameters
    ----------
    task
        The simulation.
    store
        The city's working store.
    which
        Number of the piece, how many are made at once, and the topic on which it tells how far it is.
    before
        Results of the pieces that it comes after.
    """
    number, at_once, topic = which
    # Workers share the cores: threads of their own would stand in each other's way.
    threads = max(1, worker_count() // at_once)
    numba.set_num_threads(min(threads, numba.config.NUMBA_NUM_THREADS))
    run = _LAST_CUT.of(task, store)
    failed = next((one for one in before if isinstance(one, StepError)), None)
    given: list[NamedArrays] = [one for one in before if not isinstance(one, StepError)]
    return make_piece(run, number, failed or given, _teller(topic, number))


class _LastCut:
    """The run that a worker has made pieces of last: cutting it again takes time as the whole city."""

    def __init__(self) -> None:
        self._fingerprint = ""
        self._run: SplitRun | None = None

    def of(self, task: SimulationTask, store: CityStore) -> SplitRun:
        """The run of a task."""
        if self._run is None or self._fingerprint != task.fingerprint:
            self._run = None  # one at a time in memory
            self._run = cut(split_of(task), look_into(task, store)(task.padded), task)
            self._fingerprint = task.fingerprint
        return self._run


_LAST_CUT = _LastCut()


def _teller(topic: str, number: int) -> Callable[[float], None]:
    worker, told_s = get_worker(), time.monotonic()

    def told(share: float) -> None:
        nonlocal told_s
        now = time.monotonic()
        if now - told_s >= _TELL_EVERY_S:
            told_s = now
            worker.log_event(topic, (number, share))

    return told
