"""Speed and error of the kernels of sunlight, beside solweig, all in one run.

One thread each, processor time, so that other work on the machine counts less. Errors are counted
against rays cast by Embree over the same raster taken for blocks.

    python -m benchmarks.sunlight --peers VENV/bin/python

The peers come from PyPI: ``solweig`` (its compiled CPU kernels, called without vegetation and walls,
with no limit on the length of shadows) and ``umep`` (its shadow function for buildings, numpy).
Without ``--peers`` they are left out.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import subprocess
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.processor import processor
from citytwin.kernels.canopy import Canopy
from citytwin.kernels.horizon_sweep import Method, accumulate_sunlit, shadow_mask
from citytwin.kernels.sky_view import sky_directions, sky_view_factor
from citytwin.kernels.solar import sun_position
from citytwin.kernels.sun_bundle import Suns
from tests.physics.block_rays import EmbreeBlocks, near_edge, towers_on_terrain

REPEATS = 5
SUNS_DEG = ((180.0, 30.9), (139.3, 17.2), (231.7, 9.8), (101.3, 47.0), (262.0, 22.0))
"""Azimuth and altitude."""
CITY, CASE, SKY = 2000, 420, 300
"""Cells along an edge: for speed, for errors of shadows, for the sky."""
SKY_CELLS = 1500
_PEER = """
import json, sys, time
import numpy as np
from solweig.rustalgos import shadowing, skyview
from umep.util.shadowingfunctions import shadowingfunctionglobalradiation
shadowing.disable_gpu()
folder, suns = sys.argv[1], json.loads(sys.argv[2])
times = {}
def mask(dsm, azimuth, altitude):
    return np.asarray(shadowing.calculate_shadows_wall_ht_25(
        azimuth, altitude, 1.0, float(dsm.max() - dsm.min()), dsm, max_shadow_distance_m=0.0
    ).bldg_sh)
city = np.load(folder + "/city.npy")
def umep(dsm, azimuth, altitude):
    return shadowingfunctionglobalradiation(dsm.astype(float), azimuth, altitude, 1.0, 0)
for name, work in (("mask", mask), ("umep", umep)):
    times[name] = []
    for azimuth, altitude in suns[:3]:
        begin = time.process_time()
        work(city, azimuth, altitude)
        times[name].append((time.process_time() - begin) / city.size)
