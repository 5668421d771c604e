"""Reading a whole city through the engine: time over size, and the memory of every process.

A synthetic city (see ``synthetic_city.py``) is read by worker processes, file by file, and joined in
a working store, as a run does before its first grid. Each size runs in a new process with a new
store. Processor time is counted from the moment when the workers have read one small file, so that
loading the compiled kernels is not taken for the cost of buildings; it is that of driver and workers
together. Memory is the highest resident size that the system saw of each process (VmHWM).

    python -m benchmarks.city_ingest write FOLDER --files 200
    python -m benchmarks.city_ingest sizes FOLDER --files 25 50 100 200
    python -m benchmarks.city_ingest large FOLDER --megabytes 1000
"""

from __future__ import annotations

import argparse
import json
import math
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from distributed import Client

from benchmarks.processor import processor
from benchmarks.synthetic_city import PER_FILE, write_city, write_large_file
from citytwin.config import load
from citytwin.engine.bind import bind
from citytwin.engine.city_store import CityStore
from citytwin.engine.cluster import connect
from citytwin.engine.joining import join_sources
from citytwin.engine.reading import read_sources
from citytwin.engine.report import RunReport, Silent
from citytwin.model import tables as t
from citytwin.store.manifest import Manifest

SEED = 20260331
_CONFIG = """
city: {{id: city, title: {{ja: 合成都市, en: Synthetic city}}}}
crs: EPSG:6677
vertical_datum: {{ja: T.P., en: T.P.}}
time_zone: Asia/Tokyo
data_date: 2026-03-31
out: {out}
grid: {{cell_m: 5.0}}
sources:
  - {{name: buildings, use: citygml, path: {path}, classification: public, synthetic: true,
     title: Synthetic city, licence: Apache-2.0}}
"""


@dataclass(frozen=True)
class Used:
    """What one process took."""

    cpu_s: float
    peak_mb: float


@dataclass(frozen=True)
class Result:
    """One reading of a city."""

    files: int
    parts: int
    megabytes: float
    buildings: int
    surfaces: int
    wall_s: float
    read_s: float
    join_s: float
    cpu_s: float
    workers: int
    worker_peak_mb: float
    driver_peak_mb: float
    load: float


def used() -> Used:
    """Processor time and highest memory of this process so far."""
    status = Path("/proc/self/status").read_text("ascii")
    (peak,) = (line for line in status.splitlines() if line.startswith("VmHWM"))
    return Used(time.process_time(), int(peak.split()[1]) / 1024)


def _config(folder: Path, path: Path) -> Path:
    file = folder / "city.yaml"
    file.write_text(_CONFIG.format(out=folder / "out", path=path), encoding="utf-8")
    return file


def _read(folder: Path, path: Path, client: Client) -> tuple[RunReport, CityStore, float, float]:
    """Read and join the sources found at a path; seconds of either."""
    city = bind(load(_config(folder, path)))
    store = CityStore(folder / "store", "EPSG:6677", "Asia/Tokyo", 512)
    manifest = Manifest(folder / "store" / "manifest.sqlite")
    report = RunReport("city")
    begin = time.perf_counter()
    reading = read_sources(city, store, manifest, client, Silent(), report, verify=False)
    middle = time.perf_counter()
    if report.failures or report.losses:
        raise SystemExit("\n".join([*report.failures, *report.losses]))
    join_sources(city.loaded.config, reading, {}, store)
    end = time.perf_counter()
    manifest.close()
    return report, store, middle - begin, end - middle


def ingest(path: Path, workers: int) -> Result:
    """Read the files at a path in this process and its workers.

    Parameters
    ----------
    path
        File, or pattern of files.
    workers
        How many.
    """
    found = sorted(path.parent.glob(path.name))
    with (
        tempfile.TemporaryDirectory(dir=path.parents[2]) as place,
        connect(None, workers, Path(place) / "dask") as client,
    ):
        folder = Path(place)
        client.wait_for_workers(workers)
        (folder / "first").mkdir()
        write_city(folder / "first" / "data", workers, SEED + 1)
        _read(folder / "first", folder / "first" / "data" / "udx" / "bldg", client)
        before, load = [used(), *client.run(used).values()], os.getloadavg()[0]
        report, store, read_s, join_s = _read(folder, path, client)
        after = [used(), *client.run(used).values()]
        return Result(
            files=len(found),
            parts=report.rows[0].parts,
            megabytes=sum(file.stat().st_size for file in found) / 1e6,
            buildings=sum(file.rows for file in store.files_of("merged", t.BUILDINGS)),
            surfaces=sum(file.rows for file in store.files_of("merged", t.SURFACES)),
            wall_s=read_s + join_s,
            read_s=read_s,
            join_s=join_s,
            cpu_s=sum(b.cpu_s - a.cpu_s for a, b in zip(before, after, strict=True)),
            workers=workers,
            worker_peak_mb=max(one.peak_mb for one in after[1:]),
            driver_peak_mb=after[0].peak_mb,
            load=load,
        )


