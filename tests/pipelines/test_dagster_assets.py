"""A city as assets of Dagster, materialized by Dagster itself in this process."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from citytwin import dagster_assets
from citytwin.config import load
from citytwin.dagster_assets import definitions
from citytwin.engine import locking
from citytwin.engine.locking import holding
from citytwin.engine.report import RunReport
from citytwin.errors import SourceError
from citytwin.nights.journal import journal_dir, read_records
from tests.pipelines.counted_town import make_counted_town
from tests.pipelines.night_town import workers_here

MARK = "SecretPumpingStation"
TRAFFIC = dg.AssetKey(["counted", "layer", "traffic"])


def in_a_thread(*assets: Any, **options: Any) -> dg.ExecuteInProcessResult:
    """Materialize beside whatever event loop a browser of other tests has left in this thread."""
    with ThreadPoolExecutor(1) as threads:
        return threads.submit(dg.materialize, *assets, **options).result()


def materialized(defs: dg.Definitions) -> dict[dg.AssetKey, dg.AssetMaterialization]:
    """Let Dagster make all assets of a city; return what it noted of each."""
    with dg.DagsterInstance.ephemeral() as instance:
        done = in_a_thread(list(defs.assets or ()), instance=instance)
        assert done.success
        events = done.get_asset_materialization_events()
        found = [event.materialization for event in events]
        return {one.asset_key: one for one in found}


def test_a_night_by_dagster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lineage by hand; checksums as versions; the journal knows of it; a city that is held waits."""
    config = make_counted_town(tmp_path)
    with workers_here() as address:
        defs = definitions(config, address)
        graph = defs.resolve_asset_graph()
        step = dg.AssetKey(["counted", "assess", "traffic"])
        assert graph.get(TRAFFIC).parent_keys == {step}
        assert graph.get(step).parent_keys == {dg.AssetKey(["counted", "source", "road_counts"])}
        (schedule,) = defs.schedules or ()
        assert (schedule.cron_schedule, schedule.execution_timezone) == ("30 2 * * *", "Asia/Tokyo")

        found = materialized(defs)
    latest = json.loads((tmp_path / "out" / "counted" / "latest.json").read_text("utf-8"))
    checksums = {layer["id"]: layer["checksum"] for layer in latest["layers"]}
    assert found[TRAFFIC].tags["dagster/data_version"] == checksums["traffic"]
    assert (found[step].metadata["parts"].value, found[step].metadata["skipped"].value) == (1, 0)
    records = read_records(journal_dir(load(config)))
    assert [record.outcome for record in records] == ["done"]

    monkeypatch.setattr(dagster_assets, "BUSY_RETRIES", 0)
    monkeypatch.setattr(locking, "PATIENCE_S", 0.0)
    with holding(load(config)):
        held = in_a_thread(list(defs.assets or ()), raise_on_error=False)
    assert not held.success
    assert read_records(journal_dir(load(config)))[-1].outcome == "busy"


@pytest.mark.parametrize("how", ["raised", "failed", "lost"])
def test_dagster_keeps_nothing_of_restricted_data(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    """What a run says of them is told by number alone: what Dagster is told lies in clear."""

    def run(*_: object) -> RunReport:
        if how == "raised":
            raise SourceError(f"no height of {MARK}", source="mains.gpkg", record=MARK)
        report = RunReport("counted", "20261128T000000Z")
        (report.failures if how == "failed" else report.losses).append(f"{MARK} has no height")
        return report

    config = make_counted_town(tmp_path)
    text = config.read_text(encoding="utf-8").replace(
        "classification: public", "classification: restricted"
    )
    text += "publication: served\nencryption: {key: town-2026}\n"
    config.write_text(text, encoding="utf-8")
    monkeypatch.setattr(dagster_assets, "run", run)
    with dg.DagsterInstance.ephemeral() as instance:
        defs = definitions(config)
        done = in_a_thread(list(defs.assets or ()), instance=instance, raise_on_error=False)
        kept = [entry.to_json() for entry in instance.all_logs(done.run_id)]
    assert done.success is (how == "lost")
    assert kept
    assert not [one for one in kept if MARK in one]
    if how != "raised":
        assert [one for one in kept if "1 message about restricted data" in one]
