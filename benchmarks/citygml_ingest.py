r"""Reading buildings, beside other readers of CityGML and CityJSON, all in one run.

Files are read as they are, and one tile is written again and again with fresh ids until it has about
84 MB. Each reader runs in a process and an environment of its own, in turn with the others, with
one thread; processor time is measured, so that other work on the machine counts less, and the best
of all rounds is kept. Files lie in the cache of the system.

    python -m benchmarks.citygml_ingest TILE [TILE...] --replicate TILE --cityjson FILE \
        --rust VENV/bin/python --plateaukit VENV/bin/python --cjio VENV/bin/python

The peers come from PyPI: ``bimfabrikhh-core-rs`` (Rust; its ``parse_gml`` gives geometry and four
attributes, no CRS and no files), ``plateaukit`` (Python; its parser, without code lists) and ``cjio``
(Python; loads CityJSON, without CRS and without tables).
"""

from __future__ import annotations

import argparse
import gzip
import json
import math
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.processor import processor

MEGABYTES = 84
ROUNDS = 4
LARGE_BYTES = 20_000_000
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
_CJIO = """
from cjio import cityjson
def run(path):
    with open(path, "rb") as file:
        model = cityjson.reader(file)
    return sum(one["type"].startswith("Building") for one in model.j["CityObjects"].values())
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
from citytwin.formats.{format} import format as buildings
from citytwin.model.steps import Dataset
from citytwin.model.tables import BUILDINGS, SURFACES
from citytwin.engine.city_store import CityStore
from citytwin.store.tables import conform
if {slow}:
    buildings.read_fast = lambda *_: None
def run(path):
    file = Path(path)
    data = Dataset("x", file.parent, (file,), "{crs}", "Asia/Tokyo")
    tables = buildings.read(data, buildings.FORMAT.params()).tables
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


@dataclass(frozen=True)
class Reader:
    """How a reader is called."""

    name: str
    python: str
    setup: str
    """Code that defines ``run(path)``, which returns the number of buildings."""
    repeats: int = 3
    slow: bool = False
    """Whether one reading of a large file must do."""


@dataclass
class Measured:
    """The best of all rounds."""

    seconds: float = math.inf
    peak_mb: float = 0.0
    count: int = 0

    def take(self, seconds: float, peak_mb: float, count: int) -> None:
        """Add a round."""
        self.seconds = min(self.seconds, seconds)
        self.peak_mb = max(self.peak_mb, peak_mb)
        self.count = count


def timed(reader: Reader, path: Path, repeats: int) -> tuple[float, float, int]:
    """Best processor time of some readings in a fresh process [s], its memory [MB], buildings.

    A reader that cannot read the file takes forever.
    """
    code = _TIMED.format(setup=reader.setup, repeats=repeats)
    threads = ("OMP_NUM_THREADS", "RAYON_NUM_THREADS", "NUMBA_NUM_THREADS", "ARROW_NUM_THREADS")
    environment = {**os.environ, **dict.fromkeys(threads, "1")}
    command = [reader.python, "-c", code, str(path)]
    done = subprocess.run(command, check=False, env=environment, capture_output=True, text=True)
    if done.returncode:
        print(f"{reader.name}: {done.stderr.splitlines()[-1]}", file=sys.stderr)
        return math.inf, 0.0, 0
    result = json.loads(done.stdout.splitlines()[-1])
    return result["seconds"], result["peak_mb"], result["count"]


def compare(path: Path, ours: list[Reader], peers: list[Reader], rounds: int, title: str) -> None:
    """Let readers read a file in turn and print their table, ours first."""
    large = path.stat().st_size > LARGE_BYTES
    size = path.stat().st_size / 1e6
    found: dict[str, Measured] = {}
    for number in range(rounds):
        for reader in (*ours, *peers):
            if large and reader.slow and number:
                continue
            repeats = 1 if large and reader.slow else reader.repeats
            found.setdefault(reader.name, Measured()).take(*timed(reader, path, repeats))
    print(f"\n{title}, {size:.1f} MB\n")
    names = [reader.name for reader in ours]
    heads = " | ".join(f"{name.partition(':')[0]} is faster" for name in names)
    print(f"| reader | CPU s | MB/s | buildings | peak MB | {heads} |")
    print("|---|" + "---:|" * (4 + len(ours)))
    for name, one in found.items():
        if one.seconds == math.inf:
            print(f"| {name} | cannot read it |")
            continue
        ratios = [
            "" if name in names else f"{one.seconds / found[own].seconds:.1f} times"
            for own in names
        ]
        cells = [f"{one.seconds:.3f}", f"{size / one.seconds:.0f}", one.count, f"{one.peak_mb:.0f}"]
        print(f"| {name} | " + " | ".join(map(str, [*cells, *ratios])) + " |")


def main() -> None:
    """Measure all readers and print a table per file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tiles", type=Path, nargs="*", help="read as they are")
    parser.add_argument("--replicate", type=Path, help="tile that is written again and again")
    parser.add_argument("--cityjson", type=Path)
    parser.add_argument("--crs", default="EPSG:6675", help="metric CRS near the tiles")
    parser.add_argument("--cityjson-crs", default="EPSG:28992")
    parser.add_argument("--megabytes", type=int, default=MEGABYTES)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--rust", default=os.environ.get("PEER_RUST_PYTHON"))
    parser.add_argument("--plateaukit", default=os.environ.get("PEER_PLATEAUKIT_PYTHON"))
    parser.add_argument("--cjio", default=os.environ.get("PEER_CJIO_PYTHON"))
    given = parser.parse_args()

    def ours(kind: str, *, crs: str, writes: bool, slow: bool = False) -> str:
        return _INGEST.format(format=kind, slow=slow, writes=writes, crs=crs)

    here = sys.executable
    scan = Reader("scan: rings, semantics, attributes", here, _SCAN, 5)
    fast = [
        scan,
        Reader("read: tables in the CRS of the city", here,
               ours("citygml", crs=given.crs, writes=False)),
        Reader("ingest: tables as GeoParquet", here, ours("citygml", crs=given.crs, writes=True)),
    ]  # fmt: skip
    peers = [
        Reader("element by element (lxml): tables as GeoParquet", here,
               ours("citygml", crs=given.crs, writes=True, slow=True), slow=True),
    ]  # fmt: skip
    if given.rust:
        peers.append(Reader("bimfabrikhh-core-rs: parse_gml", given.rust, _RUST))
    if given.plateaukit:
        peers.append(Reader("plateaukit: parser", given.plateaukit, _PLATEAUKIT, slow=True))
    print(f"{datetime.now(UTC).date()}, {processor()}, one thread")
    for tile in given.tiles:
        compare(tile, fast, peers, given.rounds, tile.name)
    if given.replicate:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "large_bldg_6697.gml"
            replicated(given.replicate, path, given.megabytes)
            compare(path, fast, peers, given.rounds, f"{given.replicate.name}, written many times")
            for kind, place in (("a zip archive", zipped(path)), ("a gzip file", gzipped(path))):
                seconds, peak_mb, _ = timed(scan, place, 3)
                print(f"\nScanned out of {kind}: {seconds:.3f} s, peak {peak_mb:.0f} MB.")
    if given.cityjson:
        crs = given.cityjson_crs
        own = [
            Reader("read: tables", here, ours("cityjson", crs=crs, writes=False)),
            Reader("ingest: tables as GeoParquet", here, ours("cityjson", crs=crs, writes=True)),
        ]
        others = [Reader("cjio: reader", given.cjio, _CJIO)] if given.cjio else []
        compare(given.cityjson, own, others, given.rounds, given.cityjson.name)


if __name__ == "__main__":
    main()
