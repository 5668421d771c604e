"""Ensembles that are killed or stopped go on with what is left, and give every bit of one that was not."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np
import psutil
import pytest
import rasterio
from rasterio.transform import Affine

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]

LEVEE = [[-44000, -93740], [-43050, -93740]]
BREACHES = [
    {"x": x, "y": -93740, "width_m": 20, "start_minutes": 1, "growth_minutes": 5, "name": f"at {x}"}
    for x in (-43900, -43700, -43500, -43200)
]
PARAMS = {
    "duration_h": 0.6,
    "gauges": [{"name": "north", "x": -43500, "y": -93300}],
    "levees": [
        {
            "line": LEVEE,
            "land": "left",
            "crest_m": [7.0],
            "stage": [{"minutes": 0, "level_m": 6.5}],
            "breaches": BREACHES,
        }
    ],
}


def dtm(file: Path, shape: tuple[int, int]) -> Path:
    """Rolling ground of cells of 5 m, that falls to the north."""
    y, x = np.mgrid[: shape[0], : shape[1]]
    heights = (2 + 0.01 * y + 0.5 * np.sin(0.21 * x) * np.cos(0.17 * y)).astype(np.float32)
    with rasterio.open(
        file, "w", driver="GTiff", height=shape[0], width=shape[1], count=1, dtype="float32",
        crs="EPSG:6677", transform=Affine(5.0, 0.0, -44000.0, 0.0, -5.0, -93000.0),
    ) as out:  # fmt: skip
        out.write(heights, 1)
    return file


@pytest.fixture(scope="module")
def terrain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ground, and parameters with four breaches."""
    folder = tmp_path_factory.mktemp("ensemble")
    (folder / "flood.yaml").write_text(json.dumps(PARAMS), encoding="utf-8")
    return dtm(folder / "dtm.tif", (150, 190))


def command(terrain: Path, out: Path) -> list[str]:
    """All breaches on two worker processes, with states that are kept all the time."""
    given = ["--terrain", str(terrain), "--params", str(terrain.parent / "flood.yaml")]
    program = [sys.executable, "-m", "citytwin", "ensemble", "flood", *given, "--out", str(out)]
    return [*program, "--workers", "2", "--checkpoint-minutes", "0.005"]


