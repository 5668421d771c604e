"""A run on a cluster of Dask's own processes over mutual TLS, with one and with two workers.

Run with ``python -m benchmarks.cluster_scaling CONFIG``. Each run begins with nothing; the results of all
must be the same bytes. With ``--namespaces`` (Linux, root) scheduler and workers are in network
namespaces of their own, which reach each other over a bridge alone.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from benchmarks.processor import processor
from citytwin.config import load
from citytwin.store.cluster_certificates import write_cluster_certificates
from citytwin.store.latest import published_city

PORT = 18786
BRIDGE = "ctbr0"


def shell(*words: str) -> None:
    """Run a command of the system."""
    subprocess.run(words, check=True)


@contextmanager
def namespaces(count: int) -> Iterator[list[tuple[str, list[str]]]]:
    """Yield an address and the words that begin a command there, for each of some machines."""
    names = [f"ct{number}" for number in range(count)]
    shell("ip", "link", "add", BRIDGE, "type", "bridge")
    try:
        shell("ip", "addr", "add", "10.77.0.254/24", "dev", BRIDGE)
        shell("ip", "link", "set", BRIDGE, "up")
        for number, name in enumerate(names):
            shell("ip", "netns", "add", name)
            shell(
                "ip",
                "link",
                "add",
                f"v{name}",
                "type",
                "veth",
                "peer",
                "name",
                "eth0",
                "netns",
                name,
            )
            shell("ip", "link", "set", f"v{name}", "master", BRIDGE, "up")
            inside = ["ip", "-n", name]
            shell(*inside, "addr", "add", f"10.77.0.{number + 1}/24", "dev", "eth0")
            shell(*inside, "link", "set", "eth0", "up")
            shell(*inside, "link", "set", "lo", "up")
        yield [(f"10.77.0.{i + 1}", ["ip", "netns", "exec", name]) for i, name in enumerate(names)]
    finally:
        for name in names:
            # by itself it goes a while after its namespace, and the next ones have the same names
            subprocess.run(["ip", "link", "del", f"v{name}"], check=False)
            subprocess.run(["ip", "netns", "del", name], check=False)
        subprocess.run(["ip", "link", "del", BRIDGE], check=False)


@contextmanager
def started(folder: Path, begin: list[str], *words: str) -> Iterator[None]:
    """Run one of Dask's commands in a folder until the block ends."""
    command = [*begin, sys.executable, "-m", f"distributed.cli.dask_{words[0]}", *words[1:]]
    environment = {
        "DASK_DISTRIBUTED__WORKER__MEMORY__TARGET": "False",
        "DASK_DISTRIBUTED__WORKER__MEMORY__SPILL": "False",
        "DASK_DISTRIBUTED__SCHEDULER__HTTP__ROUTES": "[]",
        "DASK_DISTRIBUTED__WORKER__HTTP__ROUTES": "[]",
        "MALLOC_TRIM_THRESHOLD_": str(64 << 20),
        "MALLOC_MMAP_THRESHOLD_": str(32 << 20),
        "NUMBA_NUM_THREADS": "1",
    }
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            command, cwd=folder, env=os.environ | environment, stdout=log, stderr=log
        )
    try:
        yield
    finally:
        process.terminate()
        process.wait(timeout=60)


def given(folder: Path, certificates: Path, role: str) -> list[str]:
    """Copy to a machine what its role needs, and no more; return its options."""
    folder.mkdir(parents=True)
    for name in ("ca.pem", f"{role}.pem", f"{role}.key"):
        shutil.copy(certificates / name, folder / name)
    options = ["--tls-ca-file", "ca.pem", "--tls-cert", f"{role}.pem", "--tls-key", f"{role}.key"]
    return ["--no-dashboard", "--dashboard-address", "127.0.0.1:0", *options]


@contextmanager
def cluster(folder: Path, machines: list[tuple[str, list[str]]]) -> Iterator[str]:
    """Run a scheduler on the first machine and a worker on each other one."""
    write_cluster_certificates(folder / "certs", [host for host, _ in machines])
    os.environ["CITYTWIN_CERTIFICATES"] = str(folder / "certs")
    host, begin = machines[0]
    address = f"tls://{host}:{PORT}"
    with ExitStack() as running:
        options = given(folder / "scheduler", folder / "certs", "scheduler")
        words = ["scheduler", "--host", host, "--port", str(PORT), "--protocol", "tls", *options]
        running.enter_context(started(folder / "scheduler", begin, *words))
        time.sleep(5)
        for number, (own, begin) in enumerate(machines[1:]):
            place = folder / f"worker{number}"
            options = given(place, folder / "certs", "worker")
            words = ["worker", address, "--host", own, "--nthreads", "1", *options]
            running.enter_context(started(place, begin, *words, "--local-directory", str(place)))
        yield address


def measured(config: Path, *words: str) -> tuple[float, list[str]]:
    """Wall time of a run that begins with nothing [s], and the checksums of its layers."""
    loaded = load(config)
    shutil.rmtree(loaded.path(loaded.config.out), ignore_errors=True)
    begin = time.monotonic()
    shell(sys.executable, "-m", "citytwin", "run", str(config), *words)
    seconds = time.monotonic() - begin
    latest = published_city(loaded.city_dir)
    assert latest is not None
    return seconds, [layer.checksum for layer in latest.layers]


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("config", type=Path)
    parser.add_argument("--namespaces", action="store_true")
    asked = parser.parse_args()
    print(processor())
    print("| workers | wall s | CPU s of workers and scheduler | same bytes |\n|---|---:|---:|---|")
    reference: list[str] | None = None
    for count in (1, 2):
        with tempfile.TemporaryDirectory() as scratch, ExitStack() as running:
            local: list[tuple[str, list[str]]] = [("127.0.0.1", [])] * (count + 1)
            machines = running.enter_context(namespaces(count + 1)) if asked.namespaces else local
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            with cluster(Path(scratch), machines) as address:
                seconds, found = measured(asked.config, "--scheduler", address)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
        spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        reference = reference or found
        print(f"| {count} | {seconds:.0f} | {spent:.0f} | {found == reference} |", flush=True)
    seconds, found = measured(asked.config, "--workers", "1")
    print(f"| 1, of the run itself | {seconds:.0f} | | {found == reference} |")


if __name__ == "__main__":
    main()
