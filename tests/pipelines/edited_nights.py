"""A night after edits: what the plan foresees of it, what is made, and what stands published."""

from __future__ import annotations

import random
import shutil
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from citytwin.config import load
from citytwin.engine.bind import bind
from citytwin.engine.preview import preview
from citytwin.engine.request import MANIFEST, work_dir
from citytwin.engine.sketch_store import SketchStore
from citytwin.store.latest import published_city
from citytwin.store.manifest import Manifest
from tests.pipelines.night_edits import EDITS
from tests.pipelines.night_town import TILE_CELLS, made_by, run_here
from tests.pipelines.small_city import published_files

_BY_BUILDINGS = {
    "read sources", "grid:terrain", "grid:surface", "grid:roughness", "simulate:sunlight",
    "simulate:flood",
}  # fmt: skip
REACHED = {
    "buildings": _BY_BUILDINGS,
    "gauge": {"read sources", "simulate:flood"},
    "parameter": {"simulate:sunlight"},
    "new file": _BY_BUILDINGS,
    "file gone": _BY_BUILDINGS,
    "new building": _BY_BUILDINGS,
    "building gone": _BY_BUILDINGS,
    "renamed file": _BY_BUILDINGS,
    "code list": _BY_BUILDINGS,
}
"""Steps that each kind of edit can reach, by what they are made from."""
LAYERS = {
    "buildings": 3, "gauge": 1, "parameter": 1, "new file": 3, "file gone": 3, "new building": 3,
    "building gone": 3, "renamed file": 3, "code list": 3,
}  # fmt: skip
_READ_AT_ONCE = {"code list": 20}
"""Files that have to be read again, where it is more than one."""


def edit_and_run(
    config: Path, kinds: Sequence[str], dice: random.Random, address: str, scratch: Path
) -> tuple[list[str], dict[str, int]]:
    """Edit a town and run it; only steps that the plan names are made, and it names none too many.

    Returns
    -------
    tuple
        What was edited, and how many parts of each step were made.
    """
    done = [EDITS[kind](config, dice) for kind in kinds]
    plan = foreseen(config, scratch)
    named = {"read sources" if key.startswith("source:") else key for key in plan}
    if "source:relief" not in plan:  # of what may have other ground no tiles are counted
        assert "all of the city at once" in plan.get("simulate:flood", "all of the city at once")
    assert "at once" not in plan.get("simulate:sunlight", "")
    report = run_here(config, address)
    assert not report.failures, report.failures
    made = made_by(report)
    reached = set().union(*(REACHED[kind] for kind in kinds))
    assert set(made) - {"make layers"} <= named <= reached, (made, named)
    assert made.get("read sources", 0) <= sum(_READ_AT_ONCE.get(kind, 1) for kind in kinds), made
    assert made.get("make layers", 0) <= sum(LAYERS[kind] for kind in kinds), made
    return done, made


def foreseen(config: Path, scratch: Path) -> dict[str, str]:
    """What the plan says of each step that would not be skipped, and why."""
    loaded = load(config)
    work = work_dir(loaded)
    with closing(Manifest.reading(work / MANIFEST)) as manifest:
        zone, crs = loaded.config.time_zone, loaded.config.crs
        store = SketchStore(work, crs, zone, TILE_CELLS, scratch=scratch)
        rows = preview(bind(loaded), store, manifest)
    return {row.key: row.reason for row in rows if row.reason}


def newest_files(city: Path) -> dict[str, bytes]:
    """Content of what latest.json names, without the run ids; older runs go."""
    latest = published_city(city)
    assert latest is not None
    named = [layer.path for layer in latest.layers]
    for folder in city.glob("*/*Z"):
        if folder.relative_to(city).as_posix() not in named:
            shutil.rmtree(folder)
    return published_files(city)
