"""Publication: whole runs or none, unchanged layers keep theirs, and only public layers go out."""

from __future__ import annotations

import dataclasses
import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from citytwin.errors import StoreError
from citytwin.store.atomic import temporary_beside
from citytwin.store.publish import StagedLayer, prune, publish
from citytwin.store.unannounced_runs import unannounced_runs
from tests.unit.store import little_city as lc
from tests.unit.store.city_check import check_city, named_items

FIRST, SECOND, THIRD = "20261123T210000Z", "20261124T210000Z", "20261125T210000Z"


@pytest.fixture(scope="module")
def staging(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Layers of a first run, and a changed one of a second."""
    folder = tmp_path_factory.mktemp("staging")
    for name in ("terrain", "flood_depth_max", "buildings"):
        lc.stage(folder / "first", name)
    deeper = lc.field_array(lc.f.FLOOD_DEPTH_MAX) + 0.5
    lc.stage(folder / "second", "flood_depth_max", array=deeper, fingerprint="12" * 32)
    return folder


def layers(staging: Path, folder: Path, changed: tuple[str, ...] = ()) -> list[StagedLayer]:
    """Copy the three layers into `folder`, the changed ones as in the second run."""
    found = []
    for name in ("terrain", "flood_depth_max", "buildings"):
        source = staging / ("second" if name in changed else "first") / name
        shutil.copytree(source, folder / name)
        text = (folder / name / "layer.json").read_bytes()
        found.append(StagedLayer(lc.LayerDocument.model_validate_json(text), folder / name))
    return found


def test_first_run(staging: Path, tmp_path: Path) -> None:
    """Every layer stands in the folder of its run, and everything points at it."""
    city = tmp_path / "city"
    latest = publish(city, layers(staging, city / ".work" / "staging"), lc.run_info(FIRST))
    assert check_city(city) == latest
    assert [layer.path for layer in latest.layers] == [
        f"{name}/{FIRST}" for name in ("terrain", "flood_depth_max", "buildings")
    ]
    assert latest.published == "2026-11-23T21:00:00Z"
    assert not list((city / ".work" / "staging").iterdir())
    assert not list(city.rglob(".tmp-*"))


def test_unchanged_layers_keep_their_run(staging: Path, tmp_path: Path) -> None:
    """Only the layer that changed moves on; the staged copies of the others are dropped."""
    city = tmp_path / "city"
    publish(city, layers(staging, tmp_path / "a"), lc.run_info(FIRST))
    before = {p: p.stat().st_mtime_ns for p in (city / "terrain").rglob("*") if p.is_file()}
    latest = publish(
        city, layers(staging, tmp_path / "b", ("flood_depth_max",)), lc.run_info(SECOND)
    )
    check_city(city)
    assert [layer.run_id for layer in latest.layers] == [FIRST, SECOND, FIRST]
    assert latest.run_id == SECOND
    assert before == {p: p.stat().st_mtime_ns for p in before}
    assert named_items(city, "flood_depth_max") == [FIRST, SECOND]
    assert named_items(city, "terrain") == [FIRST]
    assert not list((tmp_path / "b").iterdir())


def test_layers_that_were_not_written_again(staging: Path, tmp_path: Path) -> None:
    """A layer without a staged folder keeps its run when its document is the published one."""
    city = tmp_path / "city"
    publish(city, layers(staging, tmp_path / "a"), lc.run_info(FIRST))
    again = layers(staging, tmp_path / "b")
    shutil.rmtree(tmp_path / "b")
    latest = publish(city, again, lc.run_info(SECOND))
    assert {layer.run_id for layer in latest.layers} == {FIRST}
    other = layers(staging, tmp_path / "c", ("flood_depth_max",))
    shutil.rmtree(tmp_path / "c")
    with pytest.raises(StoreError, match="another version of flood_depth_max"):
        publish(city, other, lc.run_info(THIRD))
    with pytest.raises(StoreError, match="neither in"):
        publish(tmp_path / "elsewhere", other, lc.run_info(THIRD))


def test_damaged_folders_are_replaced(staging: Path, tmp_path: Path) -> None:
    """A published file that changed on the disk is noticed, and the layer published anew."""
    city = tmp_path / "city"
    publish(city, layers(staging, tmp_path / "a"), lc.run_info(FIRST))
    (city / "terrain" / FIRST / "terrain.png").write_bytes(b"bit rot")
    latest = publish(city, layers(staging, tmp_path / "b"), lc.run_info(SECOND))
    check_city(city)
    assert [layer.run_id for layer in latest.layers] == [SECOND, FIRST, FIRST]
    assert named_items(city, "terrain") == [SECOND]


def test_a_city_that_lost_its_latest_keeps_its_runs(staging: Path, tmp_path: Path) -> None:
    """The catalogue knows them; what a kill left beside them goes as ever."""
    city = tmp_path / "city"
    publish(city, layers(staging, tmp_path / "a"), lc.run_info(FIRST))
    publish(city, layers(staging, tmp_path / "b", ("flood_depth_max",)), lc.run_info(SECOND))
    (city / "latest.json").unlink()
    shutil.copytree(city / "terrain" / FIRST, city / "terrain" / "20261125T090000Z")
    assert unannounced_runs(city) == {
        "buildings": [FIRST], "flood_depth_max": [FIRST, SECOND], "terrain": [FIRST],
    }  # fmt: skip
    latest = publish(city, layers(staging, tmp_path / "c"), lc.run_info(THIRD))
    assert check_city(city) == latest
    assert named_items(city, "flood_depth_max") == [FIRST, SECOND, THIRD]
    assert named_items(city, "terrain") == [FIRST, THIRD]
    assert not (city / "terrain" / "20261125T090000Z").exists()
    assert unannounced_runs(city) == {}


def test_closed_runs_are_not_given_away_with_a_lost_latest(tmp_path: Path) -> None:
    """Whom they were published for stands nowhere else, but they say what they are."""
    info = replace(lc.run_info(FIRST), publication="served", classification="internal")
    city = tmp_path / "city"
    for run, fingerprint in ((FIRST, "12" * 32), (SECOND, "34" * 32)):
        made = lc.stage(tmp_path / run, "roads", classification="internal", fingerprint=fingerprint)
        publish(city, [made], replace(info, run_id=run))
    (city / "latest.json").unlink()
    public = [lc.stage(tmp_path / "public", "terrain")]
    with pytest.raises(StoreError, match=f"lost its latest.json, and roads/{FIRST} was not"):
        publish(city, public, lc.run_info(THIRD))
    assert not (city / "terrain").exists()
    publish(city, public, replace(info, run_id=THIRD))
    assert named_items(city, "roads") == [FIRST, SECOND]


@pytest.mark.parametrize("classification", ["internal", "restricted", "secret"])
def test_only_public_layers_are_written_out(tmp_path: Path, classification: str) -> None:
    """A protected layer is refused with the reason, and nothing of the run is published."""
    made = [
        lc.stage(tmp_path / "s", "terrain"),
        lc.stage(tmp_path / "s", "roads", classification=classification),
    ]
    with pytest.raises(StoreError, match=f"roads is {classification}; a static.*public at most"):
        publish(tmp_path / "city", made, lc.run_info())
    assert not (tmp_path / "city").exists()


def test_served_cities_hold_what_is_internal(tmp_path: Path) -> None:
    """In a folder that other users of the machine cannot enter; what is restricted is refused."""
    info = replace(lc.run_info(), publication="served", classification="internal")
    made = [lc.stage(tmp_path / "s", "roads", classification="internal")]
    city = tmp_path / "city"
    latest = publish(city, made, info)
    assert latest.publication == "served"
    assert city.stat().st_mode & 0o077 == 0
    collection = json.loads((city / "roads" / "collection.json").read_text())
    assert collection["citytwin:classification"] == "internal"
    made = [lc.stage(tmp_path / "t", "roads", classification="restricted")]
    with pytest.raises(StoreError, match="internal at most"):
        publish(city, made, replace(info, run_id=SECOND))
    made = [lc.stage(tmp_path / "u", "terrain")]  # public, but beside it lies what is not
    with pytest.raises(StoreError, match="known readers only"):
        publish(city, made, lc.run_info(SECOND))
    assert not (city / "terrain").exists()


def test_folders_that_do_not_match_are_refused(staging: Path, tmp_path: Path) -> None:
    """A missing file, a changed document, a bad id: told by name, and the city stands."""
    city = tmp_path / "city"
    publish(city, layers(staging, tmp_path / "a"), lc.run_info(FIRST))
    before = (city / "latest.json").read_bytes()
    lacking = layers(staging, tmp_path / "b", ("flood_depth_max",))
    (tmp_path / "b" / "flood_depth_max" / "flood_depth_max.tif").unlink()
    with pytest.raises(StoreError, match=r"flood_depth_max lacks flood_depth_max\.tif"):
        publish(city, lacking, lc.run_info(SECOND))
    other = layers(staging, tmp_path / "c", ("flood_depth_max",))
    (tmp_path / "c" / "flood_depth_max" / "layer.json").write_text("{}")
    with pytest.raises(StoreError, match="is not the document"):
        publish(city, other, lc.run_info(SECOND))
    odd = dataclasses.replace(lc.run_info(SECOND), run_id="2026-11-24")
    with pytest.raises(StoreError, match="'2026-11-24' is not"):
        publish(city, layers(staging, tmp_path / "d"), odd)
    with pytest.raises(StoreError, match="no layers"):
        publish(city, [], lc.run_info(SECOND))
    assert (city / "latest.json").read_bytes() == before
    check_city(city)


def test_published_folders_are_never_changed(staging: Path, tmp_path: Path) -> None:
    """The same run id with other content is refused; with the same content it is no news."""
    city = tmp_path / "city"
    publish(city, layers(staging, tmp_path / "a"), lc.run_info(FIRST))
    changed = layers(staging, tmp_path / "b", ("flood_depth_max",))
    with pytest.raises(StoreError, match="exists with other content"):
        publish(city, changed, lc.run_info(FIRST))
    latest = publish(city, layers(staging, tmp_path / "c"), lc.run_info(FIRST))
    assert check_city(city) == latest


def test_layers_that_left_the_configuration(staging: Path, tmp_path: Path) -> None:
    """A layer that is no longer made leaves latest.json; its runs stay in the catalogue."""
    city = tmp_path / "city"
    publish(city, layers(staging, tmp_path / "a"), lc.run_info(FIRST))
    latest = publish(city, layers(staging, tmp_path / "b")[:2], lc.run_info(SECOND))
    check_city(city)
    assert [layer.id for layer in latest.layers] == ["terrain", "flood_depth_max"]
    assert named_items(city, "buildings") == [FIRST]
    assert '"./buildings/collection.json"' in (city / "catalog.json").read_text()


def test_stale_temporary_files_go(staging: Path, tmp_path: Path) -> None:
    """What a killed run left beside the layers is removed by the next."""
    city = tmp_path / "city"
    (temporary_beside(city / "terrain") / "x").mkdir(parents=True)
    temporary_beside(city / "latest.json").write_text("half")
    publish(city, layers(staging, city / ".work"), lc.run_info(FIRST))
    assert not list(city.glob(".tmp-*"))


def test_the_page_comes_after_the_layers_and_before_they_are_switched_to(
    staging: Path, tmp_path: Path
) -> None:
    """A run that fails to publish leaves the page alone; no city stands without one."""
    city = tmp_path / "city"
    seen: list[tuple[bool, bool]] = []

    def put_page(folder: Path) -> None:
        there = (folder / "terrain" / FIRST / "layer.json").is_file()
        seen.append((there, (folder / "latest.json").exists()))

    broken = layers(staging, tmp_path / "a")
    (broken[2].directory / "layer.json").unlink()
    with pytest.raises(StoreError):
        publish(city, broken, lc.run_info(FIRST), put_page)
    assert seen == []
    publish(city, layers(staging, tmp_path / "b"), lc.run_info(FIRST), put_page)
    assert seen == [(True, False)]


def test_damaged_latest_is_told(staging: Path, tmp_path: Path) -> None:
    """A latest.json that is no such document is never overwritten in silence."""
    (tmp_path / "latest.json").write_text('{"schema": "other"}')
    with pytest.raises(StoreError, match=r"latest\.json is damaged"):
        publish(tmp_path, layers(staging, tmp_path / "s"), lc.run_info(FIRST))


def test_prune_keeps_what_is_published(staging: Path, tmp_path: Path) -> None:
    """Old runs go, newest first kept; the published run stays even when it is the oldest."""
    city = tmp_path / "city"
    for number, run in enumerate((FIRST, SECOND, THIRD)):
        changed = ("flood_depth_max",) if number % 2 else ()
        publish(city, layers(staging, tmp_path / run, changed), lc.run_info(run))
    assert named_items(city, "flood_depth_max") == [FIRST, SECOND, THIRD]
    assert prune(city, keep=3) == ()
    removed = prune(city, keep=2)
    assert removed == (city / "flood_depth_max" / FIRST,)
    check_city(city)
    assert prune(city, keep=1) == (city / "flood_depth_max" / SECOND,)
    check_city(city)
    assert named_items(city, "flood_depth_max") == [THIRD]
    assert (city / "terrain" / FIRST).is_dir()
    with pytest.raises(StoreError, match="keep is 0"):
        prune(city, keep=0)
    with pytest.raises(StoreError, match="does not exist"):
        prune(tmp_path / "none", keep=1)
