"""SIGKILL at every change of the disk during a publication."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from citytwin.store.publish import publish
from tests.unit.store import little_city as lc
from tests.unit.store.city_check import check_city, named_items
from tests.unit.store.killed_publisher import staged

FIRST, SECOND, THIRD = "20261123T210000Z", "20261124T210000Z", "20261125T210000Z"
ROOT = Path(__file__).parents[3]


def kill_everywhere(folder: Path) -> list[Path]:
    """Publish what ``template`` holds, killed before one change after the other."""
    program = Path(__file__).with_name("killed_publisher.py")
    (folder / "work").mkdir()
    done = subprocess.run(
        [sys.executable, program, folder / "template", folder / "work"],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    return [folder / "work" / str(number + 1) for number in range(int(done.stdout))]


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Copies of a city, each left by a kill before another change; the last one was not killed."""
    folder = tmp_path_factory.mktemp("killed")
    template = folder / "template"
    first = [lc.stage(folder / "a", name) for name in ("flood_depth_max", "traffic")]
    publish(template / "city", first, lc.run_info(FIRST))
    deeper = lc.field_array(lc.f.FLOOD_DEPTH_MAX) + 0.5
    staging = template / "staging"
    lc.stage(staging, "flood_depth_max", array=deeper, fingerprint="12" * 32)
    lc.stage(staging, "roads")
    lc.stage(staging, "traffic")
    return kill_everywhere(folder)


def test_a_kill_leaves_one_whole_run(killed: list[Path]) -> None:
    """Before latest.json is replaced the old run stands with all files, and after it the new."""
    assert len(killed) > 30
    states = []
    for copy in killed:
        latest = check_city(copy / "city")
        states.append(latest.run_id)
        expected = [FIRST, FIRST] if latest.run_id == FIRST else [SECOND, SECOND, FIRST]
        assert [layer.run_id for layer in latest.layers] == expected
    assert states == sorted(states)
    assert states.count(FIRST) > 25
    assert states[-1] == SECOND


def test_the_next_run_cleans_up(killed: list[Path]) -> None:
    """After a kill the next night publishes whole, and drops the run that never was."""
    kept = [copy for copy in killed if check_city(copy / "city").run_id == FIRST]
    for copy in kept[:: max(1, len(kept) // 8)]:
        city = copy / "city"
        shallow = lc.field_array(lc.f.FLOOD_DEPTH_MAX) + 0.25
        again = [
            lc.stage(copy / "again", "flood_depth_max", array=shallow, fingerprint="34" * 32),
            lc.stage(copy / "again", "traffic"),
        ]
        latest = publish(city, again, lc.run_info(THIRD))
        assert check_city(city) == latest
        assert named_items(city, "flood_depth_max") == [FIRST, THIRD]
        assert not (city / "flood_depth_max" / SECOND).exists()
        assert not (city / "roads" / SECOND).exists()
        assert not list(city.glob(".tmp-*"))


def test_the_same_run_can_be_taken_up_again(killed: list[Path]) -> None:
    """What a kill left staged can be published under the same run id."""
    copies = [copy for copy in killed if len(list((copy / "staging").iterdir())) == 3]
    copy = copies[-1]
    latest = publish(copy / "city", staged(copy / "staging"), lc.run_info(SECOND))
    assert [layer.run_id for layer in latest.layers] == [SECOND, SECOND, FIRST]
    assert check_city(copy / "city") == latest


def test_a_first_publication_that_was_killed_leaves_nothing(tmp_path: Path) -> None:
    """Of a city that never was published the next run keeps only what it publishes itself."""
    lc.stage(tmp_path / "template" / "staging", "flood_depth_max")
    lc.stage(tmp_path / "template" / "staging", "roads")
    copies = kill_everywhere(tmp_path)
    kept = [copy for copy in copies if not (copy / "city" / "latest.json").exists()]
    assert len(kept) > 20
    moved = [copy for copy in kept if (copy / "city" / "roads" / SECOND).is_dir()]
    assert moved
    for copy in (*kept[::8], *moved):
        again = [lc.stage(copy / "again", "flood_depth_max")]
        latest = publish(copy / "city", again, lc.run_info(THIRD))
        assert check_city(copy / "city") == latest
        assert named_items(copy / "city", "flood_depth_max") == [THIRD]
        assert not (copy / "city" / "flood_depth_max" / SECOND).exists()
        assert not (copy / "city" / "roads" / SECOND).exists()
        assert "roads" not in (copy / "city" / "catalog.json").read_text()
        assert not list((copy / "city").glob(".tmp-*"))
