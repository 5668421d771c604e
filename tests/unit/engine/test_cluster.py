"""The Dask client: a scheduler that cannot work is told, not waited for."""

from __future__ import annotations

import gc
import importlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from distributed import LocalCluster

from citytwin.engine import cluster
from citytwin.engine.cluster_security import CERTIFICATES, client_security
from citytwin.errors import BusyError, ConfigError, StoreError
from citytwin.store.cluster_certificates import write_cluster_certificates


@pytest.fixture
def idle() -> Iterator[str]:
    """Address of a scheduler without workers."""
    with LocalCluster(
        n_workers=0,
        processes=False,
        dashboard_address="127.0.0.1:0",
        protocol="tcp://",
        host="127.0.0.1",
    ) as running:
        yield running.scheduler_address


def test_a_scheduler_without_workers_is_told_after_a_while(
    idle: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Try later: they may come."""
    monkeypatch.setattr(cluster, "PATIENCE_S", 0.5)
    with (
        pytest.raises(BusyError, match=r"has no workers.*docs/cluster.md"),
        cluster.connect(idle, None, tmp_path),
    ):
        pytest.fail("connected")


def test_no_scheduler_is_a_mistake(tmp_path: Path) -> None:
    """An address that is none."""
    with (
        pytest.raises(ConfigError, match="no Dask scheduler answers"),
        cluster.connect("127.0.0.1:no", None, tmp_path),
    ):
        pytest.fail("connected")


def test_keys_that_others_may_read_are_refused(tmp_path: Path) -> None:
    """Whoever has a client's key owns the workers; whoever has the authority's, all of it."""
    write_cluster_certificates(tmp_path, ["127.0.0.1"])
    given = {CERTIFICATES: str(tmp_path)}
    assert client_security("tls://127.0.0.1:8786", given) is not None
    (tmp_path / "client.key").chmod(0o640)
    with pytest.raises(ConfigError, match=r"client.key may be read by others"):
        client_security("tls://127.0.0.1:8786", given)
    (tmp_path / "ca.key").chmod(0o604)
    with pytest.raises(StoreError, match=r"ca.key may be read by others"):
        write_cluster_certificates(tmp_path, ["127.0.0.1"])


def _before_any_task() -> tuple[bool, str | None]:
    return "citytwin.engine.run" in sys.modules, os.environ.get("CITYTWIN_TRIED")


def test_one_worker_starts_and_the_others_for_a_task_that_uses_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A night with little to do pays for one; none that has started goes before the end.

    All are copies that need not import what this process has, and know its environment as it is now.
    """
    monkeypatch.setattr(cluster, "PATIENCE_S", 240.0)
    importlib.import_module("citytwin.engine.run")
    with cluster.Workers(
        lambda: cluster.connect(None, 2, tmp_path, one_first=True), lambda _client: None, 2
    ) as workers:
        assert len(workers.nthreads()) == 1
        workers.start_all()
        assert len(workers.nthreads()) == 2
    copied = sys.platform == "linux"
    for value in ("one", "another"):
        monkeypatch.setenv("CITYTWIN_TRIED", value)
        with cluster.connect(None, 1, tmp_path) as client:
            assert set(client.run(_before_any_task).values()) == {(copied, value)}


def _of_memory() -> tuple[str | None, str | None, int]:
    given = (os.environ.get(name) for name in ("MALLOC_TRIM_THRESHOLD_", "OMP_NUM_THREADS"))
    return *given, gc.get_threshold()[0]


def test_workers_keep_memory_at_hand_and_seldom_look_for_garbage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What else Dask sets for its workers stays; what an operator sets, too."""
    monkeypatch.delenv("MALLOC_TRIM_THRESHOLD_", raising=False)
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    for copies in (True, False):
        with cluster.connect(None, 1, tmp_path, copies=copies) as client:
            ((trim, threads, containers),) = client.run(_of_memory).values()
        assert (trim, threads) == (None, "1")
        assert containers > 10_000
    monkeypatch.setenv("MALLOC_TRIM_THRESHOLD_", "131072")
    with cluster.connect(None, 1, tmp_path) as client:
        assert {trim for trim, *_ in client.run(_of_memory).values()} == {"131072"}
