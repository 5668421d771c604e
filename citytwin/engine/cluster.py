"""The Dask client: a local cluster of processes by default, or an existing scheduler."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import dask
from distributed import Client, Future, LocalCluster
from distributed.diagnostics.plugin import WorkerPlugin
from distributed.system import MEMORY_LIMIT
from distributed.utils import get_mp_context
from distributed.worker import Worker

from citytwin.engine.cluster_security import client_security
from citytwin.engine.garbage import collect_seldom
from citytwin.engine.own_time import OwnTime
from citytwin.engine.stopping_workers import ignore_interrupts
from citytwin.errors import BusyError, ConfigError

log = logging.getLogger(__name__)
PATIENCE_S = 30.0
"""Workers that start together with their scheduler are there by then."""
_SOON = "5s"
"""What the workers there are have done by then is no reason to start another: that takes as long."""
_UNKNOWN_TASK = "100ms"
"""What a task is taken for, of which none of its kind has been done yet."""
_ENVIRONMENT = "distributed.nanny.pre-spawn-environ"
_GIVES_BACK = "MALLOC_TRIM_THRESHOLD_"
"""Dask has the C library of workers give back at once all memory that is free, but for 64 kB, and so
keep none for the next array. A night of a ward takes half as long again for that."""
_COPIES = sys.platform == "linux"
"""Whether local workers may begin as copies of a process that has imported everything."""
_SHARED = ("citytwin", "pvlib")
"""Packages of which such a process imports what this one has: the others come with them."""


def worker_count() -> int:
    """Return the number of cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Workers:
    """The workers of a run: opened with the first task, for a night with nothing to do needs none.

    Parameters
    ----------
    opened
        Opens the client.
    prepare
        What is done before the first task.
    number
        Local worker processes, if it takes them all.
    own
        Time in which this process does small tasks by itself; None = none.
    """

    def __init__(
        self,
        opened: Callable[[], AbstractContextManager[Client]],
        prepare: Callable[[Client], None],
        number: int | None = None,
        own: OwnTime | None = None,
    ) -> None:
        self._opened, self._prepare = opened, prepare
        self.own = own
        self._number = number or worker_count()
        self._stack = ExitStack()
        self.started: Client | None = None
        """The client, once there is one."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        self._stack.__exit__(kind, error, trace)

    def start(self) -> Client:
        """Return the client; open it where it is not yet."""
        if self.started is None:
            client = self._stack.enter_context(self._opened())
            self._prepare(client)
            self.started = client
        return self.started

    def start_all(self) -> None:
        """Start the workers that were to come only with more to do: for a task that uses all.

        Those that are late are not waited for longer than for a scheduler's: the task does without.
        """
        client = self.start()
        if client.cluster is not None and len(client.ncores()) < self._number:
            client.cluster.adapt(minimum=self._number, maximum=self._number)
            with suppress(TimeoutError):
                client.wait_for_workers(self._number, timeout=PATIENCE_S)

    @property
    def loop(self) -> Any:
        """Event loop of the client."""
        return self.start().loop

    def submit(self, function: Callable[..., Any], *arguments: Any, pure: bool) -> Future:
        """Send a task to the workers.

        Parameters
        ----------
        function, arguments
            The task.
        pure
            Whether the same task need not be done twice.
        """
        return self.start().submit(function, *arguments, pure=pure)

    def nthreads(self) -> Mapping[str, int]:
        """Threads of the workers that are there, by their address."""
        found: Mapping[str, int] = self.start().nthreads()
        return found


class LocalWorker(WorkerPlugin):  # type: ignore[misc]
    """What a worker of this machine does before its first task."""

    def setup(self, worker: Worker) -> None:
        """Leave Ctrl-C to the main process, and look for garbage as seldom as that.

        Parameters
        ----------
        worker
            Which begins.
        """
        del worker
        ignore_interrupts()
        collect_seldom()


@contextmanager
def connect(
    scheduler: str | None, workers: int | None, scratch: Path, *, one_first: bool = False,
    copies: bool = True,
) -> Iterator[Client]:  # fmt: skip
    """Open a client for the time of a run.

    Parameters
    ----------
    scheduler
        Address of a running scheduler, reached with a certificate where it begins with ``tls://``;
        None starts worker processes on this machine.
    workers
        Number of local worker processes; default one per core.
    scratch
        Folder for the lock files of workers; they spill nothing.
    one_first
        Start one local worker, and the others when there is more to do than it does soon.
    copies
        Let local workers be copies of a process that has imported everything, where the system
        allows it. It lives as long as this one, and takes orders in the folder for temporary files,
        which must do so too.

    Raises
    ------
    ConfigError
        If the scheduler does not answer, or refuses, or certificates are missing.
    BusyError
        If it has no workers.
    """
    # Parallelism comes from tiles; only what has none, such as the flow of wind, has threads of its
    # own. Dashboards have no authentication, so their pages are left out. What else this process
    # computes with Dask stays where it was: the client is nobody's default.
    copied = copies and _COPIES
    settings = {
        # Dask spills where one of the two is set.
        "distributed.worker.memory.target": False,
        "distributed.worker.memory.spill": False,
        "distributed.comm.timeouts.connect": "10s",
        "distributed.scheduler.unknown-task-duration": _UNKNOWN_TASK,
        "distributed.worker.multiprocessing-method": "forkserver" if copied else "spawn",
        _ENVIRONMENT: {k: v for k, v in dask.config.get(_ENVIRONMENT).items() if k != _GIVES_BACK},
        "distributed.admin.tick.limit": "30s",
        "temporary-directory": str(scratch),
        "distributed.scheduler.http.routes": [],
        "distributed.worker.http.routes": [],
    }
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    with dask.config.set(settings):
        if scheduler is not None:
            security = client_security(scheduler)
            try:
                client = Client(scheduler, timeout="10s", security=security, set_as_default=False)
            except (OSError, ValueError) as error:
                msg = f"no Dask scheduler answers at {scheduler!r}: {error}"
                hint = (
                    "start one as docs/cluster.md says; with tls:// both must have certificates of "
                )
                raise ConfigError(msg, hint=f"{hint}one authority") from error
            with client:
                _wait_for_workers(client, scheduler)
                yield client
            return
        number = workers or worker_count()
        if copied:
            _import_once()
        with (
            LocalCluster(
                n_workers=1 if one_first else number,
                threads_per_worker=1,
                memory_limit=MEMORY_LIMIT // number,
                processes=True,
                # Without a certificate of this very run nobody else on the machine gets in.
                security=True,
                protocol="tls://",
                dashboard_address="127.0.0.1:0",  # where nothing is shown
                scheduler_kwargs={"dashboard": False},
                silence_logs=logging.CRITICAL,
                env=dict(os.environ),  # what they are copies of may have begun long ago
            ) as cluster,
            Client(cluster, set_as_default=False) as client,
        ):
            client.register_plugin(LocalWorker())
            if one_first:
                cluster.adapt(
                    minimum=1,
                    maximum=number,
                    target_duration=_SOON,
                    wait_count=sys.maxsize,  # none that has started goes before the end
                )
            yield client


def _import_once() -> None:
    """Let what workers are copied from import what this process has, the steps of the run too.

    Importing takes a process as long as some seconds of work; a copy begins at once.
    """
    own = [name for name in sys.modules if name.partition(".")[0] in _SHARED]
    # Distributed names its own modules at the first call, and never again.
    get_mp_context().set_forkserver_preload(["distributed", *own])


def _wait_for_workers(client: Client, scheduler: str) -> None:
    """A scheduler without workers takes tasks, and never does one."""
    try:
        client.wait_for_workers(1, timeout=PATIENCE_S)
    except TimeoutError as error:
        msg = f"the Dask scheduler at {scheduler} has no workers, for {PATIENCE_S:.0f} s now"
        hint = "start some as docs/cluster.md says, or leave out --scheduler"
        raise BusyError(msg, hint=hint) from error
