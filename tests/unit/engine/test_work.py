"""Tasks on workers: what is said of those that fail, and what a source's failure means."""

from __future__ import annotations

import errno
import logging
import os
from contextlib import closing, nullcontext
from pathlib import Path
from types import SimpleNamespace

import pytest
from _pytest.outcomes import Failed
from distributed import Client, KilledWorker, LocalCluster

from citytwin.config import load
from citytwin.engine import open_sources, reading
from citytwin.engine import work as work_module
from citytwin.engine.bind import bind
from citytwin.engine.city_store import CityStore
from citytwin.engine.cluster import Workers
from citytwin.engine.own_time import EACH_S, OwnTime
from citytwin.engine.report import RunReport, Silent
from citytwin.engine.results import TableResult
from citytwin.engine.work import Failure, Order, Work
from citytwin.errors import NoWorkersError, SourceError, StoreError
from citytwin.store.manifest import Manifest, Standing

CONFIG = """
city: {id: town, title: {ja: 町, en: Town}}
crs: EPSG:6677
vertical_datum: {ja: T.P., en: T.P.}
time_zone: Asia/Tokyo
data_date: 2026-03-31
out: out
grid: {cell_m: 2.0}
sources:
  - {name: town, use: citygml, path: a.gml, classification: public, title: A, licence: CC0}
"""
DEAD = KilledWorker("task", SimpleNamespace(address="tcp://a-worker"), 3)


def task(error: Exception | None, _: CityStore) -> TableResult:
    """Fail so, or make a table."""
    if error is not None:
        raise error
    return TableResult(digest="d", rows=3, seconds=1.5)


