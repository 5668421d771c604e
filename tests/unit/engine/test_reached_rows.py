"""The second night of gridders makes what changed rows reach, with the bits of a full run."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from distributed import Client

from citytwin.engine import reached_rows, schedule
from citytwin.engine.reached_rows import ReachedRows, rows_reached_by
from citytwin.model import fields as f
from citytwin.model import tables as t
from tests.unit.engine.edited_tables import (
    CHANCES,
    EDITS,
    TOWN,
    Nights,
    attributes,
    jobs,
    of_town,
    tables_in_parts,
)


@pytest.fixture
def reached(monkeypatch: pytest.MonkeyPatch) -> list[ReachedRows]:
    """Tiles of which not all is made, from now on."""
    found: list[ReachedRows] = []

    def noted(*given: Any) -> ReachedRows | None:
        task = rows_reached_by(*given)
        found.extend([] if task is None else [task])
        return task

    monkeypatch.setattr(schedule, "rows_reached_by", noted)
    return found


@pytest.mark.parametrize(
    "seed", [3, *(pytest.param(seed, marks=pytest.mark.long) for seed in range(4, 7))]
)
def test_nights_after_edits_are_those_of_a_full_run(
    tmp_path: Path,
    client: Client,
    seed: int,
    reached: list[ReachedRows],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Random edits of all tables, night after night; some nights die after reading, some later."""
    monkeypatch.setattr(reached_rows, "WORTH", 2.0)  # windows even where they are all of the tile
    dice, tables, wanted = np.random.default_rng(seed), tables_in_parts(), jobs()
    city = Nights(tmp_path / "city", client)
    city.run(city.read(tables), wanted)
    for night in range(3 if seed == 3 else 10):
        for _ in range(dice.integers(1, 4)):
            EDITS[int(dice.choice(len(EDITS), p=CHANCES))](tables, dice)
        standing = city.read(tables)
        if dice.random() < 0.3:
            city.run(standing, wanted[: int(dice.integers(0, 3))])  # and breaks off
            continue
        city.run(standing, wanted)
        new = Nights(tmp_path / f"new{night}", client)
        fresh = new.read(tables)
        new.run(fresh, wanted)
        here, there = city.result(standing, wanted), new.result(fresh, wanted)
        assert [name for name in here if here[name] != there[name]] == [], night
    assert reached


def test_a_roof_makes_anew_where_it_stands(
    tmp_path: Path, client: Client, reached: list[ReachedRows]
) -> None:
    """Of its tile a corner, of the others nothing; what looked at no building stands."""
    city, tables, wanted = Nights(tmp_path / "city", client), tables_in_parts(), jobs()
    city.run(city.read(tables), wanted)
    frame = tables[t.BUILDINGS][0].copy()
    frame.loc[0, "lod"] = "3"
    tables[t.BUILDINGS][0] = of_town(t.BUILDINGS, frame)
    standing = city.read(tables)
    report = city.run(standing, wanted)
    box = TOWN.grid.cells_touched(frame.geometry.bounds.to_numpy()[:1])[0]
    of_surface = [task for task in reached if task.whole.step_name == "surface"]
    assert len(of_surface) == len(list(TOWN.grid.tiles(25)))
    (window,) = (window for task in of_surface for window in task.windows)
    assert window.tile.row0 <= box[0] < box[1] <= window.tile.row1
    assert window.tile.col0 <= box[2] < box[3] <= window.tile.col1
    assert window.tile.cells < 0.3 * 25**2
    assert {row.key: row.standing for row in report.rows}["grid:roughness"] == 4


