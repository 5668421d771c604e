"""Nights of the past are made up for with what was known then, beside what stands published."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import dask
import geopandas as gpd
import pytest
from click.testing import CliRunner, Result
from distributed import LocalCluster
from distributed.security import Security

from citytwin.cli.backfill import command
from citytwin.cli.status import command as status
from citytwin.config import load
from citytwin.engine import locking
from citytwin.engine.locking import holding
from citytwin.engine.report import Silent
from citytwin.engine.request import work_dir
from citytwin.engine.run import RunOptions, run
from citytwin.errors import BusyError
from citytwin.nights import backfill
from citytwin.security.key_files import write_new_key
from citytwin.security.sealed_folders import forget_keys, sealed_root
from citytwin.store.at_rest import open_file
from citytwin.store.cluster_certificates import write_cluster_certificates
from tests.pipelines.counted_town import PER_DAY, make_counted_town, write_counts
from tests.pipelines.night_town import run_here, workers_here

# Half past two in Tokyo; the counts of a day are those of its afternoon.
NIGHTS = {"2024-05-29": "20240528T173000Z", "2024-05-30": "20240529T173000Z"}


def made_up(config: Path, first: str, last: str, address: str) -> Result:
    """Make up for nights as a user does."""
    arguments = [str(config), "--from", first, "--to", last, "--scheduler", address]
    return CliRunner().invoke(command, arguments)


def named(config: Path, layer: str) -> list[str]:
    """Runs of a layer in the catalogue."""
    text = (config.parent / "out" / "counted" / layer / "collection.json").read_text("utf-8")
    return [
        link["href"].split("/")[1] for link in json.loads(text)["links"] if link["rel"] == "item"
    ]


def counted(config: Path, run_id: str) -> set[int]:
    """Observations behind the means of a run."""
    folder = config.parent / "out" / "counted" / "traffic" / run_id
    flow = gpd.read_parquet(folder / "traffic.parquet")
    return set(flow["observations"]) - {0}


def test_nights_that_were_missed(tmp_path: Path) -> None:
    """Each knows the days before it; one that knows nothing is told, and the others go on."""
    config = make_counted_town(tmp_path)
    with workers_here() as address:
        assert not run_here(config, address).failures
        latest = (tmp_path / "out" / "counted" / "latest.json").read_bytes()
        now = json.loads(latest)["run_id"]
        done = made_up(config, "2024-05-28", "2024-05-30", address)
        assert done.exit_code == 1
        assert "2024-05-28: failed" in done.output
        assert "knew by 2024-05-27 17:30 UTC" in done.output
        for night, run_id in NIGHTS.items():
            assert f"{night}: run {run_id}, changed: " in done.output
        assert named(config, "traffic") == [*NIGHTS.values(), now]
        assert named(config, "water") == [NIGHTS["2024-05-29"], now]
        told = [max(counted(config, run_id)) for run_id in (*NIGHTS.values(), now)]
        assert told == [PER_DAY, 2 * PER_DAY, 3 * PER_DAY]
        assert (tmp_path / "out" / "counted" / "latest.json").read_bytes() == latest
        past = work_dir(backfill_of(config))
        assert past.is_dir()  # a night failed: what is made stays for the next time

        again = made_up(config, "2024-05-29", "2024-05-30", address)
        assert again.exit_code == 0
        assert again.output.count(": stands (run ") == 2
        assert not past.exists()
        shown = CliRunner().invoke(status, [str(config), "--nights", "2000"]).output
        assert shown.count("made up for") == 2

        write_counts(tmp_path, "20240528", more=3)
        corrected = made_up(config, "2024-05-30", "2024-05-30", address)
        later = NIGHTS["2024-05-30"].replace("3000Z", "3001Z")
        assert f"2024-05-30: run {later}, changed: traffic" in corrected.output
        assert named(config, "traffic") == [*NIGHTS.values(), later, now]


def backfill_of(config: Path) -> backfill.LoadedConfig:
    """Configuration of a past night."""
    day = datetime(2024, 5, 29, tzinfo=UTC).date()
    return backfill.past_nights(load(config), day, day, datetime.now(UTC))[0]


def test_a_night_that_is_newer_than_all_that_stands_becomes_what_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And a city that is held longer than a publication takes is not waited for."""
    config = make_counted_town(tmp_path)
    with workers_here() as address:
        old = RunOptions(scheduler=address, now=lambda: datetime(2024, 5, 28, 12, tzinfo=UTC))
        assert not run(load(config), old, Silent()).failures
        monkeypatch.setattr(locking, "PATIENCE_S", 0.0)
        with holding(load(config)):
            held = made_up(config, "2024-05-30", "2024-05-30", address)
        assert isinstance(held.exception, BusyError)
        done = made_up(config, "2024-05-30", "2024-05-30", address)
        assert done.exit_code == 0, done.output
    latest = json.loads((tmp_path / "out" / "counted" / "latest.json").read_text("utf-8"))
    assert latest["run_id"] == NIGHTS["2024-05-30"]
    runs = {layer["id"]: layer["run_id"] for layer in latest["layers"]}
    assert runs == {"water": "20240528T120000Z", "traffic": NIGHTS["2024-05-30"]}


