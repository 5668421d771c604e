"""Damage in the working store, met by runs: it is made anew, and the maps are what they were."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.pipelines.night_town import made_by, make_night_town, run_here, workers_here
from tests.pipelines.small_city import published_files


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


def copied(finished: Path, folder: Path) -> Path:
    """Copy a town with all that was made of it."""
    shutil.copytree(finished.parent, folder / "town")
    return folder / "town" / finished.name


def spoil(file: Path) -> None:
    """Turn a bit in the middle of a file."""
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 16
    file.write_bytes(data)


def test_damage_that_a_run_reads_is_made_anew(finished: Path, address: str, tmp_path: Path) -> None:
    """A tile of the surface and a table; the changed step comes out right."""
    undisturbed, disturbed = copied(finished, tmp_path / "a"), copied(finished, tmp_path / "b")
    for config in (undisturbed, disturbed):
        text = config.read_text("utf-8")
        config.write_text(text.replace("2026-12-22", "2026-06-21"), "utf-8")
    work = disturbed.parent / "out" / ".work" / "town"
    spoil(next(work.glob("fields/*/surface_height/c/1/1")))
    spoil(next(work.glob("tables/amedas/observations/*.parquet")))
    assert made_by(run_here(undisturbed, address)) == {"simulate:sunlight": 9, "make layers": 1}
    report = run_here(disturbed, address)
    assert not report.failures
    assert len(report.healed) == 2
    assert any("surface_height" in text for text in report.healed)
    right = published_files(undisturbed.parent / "out" / "town")
    assert published_files(disturbed.parent / "out" / "town") == right


def test_verify_finds_damage_that_nobody_reads(
    finished: Path, address: str, tmp_path: Path
) -> None:
    """A run that has nothing to do reads nothing; one that verifies reads all."""
    config = copied(finished, tmp_path)
    before = published_files(config.parent / "out" / "town")
    work = config.parent / "out" / ".work" / "town"
    spoil(next(work.glob("fields/*/flood_depth_max/c/0/0")))
    spoil(next(work.glob("tables/relief/*/*.parquet"), None) or next(work.glob("rasters/*/*.npy")))
    made = made_by(run_here(config, address, verify=True))
    assert made["simulate:flood"] == 1
    assert made["read sources"] == 1
    assert published_files(config.parent / "out" / "town") == before
