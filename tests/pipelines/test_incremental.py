"""Between two nights something small changes: only what it reaches is made, and all is as if new."""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.pipelines.edited_nights import edit_and_run, newest_files
from tests.pipelines.night_town import make_night_town, run_here, workers_here
from tests.pipelines.small_city import published_files

NIGHTS = (["buildings"], ["gauge", "parameter"], ["new file", "file gone"])


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
    """Byte by byte; before each, the plan names the steps that will be made, with the reason."""
    edited = tmp_path / "edited"
    shutil.copytree(finished.parent, edited)
    config = edited / finished.name
    for number, kinds in enumerate(NIGHTS):
        dice = random.Random(f"{kinds} 1")
        edit_and_run(config, kinds, dice, address, tmp_path / f"scratch{number}")
    new = tmp_path / "new"
    shutil.copytree(edited, new, ignore=shutil.ignore_patterns("out"))
    assert not run_here(new / finished.name, address).failures
    right = published_files(new / "out" / "town")
    assert newest_files(edited / "out" / "town") == right
