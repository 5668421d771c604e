"""Runs of past nights join the catalogue, and the published night stays what it is."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from citytwin.errors import StoreError
from citytwin.model.layer import Latest, Publication
from citytwin.store.past_runs import Span, free_id, layers_before, publish_past
from citytwin.store.publish import StagedLayer, publish
from tests.unit.store import little_city as lc
from tests.unit.store.city_check import check_city, named_items

EARLY, NIGHT, LATE = "20261120T173500Z", "20261123T173000Z", "20261125T173500Z"
NEXT = "20261124T173000Z"
SPAN = Span(NIGHT, NEXT)


@pytest.fixture(scope="module")
def staging(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two layers, and one of them with other values."""
    folder = tmp_path_factory.mktemp("staging")
    for name in ("terrain", "flood_depth_max"):
        lc.stage(folder / "first", name)
    for number in (1, 2):
        deeper = lc.field_array(lc.f.FLOOD_DEPTH_MAX) + number
        lc.stage(
            folder / f"deeper{number}",
            "flood_depth_max",
            array=deeper,
            fingerprint=f"{number}2" * 32,
        )
    return folder


def layers(staging: Path, folder: Path, flood: str = "first") -> list[StagedLayer]:
    """Copies of both layers."""
    found = []
    for name, kind in (("terrain", "first"), ("flood_depth_max", flood)):
        shutil.copytree(staging / kind / name, folder / name)
        text = (folder / name / "layer.json").read_bytes()
        found.append(StagedLayer(lc.LayerDocument.model_validate_json(text), folder / name))
    return found


@pytest.fixture
def city(staging: Path, tmp_path: Path) -> Path:
    """A city with an early run of both layers and a late one of the flood."""
    folder = tmp_path / "city"
    publish(folder, layers(staging, tmp_path / "a"), lc.run_info(EARLY))
    publish(folder, layers(staging, tmp_path / "b", "deeper1"), lc.run_info(LATE))
    return folder


def made_up(city: Path, staged: list[StagedLayer], latest: Latest) -> list[tuple[str, str]]:
    """Publish a past night; return the run that shows it, by layer."""
    before = layers_before(city, latest, SPAN.end)
    info = replace(lc.run_info(LATE), run_id=free_id(SPAN, before))
    return [(one.id, one.run_id) for one in publish_past(city, staged, info, before)]


def test_a_past_night_joins_the_runs_of_what_changed(
    staging: Path, city: Path, tmp_path: Path
) -> None:
    """What was the same before it keeps its run, whatever came later; latest.json is not touched."""
    said = (city / "latest.json").read_bytes()
    latest = check_city(city)
    shown = made_up(city, layers(staging, tmp_path / "c", "deeper2"), latest)
    assert shown == [("terrain", EARLY), ("flood_depth_max", NIGHT)]
    assert named_items(city, "flood_depth_max") == [EARLY, NIGHT, LATE]
    assert named_items(city, "terrain") == [EARLY]
    assert (city / "latest.json").read_bytes() == said
    assert check_city(city) == latest
    assert not list((tmp_path / "c").iterdir())


def test_the_same_night_once_more(staging: Path, city: Path, tmp_path: Path) -> None:
    """The same content changes nothing; a correction follows it by a second, and is the night's."""
    latest = check_city(city)
    made_up(city, layers(staging, tmp_path / "c", "deeper2"), latest)
    again = made_up(city, layers(staging, tmp_path / "d", "deeper2"), latest)
    assert again == [("terrain", EARLY), ("flood_depth_max", NIGHT)]
    corrected = made_up(city, layers(staging, tmp_path / "e", "deeper1"), latest)
    after = NIGHT.replace("3000Z", "3001Z")
    assert corrected == [("terrain", EARLY), ("flood_depth_max", after)]
    assert named_items(city, "flood_depth_max") == [EARLY, NIGHT, after, LATE]
    check_city(city)


def test_what_a_kill_left_of_a_past_night_is_replaced(
    staging: Path, city: Path, tmp_path: Path
) -> None:
    """A folder that no document names, whole or not."""
    left = city / "flood_depth_max" / NIGHT
    left.mkdir()
    (left / "layer.json").write_text("{", encoding="utf-8")
    made_up(city, layers(staging, tmp_path / "c", "deeper2"), check_city(city))
    assert named_items(city, "flood_depth_max") == [EARLY, NIGHT, LATE]
    check_city(city)


def test_a_layer_that_the_city_never_had_joins_its_catalogue(
    staging: Path, city: Path, tmp_path: Path
) -> None:
    """It is on no map, and can be found."""
    roads = lc.stage(tmp_path / "s", "roads")
    latest = check_city(city)
    assert made_up(city, [roads], latest) == [("roads", NIGHT)]
    assert named_items(city, "roads") == [NIGHT]
    assert check_city(city) == latest


def test_a_night_without_a_free_second_is_told(city: Path) -> None:
    """Where the next run stands a second later."""
    before = layers_before(city, check_city(city), LATE)
    assert free_id(Span(NIGHT, NEXT), before) == NIGHT
    with pytest.raises(StoreError, match="no room for a run"):
        free_id(Span(EARLY, EARLY.replace("3500Z", "3501Z")), before)


@pytest.mark.parametrize(("stands", "wanted"), [("static", "served"), ("served", "static")])
def test_a_night_joins_no_runs_for_other_readers(
    staging: Path, tmp_path: Path, stands: Publication, wanted: Publication
) -> None:
    """A folder that everybody reads gets no closed layer, and one for known readers stays theirs."""
    city = tmp_path / "city"
    publish(city, layers(staging, tmp_path / "a"), replace(lc.run_info(EARLY), publication=stands))
    files = {path: path.read_bytes() for path in city.rglob("*") if path.is_file()}
    info = replace(lc.run_info(LATE), run_id=NIGHT, publication=wanted)
    staged = layers(staging, tmp_path / "b", "deeper1")
    with pytest.raises(StoreError, match=f"published as {stands}, and not as {wanted}") as refused:
        publish_past(city, staged, info, {})
    assert "citytwin run" in str(refused.value.hint)
    assert {path: path.read_bytes() for path in city.rglob("*") if path.is_file()} == files
    assert all(layer.directory.is_dir() for layer in staged)
