"""The day of the city model, and the records that drive simulations."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from citytwin import registry
from citytwin.config import Config, load
from citytwin.engine.city_store import CityStore
from citytwin.engine.corrected import Corrections
from citytwin.engine.driving import pick_records
from citytwin.engine.joining import data_time, join_sources, unusable
from citytwin.engine.plan import Job
from citytwin.engine.reading import Reading
from citytwin.engine.results import DecodedSource
from citytwin.engine.standing import Standing
from citytwin.errors import CityTwinError
from citytwin.model import properties as p
from citytwin.model import tables as t
from citytwin.model.ragged import flattened, list_column
from citytwin.model.steps import Simulation
from citytwin.store.row_changes import Replaced
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


def joined_twice(folder: Path, raised_m: float) -> tuple[CityStore, Standing]:
    """Join the town with itself under another name; its buildings there are higher by so much."""
    loaded = config(folder)
    sources = [loaded.sources[0].model_copy(update={"name": name}) for name in ("a", "b")]
    store = CityStore(folder, TOWN.grid.crs, "Asia/Tokyo", 16, TOWN.grid)
    tables = town_tables(TOWN.grid)
    reading = Reading()
    for name, more in (("a", 0.0), ("b", raised_m)):
        buildings = tables[t.BUILDINGS].assign(
            roof_z_m=tables[t.BUILDINGS]["roof_z_m"] + more, source=f"{name}.gml"
        )
        store.write_table(name, t.BUILDINGS, buildings)
        values, offsets = flattened(tables[t.SURFACES]["xyz"])
        raised = values + np.tile([0.0, 0.0, more], len(values) // 3)
        surfaces = tables[t.SURFACES].assign(xyz=list_column(raised, offsets))
        store.write_table(name, t.SURFACES, surfaces)
        reading.decoded[name] = DecodedSource(
            rows={"buildings": 1, "surfaces": 1}, digests={}, rejects=(), notes=(), files={}
        )
    both = loaded.model_copy(update={"sources": tuple(sources)})
    return store, join_sources(both, reading, {}, store, Corrections())


def test_the_same_building_in_two_sources_counts_once(tmp_path: Path) -> None:
    """And so do its surfaces."""
    store, standing = joined_twice(tmp_path, 0.0)
    tables = town_tables(TOWN.grid)
    for table, key in ((t.BUILDINGS, "building_id"), (t.SURFACES, "surface_id")):
        merged = store.read_table(table)
        assert list(merged[key]) == list(tables[table][key])
    assert standing.losses == []
    assert [note.severity for note in standing.lineage[t.BUILDINGS].notes] == ["info"]


def test_different_buildings_of_one_id_are_both_kept_under_names_of_their_own(
    tmp_path: Path,
) -> None:
    """Every surface still belongs to the building that it came with."""
    store, standing = joined_twice(tmp_path, 1.0)
    one = len(town_tables(TOWN.grid)[t.BUILDINGS])
    buildings, surfaces = store.read_table(t.BUILDINGS), store.read_table(t.SURFACES)
    assert len(buildings) == 2 * one
    assert buildings["building_id"].is_unique
    assert surfaces["surface_id"].is_unique
    half = len(surfaces) // 2
    assert (
        "b:" + surfaces["building_id"][:half] == surfaces["building_id"][half:].to_numpy()
    ).all()
    assert set(surfaces["building_id"]) <= set(buildings["building_id"])
    assert "renamed" in standing.losses[0]
    assert standing.lineage[t.SURFACES].notes[0].severity == "loss"


def test_what_is_written_to_join_says_what_is_new_of_it(tmp_path: Path) -> None:
    """Night after night; files of tables that are joined no more go."""
    store, _ = joined_twice(tmp_path, 1.0)
    joined_twice(tmp_path, 1.0)
    for table in (t.BUILDINGS, t.SURFACES):
        files = store.files_of("merged", table)
        assert [file.replaced for file in files if "merged" in file.path] == [Replaced()]
    store.keep_joined([t.BUILDINGS])
    assert list(tmp_path.glob("tables/merged/buildings/*.parquet"))
    assert not list(tmp_path.glob("tables/merged/surfaces/*.parquet"))


@pytest.mark.parametrize(
    ("flag", "said"),
    [
        (t.Flag.BAD, "out of range"),
        (t.Flag.SUSPECT, "doubted by its producer"),
        (t.Flag.MISSING, "is missing"),
    ],
)
def test_a_source_without_a_good_value_is_named_with_the_first(
    tmp_path: Path, flag: t.Flag, said: str
) -> None:
    """It was read: the reader must not look for the mistake in the path."""
    store = CityStore(tmp_path, TOWN.grid.crs, "Asia/Tokyo", 16, TOWN.grid)
    loaded = config(tmp_path)
    name = loaded.sources[0].name
    rows = town_tables(TOWN.grid)[t.OBSERVATIONS]
    rain = rows["property"] == p.RAINFALL_RATE.name
    rows = rows.assign(flag=rows["flag"].where(~rain, int(flag)))
    store.write_table(name, t.OBSERVATIONS, rows)
    counts = {"observations": len(rows)}
    reading = Reading(
        decoded={name: DecodedSource(rows=counts, digests={}, rejects=(), notes=(), files={})}
    )
    lines = unusable(loaded, reading, store)
    (line,) = [line for line in lines if "rainfall_rate" in line]
    assert line.startswith(f"source {name}: none of its {rain.sum()} values of rainfall_rate is")
    assert line.endswith(said)
