"""Parts of a job: a change reaches the tiles that it can reach, and no others."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import shapely

from citytwin import registry
from citytwin.engine.city_store import CityStore
from citytwin.engine.code_hash import code_digest
from citytwin.engine.parts import parts_of
from citytwin.engine.plan import Job
from citytwin.engine.results import FieldPart
from citytwin.engine.standing import Standing
from citytwin.engine.table_entry import TableEntry
from citytwin.model import fields as f
from citytwin.model import properties as p
from citytwin.model import tables as t
from citytwin.model.axes import Direction, evenly
from citytwin.model.grid import Tile
from citytwin.model.steps import Assessment, Gridder, Params, Simulation
from citytwin.store.placed import Places
from citytwin.store.tables import conform
from citytwin.testing.small_town import SmallTown, small_town

TOWN = small_town(80, 100)
TILE = 40
RAIN = next(r for r in TOWN.records.values() if r.observed == p.RAINFALL_RATE)


@pytest.fixture
def store(tmp_path: Path) -> CityStore:
    """Working store of the town; nothing is written."""
    return CityStore(tmp_path, TOWN.grid.crs, "Asia/Tokyo", TILE, TOWN.grid)


def standing_of(town: SmallTown) -> Standing:
    """All tables and fields of the town, in tiles of six."""
    standing = Standing(records={r.observed.name: r for r in town.records.values()})
    for table, frame in town.tables.items():
        standing.tables[table] = TableEntry.of("merged", Places.of(table, frame))
    for field in f.ALL:
        standing.fields[field] = {
            tile: FieldPart(digest=f"{field.name}{tile.name}", low=10.0, high=16.0)
            for tile in town.grid.tiles(TILE)
        }
    return standing


def job_of(name: str, kind: type, params: Params | None = None) -> Job:
    """A registered step with all that it can use of what the town has."""
    step: Any = next(s for s, _ in registry.steps() if isinstance(s, kind) and s.name == name)
    made = (step.output,) if kind is Assessment else step.outputs
    needs = [
        need
        for need in (*step.inputs, *step.optional)
        if not isinstance(need, t.Table) or need in TOWN.tables
    ]
    return Job(step, params or step.params(), tuple(needs), made)


def fingerprints(job: Job, store: CityStore, standing: Standing) -> dict[Tile, str]:
    """Fingerprint of each part by its tile."""
    return {part.tile: str(part.fingerprint) for part in parts_of(job, store, standing)}


def changed(job: Job, store: CityStore, other: Standing) -> set[str]:
    """Names of the tiles whose fingerprint differs from that of the unchanged town."""
    before = fingerprints(job, store, standing_of(TOWN))
    after = fingerprints(job, store, other)
    assert set(before) == set(after)
    return {tile.name for tile in before if before[tile] != after[tile]}


def test_a_row_touches_the_tiles_its_box_touches(store: CityStore) -> None:
    """A pond dug in the north-west makes the roughness anew there."""
    other = standing_of(TOWN)
    frame = TOWN.tables[t.LAND_USE].copy()
    box = TOWN.grid.bounds
    pond = shapely.box(box.x_min + 9.0, box.y_max - 12.0, box.x_min + 15.0, box.y_max - 6.0)
    frame.loc[len(frame)] = [*("pond", "water", None, "synthetic"), pond]
    other.tables[t.LAND_USE] = TableEntry.of("merged", Places.of(t.LAND_USE, frame))
    assert changed(job_of("roughness", Gridder), store, other) == {"r0-40c0-40"}


def test_what_a_step_does_not_need_changes_nothing(store: CityStore) -> None:
    """A building raised leaves the roughness standing, and is seen by the surface."""
    other = standing_of(TOWN)
    frame = TOWN.tables[t.BUILDINGS].copy()
    frame.loc[0, "roof_z_m"] += 3.0
    other.tables[t.BUILDINGS] = TableEntry.of("merged", Places.of(t.BUILDINGS, frame))
    assert changed(job_of("roughness", Gridder), store, other) == set()
    assert changed(job_of("surface", Gridder), store, other)
    assert changed(job_of("building_exposure", Assessment), store, other)


def test_a_building_that_moved_in_its_file_only_changes_no_step(store: CityStore) -> None:
    """A longer number before it in the file is no change of it; its layer shows where it stands."""
    other, frame = standing_of(TOWN), TOWN.tables[t.BUILDINGS].copy()
    frame["offset"] = range(len(frame))
    other.tables[t.BUILDINGS] = TableEntry.of("merged", Places.of(t.BUILDINGS, frame))
    assert changed(job_of("surface", Gridder), store, other) == set()
    assert changed(job_of("building_exposure", Assessment), store, other) == set()
    files = []
    for rows in (TOWN.tables[t.BUILDINGS], frame):
        whole = conform(t.BUILDINGS, rows, "EPSG:6677")
        store.list_files(
            "merged", t.BUILDINGS, [store.write_part("merged", t.BUILDINGS, "a", whole)]
        )
        written = store.files_of("merged", t.BUILDINGS)
        files.append(TableEntry.stored("merged", store.root, written).files)
        assert "offset" in store.read_table(t.BUILDINGS)
    assert files[0] != files[1]


def test_a_tile_of_a_field_touches_those_that_look_at_it(store: CityStore) -> None:
    """Shadows of 6 m of relief under a sun of 45 degrees reach a tile of 60 m away, not two."""
    high = {"azimuth_deg": 180.0, "altitude_deg": 45.0, "hours": 1.0}
    step: Any = next(s for s in registry.all_of(Simulation) if s.name == "sunlight")
    job = job_of("sunlight", Simulation, step.params.model_validate({"suns": [high]}))
    other = standing_of(TOWN)
    corner = Tile(0, 40, 80, 100)
    other.fields[f.SURFACE_HEIGHT][corner] = FieldPart(digest="new", low=11.0, high=15.0)
    near = {"r0-40c40-80", "r0-40c80-100", "r40-80c40-80", "r40-80c80-100"}
    assert changed(job, store, other) == near


def test_new_extremes_change_the_reach_and_so_everything(store: CityStore) -> None:
    """A tower somewhere lengthens the windows of all tiles."""
    step: Any = next(s for s in registry.all_of(Simulation) if s.name == "sunlight")
    job = job_of("sunlight", Simulation, step.params.model_validate({"date": "2026-12-22"}))
    windows = {part.task.padded.shape for part in parts_of(job, store, standing_of(TOWN))}
    assert windows == {TOWN.grid.shape}
    flat = step.params.model_validate(
        {"suns": [{"azimuth_deg": 180.0, "altitude_deg": 45.0, "hours": 1.0}]}
    )
    other = standing_of(TOWN)
    corner = Tile(0, 40, 80, 100)
    other.fields[f.SURFACE_HEIGHT][corner] = FieldPart(digest="new", low=11.0, high=40.0)
    assert len(changed(job_of("sunlight", Simulation, flat), store, other)) == 6


def test_parameters_and_records_change_all_parts(store: CityStore) -> None:
    """A flood is one part for the whole city; rain and duration count."""
    job = job_of("flood", Simulation)
    (part,) = parts_of(job, store, standing_of(TOWN))
    assert part.tile == TOWN.grid.whole
    dry = standing_of(TOWN)
    rain = dry.records[p.RAINFALL_RATE.name]
    dry.records[p.RAINFALL_RATE.name] = rain.during(0.0, float(rain.end_s[3]))
    assert len(changed(job, store, dry)) == 1
    shorter = job_of("flood", Simulation, type(job.params).model_validate({"duration_h": 1.0}))
    (other,) = parts_of(shorter, store, standing_of(TOWN))
    assert other.fingerprint.parameters != part.fingerprint.parameters
    assert other.fingerprint.inputs == part.fingerprint.inputs


def test_rasters_count_in_their_order(store: CityStore) -> None:
    """The first terrain wins, so that another order is another result."""
    job = job_of("terrain", Gridder)
    one, other = standing_of(TOWN), standing_of(TOWN)
    rasters = [("a", "terrain_raster", "d1"), ("b", "terrain_raster", "d2")]
    one.rasters += rasters
    other.rasters += rasters[::-1]
    assert fingerprints(job, store, one) != fingerprints(job, store, other)
    surveyed = standing_of(TOWN)
    surveyed.rasters.append(("c", "surface_raster", "d3"))
    assert changed(job, store, surveyed) == set()


def test_another_time_zone_is_another_day_of_sun(store: CityStore) -> None:
    """A local date means other hours; what does not see the site stands."""
    there = replace(store, time_zone="America/New_York")
    step: Any = next(s for s in registry.all_of(Simulation) if s.name == "sunlight")
    job = job_of("sunlight", Simulation, step.params.model_validate({"date": "2026-12-22"}))
    here = fingerprints(job, store, standing_of(TOWN))
    assert all(here[t] != n for t, n in fingerprints(job, there, standing_of(TOWN)).items())
    ground = job_of("roughness", Gridder)
    standing = standing_of(TOWN)
    assert fingerprints(ground, store, standing) == fingerprints(ground, there, standing)


def test_height_of_the_sensor_and_honesty_of_a_record_count(store: CityStore) -> None:
    """The same figures from another height, or generated ones, are another record."""
    job = job_of("flood", Simulation)
    for change in ({"sensor_height_m": 2.5}, {"synthetic": not RAIN.synthetic}):
        other = standing_of(TOWN)
        other.records[p.RAINFALL_RATE.name] = replace(RAIN, **change)
        assert len(changed(job, store, other)) == 1


@pytest.mark.parametrize(
    ("name", "kind", "runner"),
    [
        ("terrain", Gridder, "citytwin.engine.gridding"),
        ("sunlight", Simulation, "citytwin.engine.blocks"),
        ("building_exposure", Assessment, "citytwin.engine.whole"),
    ],
)
def test_the_code_that_runs_a_step_counts(
    name: str, kind: type, runner: str, store: CityStore
) -> None:
    """Padding, choice of rows and storing are part of what a result was made by."""
    job = job_of(name, kind)
    part = parts_of(job, store, standing_of(TOWN))[0]
    assert code_digest(runner) in part.fingerprint.code
    assert code_digest(registry.module_of(job.step)) in part.fingerprint.code


def test_a_window_sees_the_tiles_that_share_a_cell_with_it() -> None:
    """Edges are half open: a neighbour that only touches is not seen."""
    standing = standing_of(TOWN)
    seen = standing.field_digests(f.TERRAIN, Tile(0, 40, 39, 81))
    assert [said.split("=")[0] for said in seen] == [
        "terrain@r0-40c0-40", "terrain@r0-40c40-80", "terrain@r0-40c80-100",
    ]  # fmt: skip
    assert len(standing.field_digests(f.TERRAIN, Tile(0, 40, 40, 80))) == 1
    assert len(standing.field_digests(f.TERRAIN, TOWN.grid.whole)) == 6


def test_other_directions_change_all_that_is_made_of_them(store: CityStore) -> None:
    """The same values for winds from other sides are another input."""
    ratio = f.WIND_SPEED_RATIO_BY_DIRECTION
    job = job_of("wind_now", Simulation)
    store.fields.create(ratio, evenly(4))
    store.fields.create(f.WIND_SPEED_RATIO_OF_FLOW, evenly(4))
    before = fingerprints(job, store, standing_of(TOWN))
    assert fingerprints(job, store, standing_of(TOWN)) == before
    store.fields.create(ratio, tuple(Direction(45.0 + 90.0 * k) for k in range(4)))
    after = fingerprints(job, store, standing_of(TOWN))
    assert all(before[tile] != after[tile] for tile in before)
