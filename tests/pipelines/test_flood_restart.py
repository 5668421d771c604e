"""Floods that are killed or stopped at any moment go on, and give every bit of one that was not."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import rasterio
from rasterio.transform import Affine

from tests.pipelines.here import citytwin_here
from tests.pipelines.small_city import DEMO, HEAD, RELIEF, citytwin, published_files

pytestmark = pytest.mark.timeout(900)  # each test runs the program several times

PARAMS = """
duration_h: 1.25
rain: [{start_minutes: 0, end_minutes: 200, mm_per_h: 60}]
inflows:
  - {x: -43700, y: -93300, radius_m: 8, hydrograph: [{minutes: 0, m3_s: 2}, {minutes: 300, m3_s: 9}]}
infiltration: [{covers: [other], law: horton, first_mm_per_h: 40, last_mm_per_h: 4, decay_per_h: 3}]
"""
OFTEN = ("--checkpoint-minutes", "0.005")


@pytest.fixture(scope="module")
def terrain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Rolling ground of 150 x 190 cells of 5 m."""
    y, x = np.mgrid[:150, :190]
    heights = (5 - 0.02 * y + np.sin(0.21 * x) * np.cos(0.17 * y)).astype(np.float32)
    file = tmp_path_factory.mktemp("terrain") / "dtm.tif"
    with rasterio.open(
        file, "w", driver="GTiff", height=150, width=190, count=1, dtype="float32",
        crs="EPSG:6677", transform=Affine(5.0, 0.0, -44000.0, 0.0, -5.0, -93000.0),
    ) as out:  # fmt: skip
        out.write(heights, 1)
    (file.parent / "flood.yaml").write_text(PARAMS, encoding="utf-8")
    return file


def command(terrain: Path, out: Path, *more: str) -> list[str]:
    """Arguments of a flood on that ground."""
    params = terrain.parent / "flood.yaml"
    given = ["--terrain", str(terrain), "--params", str(params), "--out", str(out)]
    return ["simulate", "flood", *given, *more]


def rasters(folder: Path) -> dict[str, bytes]:
    """Every file of the results."""
    return {file.name: file.read_bytes() for file in sorted(folder.iterdir())}


@pytest.fixture(scope="module")
def undisturbed(terrain: Path) -> tuple[Path, str]:
    """Results of a run in one go, and what it printed of its account."""
    out = terrain.parent / "undisturbed"
    done = citytwin(*command(terrain, out))
    assert done.returncode == 0, done.stderr
    return out, done.stdout[done.stdout.index("{") :]


def stop_while_running(arguments: list[str], state: Path, wait_s: float, number: int) -> None:
    """Start a run, wait until it has kept a state of its own and a while more, then stop it."""
    before = state.stat().st_mtime_ns if state.exists() else 0
    with subprocess.Popen(
        [sys.executable, "-m", "citytwin", *arguments],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
    ) as process:
        patience = time.monotonic() + 240
        while not state.exists() or state.stat().st_mtime_ns == before:
            assert process.poll() is None, process.stderr and process.stderr.read()
            assert time.monotonic() < patience, "no state was kept"
            time.sleep(0.01)
        time.sleep(wait_s)
        assert process.poll() is None, "the run ended before it was stopped"
        os.killpg(process.pid, number)