@pytest.fixture
def private_workers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A worker in this process, reached with certificates only, that has the key, spills nothing and
    shows no pages.
    """
    write_cluster_certificates(tmp_path / "certs", ["127.0.0.1"])
    write_new_key(tmp_path / "keys", "town-2026")
    monkeypatch.setenv("CITYTWIN_CERTIFICATES", str(tmp_path / "certs"))
    monkeypatch.setenv("CITYTWIN_KEYS", str(tmp_path / "keys"))
    for name in ("TMPDIR", "CPL_TMPDIR", "SQLITE_TMPDIR"):  # the worker sets them for itself
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    forget_keys()
    security = Security(
        require_encryption=True,
        tls_ca_file=str(tmp_path / "certs/ca.pem"),
        **{
            f"tls_{role}_{part}": str(tmp_path / f"certs/{role}.{suffix}")
            for role in ("scheduler", "worker", "client")
            for part, suffix in (("cert", "pem"), ("key", "key"))
        },
    )
    spills = {f"distributed.worker.memory.{name}": False for name in ("target", "spill")}
    pages = {f"distributed.{role}.http.routes": [] for role in ("scheduler", "worker")}
    with (
        dask.config.set(spills | pages),
        LocalCluster(
            n_workers=1,
            threads_per_worker=1,
            processes=False,
            protocol="tls://",
            security=security,
            host="127.0.0.1",
            dashboard_address="127.0.0.1:0",
            scheduler_kwargs={"dashboard": False},
        ) as cluster,
    ):
        yield cluster.scheduler_address
    forget_keys()


def test_nights_of_a_sealed_city(tmp_path: Path, private_workers: str) -> None:
    """They join its runs sealed, from a sealed copy of its working store, and leave none behind."""
    config = make_counted_town(tmp_path)
    text = config.read_text("utf-8").replace(
        "road_counts, path: data/traffic, classification: public",
        "road_counts, path: data/traffic, classification: restricted",
    )
    config.write_text(f"{text}publication: served\nencryption: {{key: town-2026}}\n", "utf-8")
    assert not run_here(config, private_workers).failures
    city = tmp_path / "out/.sealed/counted"
    latest = (city / "latest.json").read_bytes()
    done = made_up(config, "2024-05-28", "2024-05-29", private_workers)
    assert "2024-05-28: failed" in done.output
    assert f"2024-05-29: run {NIGHTS['2024-05-29']}, changed: " in done.output
    assert (city / "latest.json").read_bytes() == latest
    with open_file(city / "traffic" / NIGHTS["2024-05-29"] / "traffic.parquet") as file:
        assert max(gpd.read_parquet(file)["observations"]) == PER_DAY
    past = work_dir(backfill_of(config))
    assert sealed_root(past / "tables") == past  # a night failed, so it stays
    for path in (path for path in (tmp_path / "out").rglob("*") if path.is_file()):
        content = path.read_bytes()
        assert b"PAR1" not in content, path
        assert "小型".encode() not in content, path
    again = made_up(config, "2024-05-29", "2024-05-29", private_workers)
    assert again.output == f"2024-05-29: stands (run {NIGHTS['2024-05-29']})\n"
    assert not list((tmp_path / "out/.work/.sealed").glob("*.past*"))
