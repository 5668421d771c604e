"""The embedded demo feeds are read whole, and named as synthetic."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from citytwin.formats import amedas, gtfs_rt, openmeteo, road_counts
from citytwin.model.steps import Dataset
from citytwin.model.tables import OBSERVATIONS, THINGS
from citytwin.store.tables import conform

FEEDS = Path(__file__).parents[3] / "data" / "demo" / "feeds"
CRS = "EPSG:6677"


@pytest.mark.parametrize(
    ("step", "folder"),
    [
        (openmeteo.FORMAT, "."),
        (amedas.FORMAT, "amedas"),
        (road_counts.FORMAT, "traffic"),
        (gtfs_rt.FORMAT, "gtfs_rt"),
    ],
)
def test_every_demo_feed_is_read_without_a_loss(step, folder):
    """No rejects, every row marked synthetic although the configuration does not say so."""
    names = sorted({path for p in step.patterns for path in (FEEDS / folder).glob(p)})
    source = Dataset("demo", FEEDS, tuple(names), CRS, "Asia/Tokyo")
    decoded = step.read(source, step.params())
    things = conform(THINGS, decoded.tables[THINGS], CRS)
    observations = conform(OBSERVATIONS, decoded.tables[OBSERVATIONS], CRS)
    assert decoded.rejects == ()
    assert len(things) > 0
    assert things["synthetic"].all()
    assert observations["synthetic"].all()
    assert set(observations["thing"]) <= set(things["thing"])
    assert set(observations["flag"]) <= {1, 9}
    assert "synthetic" in [note.severity for note in decoded.notes]
    assert things.geometry.x.between(-60_000, -30_000).all()


def test_the_demo_rain_is_the_sum_of_its_file():
    """Hourly sums in mm are rates over one hour: their total is that of the file."""
    path = FEEDS / "openmeteo.json"
    source = Dataset("demo", FEEDS, (path,), CRS, "Asia/Tokyo")
    frame = openmeteo.FORMAT.read(source, openmeteo.FORMAT.params()).tables[OBSERVATIONS]
    rain = frame[frame["property"] == "rainfall_rate"]
    hours = (rain["phenomenon_end"] - rain["phenomenon_start"]).dt.total_seconds() / 3600.0
    file_mm = sum(json.loads(path.read_text(encoding="utf-8"))["hourly"]["precipitation"])
    assert (rain["result"] * hours).sum() == pytest.approx(file_mm)
