"""The disk is looked at before a run: figures by hand, a disk that is full, one that takes nothing."""

from __future__ import annotations

import errno
import os
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from citytwin import registry
from citytwin.config import LoadedConfig, load
from citytwin.engine import room
from citytwin.engine.bind import bind
from citytwin.engine.city_store import CityStore
from citytwin.engine.longest_step import require_time
from citytwin.engine.placing import known_grid
from citytwin.engine.plan import Job, Plan, plan
from citytwin.engine.request import work_dir
from citytwin.engine.room import need_of, require_room
from citytwin.errors import StepError, StoreError
from citytwin.model.grid import GridSpec
from citytwin.model.steps import Simulation

CONFIG = """
city: {id: town, title: {ja: 町, en: Town}}
crs: EPSG:6677
vertical_datum: {ja: T.P., en: T.P.}
time_zone: Asia/Tokyo
data_date: 2026-03-31
out: out
grid: {cell_m: 2.0, bounds: [-44000, -94000, -42000, -93000]}
sources:
  - {name: town, use: citygml, path: a.gml, classification: public, title: A, licence: CC0}
layers: [surface_height, buildings]
"""


@pytest.fixture
def city(tmp_path: Path) -> tuple[LoadedConfig, Plan, CityStore]:
    """A city of 1000 x 500 cells whose only file has 3 MB."""
    (tmp_path / "city.yaml").write_text(CONFIG, encoding="utf-8")
    (tmp_path / "a.gml").write_bytes(b" " * 3_000_000)
    loaded = load(tmp_path / "city.yaml")
    store = CityStore(
        work_dir(loaded), "EPSG:6677", "Asia/Tokyo", 512, grid=known_grid(loaded.config)
    )
    return loaded, plan(bind(loaded)), store


def test_the_figures_are_those_of_the_arrays(city: tuple[LoadedConfig, Plan, CityStore]) -> None:
    """Five fields on half a million cells, of which one is shown; one file."""
    _, todo, store = city
    made = {field.name: field.dtype for job in todo.jobs for field in job.provides}
    assert made == {
        "building_number": "int64",
        "building_mask": "uint8",
        "surface_height": "float32",
        "terrain": "float32",
        "terrain_source": "uint8",
    }
    need = need_of(todo, store)
    cells = 500_000
    assert need.store == pytest.approx(0.8 * cells * (8 + 1 + 4 + 4 + 1) + 3e6)
    assert need.layers == pytest.approx(0.8 * cells * 4 + 2 * 3e6 + 2 * 300_000 + 8e6)
    before = need_of(todo, replace(store, grid=None))
    assert before.store == pytest.approx(3e6)


def test_what_stands_needs_no_room_again(city: tuple[LoadedConfig, Plan, CityStore]) -> None:
    """Its files are written in the place of the old ones."""
    _, todo, store = city
    need = need_of(todo, store)
    chunk = store.root / "fields" / "a" / "terrain" / "c" / "0" / "0"
    chunk.parent.mkdir(parents=True)
    chunk.write_bytes(b"x" * 1_000_000)
    assert need_of(todo, store).store == pytest.approx(need.store - 1e6)


def test_a_disk_without_room_is_refused_with_figures(
    city: tuple[LoadedConfig, Plan, CityStore],
) -> None:
    """What is free, what is needed and for what; a byte less than needed is too little."""
    _, todo, store = city
    total = need_of(todo, store).total
    require_room(todo, store, lambda _: int(total) + 1)
    with pytest.raises(StoreError, match=r"has \d+ MB free; this run may need \d+ MB") as met:
        require_room(todo, store, lambda _: int(total) - 1)
    assert "citytwin prune" in str(met.value)


def test_a_simulation_of_weeks_is_refused(city: tuple[LoadedConfig, Plan, CityStore]) -> None:
    """Two days of flood on 80 x 100 km in cells of 2 m; not an hour on 1 x 2 km, nor where nobody knows where."""
    _, todo, store = city
    step = registry.named(Simulation, "flood")

    def flood_of(hours: float) -> Plan:
        rain = [{"start_minutes": 0, "end_minutes": 60, "mm_per_h": 50}]
        params = step.params.model_validate({"duration_h": hours, "rain": rain})
        return replace(todo, jobs=(*todo.jobs, Job(step, params, (), ())))

    require_time(todo, store.spec)
    require_time(flood_of(1.0), store.spec)
    require_time(flood_of(48.0), None)
    large = GridSpec("EPSG:6677", 0.0, 0.0, 2.0, 40_000, 50_000)
    with pytest.raises(StepError, match="days on one thread for 50000 x 40000 cells") as met:
        require_time(flood_of(48.0), large)
    assert met.value.step == "flood"
    assert "--scheduler" in str(met.value)


def test_a_disk_that_takes_no_files_is_told(
    city: tuple[LoadedConfig, Plan, CityStore], monkeypatch: pytest.MonkeyPatch
) -> None:
    """By a real file, since rights and mounts say it in many ways."""
    _, todo, store = city

    def refused(**_: Any) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr(tempfile, "TemporaryFile", refused)
    assert room.tempfile is tempfile
    with pytest.raises(
        StoreError, match=r"cannot be written to: Read-only file system .*read-only"
    ):
        require_room(todo, store)
