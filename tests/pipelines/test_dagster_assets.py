"""A city as assets of Dagster, materialized by Dagster itself in this process."""

from __future__ import annotations

import json
from pathlib import Path

import dagster as dg
import pytest

from citytwin import dagster_assets
from citytwin.config import load
from citytwin.dagster_assets import definitions
from citytwin.engine import locking
from citytwin.engine.locking import holding
from citytwin.nights.journal import journal_dir, read_records
from tests.pipelines.counted_town import make_counted_town
from tests.pipelines.night_town import workers_here

TRAFFIC = dg.AssetKey(["counted", "layer", "traffic"])


def materialized(defs: dg.Definitions) -> dict[dg.AssetKey, dg.AssetMaterialization]:
    """Let Dagster make all assets of a city; return what it noted of each."""
    with dg.DagsterInstance.ephemeral() as instance:
        done = dg.materialize(list(defs.assets or ()), instance=instance)
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
        held = dg.materialize(list(defs.assets or ()), raise_on_error=False)
    assert not held.success
    assert read_records(journal_dir(load(config)))[-1].outcome == "busy"
