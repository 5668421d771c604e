"""Many cases of one simulation on bare rasters, side by side, on Dask; what is finished stands."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import dask
import pandas as pd
import xarray as xr
from distributed import Client, Future, KilledWorker, as_completed

from citytwin.engine.bare import bound_params, fingerprint_of_run, named, simulate
from citytwin.engine.blocks import PROGRESS_TOPIC, report_progress
from citytwin.engine.checkpointing import CHECKPOINT_MINUTES, Keeping
from citytwin.engine.city_store import WHOLE
from citytwin.engine.code_hash import code_digest
from citytwin.engine.kept_cases import KeptCases
from citytwin.engine.stopping_workers import THIS_PROCESS, StoppedError, let_states_be_kept
from citytwin.engine.work import Failure, Order, WorkersAwaited, failure_of
from citytwin.engine.worst_of_cases import CaseFigures, worst_of
from citytwin.errors import ConfigError, NoWorkersError, StepError, StoreError
from citytwin.model.checkpoints import Counted, Hearer
from citytwin.model.steps import Case, Params, Simulation

_LOOK_EVERY_S = 0.5
"""How soon it is told how far the cases are."""
_TICK_S = 0.01
_ANY_BYTES = 1 << 60
_AGAIN = ("lost", "pending")
"""Status of a task whose result went with its worker before it was kept: another makes it again."""


@dataclass(frozen=True, eq=False)
class CasesToRun:
    """Cases of a simulation, and which of them stand from before."""

    step: Simulation[Any]
    inputs: Mapping[str, xr.DataArray | pd.DataFrame]
    cases: tuple[Case[Any], ...]
    time_zone: str
    kept: KeptCases
    standing: tuple[int, ...]
    """Numbers of those that were computed before, by an equal run."""

    @property
    def left(self) -> tuple[int, ...]:
        """Numbers of those that are to be computed."""
        return tuple(n for n in range(len(self.cases)) if n not in self.standing)


def cases_to_run(
    name: str,
    inputs: Mapping[str, xr.DataArray | pd.DataFrame],
    params: Params | Mapping[str, Any],
    folder: Path,
    *,
    time_zone: str = "UTC",
    checkpoint_minutes: float = CHECKPOINT_MINUTES,
) -> CasesToRun:
    """List the cases of a simulation, and look which of them stand.

    Parameters
    ----------
    name
        Simulation that knows cases, such as ``flood``: each breach of its levees alone.
    inputs
        Rasters and tables by their names, as for `simulate`.
    params
        Parameters that hold all cases.
    folder
        Working folder, where each finished case is kept, and the state of each that runs where its
        worker reaches the folder. A case of other inputs, parameters or code is never taken.
    time_zone
        Zone in which a local date is meant.
    checkpoint_minutes
        Time after which the state of a running case is kept again.

    Raises
    ------
    ConfigError
        If the simulation knows no cases, the parameters hold none, or an input is wrong.
    GridMismatchError
        If the rasters do not lie on one north-up grid of square cells.
    """
    step, cases = named(name), tuple(cases_of(name, params))
    run = fingerprint_of_run(name, inputs, cases[0].params, time_zone)
    made_by = code_digest(__name__)
    prints = tuple(
        str(replace(run, code=run.code + made_by, parameters=case.params.model_dump_json()))
        for case in cases
    )
    kept = KeptCases(folder, prints, checkpoint_minutes)
    return CasesToRun(step, inputs, cases, time_zone, kept, kept.standing())


def ensemble(
    todo: CasesToRun, client: Client, progress: Hearer | None = None
) -> tuple[xr.Dataset, tuple[CaseFigures, ...]]:
    """Compute every case of a simulation that does not stand, and keep the worst of each cell.

    The cases run as tasks of the client; each result is kept as it comes, and in the end all meet in the
    order of their numbers. So the result has the same bits with any number of workers, and whether or
    not the cases were computed in one go. A case that fails is left out and named: what is the worst of
    the others is a lower bound then.

    Parameters
    ----------
    todo
        The cases, from `cases_to_run`.
    client
        Dask client.
    progress
        Called with the number of cases done, parts of those that run among them, and of all.

    Returns
    -------
    tuple
        Worst values by field name and ``worst_case``, the number of the case that is the worst by
        the first output, with the warnings of all cases and what is said of each of them alike; series
        at gauges with a dimension ``case``; and the figures of each case, in their order.

    Raises
    ------
    StepError
        If no case comes to a result.
    StoreError
        If the disk refuses.
    NoWorkersError
        If the workers, or their scheduler, went away and did not come back.
    """
    failed = _Cases(todo, client, progress).computed()
    if len(failed) == len(todo.cases):
        name = todo.cases[0].name
        msg = f"none of {len(todo.cases)} cases came to a result; {name!r}: {failed[0]}"
        raise StepError(msg, step=todo.step.name)
    return worst_of(todo.step, todo.cases, todo.kept.read, failed)


def cases_of(name: str, params: Params | Mapping[str, Any]) -> Sequence[Case[Any]]:
    """List the cases of a simulation.

    Parameters
    ----------
    name
        Simulation.
    params
        Parameters that hold all cases.

    Returns
    -------
    sequence
        At least one.

    Raises
    ------
    ConfigError
        If the simulation knows no cases, or the parameters hold none.
    """
    step = named(name)
    if step.ensemble is None:
        msg = f"simulation {name} knows no cases"
        raise ConfigError(msg, hint="run it with `citytwin simulate`")
    cases = step.ensemble.cases(bound_params(step, params))
    if not cases:
        msg = f"the parameters of {name} hold no cases"
        raise ConfigError(msg, hint=step.ensemble.hint)
    return cases


@dataclass(eq=False)
class _Cases:
    """The cases as tasks of a client."""

    todo: CasesToRun
    client: Client
    progress: Hearer | None
    shares: dict[str, float] = field(default_factory=dict)
    """How far those are that run, by their fingerprints [-]."""
    done: int = 0

    def computed(self) -> dict[int, str]:
        """Compute and keep what is left; return why some came to nothing, by their numbers.

        A case whose worker died is tried once more when no other runs: it may have died of its
        neighbour, or for want of memory that all had to share.
        """
        self.done = len(self.todo.standing)
        # As a task, so that it is handed out again where every worker that had it has died.
        with dask.config.set({"distributed.admin.large-graph-warning-threshold": _ANY_BYTES}):
            handed = self.client.submit(_handed, dict(self.todo.inputs), pure=False)
        self.client.subscribe_topic(PROGRESS_TOPIC, self._hear)
        try:
            failed, alone = self._tried(handed, self.todo.left), list[int]()
            if len(self.todo.left) > 1:
                alone = [number for number, failure in failed.items() if failure.too_large]
            for number in alone:
                del failed[number]
                self.done -= 1
                failed |= self._tried(handed, (number,))
        finally:
            self.client.unsubscribe_topic(PROGRESS_TOPIC)
        return {number: failure.message for number, failure in sorted(failed.items())}

    def _tried(self, handed: Future, numbers: Sequence[int]) -> dict[int, Failure]:
        waiting = {self._begun(handed, number): number for number in numbers}
        ended = as_completed(list(waiting), loop=self.client.loop)
        failed, awaited = dict[int, Failure](), WorkersAwaited(self.client)
        try:
            while waiting:
                for future in _next_of(ended):
                    if future.status in _AGAIN:
                        ended.add(future)
                        continue
                    number = waiting.pop(future)
                    failure = self._kept(number, future)
                    if failure is not None:
                        failed[number] = failure
                    self.done += 1
                    self.shares.pop(self.todo.kept.fingerprints[number], None)
                    future.release()
                    awaited.saw()
                self._say()
                awaited.look()
        except KeyboardInterrupt:
            self.client.cancel(list(waiting), force=True)
            let_states_be_kept(self.client)
            raise
        finally:
            self.client.cancel(list(waiting), force=True)
        return failed

    def _begun(self, handed: Future, number: int) -> Future:
        todo = self.todo
        return self.client.submit(
            _one,
            todo.step.name,
            handed,
            todo.cases[number].params,
            todo.time_zone,
            _Keeping(todo.kept.state_of(number), todo.kept.every_minutes),
            todo.kept.fingerprints[number],
            pure=False,
        )

    def _kept(self, number: int, future: Future) -> Failure | None:
        """Keep the result of a case, or say why it has none."""
        if future.status == "finished":
            try:
                data = future.result()
            except KilledWorker:  # the one that had it died, and so did those after it
                pass
            else:
                self.todo.kept.keep(number, data)
                return None
        if future.status == "cancelled":
            hint = "run the same command again: what is finished stands"
            raise NoWorkersError("the Dask scheduler went away", hint=hint)
        failure = failure_of(Order(self.todo.step.name, WHOLE, ""), future)
        if isinstance(failure.error, StoreError | StoppedError):
            raise failure.error  # no fault of the case
        if failure.too_large:
            hint = "use larger cells, or fewer workers"
            said = "its worker died or stopped again and again, most likely for want of memory"
            return replace(
                failure, message=str(StepError(said, step=self.todo.step.name, hint=hint))
            )
        return failure

    def _hear(self, event: tuple[object, tuple[str, float, float, Counted]]) -> None:
        key, done, whole, _ = event[1]
        if key in self.todo.kept.fingerprints:
            self.shares[key] = done / whole

    def _say(self) -> None:
        if self.progress is not None:
            done = self.done + sum(dict(self.shares).values())
            self.progress(min(done, len(self.todo.cases)), len(self.todo.cases), "cases")


def _next_of(ended: as_completed) -> list[Future]:
    """The next task that has ended; after a while none."""
    patience = time.monotonic() + _LOOK_EVERY_S
    while not ended.has_ready():
        if time.monotonic() > patience:
            return []
        time.sleep(_TICK_S)
    return [next(ended)]


def _handed(
    inputs: dict[str, xr.DataArray | pd.DataFrame],
) -> dict[str, xr.DataArray | pd.DataFrame]:
    """Inputs as the result of a task: workers take them over from each other."""
    return inputs


@dataclass(frozen=True)
class _Keeping:
    """Where a case keeps its state."""

    file: Path
    every_minutes: float


def _one(
    name: str,
    inputs: Mapping[str, xr.DataArray | pd.DataFrame],
    params: Params,
    time_zone: str,
    keeping: _Keeping,
    key: str,
) -> xr.Dataset:
    """Run one case on a worker, from the state that was kept last."""
    # The disk of another machine may be another one: there a case begins anew.
    reached = keeping.file.parent.is_dir()
    with THIS_PROCESS.running() if reached else nullcontext():
        return simulate(
            name,
            inputs,
            params,
            time_zone=time_zone,
            keeping=Keeping(keeping.file, keeping.every_minutes, THIS_PROCESS) if reached else None,
            progress=report_progress(key),
        )
