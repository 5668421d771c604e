"""The commands of Dask that start a cluster nobody else sees into, as they are told and documented."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

NO_PAGES = (
    "DASK_DISTRIBUTED__SCHEDULER__HTTP__ROUTES='[]'",
    "DASK_DISTRIBUTED__WORKER__HTTP__ROUTES='[]'",
)
"""Of the environment: Dask's pages have no login."""
NO_SPILLING = (
    "DASK_DISTRIBUTED__WORKER__MEMORY__TARGET=False",
    "DASK_DISTRIBUTED__WORKER__MEMORY__SPILL=False",
)
"""Of the environment of workers: what they hold stays off their disks."""
_AT_HAND = ("MALLOC_TRIM_THRESHOLD_=67108864", "MALLOC_MMAP_THRESHOLD_=33554432")
_PORT = 8786
_NO_DASHBOARD = "--no-dashboard --dashboard-address 127.0.0.1:0"


@dataclass(frozen=True)
class Start:
    """What is to be called on some machines."""

    where: str
    lines: tuple[str, ...]


def start_commands(certificates: Path, hosts: Sequence[str]) -> tuple[Start, ...]:
    """Return what starts a cluster with its certificates, and a run on it.

    Parameters
    ----------
    certificates
        Folder that `citytwin cluster certs` wrote.
    hosts
        Machines, by name or address; the first one has the scheduler.
    """
    head = f"[{hosts[0]}]" if ":" in hosts[0] else hosts[0]
    address = f"tls://{head}:{_PORT}"
    folder = shlex.quote(str(certificates))
    return (
        Start("on all machines", (_export(NO_PAGES),)),
        Start(
            f"on {hosts[0]}, where ca.pem, scheduler.pem and scheduler.key lie",
            (f"dask scheduler --protocol tls --port {_PORT} {_NO_DASHBOARD} {_tls('scheduler')}",),
        ),
        Start(
            "on each machine of workers, where ca.pem, worker.pem and worker.key lie",
            (
                _export(NO_SPILLING),
                _export(_AT_HAND),
                f"dask worker {address} --nthreads 1 --nworkers -1 {_NO_DASHBOARD} {_tls('worker')}",
            ),
        ),
        Start(
            "where a run is started, by ca.pem, client.pem and client.key",
            (f"CITYTWIN_CERTIFICATES={folder} citytwin run city.yaml --scheduler {address}",),
        ),
    )


def _export(variables: Sequence[str]) -> str:
    return f"export {' '.join(variables)}"


def _tls(role: str) -> str:
    return f"--tls-ca-file ca.pem --tls-cert {role}.pem --tls-key {role}.key"
