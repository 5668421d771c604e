"""Reading a large file of buildings, beside other readers of CityGML, all in one run.

A real tile of PLATEAU is written again and again with fresh ids until it has about 84 MB. Each
reader runs in a process and an environment of its own, one after the other in turn, with one
thread; processor time is measured, so that other work on the machine counts less, and the best of
all rounds is kept. The file lies in the cache of the system.

    python -m benchmarks.citygml_ingest TILE --rust VENV/bin/python --plateaukit VENV/bin/python

The two peers come from PyPI: ``bimfabrikhh-core-rs`` (Rust; its ``parse_gml`` gives geometry and
four attributes, no CRS and no files) and ``plateaukit`` (Python; its parser, without code lists).
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from datetime import UTC, datetime
from pathlib import Path

MEGABYTES = 84
ROUNDS = 4
_IDS = re.compile(rb'(gml:id="|href="#|uri="#|ring="#|buildingID>)([^"<]+)')
_TIMED = """
import json, resource, sys, time
{setup}
times = []
for _ in range({repeats}):
    begin = time.process_time()
    count = run(sys.argv[1])
    times.append(time.process_time() - begin)
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps({{"seconds": min(times), "count": count, "peak_mb": peak}}))
"""
_RUST = """
import bimfabrikhh_core_rs
def run(path):
    return len(bimfabrikhh_core_rs.parse_gml(path))
"""
_PLATEAUKIT = """
from plateaukit.readers.citygml import PLATEAUCityGMLParser
def run(path):
    with open(path, "rb") as file:
        parser = PLATEAUCityGMLParser(target_epsg=4326, codelist_file_map={})
        return sum(1 for _ in parser.iterparse(file))
"""
_SCAN = """
from pathlib import Path
from citytwin.formats.citygml.columns import describe
from citytwin.formats.citygml.document import open_document
from citytwin.formats.citygml.scanning import read_shapes, scan_windows
def run(path):
    count = 0
    for elements in scan_windows(open_document(Path(path))):
        shapes = read_shapes(elements)
        count += len(describe(shapes).building_id)
    return count
"""
_INGEST = """
import tempfile
from pathlib import Path
from citytwin.formats.citygml import format as citygml
from citytwin.model.steps import Dataset, NoParams
from citytwin.model.tables import BUILDINGS, SURFACES
from citytwin.engine.city_store import CityStore
from citytwin.store.tables import conform
if {slow}:
    citygml.read_fast = lambda *_: None
def run(path):
    file = Path(path)
    data = Dataset("x", file.parent, (file,), "{crs}", "Asia/Tokyo")
    tables = citygml.read(data, NoParams()).tables
    if {writes}:
        with tempfile.TemporaryDirectory() as folder:
            store = CityStore(Path(folder), "{crs}", "Asia/Tokyo", 256)
            for table in (BUILDINGS, SURFACES):
                frame = conform(table, tables[table], "{crs}")
                store.write_table("x", table, frame)
    return len(tables[BUILDINGS])
"""


def replicated(tile: Path, target: Path, megabytes: int) -> None:
    """Write a tile again and again into one file; every copy has ids of its own."""
    source = tile.read_bytes()
    head = source.index(b"</gml:boundedBy>") + len(b"</gml:boundedBy>")
    tail = source.rindex(b"</core:CityModel")
    body = source[head:tail]
    with target.open("wb") as file:
        file.write(source[:head])
        for number in range(max(1, megabytes * 1_000_000 // len(body))):
            mark = b"_%d" % number
            file.write(_IDS.sub(lambda found, mark=mark: found[1] + found[2] + mark, body))
        file.write(source[tail:])


def zipped(path: Path) -> Path:
    """Path of the file in a new archive beside it."""
    target = path.with_suffix(".zip")
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(path, f"udx/bldg/{path.name}")
    return target / "udx" / "bldg" / path.name


def gzipped(path: Path) -> Path:
    """Path of a compressed copy."""
    target = path.with_name(f"{path.name}.gz")
    with path.open("rb") as source, gzip.open(target, "wb", compresslevel=6) as file:
        shutil.copyfileobj(source, file, 1 << 20)
    return target


def timed(python: str, setup: str, path: Path, repeats: int) -> dict[str, float]:
    """Best time of some readings in a fresh process, and its highest memory."""
    code = _TIMED.format(setup=setup, repeats=repeats)
    threads = ("OMP_NUM_THREADS", "RAYON_NUM_THREADS", "NUMBA_NUM_THREADS", "ARROW_NUM_THREADS")
    environment = {**os.environ, **dict.fromkeys(threads, "1")}
    command = [python, "-c", code, str(path)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    result: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return result


def processor() -> str:
    """Type of the processor."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    found = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return found[0] if found else platform.machine()


