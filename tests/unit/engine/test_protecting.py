"""What workers leave on their disks while a city has restricted data."""

from __future__ import annotations

import os
import resource
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import dask
import pytest
from distributed import Client, LocalCluster

from citytwin.engine.protecting import protect_workers
from citytwin.errors import ConfigError
from citytwin.security.key_files import write_new_key
from citytwin.security.key_ring import open_ring
from citytwin.security.sealed_folders import forget_keys
from citytwin.store.memory_room import memory_folder
from citytwin.store.sealed_keys import ensure_sealed

SPILLS = {"distributed.worker.memory.target": 0.6, "distributed.worker.memory.spill": 0.7}
NO_PAGES: dict[str, list[str]] = {
    "distributed.scheduler.http.routes": [],
    "distributed.worker.http.routes": [],
}


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    """A cluster in this process, with one worker that spills nothing."""
    monkeypatch.setattr(tempfile, "tempdir", None)
    for name in ("TMPDIR", "CPL_TMPDIR", "SQLITE_TMPDIR"):
        monkeypatch.setenv(name, os.environ.get(name, "/tmp"))
    limits = resource.getrlimit(resource.RLIMIT_CORE)
    with (
        dask.config.set(dict.fromkeys(SPILLS, False) | NO_PAGES),
        LocalCluster(
            n_workers=1,
            processes=False,
            dashboard_address="127.0.0.1:0",
            scheduler_kwargs={"dashboard": False},
            protocol="tcp://",
            host="127.0.0.1",
        ) as running,
        Client(running, set_as_default=False) as found,
    ):
        yield found
    resource.setrlimit(resource.RLIMIT_CORE, limits)


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A sealed folder that workers work in, and its key."""
    write_new_key(tmp_path / "keys", "town")
    monkeypatch.setenv("CITYTWIN_KEYS", str(tmp_path / "keys"))
    forget_keys()
    found = tmp_path / ".sealed/town"
    ensure_sealed(found, "town", open_ring())
    yield found
    forget_keys()


def workers(client: Client) -> int:
    """How many there are."""
    return len(client.scheduler_info()["workers"])


def test_neither_temporary_files_nor_memory_nor_results(client: Client, root: Path) -> None:
    """Also of workers that come while the run goes on: one that spills leaves again."""
    protect_workers(client, root)
    assert resource.getrlimit(resource.RLIMIT_CORE)[0] == 0
    assert os.environ["SQLITE_TMPDIR"] == tempfile.gettempdir() == str(memory_folder())
    with dask.config.set(SPILLS):
        client.cluster.scale(2)
        end_s = time.monotonic() + 30.0
        came = False
        while not came or workers(client) > 1:
            came = came or workers(client) > 1 or len(client.cluster.workers) > 1
            assert time.monotonic() < end_s
            time.sleep(0.01)
    client.cluster.scale(1)
    assert workers(client) == 1


def test_a_worker_that_spills_is_refused(client: Client, root: Path) -> None:
    """One that is there from the begin, by its address."""
    with dask.config.set(SPILLS):
        client.cluster.scale(2)
        client.wait_for_workers(2, timeout=30)
    with pytest.raises(ConfigError, match="spills to its disk"):
        protect_workers(client, root)


def test_a_worker_that_shows_pages_is_refused(client: Client, root: Path) -> None:
    """They have no login, whatever certificates the rest asks for."""
    with dask.config.set({"distributed.worker.http.routes": ["distributed.http.health"]}):
        client.cluster.scale(2)
        client.wait_for_workers(2, timeout=30)
    with pytest.raises(ConfigError, match="shows pages without a login") as refused:
        protect_workers(client, root)
    assert "HTTP__ROUTES" in str(refused.value.hint)


def test_a_worker_without_the_key_is_named(
    client: Client, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is no word about the process that the operator looks at."""
    monkeypatch.delenv("CITYTWIN_KEYS")
    said = r"worker tcp://127.0.0.1:\d+ cannot open what is sealed: .*key 'town' is needed"
    with pytest.raises(ConfigError, match=said) as refused:
        protect_workers(client, root)
    assert "give each worker its own" in str(refused.value.hint)


@pytest.mark.parametrize("dashboard", [":0", "127.0.0.1:0"])
def test_a_scheduler_that_shows_pages_is_refused(dashboard: str, root: Path) -> None:
    """Dask's own default, on all interfaces or on one."""
    with (
        dask.config.set(dict.fromkeys(SPILLS, False)),
        LocalCluster(
            n_workers=0,
            processes=False,
            dashboard_address=dashboard,
            protocol="tcp://",
            host="127.0.0.1",
        ) as running,
        Client(running, set_as_default=False) as client,
        pytest.raises(ConfigError, match="the scheduler shows pages"),
    ):
        protect_workers(client, root)
