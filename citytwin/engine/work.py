"""Tasks on workers: submitted, recorded in the manifest when they end well, else put into words."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from distributed import Future, KilledWorker, as_completed

from citytwin.engine.city_store import WHOLE, CityStore
from citytwin.engine.cluster import Workers
from citytwin.engine.results import DecodedPart, LayerResult, TableResult, TileResult
from citytwin.errors import CityTwinError, NoWorkersError, StepError, StoreError, hint_of
from citytwin.store.manifest import Manifest
from citytwin.store.manifest import Standing as Finished

log = logging.getLogger(__name__)
PATIENCE_S = 300.0
"""A service manager has started workers again by then."""
_LOOK_EVERY_S = 5.0
_TICK_S = 0.01
SOURCE = "source:"
"""Begin of the keys of sources."""
T = TypeVar("T")
R = TypeVar("R", DecodedPart, LayerResult, TableResult | TileResult)


@dataclass(frozen=True)
class Order:
    """What a task makes, as the manifest knows it."""

    key: str
    """Step, source or layer."""
    part: str
    fingerprint: str
    whole_s: float | None = None
    """Time that all of a part took when a task makes some of it only, for forecasts [s]."""
    before_s: float | None = None
    """Time that it took the last time, all of it; None where that is not known [s]."""


@dataclass(frozen=True)
class Failure:
    """Why a task made nothing."""

    message: str
    error: CityTwinError | None = None
    """The error, where it was raised on purpose, about the data rather than the program."""
    too_large: bool = False
    """Whether it is most likely more than the memory of a worker holds: workers died of it again
    and again, or the system gave them no more."""

    @property
    def expected(self) -> bool:
        """Whether it is about the data rather than the program or the disk."""
        return self.error is not None and not isinstance(self.error, StoreError)


class Submits(Protocol):
    """A Dask client, or workers that start when they are needed."""

    @property
    def loop(self) -> Any:
        """Event loop."""

    def submit(self, function: Callable[..., Any], *arguments: Any, pure: bool) -> Future:
        """Send a task to a worker."""

    def nthreads(self) -> Mapping[str, int]:
        """Threads of the workers that are there, by their address."""


class WorkersAwaited:
    """Waits for workers that went away, but not for ever.

    Parameters
    ----------
    client
        Whose workers they are.
    """

    def __init__(self, client: Submits) -> None:
        self._client = client
        self._seen_s = self._look_s = time.monotonic()

    def saw(self) -> None:
        """Say that one has done something."""
        self._seen_s = self._look_s = time.monotonic()

    def look(self) -> None:
        """Look for workers, now and then.

        Raises
        ------
        NoWorkersError
            If there are none for longer than `PATIENCE_S`.
        """
        now_s = time.monotonic()
        if now_s - self._look_s < _LOOK_EVERY_S:
            return
        self._look_s = now_s
        if self._has_workers():
            self._seen_s = now_s
        elif now_s - self._seen_s > PATIENCE_S:
            msg = f"all workers went away, and none came back for {PATIENCE_S:.0f} s"
            hint = "start some, then run the same command again: it resumes"
            raise NoWorkersError(msg, hint=hint)

    def _has_workers(self) -> bool:
        """Of a scheduler that does not answer its tasks tell soon."""
        try:
            return bool(self._client.nthreads())
        except OSError:
            return True


@dataclass(frozen=True)
class _Waiting(Generic[T, R]):
    """A task that this process does by itself, unless its time is up before."""

    token: T
    order: Order
    function: Callable[[Any, CityStore], R]
    task: Any


class Work(Generic[T, R]):
    """Tasks of one kind; more may be submitted while the results come in.

    Parameters
    ----------
    client
        Takes the tasks, but for small ones where the process has time of its own for them.
    store
        The city's working store, which every task gets.
    manifest
        Where what is complete is recorded.
    """

    def __init__(self, client: Submits, store: CityStore, manifest: Manifest) -> None:
        self._client = client
        self._store = store
        self._manifest = manifest
        self._queue: as_completed | None = None
        self._asked: dict[Future, tuple[T, Order]] = {}
        self._own = client.own if isinstance(client, Workers) else None
        self._here: deque[_Waiting[T, R]] = deque()

    def submit(
        self, token: T, order: Order, function: Callable[[Any, CityStore], R], task: Any
    ) -> None:
        """Send a task to the workers; its old record has been forgotten before.

        Parameters
        ----------
        token
            Comes back with the result.
        order
            What it makes.
        function, task
            What to run.
        """
        waiting = _Waiting(token, order, function, task)
        if self._own is not None and self._own.takes(order.before_s):
            self._here.append(waiting)
        else:
            self._send(waiting)

    def _send(self, waiting: _Waiting[T, R]) -> None:
        future = self._client.submit(waiting.function, waiting.task, self._store, pure=False)
        self._asked[future] = (waiting.token, waiting.order)
        if self._queue is None:
            self._queue = as_completed(loop=self._client.loop)
        self._queue.add(future)

    def __iter__(self) -> Iterator[tuple[T, R | Failure]]:
        """Yield every task as it ends; a result has been recorded when it comes.

        Raises
        ------
        NoWorkersError
            If there are no workers for longer than `PATIENCE_S`.
        """
        while self._here or self._asked:
            while self._here and not (self._queue is not None and self._queue.has_ready()):
                waiting = self._here.popleft()
                if self._own is not None and self._own.is_left:
                    with self._own.spending():
                        outcome = self._done_here(waiting)
                    yield waiting.token, outcome
                else:
                    self._send(waiting)
            for future in self._ended():
                token, order = self._asked.pop(future)
                outcome = (
                    self._recorded(order, future.result())
                    if future.status == "finished"
                    else failure_of(order, future)
                )
                future.release()
                yield token, outcome
                if self._here:
                    break

    def _done_here(self, waiting: _Waiting[T, R]) -> R | Failure:
        try:
            result = waiting.function(waiting.task, self._store)
        except Exception as error:  # noqa: BLE001 - whatever it is, a worker would have told it
            return _failure(waiting.order, error)
        return self._recorded(waiting.order, result)

    def _ended(self) -> Iterator[Future]:
        """Tasks as they end; a scheduler that has lost its workers keeps them for ever."""
        queue = self._queue
        if queue is None:
            return
        awaited = WorkersAwaited(self._client)
        while not queue.is_empty():
            if queue.has_ready():
                yield next(queue)
                awaited.saw()
                continue
            time.sleep(_TICK_S)
            awaited.look()

    def _recorded(self, order: Order, result: R) -> R:
        payload = result.model_dump_json(by_alias=True)
        seconds = result.seconds if order.whole_s is None else order.whole_s
        record = Finished(order.fingerprint, payload, seconds)
        self._manifest.record(order.key, order.part, record)
        return result


def _too_large(said: str, step: str, tile: str) -> Failure:
    hint = "use smaller tiles or fewer workers"
    failed = StepError(f"{said} for want of memory", step=step, tile=tile, hint=hint)
    return Failure(str(failed), too_large=True)


def failure_of(order: Order, future: Future) -> Failure:
    """Put into words why a task made nothing.

    Parameters
    ----------
    order
        What it should make.
    future
        The task, ended.
    """
    try:
        error = future.exception()
    except Exception as lost:  # noqa: BLE001 - a scheduler that went away cancels, and raises here
        error = lost
    return _failure(order, error, lost=future.status in ("cancelled", "lost"))


def _failure(order: Order, error: BaseException | None, *, lost: bool = False) -> Failure:
    if isinstance(error, CityTwinError):
        return Failure(str(error), error)
    tile = "" if order.part == WHOLE else order.part
    step = order.key
    if step.startswith(SOURCE) and tile:
        step, tile = f"{step}, {tile}", ""
    if isinstance(error, KilledWorker):
        return _too_large("its worker died again and again, most likely", step, tile)
    if isinstance(error, MemoryError):
        return _too_large("its worker stopped", step, tile)
    if error is None or lost:
        said, hint = "the Dask scheduler went away", "run the same command again to resume"
        return Failure(str(StepError(said, step=step, tile=tile, hint=hint)))
    if isinstance(error, OSError) and error.errno is not None:
        return Failure(str(StepError(str(error), step=step, tile=tile, hint=hint_of(error))))
    log.error("unexpected error in %s, part %s", order.key, order.part, exc_info=error)
    said = f"{type(error).__name__}: {error}"
    hint = "the program is at fault; the log has more"
    return Failure(str(StepError(said, step=step, tile=tile, hint=hint)))