def stop_once_it_goes_on(arguments: list[str]) -> None:
    """Start a run that finds a state, and stop it by Ctrl-C as soon as it says so."""
    with subprocess.Popen(
        [sys.executable, "-m", "citytwin", "-v", *arguments],
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if "goes on from its state" in line:
                break
        os.killpg(process.pid, signal.SIGINT)
        assert "run the same command again to resume" in process.stderr.read()
        assert process.wait(60) == 1


def test_a_flood_killed_and_stopped_at_any_moment_ends_with_the_same_bits(
    terrain: Path, undisturbed: tuple[Path, str], tmp_path: Path
) -> None:
    """Kill -9 twice, in the middle of whatever it did; Ctrl-C long before a state is due; to the end.

    A state with a changed bit is ignored, and told.
    """
    out, bad = tmp_path / "out", tmp_path / "bad"
    state = out / ".checkpoint-flood.npz"
    moments = random.Random(5)
    for _ in range(2):
        wait_s = moments.uniform(0.0, 0.5)
        stop_while_running(command(terrain, out, *OFTEN), state, wait_s, signal.SIGKILL)
    before = state.stat().st_mtime_ns
    stop_once_it_goes_on(command(terrain, out, "--checkpoint-minutes", "60"))
    assert state.stat().st_mtime_ns > before
    bad.mkdir()
    data = bytearray(state.read_bytes())
    data[len(data) // 2] ^= 1
    (bad / state.name).write_bytes(data)
    for folder, told in ((out, "goes on from its state"), (bad, "is damaged")):
        done = citytwin("-v", *command(terrain, folder))
        assert done.returncode == 0, done.stderr
        assert told in done.stderr
        left = {name: data for name, data in rasters(folder).items() if not name.startswith(".")}
        assert left == rasters(undisturbed[0])
        assert done.stdout[done.stdout.index("{") :] == undisturbed[1]


CITY = (
    HEAD
    + RELIEF
    + """\
layers: [flood_depth_max, flood_arrival]
simulations:
  - use: flood
    params: {duration_h: HOURS, rain: [{start_minutes: 0, end_minutes: 360, mm_per_h: 40}]}
"""
)


def flooded_city(folder: Path, hours: int) -> Path:
    """A city with a flood and little else."""
    shutil.copytree(DEMO / "udx" / "dem", folder / "data" / "udx" / "dem")
    config = folder / "city.yaml"
    config.write_text(CITY.replace("HOURS", str(hours)), encoding="utf-8")
    return config


def in_one_go(config: Path, workers: str) -> dict[str, bytes]:
    """What a city publishes whose run nobody stopped."""
    done = citytwin_here("run", str(config), "--scheduler", workers)
    assert done.returncode == 0, done.stderr
    return published_files(config.parent / "out" / "small")


def test_a_city_in_tiles_publishes_the_same_bytes(workers: str, tmp_path: Path) -> None:
    """Four tiles on two workers; the plan tells of them."""
    config = flooded_city(tmp_path / "tiles", hours=2)
    done = citytwin("run", str(config), "--workers", "2", "--tile", "32", "--domain-tile", "32")
    assert done.returncode == 0, done.stderr
    undisturbed = in_one_go(flooded_city(tmp_path / "undisturbed", hours=2), workers)
    assert published_files(config.parent / "out" / "small") == undisturbed
    config.write_text(config.read_text("utf-8").replace("duration_h: 2", "duration_h: 3"), "utf-8")
    plan = citytwin_here("plan", str(config), "--tile", "32", "--domain-tile", "32")
    assert "in 4 tiles on all workers" in " ".join(plan.stdout.split())


def test_a_city_whose_flood_was_stopped_goes_on(workers: str, tmp_path: Path) -> None:
    """Kill -9 of the run with all its workers, then Ctrl-C; the published maps are the same bytes."""
    config = flooded_city(tmp_path / "stopped", hours=24)
    state = tmp_path / "stopped" / "out" / ".work" / "small" / "checkpoints" / "simulate-flood.npz"
    command = ["run", str(config), "--workers", "1"]
    for number in (signal.SIGKILL, signal.SIGINT):
        stop_while_running([*command, *OFTEN], state, 0.2, number)
        assert state.is_file()
    done = citytwin(*command)
    assert done.returncode == 0, done.stderr
    assert "is damaged" not in done.stderr
    assert not state.exists()
    undisturbed = in_one_go(flooded_city(tmp_path / "undisturbed", hours=24), workers)
    assert published_files(config.parent / "out" / "small") == undisturbed
