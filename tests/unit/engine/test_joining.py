"""The day of the city model, and the records that drive simulations."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from citytwin import registry
from citytwin.config import Config, load
from citytwin.engine.city_store import CityStore
from citytwin.engine.driving import pick_records
from citytwin.engine.joining import data_time
from citytwin.engine.plan import Job
from citytwin.engine.reading import Reading
from citytwin.engine.results import DecodedSource
from citytwin.engine.standing import Standing
from citytwin.errors import CityTwinError
from citytwin.model import properties as p
from citytwin.model import tables as t
from citytwin.model.steps import Simulation
from citytwin.store.tables import conform
from citytwin.testing.small_town import small_town
from citytwin.testing.town_tables import town_tables

TOWN = small_town(20, 24)
CONFIG = """
city: {id: town, title: {ja: 町, en: Town}}
crs: EPSG:6677
vertical_datum: {ja: T.P., en: T.P.}
time_zone: ZONE
data_date: 2026-06-01
out: out
grid: {cell_m: 2.0}
sources:
  - {name: synthetic, use: amedas, path: a, classification: public, title: A, licence: CC0}
"""


def config(folder: Path, zone: str = "Asia/Tokyo") -> Config:
    """A city in a time zone."""
    file = folder / "city.yaml"
    file.write_text(CONFIG.replace("ZONE", zone), encoding="utf-8")
    return load(file).config


@pytest.mark.parametrize(
    ("zone", "expected"),
    [
        ("Asia/Tokyo", datetime(2026, 5, 31, 15, tzinfo=UTC)),
        ("Europe/Amsterdam", datetime(2026, 5, 31, 22, tzinfo=UTC)),
        ("America/New_York", datetime(2026, 6, 1, 4, tzinfo=UTC)),
    ],
)
def test_a_day_begins_where_the_city_is(tmp_path: Path, zone: str, expected: datetime) -> None:
    """2026-06-01 in Tokyo began at 15:00 UTC of the day before."""
    assert data_time(config(tmp_path, zone)) == expected
    assert data_time(config(tmp_path, zone)).tzinfo is UTC


def picked(folder: Path, flag: t.Flag) -> Standing:
    """Pick the rain that a flood without rain of its own needs, all of it flagged so."""
    store = CityStore(folder, TOWN.grid.crs, "Asia/Tokyo", 16, TOWN.grid)
    tables = town_tables(TOWN.grid)
    observations = tables[t.OBSERVATIONS].copy()
    observations["flag"] = int(flag)
    source = str(observations["source"].iloc[0])
    for table, frame in ((t.OBSERVATIONS, observations), (t.THINGS, tables[t.THINGS])):
        store.write_table("merged", table, conform(table, frame, TOWN.grid.crs))
    reading = Reading()
    reading.decoded[source] = DecodedSource(rows={}, digests={}, rejects=(), notes=(), files={})
    loaded = config(folder)
    named = loaded.model_copy(
        update={
            "sources": (loaded.sources[0].model_copy(update={"name": source}),),
            "records": {p.RAINFALL_RATE.name: source},
        }
    )
    step: Any = next(s for s in registry.all_of(Simulation) if s.name == "flood")
    job = Job(step, step.params(), (p.RAINFALL_RATE,), step.outputs)
    standing = Standing()
    pick_records(named, [job], reading, store, standing)
    return standing


def test_a_record_is_about_the_time_of_its_observations(tmp_path: Path) -> None:
    """The latest end, whatever day the city model describes."""
    standing = picked(tmp_path, t.Flag.GOOD)
    record = standing.records[p.RAINFALL_RATE.name]
    found = standing.lineage[p.RAINFALL_RATE].valid_time
    assert found is not None
    assert pd.Timestamp(found).timestamp() == record.end_s.max()


def test_what_the_parameters_make_necessary_is_required(tmp_path: Path) -> None:
    """A flood without rain or inflow of its own is no flood without a record of rain."""
    with pytest.raises(CityTwinError, match=r"rainfall_rate.*flagged good"):
        picked(tmp_path, t.Flag.BAD)
