"""Between two nights something small changes: only what it reaches is made, and all is as if new."""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from citytwin.twin import Twin
from tests.pipelines.edited_nights import edit_and_run, newest_files
from tests.pipelines.here import citytwin_here
from tests.pipelines.night_town import make_night_town, run_here, workers_here
from tests.pipelines.small_city import published_files

NIGHTS = (
    ["buildings", "new building", "building gone"],
    ["gauge", "parameter"],
    ["new file", "file gone"],
)


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


def test_small_changes_cost_little_and_give_what_a_new_run_gives(
    finished: Path, address: str, tmp_path: Path
) -> None:
    """Byte by byte; before each, the plan names the steps that will be made, with the reason.

    Before the last one what is remembered of map tiles is damaged, and nobody notices.
    """
    edited = tmp_path / "edited"
    shutil.copytree(finished.parent, edited)
    config = edited / finished.name
    for number, kinds in enumerate(NIGHTS):
        dice = random.Random(f"{kinds} 1")
        if number == len(NIGHTS) - 1:
            remembered = list((edited / "out" / ".work" / "town").glob("remembered/*/*"))
            for file in remembered:
                file.write_bytes(file.read_bytes()[:-9])
            assert remembered
        edit_and_run(config, kinds, dice, address, tmp_path / f"scratch{number}")
    new = tmp_path / "new"
    shutil.copytree(edited, new, ignore=shutil.ignore_patterns("out"))
    assert not run_here(new / finished.name, address).failures
    right = published_files(new / "out" / "town")
    assert newest_files(edited / "out" / "town") == right


def test_a_correction_outlives_the_next_release(address: str, tmp_path: Path) -> None:
    """A planner's word stands on the map beside a new delivery of the model, until it is withdrawn."""
    config = make_night_town(tmp_path)
    begin = config.read_text("utf-8").partition("simulations:")[0]
    config.write_text(begin + "layers: [buildings]\n", encoding="utf-8")
    assert not run_here(config, address).failures
    city = tmp_path / "out" / "town"

    def usages() -> dict[str, str]:
        frame = Twin(city)["buildings"].to_geopandas()
        return dict(zip(frame["building_id"], frame["usage"], strict=True))

    before = usages()
    name = min(before)
    assert before[name] != "病院"
    said = citytwin_here("correct", str(config), name, "usage", "病院", "--by", "Tanaka")
    assert said.returncode == 0, said.stderr
    for file in (tmp_path / "data" / "udx" / "bldg").glob("*.gml"):
        file.write_text(file.read_text("utf-8") + "<!-- next release -->\n", encoding="utf-8")
    assert not run_here(config, address).failures
    assert usages() == before | {name: "病院"}
    notes = [note.en for note in Twin(city)["buildings"].document.notes]
    assert "1 attributes of buildings were corrected by hand" in notes
    citytwin_here("correct", str(config), name, "usage", "--withdraw", "--by", "Tanaka")
    assert not run_here(config, address).failures
    assert usages() == before
