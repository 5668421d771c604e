"""Prepares a run with data that may reach the disk only sealed."""

from __future__ import annotations

import logging
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from distributed import Client, Scheduler, Worker
from distributed.diagnostics.plugin import WorkerPlugin

from citytwin.config import LoadedConfig
from citytwin.engine.cluster_commands import NO_PAGES, NO_SPILLING
from citytwin.engine.cluster_security import ENCRYPTED
from citytwin.engine.request import PAST, work_dir
from citytwin.errors import ConfigError, KeyAccessError
from citytwin.security.core_dumps import dump_no_memory
from citytwin.security.key_ring import open_ring
from citytwin.security.sealed_folders import folder_key
from citytwin.store.latest import LATEST
from citytwin.store.manifest import WORK
from citytwin.store.memory_room import memory_folder, memory_room, swaps_to_disk
from citytwin.store.observations import folder_of
from citytwin.store.sealed_keys import ensure_sealed
from citytwin.store.staging import is_sealed

log = logging.getLogger(__name__)
_TEMPORARY = ("TMPDIR", "CPL_TMPDIR", "SQLITE_TMPDIR")
"""Where Python, GDAL and SQLite put files of their own."""


def require_private_cluster(loaded: LoadedConfig, scheduler: str | None) -> None:
    """Check that restricted data go to no worker in clear.

    Parameters
    ----------
    loaded
        The configuration.
    scheduler
        Address of a running scheduler; None for workers of this run.

    Raises
    ------
    ConfigError
        If the scheduler is reached without encryption.
    """
    if loaded.protected and scheduler is not None and not scheduler.startswith(ENCRYPTED):
        msg = f"the city has restricted data, and {scheduler} is reached without encryption"
        raise ConfigError(msg, hint="`citytwin cluster certs` makes certificates for tls://")


def protect(loaded: LoadedConfig) -> list[str]:
    """Make sure that what a run writes can be sealed, and that nothing lies in clear beside it.

    The working store of runs before the data were protected goes.

    Parameters
    ----------
    loaded
        The configuration; the city is held.

    Returns
    -------
    list of str
        What lies in clear and is not ours to remove.

    Raises
    ------
    ConfigError
        If no key is named.
    SealError
        If it is not there, or another is needed.
    StoreError
        If there is no room in memory.
    """
    if not loaded.protected:
        return []
    if loaded.config.encryption is None:
        msg = f"{loaded.file.name}: restricted data need a key, and `encryption.key` names none"
        raise ConfigError(msg, hint="`citytwin keys create NAME` makes one")
    memory_folder()
    places = swaps_to_disk()
    if places:
        log.warning("memory may be swapped to %s: that must be encrypted", ", ".join(places))
    key, ring = loaded.config.encryption.key, open_ring()
    ensure_sealed(work_dir(loaded), key, ring)
    if is_sealed(loaded.city_dir):
        ensure_sealed(loaded.city_dir, key, ring)
    if loaded.config.live is not None:
        ensure_sealed(folder_of(loaded.city_dir, sealed=True), key, ring)
    out, name = loaded.path(loaded.config.out), loaded.config.city.id
    for store in (name, f"{name}{PAST}"):
        shutil.rmtree(out / WORK / store, ignore_errors=True)
    clear = out / name
    if is_sealed(loaded.city_dir) and (clear / LATEST).is_file():
        return [f"runs from before the data were restricted lie in clear in {clear}: remove them"]
    return []


@contextmanager
def protecting(loaded: LoadedConfig) -> Iterator[list[str]]:
    """Keep what a run writes from the disk while the block carries it out.

    Yields
    ------
    list of str
        What lies in clear and is not ours to remove.

    Parameters
    ----------
    loaded
        The configuration; the city is held.
    """
    in_clear = protect(loaded)
    if not loaded.protected:
        yield in_clear
        return
    with temporary_in_memory():
        yield in_clear


@contextmanager
def temporary_in_memory() -> Iterator[None]:
    """Let libraries put temporary files into memory while the block runs."""
    before = {name: os.environ.get(name) for name in _TEMPORARY}
    with memory_room() as room:
        _keep_from_disks(room)
        try:
            yield
        finally:
            for name, value in before.items():
                if value is None:
                    os.environ.pop(name, None)
                else:
                    os.environ[name] = value
            tempfile.tempdir = None