case = np.load(folder + "/case.npy")
np.save(folder + "/masks.npy", [mask(case, *sun) for sun in suns])
np.save(folder + "/umep.npy", [umep(case, *sun) for sun in suns])
sky = np.load(folder + "/sky.npy")
none = np.zeros_like(sky)
begin = time.process_time()
found = skyview.calculate_svf(
    sky, none, none, 1.0, False, float(sky.max() - sky.min()), 2, 3.0, None, 0.0
)
times["sky"] = (time.process_time() - begin) / sky.size
np.save(folder + "/svf.npy", np.asarray(found.svf))
print(json.dumps(times))
"""


def best(work: Callable[[], object], repeats: int = REPEATS) -> float:
    """Least processor time of several runs, after one that compiles [s]."""
    work()
    times = []
    for _ in range(repeats):
        begin = time.thread_time()
        work()
        times.append(time.thread_time() - begin)
    return min(times)


def winter_day() -> Suns:
    """The statutory winter day at 35.69 degrees: 8 to 16 h true solar time, every 5 minutes."""
    hour = np.arange(8.0, 16.0 + 1e-9, 1 / 12)
    azimuth, altitude = sun_position(*np.radians([35.69, -23.44]), np.radians(15 * (hour - 12)))
    return Suns(azimuth, altitude, np.full(hour.size, 1 / 12))


def row(name: str, *figures: str) -> None:
    """Print a row of the table."""
    print(f"| {name} | " + " | ".join(figures) + " |", flush=True)


def speeds(city: np.ndarray, peer: dict[str, float]) -> None:
    """Nanoseconds per cell and sun, and per cell for the sky."""
    print(
        f"\n| {city.shape[0]} x {city.shape[1]} cells, one thread | ns per cell | solweig / ours |"
    )
    print("|---|---:|---:|")
    day = winter_day()
    methods: tuple[Method, ...] = ("fast", "exact")
    for method in methods:
        ns = [
            best(lambda s=sun, m=method: shadow_mask(city, city, 1.0, *s, 0, 0, m))
            * 1e9
            / city.size
            for sun in np.radians(SUNS_DEG)
        ]
        share = peer["mask"] / np.mean(ns[:3]) if peer else math.nan
        for said, part in (("north or south", ns[:2]), ("east or west", ns[2:])):
            row(f"{method}: mask of one sun in the {said}", f"{np.mean(part):.2f}", f"{share:.0f}")
        s = best(lambda m=method: accumulate_sunlit(city, city, 1.0, day, 0, 0, m), 2)
        ns_day = s * 1e9 / city.size / day.weight.size
        share = peer["mask"] / ns_day if peer else math.nan
        row(f"{method}: hours of 97 suns, per sun", f"{ns_day:.2f}", f"{share:.0f}")
    crowns = Canopy(*orchard(city), np.full(day.weight.size, 0.03))
    s = best(lambda: accumulate_sunlit(city, city, 1.0, day, 0, 0, "fast", crowns), 1)
    row("fast: hours of 97 suns behind trees, per sun", f"{s * 1e9 / city.size / 97:.2f}", "")
    for number in (145, 256):
        directions = sky_directions(number, math.radians(5))
        ns_sky = best(lambda d=directions: sky_view_factor(city, 1.0, d, 0, 0), 2) * 1e9 / city.size
        share = peer["sky"] / ns_sky if peer else math.nan
        row(f"sky view factor, {number} directions", f"{ns_sky:.0f}", f"{share:.0f}")
    if peer:
        row("solweig: mask of one sun", f"{peer['mask']:.0f}", "1")
        row("umep: mask of one sun", f"{peer['umep']:.0f}", f"{peer['mask'] / peer['umep']:.2f}")
        row("solweig: sky view factor", f"{peer['sky']:.0f}", "1")


def orchard(city: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Tops and bases of trees, 3 to 10 m up, over a tenth of a city."""
    y, x = np.mgrid[: city.shape[0], : city.shape[1]]
    trees = np.hypot((x + 7 * (y // 14)) % 14 - 7, y % 14 - 7) < 2.5
    none = np.float32(np.nan)
    return np.where(trees, city + np.float32(10), none), np.where(trees, city + np.float32(3), none)


def map_of_a_winter_day(city: np.ndarray) -> None:
    """Seconds of one thread for 97 suns: measured, and as many tiles as make a district and Tokyo."""
    print("\n| winter day, 97 suns, one thread | measured, CPU s | 25 km2 | 628 km2 on paper |")
    print("|---|---:|---:|---:|")
    methods: tuple[Method, ...] = ("fast", "exact")
    for method in methods:
        for part in (city[: len(city) // 2, : len(city) // 2], city):
            area = np.ascontiguousarray(part)
            s = best(partial(accumulate_sunlit, area, area, 1.0, winter_day(), 0, 0, method), 2)
            at_large = (f"{s * square_m / area.size:.1f}" for square_m in (25e6, 628e6))
            row(f"{method}, {area.size / 1e6:g} km2 at 1 m", f"{s:.2f}", *at_large)


def errors(case: np.ndarray, peer_masks: dict[str, np.ndarray]) -> None:
    """Wrong cells against Embree, in all and away from edges of shadows."""
    print("\n| towers on rolling ground, 5 suns | wrong cells, % | away from edges, % |")
    print("|---|---:|---:|")
    scene = EmbreeBlocks(case)
    truth = [scene.shaded(*sun) for sun in np.radians(SUNS_DEG)]
    found = {
        method: [shadow_mask(case, case, 1.0, *s, 0, 0, method) == 1 for s in np.radians(SUNS_DEG)]
        for method in ("fast", "fast_blocks", "exact")
    }
    found |= {name: list(masks < 0.5) for name, masks in peer_masks.items()}
    for name, masks in found.items():
        pairs = list(zip(masks, truth, strict=True))
        wrong = np.mean([np.mean(m != t) for m, t in pairs])
        stray = np.mean([np.mean((m != t) & ~near_edge(t)) for m, t in pairs])
        row(name, f"{100 * wrong:.4f}", f"{100 * stray:.4f}")


def sky_errors(case: np.ndarray, peer_svf: np.ndarray | None) -> None:
    """Errors of the sky view factor against 4,096 rays from each of some cells."""
    print("\n| towers on rolling ground | rmse | bias |\n|---|---:|---:|")
    rng = np.random.default_rng(3)
    cells = rng.choice(case.size, SKY_CELLS, replace=False)
    share = (np.indices((64, 64)).reshape(2, -1) + rng.random((2, 4096))) / 64
    truth = EmbreeBlocks(case).sky_shares(
        cells, 2 * math.pi * share[0], np.arcsin(np.sqrt(share[1]))
    )
    found = {
        f"{number} directions": sky_view_factor(case, 1.0, sky_directions(number, 0.0873), 0, 0)
        for number in (145, 256)
    }
    if peer_svf is not None:
        found["solweig"] = peer_svf
    for name, factor in found.items():
        error = factor.ravel()[cells] - truth
        row(name, f"{np.sqrt(np.mean(error**2)):.4f}", f"{error.mean():+.4f}")


def ask_peer(python: str, folder: str) -> dict[str, float]:
    """Let the peers compute the same cases; their mean times per cell [ns]."""
    answer = subprocess.run(
        [python, "-c", _PEER, folder, json.dumps(SUNS_DEG)],
        env={**os.environ, "RAYON_NUM_THREADS": "1", "PYTHONPATH": ""},
        capture_output=True,
        text=True,
        check=True,
    )
    times = json.loads(answer.stdout.splitlines()[-1])
    means = {name: 1e9 * float(np.mean(times[name])) for name in ("mask", "umep")}
    return {**means, "sky": 1e9 * times["sky"]}


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peers", help="Python of an environment with solweig and umep")
    given = parser.parse_args()
    print(f"{datetime.now(UTC).date()}, {processor()}, Python {platform.python_version()}")
    city = towers_on_terrain(CITY, towers=3200)
    case, sky = towers_on_terrain(CASE), towers_on_terrain(SKY)
    peer: dict[str, float] = {}
    masks: dict[str, np.ndarray] = {}
    svf = None
    with tempfile.TemporaryDirectory() as folder:
        for name, array in (("city", city), ("case", case), ("sky", sky)):
            np.save(Path(folder) / f"{name}.npy", array)
        if given.peers:
            peer = ask_peer(given.peers, folder)
            for name, file in (("solweig", "masks"), ("umep", "umep")):
                masks[name] = np.load(Path(folder) / f"{file}.npy")
            svf = np.load(Path(folder) / "svf.npy")
    speeds(city, peer)
    map_of_a_winter_day(city)
    errors(case, masks)
    sky_errors(sky, svf)


if __name__ == "__main__":
    main()