@pytest.mark.parametrize("night", ["it goes", "it comes", "it comes in a new file"])
def test_a_building_that_comes_or_goes_makes_anew_where_it_stands(
    tmp_path: Path, client: Client, reached: list[ReachedRows], night: str
) -> None:
    """All that follow it in its file and in later ones keep what they have."""
    city, tables, wanted = Nights(tmp_path / "city", client), tables_in_parts(), jobs()
    whole = tables[t.BUILDINGS][0]
    if night == "it comes in a new file":
        whole = of_town(t.BUILDINGS, whole.iloc[:1])
    without = of_town(t.BUILDINGS, whole.drop(index=0))
    tables[t.BUILDINGS][0] = whole if night == "it goes" else without
    city.run(city.read(tables), wanted)
    tables[t.BUILDINGS][0] = without if night == "it goes" else whole
    city.run(city.read(tables), wanted)
    steps = {task.whole.step_name for task in reached}
    assert steps >= {"surface", "roofs", "lod_used", "coverage"}
    tiles = list(TOWN.grid.tiles(25))
    box = TOWN.grid.cells_touched(whole.geometry.bounds.to_numpy()[:1])[0]
    for step in steps:
        of_step = [task for task in reached if task.whole.step_name == step]
        assert len(of_step) == len(tiles), step
        made = [window.tile for task in of_step for window in task.windows]
        assert made, step
        assert sum(one.cells for one in made) < 0.3 * sum(one.cells for one in tiles), step
        assert min(one.row0 for one in made) <= box[0] < max(one.row1 for one in made), step


def test_what_looked_at_no_building_stands(tmp_path: Path, client: Client) -> None:
    """The ground where a relief covers it, or its gaps are narrow; else buildings are looked at."""
    for levels, standing_tiles in ((6, 4), (1, 0)):
        city, tables = Nights(tmp_path / f"{levels}", client), tables_in_parts()
        terrain = next(job for job in jobs() if job.step.name == "terrain")
        params = terrain.params.model_copy(update={"fill_levels": levels})
        wanted = [replace(terrain, params=params)]
        city.run(city.read(tables), wanted)
        frame = tables[t.BUILDINGS][0].copy()
        frame["ground_z_m"] -= 1.0
        tables[t.BUILDINGS][0] = of_town(t.BUILDINGS, frame)
        assert city.run(city.read(tables), wanted).rows[0].standing == standing_tiles
        del tables[t.BUILDINGS]  # a city without buildings is another one
        without = [replace(wanted[0], needs=tuple(n for n in terrain.needs if n != t.BUILDINGS))]
        assert city.run(city.read(tables), without).rows[0].standing == 0


@pytest.mark.long
def test_damage_and_records_of_another_version_are_made_whole(
    tmp_path: Path, client: Client, reached: list[ReachedRows]
) -> None:
    """What stands is looked at before it is patched."""
    dice, tables, wanted = np.random.default_rng(5), tables_in_parts(), jobs()
    city = Nights(tmp_path / "city", client)
    city.run(city.read(tables), wanted)
    for chunk in (tmp_path / "city").glob(f"fields/*/{f.BUILDING_COVERAGE.name}/c/*/*"):
        chunk.write_bytes(chunk.read_bytes()[:-5] + b"12345")
    with closing(sqlite3.connect(tmp_path / "city" / "manifest.sqlite")) as manifest, manifest:
        manifest.execute(
            "UPDATE results SET payload = '{\"of\": \"long ago\"}' WHERE step = 'grid:lod_used'"
        )
    attributes(tables, dice)
    standing = city.read(tables)
    city.run(standing, wanted)
    new = Nights(tmp_path / "new", client)
    fresh = new.read(tables)
    new.run(fresh, wanted)
    coverage = new.store.fields.read(f.BUILDING_COVERAGE, TOWN.grid.whole)
    assert {task.whole.step_name for task in reached} >= {"surface", "coverage"}
    assert "lod_used" not in {task.whole.step_name for task in reached}
    touched = [
        task.whole.tile for task in reached if task.whole.step_name == "coverage" and task.windows
    ]
    for tile in touched:
        made = city.store.fields.read(f.BUILDING_COVERAGE, tile)
        assert made.tobytes() == coverage[tile.slices].tobytes()
    assert touched
    lod = city.store.fields.read(f.LOD_USED, TOWN.grid.whole)
    assert lod.tobytes() == new.store.fields.read(f.LOD_USED, TOWN.grid.whole).tobytes()
