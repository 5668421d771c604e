"""A cluster of Dask's own processes with certificates, each in a folder of its own."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from citytwin.store.cluster_certificates import write_cluster_certificates

HOST = "127.0.0.1"
PRIVATE = {
    "DASK_DISTRIBUTED__SCHEDULER__HTTP__ROUTES": "[]",
    "DASK_DISTRIBUTED__WORKER__HTTP__ROUTES": "[]",
    "DASK_DISTRIBUTED__WORKER__MEMORY__TARGET": "False",
    "DASK_DISTRIBUTED__WORKER__MEMORY__SPILL": "False",
}
NO_PAGES = ("--no-dashboard", "--dashboard-address", "127.0.0.1:0")
_PATIENCE_S = 60.0


def free_port() -> int:
    """A port that nobody listens at."""
    with socket.socket() as found:
        found.bind((HOST, 0))
        return int(found.getsockname()[1])


def given(certificates: Path, role: str, folder: Path) -> list[str]:
    """Copy to a machine what its role needs, and no more; return its options."""
    folder.mkdir()
    for name in ("ca.pem", f"{role}.pem", f"{role}.key"):
        shutil.copy(certificates / name, folder / name)
    files = {"ca-file": "ca.pem", "cert": f"{role}.pem", "key": f"{role}.key"}
    return [word for key, name in files.items() for word in (f"--tls-{key}", str(folder / name))]


@contextmanager
def dask(folder: Path, environment: dict[str, str], *words: str) -> Iterator[None]:
    """Run one of Dask's commands in a folder until the block ends."""
    command = [sys.executable, "-m", "distributed.cli.dask_" + words[0], *words[1:]]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            command, cwd=folder, env=os.environ | environment, stdout=log, stderr=log
        )
    try:
        yield
    finally:
        process.terminate()
        process.wait(timeout=30)


@contextmanager
def cluster(folder: Path, environment: dict[str, str], workers: int = 2) -> Iterator[str]:
    """Run a scheduler and workers; give the address. Certificates lie in ``certs``."""
    write_cluster_certificates(folder / "certs", [HOST])
    port = free_port()
    address = f"tls://{HOST}:{port}"
    with ExitStack() as running:
        options = given(folder / "certs", "scheduler", folder / "scheduler")
        words = ["scheduler", "--host", HOST, "--port", str(port), "--protocol", "tls"]
        running.enter_context(
            dask(folder / "scheduler", PRIVATE, *words, "--no-jupyter", *NO_PAGES, *options)
        )
        _wait_for(port)
        for number in range(workers):
            own = folder / f"worker{number}"
            options = given(folder / "certs", "worker", own)
            words = ["worker", address, "--nthreads", "1", "--host", HOST, *NO_PAGES]
            words += ["--local-directory", str(own)]
            running.enter_context(dask(own, environment | PRIVATE, *words, *options))
        yield address


def _wait_for(port: int) -> None:
    end = time.monotonic() + _PATIENCE_S
    while time.monotonic() < end:
        with socket.socket() as found:
            if found.connect_ex((HOST, port)) == 0:
                return
        time.sleep(0.1)
    msg = f"no scheduler listens at {port}"
    raise TimeoutError(msg)
