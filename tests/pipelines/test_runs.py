"""Whole runs as a user starts them: repeat, resume, same bytes, what changed and why."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import geopandas as gpd
import pytest

from citytwin.config import load
from citytwin.engine import locking
from citytwin.engine.known_buildings import knows_building
from tests.pipelines.here import citytwin_here
from tests.pipelines.small_city import HEAD, RELIEF, citytwin, make_small_city, published_files


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Configuration of a small city that has been run once, in one tile with one worker."""
    config = make_small_city(tmp_path_factory.mktemp("finished"))
    done = citytwin("run", str(config), "--workers", "1")
    assert done.returncode == 0, done.stderr
    return config


def latest_of(config: Path) -> dict:
    """What stands published."""
    return json.loads((config.parent / "out" / "small" / "latest.json").read_text("utf-8"))


def test_everything_is_published(finished: Path) -> None:
    """Every kind of layer is there, with its page and catalogue."""
    city = finished.parent / "out" / "small"
    layers = {layer["id"] for layer in latest_of(finished)["layers"]}
    assert {
        "terrain", "surface_height", "sunlit_hours", "wind_speed_ratio", "flood_depth_max",
        "flood_arrival", "buildings", "building_exposure", "roads", "facades",
    } <= layers  # fmt: skip
    for name in ("index.html", "catalog.json", "small.qgs"):
        assert (city / name).is_file()
    assert not list(city.glob("**/.*"))


def test_a_second_run_has_nothing_to_do(finished: Path) -> None:
    """It says so and leaves latest.json as it was."""
    before = latest_of(finished)
    again = citytwin_here("run", str(finished))
    assert again.returncode == 0
    assert "nothing to do" in again.stdout
    assert latest_of(finished) == before


@pytest.mark.long
def test_layers_are_the_same_bytes_for_other_tiles_and_workers(
    finished: Path, tmp_path: Path
) -> None:
    """Neither the size of tiles nor the number of workers shows in any file."""
    config = make_small_city(tmp_path)
    done = citytwin("run", str(config), "--workers", "2", "--tile", "23")
    assert done.returncode == 0, done.stderr
    one = published_files(finished.parent / "out" / "small")
    other = published_files(tmp_path / "out" / "small")
    assert sorted(one) == sorted(other)
    assert [name for name in one if one[name] != other[name]] == []