def test_what_ends_well_is_recorded_and_what_fails_is_said(
    tmp_path: Path, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    """Errors about the data as they are; a fault of the program with a traceback in the log."""
    manifest = Manifest(tmp_path / "m.sqlite")
    store = CityStore(tmp_path, "EPSG:6677", "Asia/Tokyo", 16)
    work: Work[str, TableResult] = Work(client, store, manifest)
    cases = {
        "well": None,
        "data": SourceError("is empty", source="a.gml"),
        "bug": KeyError("posList"),
        "dead": DEAD,
    }
    for name, error in cases.items():
        work.submit(name, Order(f"assess:{name}", "r0-16", "f1"), task, error)
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    found = dict(work)
    assert found["well"] == TableResult(digest="d", rows=3, seconds=1.5)
    recorded = manifest.standing("assess:well", "r0-16")
    assert recorded == Standing("f1", found["well"].model_dump_json(), 1.5)
    assert all(
        manifest.standing(f"assess:{name}", "r0-16") is None for name in cases if cases[name]
    )
    assert isinstance(found["data"], Failure)
    assert found["data"].message == "a.gml: is empty"
    assert found["data"].expected
    bug, dead = found["bug"], found["dead"]
    assert isinstance(bug, Failure)
    assert not bug.expected
    assert bug.message.startswith("step assess:bug, tile r0-16: KeyError: 'posList'")
    assert any(record.exc_info for record in caplog.records if "assess:bug" in record.message)
    assert isinstance(dead, Failure)
    assert not dead.expected
    assert "its worker died again and again" in dead.message
    manifest.close()


def here(_: None, __: CityStore) -> TableResult:
    """Say in which process this ran."""
    return TableResult(digest=str(os.getpid()), rows=0, seconds=0.5)


def test_small_tasks_are_done_before_a_worker_has_begun(tmp_path: Path) -> None:
    """Until the time is up; what is not known to be small goes to workers at once."""
    store = CityStore(tmp_path, "EPSG:6677", "Asia/Tokyo", 16)

    def none() -> None:
        pytest.fail("workers were started")

    with closing(Manifest(tmp_path / "m.sqlite")) as manifest:
        work: Work[str, TableResult] = Work(Workers(none, none, 1, OwnTime()), store, manifest)
        work.submit("well", Order("assess:well", "whole", "f1", before_s=EACH_S), here, None)
        work.submit("data", Order("assess:data", "whole", "f1", before_s=0.1), task, DEAD)
        found = dict(work)
        assert found["well"].digest == str(os.getpid())
        assert manifest.took("assess:well", "whole") == 0.5
        assert isinstance(found["data"], Failure)
        assert manifest.took("assess:data", "whole") is None
        for before_s in (None, EACH_S + 1):
            with pytest.raises(Failed, match="workers were started"):
                work.submit(
                    "more", Order("assess:more", "whole", "f1", before_s=before_s), here, None
                )


def test_the_rest_goes_to_workers_when_the_time_is_up(tmp_path: Path, client: Client) -> None:
    """None is lost or done twice, and each is done by one of them."""
    store = CityStore(tmp_path, "EPSG:6677", "Asia/Tokyo", 16)
    with closing(Manifest(tmp_path / "m.sqlite")) as manifest:
        own = OwnTime(left_s=1e-9)
        workers = Workers(lambda: nullcontext(client), lambda _client: None, 1, own)
        work: Work[int, TableResult] = Work(workers, store, manifest)
        for number in range(4):
            order = Order(f"assess:{number}", "whole", "f1", before_s=0.1)
            work.submit(number, order, here, None)
        assert workers.started is None
        found = list(work)
        assert sorted(number for number, _ in found) == [0, 1, 2, 3]
        assert found[0][0] == 0
        assert not own.is_left
        assert workers.started is client
        assert all(manifest.took(f"assess:{number}", "whole") == 0.5 for number in range(4))


def test_a_scheduler_that_goes_away_is_no_fault_of_the_program(
    tmp_path: Path, client: Client
) -> None:
    """Its tasks are cancelled; the same command goes on from what is recorded."""
    manifest = Manifest(tmp_path / "m.sqlite")
    store = CityStore(tmp_path, "EPSG:6677", "Asia/Tokyo", 16)
    work: Work[str, TableResult] = Work(client, store, manifest)
    work.submit("one", Order("assess:one", "whole", "f1"), task, None)
    client.cancel(list(work._asked), force=True)
    found = dict(work)["one"]
    manifest.close()
    if isinstance(found, Failure):  # else it was done before it could be cancelled
        assert found.message.startswith("step assess:one: the Dask scheduler went away")


def test_a_cluster_without_workers_is_given_up_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its scheduler keeps the tasks for ever; one that gets workers in time carries them out."""
    monkeypatch.setattr(work_module, "_LOOK_EVERY_S", 0.05)
    store = CityStore(tmp_path, "EPSG:6677", "Asia/Tokyo", 16)
    with (
        closing(Manifest(tmp_path / "m.sqlite")) as manifest,
        LocalCluster(
            n_workers=0, processes=False, threads_per_worker=1, dashboard_address="127.0.0.1:0"
        ) as cluster,
        Client(cluster, set_as_default=False) as idle,
    ):

        def left() -> Work[str, TableResult]:
            work: Work[str, TableResult] = Work(idle, store, manifest)
            work.submit("one", Order("assess:one", "whole", "f1"), task, None)
            return work

        monkeypatch.setattr(work_module, "PATIENCE_S", 0.2)
        with pytest.raises(NoWorkersError, match=r"none came back for 0 s .*it resumes"):
            dict(left())
        monkeypatch.setattr(work_module, "PATIENCE_S", 600.0)
        work = left()
        cluster.scale(1)
        assert isinstance(dict(work)["one"], TableResult)


@pytest.mark.parametrize(
    ("error", "lost", "said"),
    [
        (SourceError("is empty", source="a.gml"), ["town"], "source town: a.gml: is empty"),
        (KeyError("posList"), [], "step source:town, a.gml: KeyError: 'posList'"),
        (DEAD, [], "step source:town, a.gml: its worker died again and again"),
        (StoreError("disk full", hint="free some"), [], "disk full (free some)"),
        (OSError(errno.ENOSPC, "full"), [], "step source:town, a.gml: [Errno 28] full (free some"),
    ],
)
def test_only_data_can_be_lost(
    tmp_path: Path,
    client: Client,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
    lost: list[str],
    said: str,
) -> None:
    """A city must not be published without its buildings because a program failed."""

    def fails(*_: object) -> None:
        raise error

    monkeypatch.setattr(open_sources, "decode", fails)
    monkeypatch.setattr(fails, "__module__", "citytwin.engine.sources", raising=False)
    (tmp_path / "a.gml").write_text("x")
    (tmp_path / "city.yaml").write_text(CONFIG, encoding="utf-8")
    manifest = Manifest(tmp_path / "m.sqlite")
    store = CityStore(tmp_path, "EPSG:6677", "Asia/Tokyo", 16)
    report = RunReport("town")
    city = bind(load(tmp_path / "city.yaml"))
    found = reading.read_sources(city, store, manifest, client, Silent(), report, verify=False)
    assert found.lost == lost
    (told,) = report.losses if lost else report.failures
    assert told.startswith(said)
    assert manifest.standing("source:town", "a.gml") is None
    manifest.close()