def _keep_from_disks(folder: Path) -> None:
    """Temporary files go to a folder in memory; and a crash dumps no memory, for keys are in it."""
    os.environ.update(dict.fromkeys(_TEMPORARY, str(folder)))
    tempfile.tempdir = str(folder)
    dump_no_memory()


def protect_workers(client: Client, root: Path) -> None:
    """Keep what workers hold from their disks, and from whoever asks them without a certificate.

    Parameters
    ----------
    client
        Dask client.
    root
        Sealed folder that they work in.

    Raises
    ------
    ConfigError
        If one spills, or shows pages, or was not given the key.
    """
    require_no_spilling(client)
    require_no_pages(client)
    require_key(client, root)
    client.register_plugin(TemporaryInMemory(root))


class TemporaryInMemory(WorkerPlugin):  # type: ignore[misc]
    """Lets libraries on workers put temporary files into memory; of workers that come later too.

    Of these, one that may spill, shows pages or was not given the key leaves again.

    Parameters
    ----------
    root
        Sealed folder that they work in.
    """

    name = "citytwin-temporary-in-memory"

    def __init__(self, root: Path) -> None:
        self._root = root

    def setup(self, worker: Worker) -> None:
        """Set the folder of this worker."""
        if _may_spill(worker) or _shows_pages(worker) or _lacks_key(self._root):
            reason = "it spills to its disk, shows pages without a login, or was not given the key"
            worker.loop.add_callback(worker.close, reason=reason)
            return
        _keep_from_disks(memory_folder())


def require_no_spilling(client: Client) -> None:
    """Check that no worker may write results to its disk.

    Parameters
    ----------
    client
        Dask client.

    Raises
    ------
    ConfigError
        If one may; it is named.
    """
    hint = f"start the workers with {' and '.join(NO_SPILLING)}"
    _refuse_those(_workers(client, _may_spill), "spills to its disk", hint)


def require_no_pages(client: Client) -> None:
    """Check that neither scheduler nor workers tell of their work over HTTP.

    Dask serves pages with logs, call stacks, errors and names of tasks to anyone, without a login
    or encryption, also where its dashboard is left out.

    Parameters
    ----------
    client
        Dask client.

    Raises
    ------
    ConfigError
        If one does; it is named.
    """
    hint = f"start scheduler and workers with {', '.join(NO_PAGES)} and --no-dashboard"
    showing = ["the scheduler"] if client.run_on_scheduler(_scheduler_shows_pages) else []
    showing += _workers(client, _worker_shows_pages)
    _refuse_those(showing, "shows pages without a login", hint)


def require_key(client: Client, root: Path) -> None:
    """Check that all workers can open what is sealed, each by the keys of its own environment.

    Parameters
    ----------
    client
        Dask client.
    root
        Sealed folder that they work in.

    Raises
    ------
    ConfigError
        If one cannot; it is named.
    """
    for address, lacks in client.run(_lacks_key, root).items():
        if lacks:
            msg = f"worker {address} cannot open what is sealed: {lacks}"
            hint = "keys are never sent: give each worker its own, then start it again"
            raise ConfigError(msg, hint=hint)


def _lacks_key(root: Path) -> str:
    """Why the key of a folder cannot be had here; empty where it can."""
    try:
        folder_key(root)
    except KeyAccessError as error:
        return error.message
    return ""


def _workers(client: Client, look: Callable[[Worker], bool]) -> list[str]:
    """Workers of which something is true."""
    return [f"worker {address}" for address, is_so in client.run(look).items() if is_so]


def _refuse_those(found: list[str], do: str, hint: str) -> None:
    if found:
        raise ConfigError(f"{found[0]} {do}, and the city has restricted data", hint=hint)


def _worker_shows_pages(dask_worker: Worker) -> bool:
    return _shows_pages(dask_worker)


def _scheduler_shows_pages(dask_scheduler: Scheduler) -> bool:
    return _shows_pages(dask_scheduler)


def _shows_pages(server: Worker | Scheduler) -> bool:
    """Whether its server for pages has any but the list of them."""
    pages = server.http_application
    return bool(pages.wildcard_router.rules or pages.applications)


def _may_spill(dask_worker: Worker) -> bool:
    return type(dask_worker.data) is not dict