def exponent(results: list[Result]) -> float:
    """Slope of the straight line through the logarithms of processor time over size.

    Parameters
    ----------
    results
        Of at least two sizes.
    """
    x = [math.log(result.megabytes) for result in results]
    y = [math.log(result.cpu_s) for result in results]
    mean_x, mean_y = sum(x) / len(x), sum(y) / len(y)
    across = sum((a - mean_x) * (b - mean_y) for a, b in zip(x, y, strict=True))
    return across / sum((a - mean_x) ** 2 for a in x)


def _apart(path: Path, workers: int) -> Result:
    """Read in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.city_ingest", "one", str(path)]
    done = subprocess.run(
        [*command, "--workers", str(workers)], check=True, stdout=subprocess.PIPE, text=True
    )
    return Result(**json.loads(done.stdout.splitlines()[-1]))


def _table(results: list[Result]) -> str:
    lines = [
        "| files | parts | MB | buildings | surfaces | wall s | join s | CPU s "
        "| buildings / CPU s | worker peak MB | driver peak MB | load |",
        "|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    lines += [
        f"| {r.files} | {r.parts} | {r.megabytes:.0f} | {r.buildings} | {r.surfaces} "
        f"| {r.wall_s:.1f} | {r.join_s:.2f} | {r.cpu_s:.1f} | {r.buildings / r.cpu_s:.0f} "
        f"| {r.worker_peak_mb:.0f} | {r.driver_peak_mb:.0f} | {r.load:.1f} |"
        for r in results
    ]
    return "\n".join(lines)


def _sizes(folder: Path, counts: list[int], workers: int) -> list[Result]:
    """Read the first files of a city, so many at a time; links stand in for them."""
    files = sorted((folder / "udx" / "bldg").glob("*.gml"))
    results = []
    for count in counts:
        some = folder / f"first_{count}"
        (some / "udx" / "bldg").mkdir(parents=True)
        try:
            shutil.copytree(folder / "codelists", some / "codelists")
            for file in files[:count]:
                os.link(file, some / "udx" / "bldg" / file.name)
            results.append(_apart(some / "udx" / "bldg" / "*.gml", workers))
        finally:
            shutil.rmtree(some)
        print(json.dumps(asdict(results[-1])), file=sys.stderr, flush=True)
    return results


def main() -> None:
    """Write a city, or read one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("command", choices=("write", "sizes", "large", "one"))
    parser.add_argument("folder", type=Path)
    parser.add_argument("--files", type=int, nargs="+", default=[200])
    parser.add_argument("--megabytes", type=int, default=1000)
    parser.add_argument("--workers", type=int, default=2)
    given = parser.parse_args()
    folder = given.folder
    if given.command == "one":
        print(json.dumps(asdict(ingest(folder, given.workers))))
        return
    if given.command == "write":
        begin = time.process_time()
        files = write_city(folder, given.files[0], SEED)
        size = sum(file.stat().st_size for file in files) / 1e6
        count, cpu_s = len(files) * PER_FILE, time.process_time() - begin
        print(f"{len(files)} files, {count} buildings, {size:.0f} MB in {cpu_s:.0f} s of CPU")
        return
    if given.command == "sizes":
        results = _sizes(folder, given.files, given.workers)
    else:
        results = [_apart(write_large_file(folder, given.megabytes, SEED), given.workers)]
    print(f"{datetime.now(UTC):%Y-%m-%d}, {processor()}")
    print(_table(results))
    if len(results) > 1:
        print(f"exponent of CPU time over size: {exponent(results):.3f}")


if __name__ == "__main__":
    main()
