"""Between two nights something small changes: only what it reaches is made, and all is as if new."""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from citytwin.config import load
from citytwin.engine.bind import bind
from citytwin.engine.preview import preview
from citytwin.engine.request import MANIFEST, work_dir
from citytwin.engine.sketch_store import SketchStore
from citytwin.store.latest import published_city
from citytwin.store.manifest import Manifest
from tests.pipelines.night_edits import EDITS
from tests.pipelines.night_town import TILE_CELLS, made_by, make_night_town, run_here, workers_here
from tests.pipelines.small_city import published_files

REACHED = {
    "buildings": {
        "read sources", "grid:terrain", "grid:surface", "grid:roughness", "simulate:sunlight",
        "simulate:flood",
    },
    "gauge": {"read sources", "simulate:flood"},
    "parameter": {"simulate:sunlight"},
}  # fmt: skip
"""Steps that each kind of edit can reach, by what they are made from."""
LAYERS = {"buildings": 3, "gauge": 1, "parameter": 1}


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """A scheduler with a worker."""
    with workers_here() as it:
        yield it


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory, address: str) -> Path:
    """Configuration of a town that has been run once."""
    config = make_night_town(tmp_path_factory.mktemp("finished"))
    assert not run_here(config, address).failures
    return config


def foreseen(config: Path, scratch: Path) -> dict[str, str]:
    """What the plan says of each step that would not be skipped, and why."""
    loaded = load(config)
    work = work_dir(loaded)
    with closing(Manifest.reading(work / MANIFEST)) as manifest:
        zone, crs = loaded.config.time_zone, loaded.config.crs
        store = SketchStore(work, crs, zone, TILE_CELLS, scratch=scratch)
        rows = preview(bind(loaded), store, manifest)
    return {row.key: row.reason for row in rows if row.reason}


def test_small_changes_cost_little_and_give_what_a_new_run_gives(
    finished: Path, address: str, tmp_path: Path
) -> None:
    """Byte by byte; before each, the plan names the steps that will be made, with the reason."""
    edited = tmp_path / "edited"
    shutil.copytree(finished.parent, edited)
    config = edited / finished.name
    for number, kind in enumerate(REACHED):
        EDITS[kind](config, random.Random(f"{kind} 1"))
        plan = foreseen(config, tmp_path / f"scratch{number}")
        report = run_here(config, address)
        assert not report.failures
        made = made_by(report)
        named = {"read sources" if key.startswith("source:") else key for key in plan}
        assert set(made) - {"make layers"} <= named <= REACHED[kind]
        assert made.get("read sources", 1) == 1
        assert made["make layers"] <= LAYERS[kind]
    new = tmp_path / "new"
    shutil.copytree(edited, new, ignore=shutil.ignore_patterns("out"))
    assert not run_here(new / finished.name, address).failures
    right = published_files(new / "out" / "town")
    assert newest_files(edited / "out" / "town") == right


def newest_files(city: Path) -> dict[str, bytes]:
    """Content of what latest.json names, without the run ids."""
    latest = published_city(city)
    assert latest is not None
    named = [layer.path for layer in latest.layers]
    for folder in city.glob("*/*Z"):
        if folder.relative_to(city).as_posix() not in named:
            shutil.rmtree(folder)
    return published_files(city)