@contextmanager
def begun(terrain: Path, out: Path) -> Iterator[subprocess.Popen[str]]:
    """The command, under way."""
    with subprocess.Popen(
        command(terrain, out),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        yield process


def wait_for(process: subprocess.Popen[str], out: Path, kind: str, number: int) -> list[Path]:
    """Wait until so many cases (or states of cases) are kept."""
    patience = time.monotonic() + 240
    while True:
        found = sorted((out / ".cases-flood").glob(f"{kind}-*.npz"))
        if len(found) >= number:
            return found
        assert process.poll() is None, process.stderr and process.stderr.read()
        assert time.monotonic() < patience, f"no {kind} was kept"
        time.sleep(0.01)


def results(out: Path) -> dict[str, bytes]:
    """Every file of the results; nothing else may be left."""
    return {file.name: file.read_bytes() for file in sorted(out.iterdir())}


def states(out: Path) -> set[tuple[Path, int]]:
    """Every state that is kept, and its age."""
    found = set()
    for file in (out / ".cases-flood").glob("state-*.npz"):
        with suppress(FileNotFoundError):
            found.add((file, file.stat().st_mtime_ns))
    return found


def workers_of(process: subprocess.Popen[str]) -> list[psutil.Process]:
    """Worker processes, oldest first."""
    all_ = psutil.Process(process.pid).children(recursive=True)
    return sorted(filter(_is_busy, all_), key=lambda one: one.create_time())


def _is_busy(one: psutil.Process) -> bool:
    """Whether a process is a worker; others, such as what asks for the processor's name, may be gone."""
    try:
        return bool(one.cmdline()) and not one.children() and one.num_threads() > 3
    except psutil.NoSuchProcess:
        return False


def test_an_ensemble_killed_and_stopped_ends_with_the_same_bits(
    terrain: Path, tmp_path: Path
) -> None:
    """Kill -9 of the command once a case is finished, Ctrl-C, kill -9 of both workers; to the end."""
    whole, out = tmp_path / "whole", tmp_path / "out"
    done = subprocess.run(command(terrain, whole), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    with begun(terrain, out) as process:
        wait_for(process, out, "case", 1)
        wait_for(process, out, "state", 1)
        orphans = psutil.Process(process.pid).children(recursive=True)
        process.kill()
        assert not psutil.wait_procs(orphans, timeout=60)[1]  # they notice it
    with begun(terrain, out) as process:
        before = states(out)
        while states(out) == before:
            time.sleep(0.01)  # until one of them goes on
        os.killpg(process.pid, signal.SIGINT)
        assert process.stderr is not None
        said = process.stderr.read()
        assert process.wait(60) == 1
    assert "of 4 cases stand from before" in said
    assert "of 4 cases stand; run the same command again to resume" in said
    finished = len(list((out / ".cases-flood").glob("case-*.npz")))
    assert 1 <= finished < 4
    with begun(terrain, out) as process:
        wait_for(process, out, "case", finished)
        before = states(out)
        while (
            len(workers := workers_of(process)) < 2 or states(out) == before
        ) and process.poll() is None:
            time.sleep(0.05)
        for worker in workers:
            worker.kill()
        assert process.stderr is not None
        said = process.stderr.read()
        assert process.wait(240) == 0, said
    assert len(workers) == 2
    assert f"{finished} of 4 cases stand from before" in said
    assert results(out) == results(whole)


FRAGILE = '''
import os, signal
import numpy as np
from citytwin.model import fields as f
from citytwin.model.reach import Domain
from citytwin.model.steps import Case, Ensemble, Outcome, Params, Simulation
from citytwin.model.text import text

class FragileParams(Params):
    fates: tuple[str, ...] = ()

def run(block, params):
    """Two metres of water, unless the system kills the process as it does for want of memory."""
    if params.fates == ("dies",):
        os.kill(os.getpid(), signal.SIGKILL)
    return Outcome({f.FLOOD_DEPTH_MAX: np.full_like(block[f.TERRAIN], 2.0)})

SIMULATION = Simulation(
    name="fragile", title=text("x", "Fragile"), inputs=(f.TERRAIN,), outputs=(f.FLOOD_DEPTH_MAX,),
    params=FragileParams, reach=Domain(), run=run,
    ensemble=Ensemble(
        cases=lambda given: [Case(f"{n}: {one}", FragileParams(fates=(one,))) for n, one in enumerate(given.fates)],
        hint="give fates",
    ),
)
'''


def test_a_case_that_kills_its_worker_is_left_out(tmp_path: Path) -> None:
    """By a step of another package; its neighbours count, and the same command tries it alone again."""
    package = tmp_path / "package"
    metadata = package / "fragile-1.0.dist-info"
    metadata.mkdir(parents=True)
    (package / "fragile_steps.py").write_text(FRAGILE)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: fragile\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text("[citytwin.steps]\na = fragile_steps\n")
    ground, out = dtm(tmp_path / "dtm.tif", (6, 9)), tmp_path / "out"
    (tmp_path / "fates.yaml").write_text("fates: [lives, dies, thrives, swims, dives]\n")
    given = ["--terrain", str(ground), "--params", str(tmp_path / "fates.yaml"), "--out", str(out)]
    call = [sys.executable, "-m", "citytwin", "ensemble", "fragile", *given, "--workers", "2"]
    path = os.pathsep.join([str(package), *filter(None, [os.environ.get("PYTHONPATH")])])
    for stand in (0, 4):
        done = subprocess.run(
            call, capture_output=True, text=True, check=False, env=os.environ | {"PYTHONPATH": path}
        )
        assert done.returncode == 3, done.stderr
        assert (f"{stand} of 5 cases stand from before" in done.stderr) == (stand > 0)
        lost = [line for line in done.stderr.splitlines() if line.startswith("lost: ")]
        assert len(lost) == 1
        assert lost[0].startswith("lost: case '1: dies': step fragile: its worker died or stopped")
        assert "for want of memory" in lost[0]
        told = json.loads((out / "cases.json").read_text("utf-8"))
        assert [bool(case.get("failure")) for case in told] == [False, True, False, False, False]
        with rasterio.open(out / "flood_depth_max.tif") as made:
            assert (made.read(1) == 2.0).all()
            for tag in ("comment", "warnings"):
                assert "1 of 5 cases came to no result (1: 1: dies)" in made.tags()[tag]
