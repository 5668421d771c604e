"""Each pipeline that comes with the project loads, binds and plans; the shipped data are there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from citytwin.config import load
from citytwin.engine.bind import BoundCity, bind
from citytwin.engine.plan import plan
from citytwin.engine.sources import files_of
from citytwin.model.crs import require_metric
from citytwin.model.grid import Bounds, GridSpec
from citytwin.model.steps import Simulation

PIPELINES = sorted((Path(__file__).parents[2] / "pipelines").glob("*.yaml"))


@pytest.fixture(params=PIPELINES, ids=lambda file: file.stem)
def city(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> BoundCity:
    """A pipeline, bound; samples are named but not there."""
    monkeypatch.setenv("CITYTWIN_SAMPLES", str(tmp_path))
    return bind(load(request.param))


def test_there_are_pipelines() -> None:
    """The demo, and real cities of two countries."""
    assert {"demo", "delft", "plateau"} <= {file.stem for file in PIPELINES}


def test_it_plans_all_that_it_asks_for(city: BoundCity) -> None:
    """Every simulation asked for runs, each job after those it needs, and maps come of it."""
    made = plan(city)
    asked = {step.use for step in city.loaded.config.simulations}
    run = {job.step.name for job in made.jobs if isinstance(job.step, Simulation)}
    assert run == asked
    produced = {r for job in made.jobs for r in job.provides}
    ready: set[Any] = set()
    for job in made.jobs:
        assert ready.issuperset(r for r in job.needs if r in produced), job.key
        ready.update(job.provides)
    shown = {recipe.id for recipe in made.layers}
    assert {"terrain", "buildings", "building_exposure"} <= shown
    if "sunlight" in asked:
        assert "sunlit_hours" in shown
    if "flood" in asked:
        assert {"flood_depth_max", "flood_arrival"} <= shown


def test_its_grid_can_be_laid(city: BoundCity) -> None:
    """A metric CRS, bounds that are a box, cells between half a metre and ten."""
    config = city.loaded.config
    crs = require_metric(config.crs)
    assert 0.5 <= config.grid.cell_m <= 10.0
    if config.grid.bounds is not None:
        grid = GridSpec.covering(Bounds(*config.grid.bounds), config.grid.cell_m, crs)
        assert 1e4 < grid.ny * grid.nx < 1e8


def test_what_drives_it_is_named(city: BoundCity) -> None:
    """Where several feeds may report a property, the pipeline says which one counts."""
    config = city.loaded.config
    names = {source.name for source in config.sources}
    assert set(config.records.values()) <= names
    assert config.vertical_datum.ja
    assert config.vertical_datum.en
    assert all(source.licence and source.title for source in config.sources)


def test_sources_are_the_samples_or_shipped_and_synthetic(city: BoundCity, tmp_path: Path) -> None:
    """What comes with the project is there and is called synthetic; samples are looked for."""
    for source in city.sources:
        place = city.loaded.path(source.config.path)
        if place.is_relative_to(tmp_path):
            assert not source.config.synthetic
        else:
            assert files_of(city.loaded, source)[1], source.config.name
            assert source.config.synthetic, source.config.name