def kill_at(config: Path, event: str) -> None:
    """Start a run and kill -9 it with all its workers as soon as it logs the event."""
    with subprocess.Popen(
        [sys.executable, "-m", "citytwin", "run", str(config), "--workers", "1"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if event in line:
                break
        else:
            pytest.fail(f"the run ended without {event}")
        os.killpg(process.pid, signal.SIGKILL)


@pytest.mark.long
def test_a_killed_run_resumes_and_published_maps_stay(finished: Path, tmp_path: Path) -> None:
    """Kill -9 of everything at several moments; the old maps stand, the next run completes."""
    shutil.copytree(finished.parent, tmp_path / "city")
    config = tmp_path / "city" / "city.yaml"
    before = latest_of(config)
    old = published_files(config.parent / "out" / "small")
    config.write_text(config.read_text("utf-8").replace("2026-12-22", "2026-06-21"), "utf-8")
    for event in (
        "event=begin step='read sources'",
        "event=begin step='simulate:sunlight'",
        "event=begin step='make layers'",
    ):
        kill_at(config, event)
        assert latest_of(config) == before
        now = published_files(config.parent / "out" / "small")
        assert all(now[name] == data for name, data in old.items())
    done = citytwin("run", str(config), "--workers", "1")
    assert done.returncode == 0, done.stderr
    assert "event=begin step='simulate:sunlight' parts=1 standing=1" in done.stderr
    kept = [layer["id"] for layer in latest_of(config)["layers"] if layer in before["layers"]]
    changed = {layer["id"] for layer in latest_of(config)["layers"]} - set(kept)
    assert changed == {"sunlit_hours", "building_exposure", "facades"}
    told = citytwin_here("status", str(config), "--json")
    records = [json.loads(line) for line in told.stdout.splitlines()]
    assert [record["outcome"] for record in records[-4:]] == ["killed"] * 3 + ["done"]
    assert sorted(records[-1]["published"]) == sorted(changed)
    assert {feed["source"] for feed in records[-1]["feeds"]} == {"amedas", "openmeteo"}
    assert "resumed" in citytwin_here("status", str(config)).stdout


def all_files(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Time stamp and content of every file."""
    return {
        str(file.relative_to(folder)): (file.stat().st_mtime_ns, file.read_bytes())
        for file in folder.rglob("*")
        if file.is_file()
    }


def test_a_correction_of_a_building_that_is_not_there_is_told(
    finished: Path, tmp_path: Path
) -> None:
    """At once, and kept: a later city model may have it. Of a city for known readers it is not told."""
    shutil.copytree(finished.parent, tmp_path / "city")
    config = tmp_path / "city" / "city.yaml"
    (entry,) = [one for one in latest_of(config)["layers"] if one["id"] == "buildings"]
    folder = config.parent / "out" / "small" / entry["path"]
    name = gpd.read_parquet(folder / "buildings.parquet")["building_id"].iloc[-1]
    for building, is_known in ((name, True), ("nosuch", False)):
        said = citytwin_here("correct", str(config), building, "storeys", "3", "--by", "Tanaka")
        assert said.returncode == 0
        assert f"kept: {building} storeys: 3" in said.stdout
        assert (f"knows no building {building}" in said.stderr) is not is_known
    loaded = load(config)
    served = loaded.config.model_copy(update={"publication": "served"})
    assert knows_building(loaded, "nosuch") is False
    assert knows_building(loaded.model_copy(update={"config": served}), "nosuch") is None


def test_the_run_of_the_demo_is_in_the_journal(tmp_path: Path) -> None:
    """As that of any other city; here with a pipeline that was edited down to one layer."""
    pipeline = tmp_path / "pipelines" / "demo.yaml"
    pipeline.parent.mkdir()
    text = HEAD + RELIEF.replace("data/", "../data/demo/") + "layers: [terrain]\n"
    pipeline.write_text(text.replace("out: out", "out: ../out"), encoding="utf-8")
    done = citytwin_here("demo", str(tmp_path), "--workers", "1")
    assert done.returncode == 0, done.stderr
    (record,) = citytwin_here("status", str(pipeline), "--json").stdout.splitlines()
    assert (json.loads(record)["outcome"], json.loads(record)["published"]) == ("done", ["terrain"])
    assert citytwin_here("demo", str(tmp_path)).returncode == 0


def test_plan_and_status_change_no_file(finished: Path, tmp_path: Path) -> None:
    """They may look while a run holds the city: before the first run, and after it."""
    config = tmp_path / "city.yaml"
    shutil.copytree(finished.parent / "data", tmp_path / "data")
    shutil.copyfile(finished, config)
    for command in ("plan", "status"):
        assert citytwin_here(command, str(config)).returncode == 0
        assert not (tmp_path / "out").exists()
    shutil.copytree(finished.parent / "out", tmp_path / "out")
    before = all_files(tmp_path / "out")
    for command in ("plan", "status"):
        assert citytwin_here(command, str(config)).returncode == 0
        assert all_files(tmp_path / "out") == before


def test_plan_says_what_changed_and_why(finished: Path, tmp_path: Path) -> None:
    """A changed parameter touches its simulation and what follows from it, nothing else."""
    shutil.copytree(finished.parent, tmp_path / "city")
    config = tmp_path / "city" / "city.yaml"
    config.write_text(config.read_text("utf-8").replace("2026-12-22", "2026-06-21"), "utf-8")
    told = citytwin_here("plan", str(config))
    assert told.returncode == 0, told.stderr
    lines = {
        line.split()[1]: line for line in told.stdout.splitlines() if ":" in line and "│" in line
    }
    assert "parameters changed" in lines["simulate:sunlight"]
    assert "stands" in lines["simulate:flood"]
    assert "made anew" in lines["assess:building_exposure"]


def test_plan_says_what_is_gone(finished: Path, tmp_path: Path) -> None:
    """Files deleted from the working store are foreseen, not stumbled on."""
    shutil.copytree(finished.parent, tmp_path / "city")
    config = tmp_path / "city" / "city.yaml"
    work = tmp_path / "city" / "out" / ".work" / "small"
    (work / "tables" / "building_exposure" / "building_exposure" / "whole.parquet").unlink()
    shutil.rmtree(next(work.glob("fields/*/sunlit_hours/c")))
    told = citytwin_here("plan", str(config))
    assert told.returncode == 0, told.stderr
    lines = {line.split()[1]: line for line in told.stdout.splitlines() if ":" in line}
    assert "its file is gone" in lines["simulate:sunlight"]
    assert "made anew" in lines["assess:building_exposure"]
    assert "stands" in lines["simulate:flood"]
    next(work.glob("tables/buildings/buildings/*.parquet")).unlink()
    told = citytwin_here("plan", str(config))
    assert told.returncode == 0, told.stderr
    assert "its file is gone" in told.stdout


def test_a_second_run_at_the_same_time_is_refused(
    finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two runs of one city never mix."""
    from filelock import FileLock

    shutil.copytree(finished.parent, tmp_path / "city")
    config = tmp_path / "city" / "city.yaml"
    config.write_text(config.read_text("utf-8").replace("2026-12-22", "2026-06-21"), "utf-8")
    monkeypatch.setattr(locking, "PATIENCE_S", 0.0)
    with FileLock(tmp_path / "city" / "out" / ".work" / "small" / "lock"):
        done = citytwin_here("run", str(config))
    assert done.returncode == 75
    assert "another run holds" in done.stderr


def test_the_twin_opens_what_was_published(finished: Path) -> None:
    """Lazy arrays and tables with CRS, units and hashes of the inputs."""
    import citytwin as ct

    twin = ct.open(finished.parent / "out" / "small")
    assert "flood_depth_max" in repr(twin)
    depth = twin["flood_depth_max"].to_xarray()
    assert depth.rio.crs.to_epsg() == 6677
    assert depth.attrs["units"] == "m"
    assert all(len(digest) == 64 for digest in depth.attrs["sources"].values())
    assert hasattr(depth.data, "dask")
    buildings = twin["building_exposure"].to_geopandas()
    assert buildings.crs.to_epsg() == 6677
    assert buildings.attrs["units"]["flood_depth_max_m"] == "m"
    with pytest.raises(KeyError, match="did you mean 'flood_depth_max'"):
        twin["flood_dept_max"]


def test_published_files_that_are_gone_or_changed_come_back(
    finished: Path, workers: str, tmp_path: Path
) -> None:
    """That is no finished request: their layers are published anew, which is told, and those runs go."""
    shutil.copytree(finished.parent, tmp_path / "city")
    finished = tmp_path / "city" / "city.yaml"
    city = finished.parent / "out" / "small"
    before = published_files(city)
    (gone,) = city.glob("terrain/*/terrain.tif")
    gone.unlink()
    (forged,) = city.glob("buildings/*/buildings.parquet")
    forged.write_bytes(forged.read_bytes()[:-4] + b"PAR2")
    done = citytwin_here("run", str(finished), "--scheduler", workers, "--verify")
    assert done.returncode == 0, done.stderr
    assert "nothing to do" not in done.stdout
    for file in (gone, forged):
        run = file.parent.relative_to(city)
        assert f"published {run} had been changed or had lost files" in done.stdout + done.stderr
        assert not file.parent.exists()
        assert run.name not in (file.parents[1] / "collection.json").read_text("utf-8")
    entry = next(one for one in latest_of(finished)["layers"] if one["id"] == "terrain")
    assert (city / entry["path"] / "terrain.tif").read_bytes() == before["terrain/terrain.tif"]
    assert "nothing to do" in citytwin_here("run", str(finished)).stdout