def main() -> None:
    """Measure all readers and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tile", type=Path)
    parser.add_argument("--crs", default="EPSG:6675", help="metric CRS near the tile")
    parser.add_argument("--megabytes", type=int, default=MEGABYTES)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--rust", default=os.environ.get("PEER_RUST_PYTHON"))
    parser.add_argument("--plateaukit", default=os.environ.get("PEER_PLATEAUKIT_PYTHON"))
    given = parser.parse_args()

    def ingest(*, slow: bool, writes: bool) -> str:
        return _INGEST.format(slow=slow, writes=writes, crs=given.crs)

    readers = [
        ("scan: rings, semantics, attributes", sys.executable, _SCAN, 5),
        (
            "read: tables in the CRS of the city",
            sys.executable,
            ingest(slow=False, writes=False),
            3,
        ),
        ("ingest: tables as GeoParquet", sys.executable, ingest(slow=False, writes=True), 3),
    ]
    if given.rust:
        readers.append(("bimfabrikhh-core-rs: parse_gml", given.rust, _RUST, 3))
    once = [
        (
            "element by element: tables as GeoParquet",
            sys.executable,
            ingest(slow=True, writes=True),
            1,
        )
    ]
    if given.plateaukit:
        once.append(("plateaukit: parser", given.plateaukit, _PLATEAUKIT, 1))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "large_bldg_6697.gml"
        replicated(given.tile, path, given.megabytes)
        size = path.stat().st_size / 1e6
        best: dict[str, dict[str, float]] = {}
        packed = [
            (f"scan: out of a {kind}", sys.executable, _SCAN, 3, place)
            for kind, place in (("zip archive", zipped(path)), ("gzip file", gzipped(path)))
        ]
        plain = [(*reader, path) for reader in readers]
        slow = [(*reader, path) for reader in once]
        for number in range(given.rounds):
            for name, python, setup, repeats, place in (
                plain + packed + (slow if not number else [])
            ):
                result = timed(python, setup, place, repeats)
                known = best.setdefault(name, result)
                known["seconds"] = min(known["seconds"], result["seconds"])
                known["peak_mb"] = max(known["peak_mb"], result["peak_mb"])
    print(f"{datetime.now(UTC).date()}, {processor()}, one thread, {size:.0f} MB\n")
    print("| reader | CPU s | MB/s | buildings | peak MB |\n|---|---:|---:|---:|---:|")
    for name, result in best.items():
        rate = size / result["seconds"]
        peak = result["peak_mb"]
        print(f"| {name} | {result['seconds']:.3f} | {rate:.0f} | {result['count']} | {peak:.0f} |")
    ours = [name for name, *_ in readers[:3]]
    packings = [name for name, *_ in packed]
    print("\n| times as fast as | " + " | ".join(n.partition(":")[0] for n in ours) + " |")
    print("|---|---:|---:|---:|")
    for name in best:
        if name not in (*ours, *packings):
            ratios = [best[name]["seconds"] / best[own]["seconds"] for own in ours]
            print(f"| {name} | " + " | ".join(f"{ratio:.1f}" for ratio in ratios) + " |")


if __name__ == "__main__":
    main()
