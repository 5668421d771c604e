"""What a server of a city bears: tiles at a steady rate with tokens, its memory, and what a decision costs.

Provider, server (two workers) and the program that asks share the processors of one machine. Tiles
of all raster layers, of the zooms that they have, in turn, so that none is asked for twice in a row.

    python -m benchmarks.serving_load out/demo [--minutes 60] [--tiles-per-second 50]
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import cycle
from pathlib import Path

import httpx
import numpy as np
import psutil
from morecantile import tms

from benchmarks.processor import processor
from citytwin.security.audit import AuditChain
from citytwin.security.decision import Resource, Subject, decide
from citytwin.security.policy import Policy, Rule
from citytwin.twin import open_twin
from tests.server import served_city as sc
from tests.server.identity import Identity, free_port

WORKERS = 2
RULES = 50
PARTS, LONGEST_PART_S = 6, 300.0


@dataclass
class Answers:
    """What came back."""

    taken_s: list[float] = field(default_factory=list)
    """Of tiles, and of places without one [s]."""
    refused: Counter[str] = field(default_factory=Counter)
    """Other answers by their status, and requests without one by their error."""


@dataclass(frozen=True)
class Sample:
    """Of all processes of the server."""

    cpu_s: float
    memory_mb: float


def sampled(server: sc.Running) -> Sample:
    """Processor time and resident memory now."""
    first = psutil.Process(server.process.pid)
    family = [first, *first.children(recursive=True)]
    times = [one.cpu_times() for one in family]
    used = sum(one.memory_info().rss for one in family) / 1e6
    return Sample(sum(one.user + one.system for one in times), used)


def tiles(city: Path) -> list[str]:
    """Paths of tiles that hold data."""
    grid = tms.get("WebMercatorQuad")
    twin = open_twin(city)
    west, south, east, north = twin.latest.view.bounds
    rasters = [name for name in twin if twin[name].document.kind == "raster"]
    places = [
        (t.z, t.x, t.y) for z in range(14, 19) for t in grid.tiles(west, south, east, north, z)
    ]
    order = np.random.default_rng(1).permutation(len(places) * len(rasters))
    return [
        "/tiles/{}/tiles/WebMercatorQuad/{}/{}/{}".format(
            rasters[k % len(rasters)], *places[k // len(rasters)]
        )
        for k in order.tolist()
    ]


async def load(url: str, token: str, paths: list[str], seconds: float, per_s: float) -> Answers:
    """Ask at a steady rate, whatever is answered when."""
    found = Answers()
    limits = httpx.Limits(max_connections=100)
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(
        base_url=url, headers=headers, limits=limits, timeout=60
    ) as client:

        async def ask(path: str) -> None:
            begun_s = time.perf_counter()
            try:
                answer = await client.get(path)
            except httpx.HTTPError as error:
                found.refused[type(error).__name__] += 1
                return
            if answer.status_code in (200, 204):
                found.taken_s.append(time.perf_counter() - begun_s)
            else:
                found.refused[str(answer.status_code)] += 1

        begun_s, asked = time.perf_counter(), []
        for number, path in enumerate(cycle(paths)):
            due_s = begun_s + number / per_s
            if due_s - begun_s > seconds:
                break
            await asyncio.sleep(max(0.0, due_s - time.perf_counter()))
            asked.append(asyncio.create_task(ask(path)))
        await asyncio.gather(*asked)
    return found


def serving(city: Path, seconds: float, per_s: float) -> None:
    """Measure a server under load, in six parts of the time."""
    with tempfile.TemporaryDirectory() as name:
        folder, port = Path(name), free_port()
        (folder / "city").symlink_to(city.resolve())
        with Identity(folder, [sc.AUDIENCE], f"http://127.0.0.1:{port}/callback") as identity:
            sc.write_config(folder, port, identity.issuer)
            server = sc.start_server(folder, identity, port, "--workers", str(WORKERS))
            try:
                paths = tiles(city)
                first = asyncio.run(load(server.url, server.token(), paths, 5.0, per_s))
                print(f"the first {len(first.taken_s)} tiles: {quantiles(first.taken_s)} ms")
                assert not first.refused, first.refused
                report(server, paths, seconds, per_s)
            finally:
                sc.stop_server(server)


def report(server: sc.Running, paths: list[str], seconds: float, per_s: float) -> None:
    """Print a line of a table for each part of the time; all of it but the first is steady."""
    print(
        "| after s | tiles | refused | p50 ms | p95 ms | p99 ms | max ms | CPU ms a tile | MB | load |"
    )
    print("|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|")
    parts = max(PARTS, round(seconds / LONGEST_PART_S))
    every = Answers()
    for part in range(parts):
        before = sampled(server)
        start = part * len(paths) // parts
        turned = paths[start:] + paths[:start]
        token = server.token()  # holds for ten minutes
        found = asyncio.run(load(server.url, token, turned, seconds / parts, per_s))
        after = sampled(server)
        count = len(found.taken_s)
        cpu = 1000 * (after.cpu_s - before.cpu_s) / count
        refused = told(found.refused)
        row = (
            f"{(part + 1) * seconds / parts:.0f} | {count} | {refused} | {quantiles(found.taken_s)}"
        )
        loaded = psutil.getloadavg()[0]
        print(f"| {row} | {cpu:.1f} | {after.memory_mb:.0f} | {loaded:.0f} |", flush=True)
        every.taken_s += found.taken_s
        every.refused += found.refused
    whole = f"{len(every.taken_s)} | {told(every.refused)} | {quantiles(every.taken_s)}"
    print(f"| all | {whole} | | | |")


def told(refused: Counter[str]) -> str:
    """How many of which kind."""
    return ", ".join(f"{count} x {what}" for what, count in refused.items()) or "0"


def quantiles(times: list[float]) -> str:
    """Half, 95 and 99 of 100 answers, and all, came within so long [ms]."""
    return " | ".join(f"{ms:.0f}" for ms in np.percentile(np.array(times) * 1e3, [50, 95, 99, 100]))


def decisions() -> None:
    """Measure a decision that the last of many rules allows, and its entry in the audit."""
    rules = [
        Rule(
            name=f"r{k}",
            effect="allow" if k % 2 else "deny",
            actions={"read"},
            names=(f"layer_{k}", "x_*"),
            **({"roles": {f"role_{k}"}} if k % 2 else {}),
        )
        for k in range(RULES)
    ]
    last = Rule(name="last", effect="allow", actions={"read"}, roles={"b"}, up_to="internal")
    policy = Policy(version=1, rules=(*rules, last))
    now = datetime.now(UTC)
    subject = Subject("ann", frozenset({"a", "b"}), now + timedelta(hours=1))
    thing = Resource("layer", "roads", "internal")
    with tempfile.TemporaryDirectory() as name:
        chain = AuditChain(Path(name) / "log", Path(name) / "anchors", bytes(32))
        alone, written = [], []
        for _ in range(5):
            begun_s = time.process_time()
            for _ in range(20_000):
                found = decide(subject, "read", thing, now, policy)
            alone.append((time.process_time() - begun_s) / 20_000)
            begun_s = time.process_time()
            for _ in range(20_000):
                chain.record(subject, "read", thing, found)
            written.append((time.process_time() - begun_s) / 20_000)
        chain.close()
    assert found.rule == "last"
    print(f"a decision over {RULES + 1} rules: {1e6 * min(alone):.1f} us of CPU")
    print(f"its entry in the audit: {1e6 * min(written):.1f} us of CPU")


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("city", type=Path, help="folder of a published city, in clear")
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--tiles-per-second", type=float, default=50.0)
    asked = parser.parse_args()
    print(f"{processor()}, {psutil.cpu_count()} cores, load {psutil.getloadavg()[0]:.1f}")
    decisions()
    serving(asked.city, 60.0 * asked.minutes, asked.tiles_per_second)


if __name__ == "__main__":
    main()
