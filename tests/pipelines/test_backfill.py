"""Nights of the past are made up for with what was known then, beside what stands published."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import geopandas as gpd
import pytest
from click.testing import CliRunner, Result

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
