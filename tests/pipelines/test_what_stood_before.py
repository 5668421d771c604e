"""A run tells what became of what stood published before it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from tests.pipelines.here import citytwin_here
from tests.pipelines.night_town import run_here
from tests.pipelines.small_city import BUILDINGS, DEMO, HEAD, RELIEF

TOWN = HEAD + BUILDINGS + RELIEF + "layers: [terrain, buildings]\n"


def make_town(folder: Path) -> Path:
    """Write a town of two layers that runs in a second; return its configuration."""
    for part in ("udx/bldg", "udx/dem", "codelists"):
        shutil.copytree(DEMO / part, folder / "data" / part)
    config = folder / "city.yaml"
    config.write_text(TOWN, encoding="utf-8")
    return config


def change(config: Path, old: str, new: str) -> None:
    """Change a word of a configuration."""
    config.write_text(config.read_text("utf-8").replace(old, new), encoding="utf-8")


def test_a_lost_latest_costs_no_run_and_is_told(workers: str, tmp_path: Path) -> None:
    """The runs that the catalogue names stay, and the new one is newer than all of them."""
    config = make_town(tmp_path)
    run_here(config, workers)
    change(config, "2026-06-01", "2026-06-02")
    second = run_here(config, workers)
    city = tmp_path / "out" / "small"
    (city / "latest.json").unlink()
    before = {file: file.read_bytes() for file in city.glob("*/*/*") if file.is_file()}
    report = run_here(config, workers)
    assert report.healed == [
        "latest.json was gone: published anew, and 2 earlier runs that the catalogue names stay"
    ]
    assert report.run_id > second.run_id
    assert {file: file.read_bytes() for file in before} == before
    assert run_here(config, workers).healed == []


def test_layers_that_leave_the_map_are_told(tmp_path: Path) -> None:
    """By the command, in the journal and in the report; what stays is not called changed."""
    config = make_town(tmp_path)
    with config.open("a", encoding="utf-8") as file:
        file.write("nights: {report: told.json}\n")
    assert citytwin_here("run", str(config), "--workers", "1").returncode == 0
    change(config, "[terrain, buildings]", "[terrain]")
    said = citytwin_here("run", str(config), "--workers", "1").stdout
    assert "no longer published: buildings\nunchanged: terrain\n" in said
    assert "nothing changed" not in said
    told = json.loads((tmp_path / "told.json").read_text("utf-8"))
    assert (told["no_longer"], told["unchanged"]) == (["buildings"], ["terrain"])
    assert "no longer published: buildings" in citytwin_here("status", str(config)).stdout
